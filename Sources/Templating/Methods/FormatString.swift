import BigInt
import OrderedCollections
import Values

/// Python's `text.format(...)`.
enum FormatString {
  static func format(
    _ text: String, _ positional: [RuntimeValue],
    _ keywords: OrderedDictionary<String, RuntimeValue>, _ evaluator: Evaluator
  ) throws -> String {
    var formatter = Formatter(positional: positional, keywords: keywords, evaluator: evaluator)
    return try formatter.format(Array(text.unicodeScalars), depth: 2)
  }
}

private struct Formatter {
  let positional: [RuntimeValue]
  let keywords: OrderedDictionary<String, RuntimeValue>
  let evaluator: Evaluator
  var automatic = 0
  var usesNumbers = false

  mutating func format(_ scalars: [Unicode.Scalar], depth: Int) throws -> String {
    guard depth >= 0 else { throw Failure("the format is nested too deeply") }
    var result = ""
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      switch scalar {
      case "{":
        if index < scalars.count, scalars[index] == "{" {
          result += "{"
          index += 1
          continue
        }
        let start = index
        var open = 1
        while index < scalars.count {
          if scalars[index] == "{" { open += 1 }
          if scalars[index] == "}" { open -= 1 }
          if open == 0 { break }
          index += 1
        }
        guard index < scalars.count else { throw Failure("the format has a `{` without `}`") }
        result += try field(Array(scalars[start..<index]), depth)
        try Limits.check(size: result.utf8.count)
        index += 1
      case "}":
        guard index < scalars.count, scalars[index] == "}" else {
          throw Failure("the format has a `}` without `{`")
        }
        result += "}"
        index += 1
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private mutating func field(_ scalars: [Unicode.Scalar], _ depth: Int) throws -> String {
    var end = 0
    var isInBrackets = false
    while end < scalars.count {
      if scalars[end] == "[" { isInBrackets = true }
      if scalars[end] == "]" { isInBrackets = false }
      if !isInBrackets, scalars[end] == "!" || scalars[end] == ":" { break }
      end += 1
    }
    var value = try resolve(Array(scalars[..<end]))
    if end < scalars.count, scalars[end] == "!" {
      guard end + 1 < scalars.count else { throw Failure("the format ends behind `!`") }
      switch scalars[end + 1] {
      case "r", "a": value = .string(try evaluator.repr(of: value))
      case "s": value = .string(try evaluator.text(of: value))
      default: throw Failure("unknown conversion `!\(scalars[end + 1])`")
      }
      end += 2
    }
    guard end >= scalars.count || scalars[end] == ":" else {
      throw Failure("expected `:` behind the conversion of the format")
    }
    let specText = end < scalars.count ? Array(scalars[(end + 1)...]) : []
    let text = try format(specText, depth: depth - 1)
    return try lay(value, out: text)
  }

  private mutating func resolve(_ scalars: [Unicode.Scalar]) throws -> RuntimeValue {
    var index = scalars.firstIndex { $0 == "." || $0 == "[" } ?? scalars.count
    let name = String(String.UnicodeScalarView(scalars[..<index]))
    var value: RuntimeValue
    if name.isEmpty || Int(name) != nil {
      if name.isEmpty == usesNumbers && (automatic > 0 || usesNumbers) {
        throw Failure("the format mixes numbered and unnumbered fields")
      }
      usesNumbers = !name.isEmpty
      let position = Int(name) ?? automatic
      if name.isEmpty { automatic += 1 }
      guard positional.indices.contains(position) else {
        throw Failure("the format has no value at position \(position)")
      }
      value = positional[position]
    } else {
      guard let found = keywords[name] else { throw Failure("there is no value `\(name)`") }
      value = found
    }
    while index < scalars.count {
      if scalars[index] == "." {
        let end = scalars[(index + 1)...].firstIndex { $0 == "." || $0 == "[" } ?? scalars.count
        let attribute = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
        if case .dict = value {
          guard let method = try evaluator.method(attribute, of: value) else {
            throw Failure("'dict' object has no attribute '\(attribute)'")
          }
          value = method
        } else {
          value = try evaluator.attribute(attribute, of: value)
        }
        index = end
      } else {
        guard scalars[index] == "[", let close = scalars[index...].firstIndex(of: "]") else {
          throw Failure("the format has a `[` without `]`")
        }
        let key = String(String.UnicodeScalarView(scalars[(index + 1)..<close]))
        value = try evaluator.item(Int(key).map { .int($0) } ?? .string(key), of: value)
        index = close + 1
      }
    }
    if case .undefined(let undefined) = value { throw evaluator.failure(undefined) }
    return value
  }

  private func lay(_ value: RuntimeValue, out text: String) throws -> String {
    if text.isEmpty { return try evaluator.text(of: value) }
    let spec = try FormatSpec(text)
    switch value {
    case .string(let string), .markup(let string): return try spec.string(string)
    case .bool where spec.type == nil: return try spec.string(try evaluator.text(of: value))
    case .datetime, .date:
      return try DateMethods.format(value, text)
    default: break
    }
    switch Number(value) {
    case .whole(let number): return try spec.integer(BigInt(number))
    case .big(let number): return try spec.integer(number)
    case .real(let number): return try spec.real(number)
    case nil: throw Failure("a format is not possible for '\(value.typeName)'")
    }
  }
}
