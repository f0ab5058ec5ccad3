import BigInt
@preconcurrency import Glibc
import Values

// Python's arithmetic: floor division and remainder follow the divisor's sign, integers never
// overflow, true division gives a float.

extension Evaluator {
  func arithmetic(_ operation: BinaryOperator, _ a: Number, _ b: Number) throws -> RuntimeValue {
    if case .whole(let x) = a, case .whole(let y) = b,
      let result = try smallArithmetic(operation, x, y)
    {
      return result
    }
    if let x = a.big, let y = b.big { return try bigArithmetic(operation, x, y) }
    return try realArithmetic(operation, try a.real(), try b.real())
  }

  /// Nil where the result does not fit or is the affair of the other two.
  private func smallArithmetic(_ operation: BinaryOperator, _ x: Int, _ y: Int) throws
    -> RuntimeValue?
  {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = x.addingReportingOverflow(y)
    case .subtract: result = x.subtractingReportingOverflow(y)
    case .multiply: result = x.multipliedReportingOverflow(by: y)
    case .divide:
      guard y != 0 else { throw Failure("division by zero") }
      guard abs(Double(x)) < 9e15, abs(Double(y)) < 9e15 else { return nil }
      return .double(Double(x) / Double(y))
    case .floorDivide, .remainder:
      guard y != 0 else { throw Failure("division by zero") }
      let (quotient, overflow) = x.dividedReportingOverflow(by: y)
      if overflow { return nil }
      let remainder = x - quotient * y
      let isOff = remainder != 0 && (remainder < 0) != (y < 0)
      if operation == .floorDivide { return .int(isOff ? quotient - 1 : quotient) }
      return .int(isOff ? remainder + y : remainder)
    case .power: return nil
    }
    return result.overflow ? nil : .int(result.partialValue)
  }

  private func bigArithmetic(_ operation: BinaryOperator, _ x: BigInt, _ y: BigInt) throws
    -> RuntimeValue
  {
    switch operation {
    case .add: return .integer(x + y)
    case .subtract: return .integer(x - y)
    case .multiply:
      try Limits.check(size: (x.bitWidth + y.bitWidth) * 8)
      return .integer(x * y)
    case .divide:
      guard y != 0 else { throw Failure("division by zero") }
      let (p, q) = (Double(x), Double(y))
      if p.isFinite, q.isFinite { return .double(p / q) }
      return .double(try scaledQuotient(x, y))
    case .floorDivide, .remainder:
      guard y != 0 else { throw Failure("division by zero") }
      let (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
      let isOff = remainder != 0 && (remainder < 0) != (y < 0)
      if operation == .floorDivide { return .integer(isOff ? quotient - 1 : quotient) }
      return .integer(isOff ? remainder + y : remainder)
    case .power:
      if y < 0 {
        guard x != 0 else { throw Failure("zero cannot be raised to a negative power") }
        return try realArithmetic(.power, Double(x), Double(y))
      }
      if x == 0 || x == 1 { return y == 0 ? .int(1) : .integer(x) }
      if x == -1 { return .int(y % 2 == 0 ? 1 : -1) }
      guard let exponent = Int(exactly: y), exponent < 1_000_000,
        x.bitWidth * exponent < 4_000_000
      else { throw Failure("the power is too large") }
      return .integer(x.power(exponent))
    }
  }

  private func scaledQuotient(_ x: BigInt, _ y: BigInt) throws -> Double {
    let shift = y.bitWidth - x.bitWidth + 64
    let quotient = shift >= 0 ? (x << shift) / y : x / (y << -shift)
    let result = scalbn(Double(quotient), Int32(clamping: -shift))
    guard result.isFinite else { throw Failure("the quotient is too large for a float") }
    return result
  }

  private func realArithmetic(_ operation: BinaryOperator, _ x: Double, _ y: Double) throws
    -> RuntimeValue
  {
    switch operation {
    case .add: return .double(x + y)
    case .subtract: return .double(x - y)
    case .multiply: return .double(x * y)
    case .divide:
      guard y != 0 else { throw Failure("division by zero") }
      return .double(x / y)
    case .floorDivide, .remainder:
      guard y != 0 else { throw Failure("division by zero") }
      var remainder = fmod(x, y)
      var quotient = (x - remainder) / y
      if remainder != 0 {
        if (y < 0) != (remainder < 0) {
          remainder += y
          quotient -= 1
        }
      } else {
        remainder = copysign(0, y)
      }
      if operation == .remainder { return .double(remainder) }
      guard quotient != 0 else { return .double(copysign(0, x / y)) }
      let floor = quotient.rounded(.down)
      return .double(quotient - floor > 0.5 ? floor + 1 : floor)
    case .power:
      if x == 0, y < 0 { throw Failure("zero cannot be raised to a negative power") }
      if x < 0, y.isFinite, y.rounded() != y {
        throw Failure("the power of a negative number to a fraction is not real")
      }
      let result = pow(x, y)
      if result.isInfinite, x.isFinite, y.isFinite {
        throw Failure("the power is too large for a float")
      }
      return .double(result)
    }
  }

  func negated(_ value: RuntimeValue) throws -> RuntimeValue {
    switch Number(value) {
    case .whole(let number):
      let (result, overflow) = (0).subtractingReportingOverflow(number)
      return overflow ? .integer(-BigInt(number)) : .int(result)
    case .big(let number): return .integer(-number)
    case .real(let number): return .double(-number)
    case nil:
      if case .object(let object) = value, let span = object as? TimeSpan {
        return .object(TimeSpan(microseconds: 0 &- span.microseconds))
      }
      throw Failure("`-` is not possible with '\(value.typeName)'")
    }
  }

  func positive(_ value: RuntimeValue) throws -> RuntimeValue {
    switch value {
    case .bool(let flag): return .int(flag ? 1 : 0)
    case .int, .bigInt, .double: return value
    default: throw Failure("`+` is not possible with '\(value.typeName)'")
    }
  }
}

/// Text with the five characters replaced that mean something in HTML.
func escapeHTML(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result.append(contentsOf: "&amp;".unicodeScalars)
    case "<": result.append(contentsOf: "&lt;".unicodeScalars)
    case ">": result.append(contentsOf: "&gt;".unicodeScalars)
    case "'": result.append(contentsOf: "&#39;".unicodeScalars)
    case "\"": result.append(contentsOf: "&#34;".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}
