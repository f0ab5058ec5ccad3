/// Text as a terminal lays it out: one line, of a known width, nothing that a terminal would obey.
package enum TerminalText {
  /// A name on one line: those of tasks, plays and hosts may be made of what a host printed. Without
  /// blanks at its ends, control characters as `\x1b`, breaks and tabs as blanks, and nothing that
  /// turns the direction of writing.
  package static func name(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.withVisibleControls.unicodeScalars {
      switch scalar.value {
      case 0x202A...0x202E, 0x2066...0x2069: continue
      case 9, 10, 0x2028, 0x2029: out.append(" ")
      default: out.append(scalar)
      }
    }
    while out.last == " " { out.removeLast() }
    return String(String.UnicodeScalarView(out.drop { $0 == " " }))
  }

  /// One line without control, format and selector characters; breaks and tabs become blanks.
  static func oneLine(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control: if [9, 10, 13].contains(scalar.value) { out.append(" ") }
      case .lineSeparator, .paragraphSeparator: out.append(" ")
      case .format: continue
      default: if !(0xFE00...0xFE0F).contains(scalar.value) { out.append(scalar) }
      }
    }
    return String(out)
  }

  /// Columns that a line takes.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The text, or as much of it as fits with an ellipsis behind it.
  static func fitted(_ text: String, _ columns: Int) -> String {
    guard width(text) > columns else { return text }
    guard columns > 0 else { return "" }
    var out = String.UnicodeScalarView()
    var used = 1
    for scalar in text.unicodeScalars {
      used += width(scalar)
      guard used <= columns else { break }
      out.append(scalar)
    }
    return String(out) + "…"
  }

  /// The text with blanks behind it up to that width.
  static func padded(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// None for marks above others, two for what East Asian scripts and pictures take.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// The blocks of wide characters of Unicode's East Asian Width table, taken generously: a width
  /// that is too great costs a blank, one that is too small a broken line.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23F3, 0x25FD...0x25FE, 0x2600...0x27BF,
    0x2B1B...0x2B1C, 0x2B50...0x2B55, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F000...0x1FAFF, 0x20000...0x3FFFD,
  ]
}
