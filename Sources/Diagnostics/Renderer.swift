/// Turns diagnostics into text: summary, place, evidence, excerpt with caret, hint.
package struct Renderer: Sendable {
  /// The text of a file by its path, or nil where it cannot be read.
  package var source: @Sendable (String) -> String?
  package var usesColor: Bool

  package init(usesColor: Bool = false, source: @escaping @Sendable (String) -> String?) {
    self.usesColor = usesColor
    self.source = source
  }

  package func render(_ diagnostic: Diagnostic) -> String {
    var lines = ["\(label(diagnostic.severity)): \(diagnostic.summary.withVisibleControls)"]
    let width = diagnostic.evidence.map { $0.label.unicodeScalars.count }.max() ?? 0
    for evidence in diagnostic.evidence {
      let pad = String(repeating: " ", count: width - evidence.label.unicodeScalars.count)
      let parts = evidence.text.withVisibleControls.split(
        separator: "\n", omittingEmptySubsequences: false)
      let margin = String(repeating: " ", count: width + 4)
      lines.append("  \(evidence.label):\(pad) " + parts.joined(separator: "\n" + margin))
    }
    if let location = diagnostic.location {
      lines.append("  --> \(location)")
      if let text = diagnostic.text ?? source(location.file) {
        lines += excerpt(of: text, location, length: diagnostic.length)
      }
    }
    if let hint = diagnostic.hint {
      lines += ["", "\(paint("hint", "36")): \(hint.withVisibleControls)"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func excerpt(of text: String, _ location: SourceLocation, length: Int) -> [String] {
    let all = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard location.line >= 1, location.line <= all.count else { return [] }
    var line = String(all[location.line - 1])
    if line.unicodeScalars.last == "\r" { line.unicodeScalars.removeLast() }
    let scalars = Array(line.unicodeScalars.prefix(160))
    let number = String(location.line)
    let gutter = String(repeating: " ", count: number.count)
    let before = scalars.prefix(max(0, location.column - 1))
    let room = max(1, scalars.count - before.count)
    // Tabs stay tabs, so that the caret stands under its character.
    let lead = String(String.UnicodeScalarView(before.map { $0 == "\t" ? "\t" : " " }))
    let carets = String(repeating: "^", count: max(1, min(length, room)))
    return [
      "\(gutter) |",
      "\(number) | \(String(String.UnicodeScalarView(scalars)))",
      "\(gutter) | \(lead)\(paint(carets, "31"))",
    ]
  }

  private func label(_ severity: Diagnostic.Severity) -> String {
    switch severity {
    case .error: paint("error", "1;31")
    case .warning: paint("warning", "1;33")
    case .note: paint("note", "1;34")
    }
  }

  private func paint(_ text: String, _ code: String) -> String {
    usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
