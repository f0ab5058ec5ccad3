import BigInt
import Values

extension Lexer {
  /// A number at the position, or nil where there is only a dot.
  mutating func readNumber() throws -> Value? {
    let start = position
    if let value = readFloat() { return value }
    guard scalars[start] != "." else { return nil }
    let prefix = start + 1 < scalars.count ? scalars[start + 1].properties.lowercaseMapping : ""
    let radix = scalars[start] == "0" ? ["b": 2, "o": 8, "x": 16][prefix] : nil
    if let radix, let end = digits(from: start + 2, radix: radix, allowsLeadingMark: true) {
      position = end
      return number(start + 2, end, radix: radix)
    }
    if scalars[start] == "0" {
      var end = start + 1
      while end < scalars.count {
        if scalars[end] == "0" {
          end += 1
        } else if scalars[end] == "_", end + 1 < scalars.count, scalars[end + 1] == "0" {
          end += 2
        } else {
          break
        }
      }
      position = end
      return .int(0)
    }
    guard let end = digits(from: start, radix: 10) else { return nil }
    guard end - start <= 4300 else {
      throw SyntaxError(
        "the number has too many digits", Place(offset: start, length: end - start))
    }
    position = end
    return number(start, end, radix: 10)
  }

  private mutating func readFloat() -> Value? {
    let start = position
    guard let whole = digits(from: start, radix: 10) else { return nil }
    var end = whole
    if end < scalars.count, scalars[end] == ".", let fraction = digits(from: end + 1, radix: 10) {
      end = fraction
    }
    if end < scalars.count, scalars[end] == "e" || scalars[end] == "E" {
      var sign = end + 1
      if sign < scalars.count, scalars[sign] == "+" || scalars[sign] == "-" { sign += 1 }
      if let exponent = digits(from: sign, radix: 10) { end = exponent }
    }
    guard end > whole, !(start > 0 && scalars[start - 1] == ".") else { return nil }
    position = end
    let digits = text(start, end).filter { $0 != "_" }
    return .double(Double(digits) ?? .infinity)
  }

  private func digits(from start: Int, radix: Int, allowsLeadingMark: Bool = false) -> Int? {
    var index = start
    var isAfterDigit = allowsLeadingMark
    while index < scalars.count {
      let scalar = scalars[index]
      if isAfterDigit, scalar == "_", index + 1 < scalars.count,
        isDigit(scalars[index + 1], radix: radix)
      {
        index += 2
      } else if isDigit(scalar, radix: radix) {
        index += 1
        isAfterDigit = true
      } else {
        break
      }
    }
    return index > start ? index : nil
  }

  private func isDigit(_ scalar: Unicode.Scalar, radix: Int) -> Bool {
    guard scalar.isASCII, let value = Character(scalar).hexDigitValue else { return false }
    return value < radix
  }

  private func number(_ start: Int, _ end: Int, radix: Int) -> Value {
    let digits = text(start, end).filter { $0 != "_" }
    return .integer(BigInt(digits, radix: radix) ?? 0)
  }

  mutating func readString(_ quote: Unicode.Scalar) throws -> String {
    let start = position
    var index = start + 1
    while index < scalars.count, scalars[index] != quote {
      index += scalars[index] == "\\" ? 2 : 1
    }
    guard index < scalars.count else {
      throw SyntaxError("the string is not closed", Place(offset: start, length: 1))
    }
    position = index + 1
    let raw = newlines(text(start + 1, index))
    if options.literalBackslashes || !raw.unicodeScalars.contains("\\") { return raw }
    guard let decoded = unescape(raw) else {
      throw SyntaxError(
        "an escape sequence in the string is incomplete",
        Place(offset: start, length: position - start))
    }
    return decoded
  }
}
