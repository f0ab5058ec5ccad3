import ModuleKit
import Values

/// A diff as lines of text, the same in plans, reports and event files.
package enum DiffText {
  package static func lines(_ diff: Diff) -> [String] {
    switch diff {
    case .hidden(let path, let reason):
      return ["    \(TerminalText.name(path)): content not shown (\(reason))"]
    case .text(let path, let before, let after):
      let name = TerminalText.name(path)
      let hunks = UnifiedDiff.hunks(before ?? "", after ?? "")
      return [
        before == nil ? "--- before" : "--- before: \(name)", "+++ after: \(name)",
      ] + hunks.map(sanitized)
    case .attributes(let path, let before, let after):
      var out = ["    \(TerminalText.name(path))"]
      for key in Set(before.keys).union(after.keys).compactMap(\.string).sorted() {
        let (old, new) = (before[.string(key)], after[.string(key)])
        guard old != new else { continue }
        out.append("      \(key): \(shown(old)) -> \(shown(new))")
      }
      return out
    }
  }

  private static func shown(_ value: Value?) -> String {
    guard let value else { return "(none)" }
    return sanitized(value.string ?? JSON.text(value, style: .python))
  }

  /// Without the control characters that a terminal or a CI would obey.
  package static func sanitized(_ text: String) -> String { text.withVisibleControls }
}
