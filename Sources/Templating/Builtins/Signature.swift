import Diagnostics
import OrderedCollections
import Values

/// The parameters of a filter, test or function, written as in Python:
/// `"first, second=None, *rest, **options"`.
///
/// Defaults are `None`, `True`, `False`, integers, floats and quoted strings.
package struct Signature: Sendable, ExpressibleByStringLiteral {
  struct Parameter: Sendable {
    let name: String
    let fallback: Value?
  }

  private(set) var parameters: [Parameter] = []
  private(set) var takesRest = false
  private(set) var takesKeywords = false

  package init(stringLiteral text: String) { self.init(text) }

  package init(_ text: String) {
    for part in Signature.split(text) {
      if part.hasPrefix("**") {
        takesKeywords = true
      } else if part.hasPrefix("*") {
        takesRest = true
      } else if let sign = part.firstIndex(of: "=") {
        let value = String(part[part.index(after: sign)...])
        parameters.append(
          Parameter(name: String(part[..<sign]), fallback: Signature.literal(value)))
      } else {
        parameters.append(Parameter(name: part, fallback: nil))
      }
    }
  }

  /// Binds arguments to the parameters.
  /// - Throws: `Failure` where one is missing, unknown, given twice or too many.
  func bind(
    _ arguments: CallArguments, name: String, value: RuntimeValue, evaluator: Evaluator,
    location: SourceLocation
  ) throws -> LiveCall {
    var bound: [String: RuntimeValue] = [:]
    var given: Set<String> = []
    for (parameter, argument) in zip(parameters, arguments.positional) {
      bound[parameter.name] = argument
      given.insert(parameter.name)
    }
    let rest = Array(arguments.positional.dropFirst(parameters.count))
    guard rest.isEmpty || takesRest else {
      throw Failure(
        "takes at most \(parameters.count) arguments, but \(arguments.positional.count) were given"
      )
    }
    var words: OrderedDictionary<String, RuntimeValue> = [:]
    for (word, argument) in arguments.keywords {
      if parameters.contains(where: { $0.name == word }) {
        guard given.insert(word).inserted else {
          throw Failure("got more than one value for the argument `\(word)`")
        }
        bound[word] = argument
      } else if takesKeywords {
        words[word] = argument
      } else {
        throw Failure(
          "has no parameter `\(word)`",
          hint: suggestion(for: word, among: parameters.map(\.name)).map {
            "did you mean `\($0)`?"
          })
      }
    }
    for parameter in parameters where bound[parameter.name] == nil {
      guard let fallback = parameter.fallback else {
        throw Failure("needs the argument `\(parameter.name)`")
      }
      bound[parameter.name] = RuntimeValue(fallback)
    }
    return LiveCall(
      name: name, value: value, bound: bound, rest: rest, keywords: words, given: given,
      evaluator: evaluator, location: location)
  }

  /// The parts between commas that are not inside quotes, without the blanks around them.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var isQuoted = false
    for character in text {
      if character == "'" { isQuoted.toggle() }
      if character == "," && !isQuoted {
        parts.append(part)
        part = ""
      } else if character != " " || isQuoted {
        part.append(character)
      }
    }
    parts.append(part)
    return parts.filter { !$0.isEmpty }
  }

  private static func literal(_ text: String) -> Value {
    switch text {
    case "None": .null
    case "True": .bool(true)
    case "False": .bool(false)
    default:
      if let number = Int(text) {
        .int(number)
      } else if let number = Double(text) {
        .double(number)
      } else {
        .string(String(text.dropFirst().dropLast()))
      }
    }
  }
}
