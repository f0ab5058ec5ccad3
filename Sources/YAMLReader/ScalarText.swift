import Values

// The value of a scalar's text under its tag, as PyYAML's safe constructor makes it; nil where the
// text does not fit the tag.

enum ScalarText {
  static func bool(_ text: String) -> Value? {
    switch text.lowercased() {
    case "yes", "true", "on": .bool(true)
    case "no", "false", "off": .bool(false)
    default: nil
    }
  }

  static func int(_ text: String) -> Value? {
    var bytes = text.utf8.filter { $0 != underscore }
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    guard let first = bytes.first else { return nil }
    let digits = String(decoding: bytes, as: UTF8.self)
    if first == UInt8(ascii: "0"), bytes.count > 1 {
      switch bytes[1] {
      case UInt8(ascii: "b"):
        return .integer(digits: digits.dropFirst(2), radix: 2, isNegative: isNegative)
      case UInt8(ascii: "x"):
        return .integer(digits: digits.dropFirst(2), radix: 16, isNegative: isNegative)
      default: return .integer(digits: digits, radix: 8, isNegative: isNegative)
      }
    }
    if bytes.contains(UInt8(ascii: ":")) {
      let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
      return .integer(sixties: parts, isNegative: isNegative)
    }
    return .integer(digits: digits, isNegative: isNegative)
  }

  static func float(_ text: String) -> Value? {
    var text = String(decoding: text.utf8.filter { $0 != underscore }, as: UTF8.self).lowercased()
    let isNegative = text.hasPrefix("-")
    if isNegative || text.hasPrefix("+") { text.removeFirst() }
    let magnitude: Double?
    switch text {
    case ".inf": magnitude = .infinity
    case ".nan": return .double(.nan)
    default:
      if text.contains(":") {
        var total: Double? = 0
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
          guard let sum = total, let number = decimal(String(part)) else { return nil }
          total = sum * 60 + number
        }
        magnitude = total
      } else {
        magnitude = decimal(text)
      }
    }
    return magnitude.map { .double(isNegative ? -$0 : $0) }
  }

  /// What Python's `float` reads of digits, point and exponent.
  private static func decimal(_ text: String) -> Double? {
    if ["inf", "infinity"].contains(text) { return .infinity }
    if text == "nan" { return .nan }
    var plain = ""
    var digits = 0
    for scalar in text.unicodeScalars {
      switch scalar {
      case "0"..."9": digits += 1
      case ".":
        if digits == 0 { plain += "0" }
        plain += "."
        continue
      case "e", "+", "-": if plain.hasSuffix(".") { plain += "0" }
      default: return nil
      }
      plain.unicodeScalars.append(scalar)
    }
    if plain.hasSuffix(".") { plain += "0" }
    return digits == 0 ? nil : Double(plain)
  }

  /// Base64 as Python's lenient decoder: other characters are skipped, padding must be whole.
  static func binary(_ text: String) -> Value? {
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "=") {
        padding += 1
        if count >= 2, count + padding >= 4 { return .bytes(bytes) }
        continue
      }
      guard let sextet = sextet(byte) else { continue }
      padding = 0
      buffer = (buffer << 6 | sextet) & 0xFFFF
      count += 1
      switch count {
      case 1: continue
      case 2: bytes.append(UInt8(truncatingIfNeeded: buffer >> 4))
      case 3: bytes.append(UInt8(truncatingIfNeeded: buffer >> 2))
      default:
        bytes.append(UInt8(truncatingIfNeeded: buffer))
        count = 0
      }
    }
    if count > 0 { return nil }
    return .bytes(bytes)
  }

  private static func sextet(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
