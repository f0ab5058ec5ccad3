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
    // Of a long line the part around the place is shown.
    let column = max(0, location.column - 1)
    let start = column < 140 ? 0 : column - 80
    var scalars = line.unicodeScalars.dropFirst(start).prefix(160).map(Self.visible)
    if start > 0, !scalars.isEmpty { scalars[0] = "…" }
    let number = String(location.line)
    let gutter = String(repeating: " ", count: number.count)
    let before = scalars.prefix(column - start)
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

  /// What a file holds must not steer the terminal: a control character is shown by its picture.
  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x09: scalar
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
    default: scalar
    }
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
