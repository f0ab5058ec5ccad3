/// A pattern in PCRE2's syntax that means what the Python pattern it was made from means.
struct Translation: Sendable {
  /// Without a PCRE2 flag in it that `flags` could give.
  var source: [UInt8] = []
  /// The caller's flags and those that the pattern sets for itself, `(?i)` at its start.
  var flags: PatternFlags
  var groupCount = 0
  /// Names in the order of their groups.
  var names: [(name: String, group: Int)] = []

  func group(named name: String) -> Int? {
    names.first { $0.name.utf8.elementsEqual(name.utf8) }?.group
  }
}

extension UInt32 {
  init(ascii scalar: Unicode.Scalar) { self = scalar.value }

  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isOctalDigit: Bool { (0x30...0x37).contains(self) }
  var isASCIILetter: Bool { (0x41...0x5A).contains(self & ~0x20) }
  /// What `re.VERBOSE` leaves out.
  var isPatternSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

  var hexDigit: UInt32? {
    if isDigit { return self - 0x30 }
    let lower = self | 0x20
    return (0x61...0x66).contains(lower) ? lower - 0x61 + 10 : nil
  }
}

/// One-letter escapes of Python's `re` for single characters; `\b` only counts in a class.
func controlEscape(_ letter: UInt32) -> UInt32? {
  switch letter {
  case UInt32(ascii: "a"): 0x07
  case UInt32(ascii: "f"): 0x0C
  case UInt32(ascii: "n"): 0x0A
  case UInt32(ascii: "r"): 0x0D
  case UInt32(ascii: "t"): 0x09
  case UInt32(ascii: "v"): 0x0B
  case UInt32(ascii: "\\"): 0x5C
  default: nil
  }
}

/// Python's `str.isidentifier`, near enough: a letter or `_`, then letters, digits and marks.
func isIdentifier(_ name: String) -> Bool {
  guard let first = name.unicodeScalars.first else { return false }
  return (first == "_" || first.properties.isXIDStart)
    && name.unicodeScalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
}
