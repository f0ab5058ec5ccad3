extension KeyValue {
  /// Backslash escapes of `key=value` words, decoded whatever the quotes: `\n`, `\x41`, `\u00e9`,
  /// `\U0001F600`, `\N{BULLET}`. Anything else after a backslash stays as it is.
  static func decodingEscapes(_ text: String) -> String {
    guard text.unicodeScalars.contains("\\") else { return text }
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      if scalars[index] == "\\", let (scalar, length) = escape(scalars[(index + 1)...]) {
        result.append(scalar)
        index += 1 + length
      } else {
        result.append(scalars[index])
        index += 1
      }
    }
    return String(result)
  }

  /// What the scalars behind a backslash stand for, and how many of them are used.
  private static func escape(
    _ rest: ArraySlice<Unicode.Scalar>
  ) -> (scalar: Unicode.Scalar, length: Int)? {
    switch rest.first {
    case "\\": return ("\\", 1)
    case "'": return ("'", 1)
    case "\"": return ("\"", 1)
    case "a": return ("\u{7}", 1)
    case "b": return ("\u{8}", 1)
    case "f": return ("\u{C}", 1)
    case "n": return ("\n", 1)
    case "r": return ("\r", 1)
    case "t": return ("\t", 1)
    case "v": return ("\u{B}", 1)
    case "x": return hexadecimal(rest, digits: 2)
    case "u": return hexadecimal(rest, digits: 4)
    case "U": return hexadecimal(rest, digits: 8)
    case "N": return named(rest)
    default: return nil
    }
  }

  private static func hexadecimal(
    _ rest: ArraySlice<Unicode.Scalar>, digits: Int
  ) -> (scalar: Unicode.Scalar, length: Int)? {
    let text = String(String.UnicodeScalarView(rest.dropFirst().prefix(digits)))
    guard text.utf8.count == digits, text.utf8.allSatisfy(isHexDigit),
      let code = UInt32(text, radix: 16)
    else { return nil }
    return (Unicode.Scalar(code) ?? "\u{FFFD}", digits + 1)
  }

  private static func named(
    _ rest: ArraySlice<Unicode.Scalar>
  ) -> (scalar: Unicode.Scalar, length: Int)? {
    let inner = rest.dropFirst()
    guard inner.first == "{", let close = inner.firstIndex(of: "}") else { return nil }
    let name = String(String.UnicodeScalarView(inner[(inner.startIndex + 1)..<close]))
      .uppercased()
    let scalar = (0...0x1FFFF as ClosedRange<UInt32>).lazy.compactMap(Unicode.Scalar.init)
      .first { $0.properties.name == name || $0.properties.nameAlias == name }
    return scalar.map { ($0, close - rest.startIndex + 1) }
  }
}
