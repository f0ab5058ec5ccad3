import Values

/// Which tasks `--tags` and `--skip-tags` leave.
package struct TagSelection: Hashable, Sendable {
  /// Empty: all.
  package var only: Set<String>
  package var skip: Set<String>

  /// - Parameter only: the values of `--tags`, each of which may name several, parted by commas.
  package init(only: [String] = [], skip: [String] = []) {
    self.only = Set(only.flatMap(splitTags))
    self.skip = Set(skip.flatMap(splitTags))
    if self.only.isEmpty { self.only = ["all"] }
  }

  /// True where a task with these tags runs.
  ///
  /// A task without tags counts as `untagged`. `always` runs unless it is skipped by name; `never`
  /// runs only where one of its own tags is asked for; skipping wins over asking.
  package func includes(_ tags: Set<String>) -> Bool {
    let tags = tags.isEmpty ? ["untagged"] : tags
    let isTagged = tags != ["untagged"]
    var runs: Bool
    if tags.contains("always") {
      runs = true
    } else if only.contains("all"), !tags.contains("never") {
      runs = true
    } else if !only.isDisjoint(with: tags) {
      runs = true
    } else {
      runs = only.contains("tagged") && isTagged && !tags.contains("never")
    }
    guard runs, !skip.isEmpty else { return runs }
    if skip.contains("all") {
      runs = tags.contains("always") && !skip.contains("always")
    } else if !skip.isDisjoint(with: tags) {
      runs = false
    } else if skip.contains("tagged"), isTagged {
      runs = false
    }
    return runs
  }
}

/// The tags that a text names: parted by commas, blanks around them dropped.
package func splitTags(_ text: String) -> [String] {
  text.split(separator: ",", omittingEmptySubsequences: true).map { String($0).trimmed }
    .filter { !$0.isEmpty }
}

extension Sequence where Element == SourceValue {
  /// The tags; templates are rendered by `render`, which gives nil for what it cannot tell.
  package func tagNames(render: (SourceValue) -> Value? = { _ in nil }) -> Set<String> {
    var names: Set<String> = []
    for value in self {
      let plain = value.isTemplate ? render(value) : value.plain
      for part in plain?.elements ?? [plain].compactMap({ $0 }) {
        switch part {
        case .string(let text): names.insert(text)
        case .null: break
        default: names.insert(part.quoted)
        }
      }
    }
    return names
  }
}
