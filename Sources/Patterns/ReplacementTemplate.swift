/// A replacement in the syntax of Python's `re.sub`, checked against the pattern it is for.
package struct ReplacementTemplate: Sendable {
  private enum Piece {
    case literal([UInt8])
    case group(Int)
  }

  private var pieces: [Piece] = []

  /// - Throws: `PatternError` of kind `replacement` for a bad escape or an unknown group.
  package init(_ template: [UInt8], for pattern: Pattern) throws(PatternError) {
    var parser = Parser(template, pattern)
    try parser.run()
    pieces = parser.pieces
  }

  /// The replacement for one match; a group that took no part gives nothing.
  package func expand(_ match: PatternMatch) -> [UInt8] {
    var result: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .literal(let bytes): result += bytes
      case .group(let number): result += match.bytes(number) ?? []
      }
    }
    return result
  }

  private struct Parser {
    let template: [UInt8]
    let pattern: Pattern
    var at = 0
    var literal: [UInt8] = []
    var pieces: [Piece] = []

    init(_ template: [UInt8], _ pattern: Pattern) {
      self.template = template
      self.pattern = pattern
    }

    mutating func run() throws(PatternError) {
      while let byte = next() {
        if byte == UInt8(ascii: "\\") { try escape() } else { literal.append(byte) }
      }
      flush()
    }

    private var peek: UInt8? { at < template.count ? template[at] : nil }

    private mutating func next() -> UInt8? {
      guard at < template.count else { return nil }
      defer { at += 1 }
      return template[at]
    }

    private mutating func flush() {
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal = []
    }

    private func fail(_ message: String) -> PatternError {
      PatternError(.replacement, message, offset: max(0, at - 1))
    }

    private mutating func append(_ scalar: UInt32) {
      if pattern.flags.contains(.bytes) {
        literal.append(UInt8(truncatingIfNeeded: scalar))
      } else if let scalar = Unicode.Scalar(scalar) {
        literal += Array(String(scalar).utf8)
      }
    }

    private mutating func escape() throws(PatternError) {
      guard let byte = next() else { throw fail("bad escape (end of pattern)") }
      let unit = UInt32(byte)
      if byte == UInt8(ascii: "g") {
        try namedGroup()
      } else if byte == UInt8(ascii: "0") {
        var value: UInt32 = 0
        for _ in 0..<2 {
          guard let digit = peek, UInt32(digit).isOctalDigit else { break }
          at += 1
          value = value * 8 + UInt32(digit) - 0x30
        }
        append(value)
      } else if unit.isDigit {
        try numberedGroup(unit)
      } else if let control = controlEscape(unit) {
        append(control)
      } else if byte == UInt8(ascii: "b") {
        append(0x08)
      } else if unit.isASCIILetter {
        throw fail("bad escape \\\(Unicode.Scalar(byte))")
      } else {
        literal += [UInt8(ascii: "\\"), byte]
      }
    }

    /// `\1` to `\99`, or three octal digits.
    private mutating func numberedGroup(_ first: UInt32) throws(PatternError) {
      var number = Int(first - 0x30)
      if let second = peek.map(UInt32.init), second.isDigit {
        at += 1
        if first.isOctalDigit, second.isOctalDigit, let third = peek.map(UInt32.init),
          third.isOctalDigit
        {
          at += 1
          let value = (first - 0x30) * 64 + (second - 0x30) * 8 + third - 0x30
          if value > 0o377 { throw fail("octal escape value outside of range 0-0o377") }
          return append(value)
        }
        number = number * 10 + Int(second - 0x30)
      }
      try reference(number)
    }

    private mutating func namedGroup() throws(PatternError) {
      guard next() == UInt8(ascii: "<") else { throw fail("missing <") }
      let start = at
      while let byte = peek, byte != UInt8(ascii: ">") { at += 1 }
      let name = String(decoding: template[start..<at], as: UTF8.self)
      guard next() != nil else { throw fail("missing >, unterminated name") }
      if name.isEmpty { throw fail("missing group name") }
      if isIdentifier(name) {
        guard let group = pattern.group(named: name) else {
          throw fail("unknown group name '\(name)'")
        }
        return try reference(group)
      }
      guard let number = Int(name), number >= 0 else {
        throw fail("bad character in group name '\(name)'")
      }
      try reference(number)
    }

    private mutating func reference(_ group: Int) throws(PatternError) {
      guard group <= pattern.groupCount else { throw fail("invalid group reference \(group)") }
      flush()
      pieces.append(.group(group))
    }
  }
}
