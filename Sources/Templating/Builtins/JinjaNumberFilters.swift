import BigInt
@preconcurrency import Glibc
import OrderedCollections
import Values

/// Filters about numbers, and those that stand in for what is missing.
enum JinjaNumberFilters {
  static let all: [Filter] = [
    Filter("default", "default_value='', boolean=False", undefined: .sees, live: fallback),
    Filter("d", "default_value='', boolean=False", undefined: .sees, live: fallback),
    Filter("int", "default=0, base=10", live: int),
    Filter("float", "default=0.0", live: float),
    Filter("abs", live: abs),
    Filter("round", "precision=0, method='common'", live: round),
    Filter("sum", "attribute=None, start=0", live: sum),
    Filter(
      "random",
      live: { call in
        let items = try call.evaluator.freeze(call.value)
        return RuntimeValue(
          try call.evaluator.impure(
            kind: "random", name: "random", arguments: [items], location: call.location))
      }),
  ]

  private static func fallback(_ call: LiveCall) throws -> RuntimeValue {
    if case .undefined = call.value { return call["default_value"] }
    if call.evaluator.unknownTruth(call.value) != nil { return call.value }
    if try call.bool("boolean"), try !call.evaluator.truth(of: call.value) {
      return call["default_value"]
    }
    return call.value
  }

  private static func int(_ call: LiveCall) throws -> RuntimeValue {
    switch call.value {
    case .int, .bigInt: return call.value
    case .bool(let flag): return .int(flag ? 1 : 0)
    case .double(let number):
      return number.isFinite ? .integer(BigInt(number)) : call["default"]
    case .string(let text), .markup(let text):
      let base = try call.int("base")
      if let number = parseInteger(text, radix: base) { return .integer(number) }
      if let number = parseReal(text), number.isFinite { return .integer(BigInt(number)) }
      return call["default"]
    default: return call["default"]
    }
  }

  private static func float(_ call: LiveCall) throws -> RuntimeValue {
    if let number = Number(call.value) { return .double(try number.real()) }
    if let text = call.value.string, let number = parseReal(text) { return .double(number) }
    return call["default"]
  }

  private static func abs(_ call: LiveCall) throws -> RuntimeValue {
    switch Number(call.value) {
    case .whole(let number):
      return number == .min ? .integer(BigInt(number.magnitude)) : .int(Swift.abs(number))
    case .big(let number): return .integer(BigInt(number.magnitude))
    case .real(let number): return .double(number.magnitude)
    case nil:
      if case .object(let object) = call.value, let span = object as? TimeSpan {
        return .object(TimeSpan(microseconds: Int(clamping: span.microseconds.magnitude)))
      }
      throw Failure("needs a number, not '\(call.value.typeName)'")
    }
  }

  private static func round(_ call: LiveCall) throws -> RuntimeValue {
    let precision = try call.int("precision")
    let method = try call.text("method")
    guard let number = Number(call.value) else {
      throw Failure("needs a number, not '\(call.value.typeName)'")
    }
    switch method {
    case "common":
      if let whole = number.big { return .integer(rounded(whole, precision)) }
      return .double(rounded(try number.real(), precision))
    case "ceil", "floor":
      let value = try number.real()
      guard Swift.abs(precision) < 300 else { return .double(value) }
      let factor = pow(10, Double(precision))
      let scaled = value * factor
      return .double((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / factor)
    default: throw Failure("the method is `common`, `ceil` or `floor`, not `\(method)`")
    }
  }

  private static func rounded(_ value: BigInt, _ precision: Int) -> BigInt {
    guard precision < 0, precision > -1000 else { return value }
    let unit = BigInt(10).power(-precision)
    var (quotient, remainder) = value.quotientAndRemainder(dividingBy: unit)
    if remainder < 0 {
      remainder += unit
      quotient -= 1
    }
    let twice = remainder * 2
    if twice > unit || (twice == unit && quotient % 2 != 0) { quotient += 1 }
    return quotient * unit
  }

  /// Half to even on the exact decimal value, as Python's `round` does.
  private static func rounded(_ value: Double, _ precision: Int) -> Double {
    guard value.isFinite else { return value }
    if precision > 330 { return value }
    if precision < -330 { return copysign(0, value) }
    if precision >= 0 {
      return Double(FormatSpec.print(value, "f", precision, false)) ?? value
    }
    let factor = pow(10, Double(-precision))
    return (value / factor).rounded(.toNearestOrEven) * factor
  }

  private static func sum(_ call: LiveCall) throws -> RuntimeValue {
    let path = AttributePath(call["attribute"])
    var total = call["start"]
    if total.string != nil { throw Failure("cannot add strings", hint: "use `join`") }
    for item in try call.evaluator.elements(of: call.value) {
      let value = try path.value(of: item, call.evaluator)
      total = try call.evaluator.apply(.add, total, try call.evaluator.defined(value))
    }
    return total
  }
}

/// An integer as Python's `int(text, base)` reads it.
package func parseInteger(_ text: String, radix: Int) -> BigInt? {
  var scalars = Substring(StringMethods.stripped(text)).unicodeScalars
  var isNegative = false
  if let sign = scalars.first, sign == "-" || sign == "+" {
    isNegative = sign == "-"
    scalars.removeFirst()
  }
  var radix = radix
  let prefix = String(scalars.prefix(2)).lowercased()
  let named = ["0x": 16, "0o": 8, "0b": 2][prefix]
  var hasPrefix = false
  if let named, radix == named || radix == 0 {
    radix = named
    hasPrefix = true
    scalars.removeFirst(2)
  } else if radix == 0 {
    radix = 10
  }
  guard (2...36).contains(radix), scalars.count <= 5000 else { return nil }
  var digits = ""
  var isAfterDigit = hasPrefix
  for scalar in scalars {
    if scalar == "_", isAfterDigit {
      isAfterDigit = false
      continue
    }
    if scalar.isASCII {
      digits.unicodeScalars.append(scalar)
    } else if let value = scalar.properties.numericValue,
      scalar.properties.generalCategory == .decimalNumber
    {
      digits += String(Int(value))
    } else {
      return nil
    }
    isAfterDigit = true
  }
  guard isAfterDigit, !digits.isEmpty, digits.first != "-", digits.first != "+",
    let number = BigInt(digits, radix: radix)
  else { return nil }
  return isNegative ? -number : number
}

/// A float as Python's `float(text)` reads it.
package func parseReal(_ text: String) -> Double? {
  let word = StringMethods.stripped(text).lowercased()
  let unsigned = word.hasPrefix("-") || word.hasPrefix("+") ? String(word.dropFirst()) : word
  switch unsigned {
  case "inf", "infinity": return word.hasPrefix("-") ? -.infinity : .infinity
  case "nan": return .nan
  default: break
  }
  let plain = unsigned.filter { $0 != "_" }
  guard let first = plain.unicodeScalars.first, first == "." || (first >= "0" && first <= "9"),
    plain.unicodeScalars.allSatisfy({
      ($0 >= "0" && $0 <= "9") || [".", "e", "+", "-"].contains($0)
    }), !unsigned.hasPrefix("_"), !unsigned.hasSuffix("_"), !unsigned.contains("__")
  else { return nil }
  let padded = plain.hasPrefix(".") ? "0" + plain : plain
  let number = strtod(padded, nil)
  guard
    Double(
      padded.hasSuffix(".") ? padded + "0" : padded.split(separator: "e").joined(separator: "e"))
      != nil || padded.contains(".e")
  else {
    return nil
  }
  return word.hasPrefix("-") ? -number : number
}
