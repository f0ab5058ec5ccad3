import BigInt

// Whole numbers of any size from digits, so that readers need no big numbers of their own.

extension Value {
  /// As many digits as Python's `int` reads.
  private static let digitLimit = 4300

  /// The number that digits spell; nil for no digits, other characters, and too many of them.
  package static func integer(
    digits: some StringProtocol, radix: Int = 10, isNegative: Bool = false
  ) -> Value? {
    guard let number = whole(digits, radix) else { return nil }
    return .integer(isNegative ? -number : number)
  }

  /// The number of digits to the base of 60, each written in decimal: `1:30` is 90.
  package static func integer(
    sixties parts: [some StringProtocol], isNegative: Bool = false
  ) -> Value? {
    var total = BigInt(0)
    guard parts.count <= digitLimit else { return nil }
    for part in parts {
      guard let number = whole(part, 10) else { return nil }
      total = total * 60 + number
    }
    return .integer(isNegative ? -total : total)
  }

  /// The number with its sign turned, for numbers only.
  package var negated: Value? {
    switch self {
    case .int(let number): .integer(-BigInt(number))
    case .bigInt(let number): .integer(-number)
    case .double(let number): .double(-number)
    default: nil
    }
  }

  private static func whole(_ digits: some StringProtocol, _ radix: Int) -> BigInt? {
    let isDigit = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    guard !digits.isEmpty, digits.utf8.count <= digitLimit, digits.utf8.allSatisfy(isDigit) else {
      return nil
    }
    let text = String(digits)
    return Int(text, radix: radix).map { BigInt($0) } ?? BigInt(text, radix: radix)
  }
}
