/// The text of a float as Python's `repr` gives it: the shortest digits that read back as the same
/// number, an exponent below 1e-04 and from 1e+16 on, `inf`, `nan`.
package func pythonRepr(_ number: Double) -> String {
  if number.isNaN { return "nan" }
  if number.isInfinite { return number < 0 ? "-inf" : "inf" }
  let sign = number.sign == .minus ? "-" : ""
  let (digits, point) = shortestDigits(number.magnitude)
  if point > 16 || point < -3 {
    let exponent = point - 1
    let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
    let magnitude = String(exponent.magnitude)
    let padded = magnitude.count < 2 ? "0" + magnitude : magnitude
    return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(padded)"
  }
  if point <= 0 {
    return sign + "0." + String(repeating: "0", count: -point) + digits
  }
  if digits.count <= point {
    return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
  }
  return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}

/// The shortest decimal digits without zeros at either end, and where the point stands:
/// 0.`digits` times ten to the power of `point`. Zero is ("0", 1).
private func shortestDigits(_ number: Double) -> (digits: String, point: Int) {
  let text = number.description
  let mark = text.firstIndex { $0 == "e" || $0 == "E" } ?? text.endIndex
  let exponent = mark == text.endIndex ? 0 : Int(text[text.index(after: mark)...]) ?? 0
  let parts = text[..<mark].split(separator: ".", omittingEmptySubsequences: false)
  let whole = parts.first ?? ""
  var digits = whole + (parts.count > 1 ? parts[1] : "")
  var point = whole.count + exponent
  while digits.first == "0" {
    digits.removeFirst()
    point -= 1
  }
  while digits.last == "0" { digits.removeLast() }
  return digits.isEmpty ? ("0", 1) : (String(digits), point)
}
