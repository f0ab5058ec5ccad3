import BigInt
import Values

/// Python's `text % values`.
enum PercentFormat {
  static func format(_ format: String, _ value: RuntimeValue, _ evaluator: Evaluator) throws
    -> String
  {
    var arguments: [RuntimeValue]
    switch value {
    case .tuple(let items), .named(_, let items): arguments = items
    default: arguments = [value]
    }
    var mapping: DictBox?
    if case .dict(let box) = value { mapping = box }
    let scalars = Array(format.unicodeScalars)
    var result = ""
    var index = 0
    var used = 0
    func next() throws -> RuntimeValue {
      guard used < arguments.count else { throw Failure("not enough values for the format") }
      used += 1
      return arguments[used - 1]
    }
    while index < scalars.count {
      guard scalars[index] == "%" else {
        result.unicodeScalars.append(scalars[index])
        index += 1
        continue
      }
      index += 1
      var named: RuntimeValue?
      if index < scalars.count, scalars[index] == "(" {
        guard let close = scalars[index...].firstIndex(of: ")") else {
          throw Failure("the format has a `(` without `)`")
        }
        guard let mapping else { throw Failure("the format needs a mapping") }
        let name = String(String.UnicodeScalarView(scalars[(index + 1)..<close]))
        guard let found = try evaluator.value(in: mapping, key: .string(name)) else {
          throw Failure("there is no key \(quoted(name))")
        }
        named = found
        index = close + 1
      }
      var spec = FormatSpec()
      spec.align = ">"
      while index < scalars.count, let flag = Optional(scalars[index]),
        ["-", "+", " ", "#", "0"].contains(flag)
      {
        switch flag {
        case "-": spec.align = "<"
        case "+": spec.sign = "+"
        case " ": if spec.sign != "+" { spec.sign = " " }
        case "#": spec.isAlternate = true
        default: spec.fill = "0"
        }
        index += 1
      }
      func number() throws -> Int? {
        guard index < scalars.count, scalars[index] == "*" else {
          return try FormatSpec.number(scalars, &index)
        }
        index += 1
        guard case .int(let number) = try next(), number.magnitude < 1_000_000 else {
          throw Failure("`*` in the format needs an integer")
        }
        return number
      }
      spec.width = try number() ?? 0
      if spec.width < 0 {
        spec.width = -spec.width
        spec.align = "<"
      }
      if index < scalars.count, scalars[index] == "." {
        index += 1
        spec.precision = max(0, try number() ?? 0)
      }
      while index < scalars.count, ["l", "h", "L"].contains(scalars[index]) { index += 1 }
      guard index < scalars.count else { throw Failure("the format ends inside a `%`") }
      let code = scalars[index]
      index += 1
      if code == "%" {
        result += "%"
        continue
      }
      result += try convert(code, try named ?? next(), spec, evaluator)
      try Limits.check(size: result.utf8.count)
    }
    if mapping == nil, used < arguments.count {
      throw Failure("the format does not use all of its values")
    }
    return result
  }

  private static func convert(
    _ code: Unicode.Scalar, _ value: RuntimeValue, _ start: FormatSpec, _ evaluator: Evaluator
  ) throws -> String {
    var spec = start
    if case .undefined(let undefined) = value { throw evaluator.failure(undefined) }
    switch code {
    case "s", "r", "a":
      if spec.fill == "0" { spec.fill = " " }
      let text =
        code == "s" ? try evaluator.text(of: value) : try evaluator.repr(of: value)
      return try spec.string(text)
    case "c":
      if let text = value.string { return spec.pad(text, isNumber: true) }
      spec.type = "c"
    case "d", "i", "u", "o", "x", "X": spec.type = code == "i" || code == "u" ? "d" : code
    case "e", "E", "f", "F", "g", "G":
      spec.type = code
      if spec.fill == "0", spec.align == ">" { spec.align = "=" }
      guard let number = Number(value) else {
        throw Failure("`%\(code)` needs a number, not '\(value.typeName)'")
      }
      return try spec.real(try number.real())
    default: throw Failure("unsupported format character `\(code)`")
    }
    let whole: BigInt
    switch Number(value) {
    case .whole(let number): whole = BigInt(number)
    case .big(let number): whole = number
    case .real(let number) where number.isFinite && spec.type == "d": whole = BigInt(number)
    default: throw Failure("`%\(code)` needs a number, not '\(value.typeName)'")
    }
    if spec.fill == "0", spec.align == ">" { spec.align = "=" }
    if spec.align == "<" { spec.fill = " " }
    if let digits = spec.precision, spec.type != "c" {
      var inner = spec
      inner.width = digits + (whole < 0 || spec.sign != "-" ? 1 : 0)
      inner.fill = "0"
      inner.align = "="
      spec.fill = " "
      if spec.align == "=" { spec.align = ">" }
      return spec.pad(try inner.integer(whole), isNumber: true)
    }
    return try spec.integer(whole)
  }
}
