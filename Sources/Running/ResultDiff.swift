import ModuleKit
import Values

// How a result tells under `--diff` what its steps changed: `diff` as `copy` and `file` of
// ansible-core have it.

extension Diff {
  /// One mapping where attributes of one file differ, else a list with an entry for each file.
  static func result(_ diffs: [Diff]) -> Value {
    if diffs.count == 1, case .attributes(let path, let before, let after) = diffs[0] {
      return ["before": named(path, before), "after": named(path, after)]
    }
    return .list(diffs.map(\.entry))
  }

  /// Without `before_header` the file is new; without texts they are not to be shown.
  private var entry: Value {
    var entry = ValueMap()
    switch self {
    case .text(let path, let before, let after):
      if before != nil { entry["before_header"] = .string(path) }
      entry["before"] = .string(before ?? "")
      entry["after_header"] = .string(path)
      entry["after"] = .string(after ?? "")
    case .attributes(let path, let before, let after):
      entry = ["before": Self.named(path, before), "after": Self.named(path, after)]
    case .hidden(let path, _):
      entry = ["before_header": .string(path), "after_header": .string(path)]
    }
    return .map(entry)
  }

  private static func named(_ path: String, _ attributes: ValueMap) -> Value {
    var all: ValueMap = ["path": .string(path)]
    for (name, value) in attributes { all[name] = value }
    return .map(all)
  }
}
