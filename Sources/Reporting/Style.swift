import Running

/// Colours of a terminal, or none.
package struct Style: Sendable {
  package var usesColor: Bool
  /// Codes other than the usual ones.
  package var paints: [Paint: String] = [:]

  package init(usesColor: Bool = false) { self.usesColor = usesColor }

  package enum Paint: String, Sendable {
    case ok = "32"
    case changed = "33"
    case skipped = "36"
    case failed = "31"
    case warning = "35"
    case added = "32;1"
    case bold = "1"
    case faint = "2"
  }

  /// The text in that colour, line breaks at its end left outside.
  package func paint(_ text: String, _ paint: Paint) -> String {
    guard usesColor else { return text }
    let isLine = text.hasSuffix("\n")
    let body = isLine ? String(text.dropLast()) : text
    return "\u{1B}[\(paints[paint] ?? paint.rawValue)m\(body)\u{1B}[0m" + (isLine ? "\n" : "")
  }

  func diffLine(_ line: String) -> String {
    switch line.first {
    case "+": paint(line, .ok)
    case "-": paint(line, .failed)
    case "@": paint(line, .skipped)
    default: line
    }
  }

  func recapHost(_ host: String, _ stats: HostStats) -> String {
    if stats.failed > 0 || stats.unreachable > 0 { return paint(host, .failed) }
    return paint(host, stats.changed > 0 ? .changed : .ok)
  }
}
