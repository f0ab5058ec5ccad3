import BigInt
import Diagnostics
import Values

extension Arguments {
  /// Checks rendered arguments against a specification and converts them to its types, by the rules
  /// of Ansible's argument specifications.
  ///
  /// - Throws: the first problem, at the argument's place, worded for the user.
  package static func check(
    _ given: [(name: String, value: Value, location: SourceLocation?)],
    resolved: [String: Resolved] = [:], for specification: Specification,
    at location: SourceLocation?
  ) throws(Diagnostic) -> Arguments {
    var values: [String: Value] = [:]
    var names: Set<String> = []
    var places: [String: SourceLocation] = [:]
    for (name, value, place) in given {
      guard let parameter = specification.parameter(name) else {
        throw unknown(name, specification, at: place ?? location)
      }
      places[parameter.name] = place ?? location
      if value.isNull { continue }
      values[parameter.name] = try convert(
        value, to: parameter, of: specification.name, at: place ?? location)
      names.insert(parameter.name)
    }
    for name in resolved.keys { names.insert(name) }
    try checkRules(specification, values, names, at: location)
    for parameter in specification.parameters where values[parameter.name] == nil {
      if parameter.isRequired, !names.contains(parameter.name) {
        throw .error(
          "missing required parameter `\(parameter.name)` for module `\(specification.name)`",
          at: location)
      }
      if !parameter.default.isNull { values[parameter.name] = parameter.default }
    }
    return Arguments(
      values, given: names, resolved: resolved, location: location, locations: places)
  }

  package static func unknown(
    _ name: String, _ specification: Specification, at location: SourceLocation?
  ) -> Diagnostic {
    if specification.lacking.contains(name) {
      return .error(
        "parameter `\(name)` of module `\(specification.name)` is not supported yet",
        at: location, length: name.unicodeScalars.count)
    }
    let near = suggestion(
      for: name, among: specification.parameters.flatMap { [$0.name] + $0.aliases })
    return .error(
      "unknown parameter `\(name)` for module `\(specification.name)`", at: location,
      length: name.unicodeScalars.count, hint: near.map { "did you mean `\($0)`?" })
  }

  private static func checkRules(
    _ specification: Specification, _ values: [String: Value], _ names: Set<String>,
    at location: SourceLocation?
  ) throws(Diagnostic) {
    func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
    for rule in specification.rules {
      switch rule {
      case .mutuallyExclusive(let group):
        let both = group.filter(names.contains)
        if both.count > 1 {
          throw .error("parameters are mutually exclusive: \(list(both))", at: location)
        }
      case .requiredOneOf(let group):
        if !group.contains(where: names.contains) {
          throw .error("one of these parameters is required: \(list(group))", at: location)
        }
      case .requiredTogether(let group):
        let some = group.filter(names.contains)
        if !some.isEmpty, some.count < group.count {
          throw .error("parameters are required together: \(list(group))", at: location)
        }
      case .requiredIf(let name, let value, let needs, let anyIsEnough):
        let actual = values[name] ?? specification.parameter(name)?.default ?? .null
        guard actual == value else { continue }
        let missing = needs.filter { !names.contains($0) }
        if anyIsEnough ? missing.count == needs.count : !missing.isEmpty {
          let words = "`\(name)` is `\(actual.string ?? "\(actual)")` but "
          throw .error(
            words + (anyIsEnough ? "none of \(list(needs))" : "\(list(missing))")
              + " is given", at: location)
        }
      case .requiredBy(let name, let needs):
        let missing = needs.filter { !names.contains($0) }
        if names.contains(name), !missing.isEmpty {
          throw .error("`\(name)` needs \(list(missing))", at: location)
        }
      }
    }
  }

  private static func convert(
    _ value: Value, to parameter: Parameter, of module: String, at location: SourceLocation?
  ) throws(Diagnostic) -> Value {
    let isSecret = parameter.isSecret || value.containsSecret
    let plain = value.opened
    guard var result = ParameterType.convert(plain, to: parameter.type) else {
      throw .error(
        "`\(parameter.name)` must be \(parameter.type.words)", at: location,
        evidence: isSecret ? [] : [.init("value", describe(plain))])
    }
    if !parameter.choices.isEmpty, !result.isNull {
      let all = result.elements ?? [result]
      for one in all where !parameter.choices.contains(one) {
        if let alternative = parameter.choices.first(where: { matches(one, choice: $0) }) {
          result = alternative
          continue
        }
        let names = parameter.choices.map { "`\($0.string ?? describe($0))`" }
        throw .error(
          "`\(parameter.name)` must be one of \(names.joined(separator: ", "))", at: location,
          evidence: isSecret ? [] : [.init("value", describe(one))])
      }
    }
    return isSecret ? .secret(Secret(result)) : result
  }

  // `state: yes` and its like: YAML made a boolean of a word that is a choice.
  private static func matches(_ value: Value, choice: Value) -> Bool {
    guard let word = choice.string else { return false }
    switch value.string {
    case "True": return ["yes", "true", "on"].contains(word)
    case "False": return ["no", "false", "off"].contains(word)
    default: return false
    }
  }

  private static func describe(_ value: Value) -> String {
    JSON.text(value, style: .python)
  }
}

extension ParameterType {
  fileprivate var words: String {
    switch self {
    case .string, .content: "a string"
    case .bool: "a boolean"
    case .int: "an integer"
    case .float: "a number"
    case .dictionary: "a dictionary"
    case .path, .source, .template: "a path"
    case .raw, .mode: "a mode"
    case .list(let element): "a list of \(element.plural)"
    }
  }

  private var plural: String {
    switch self {
    case .dictionary: "dictionaries"
    case .int: "integers"
    default: "strings"
    }
  }

  /// The value as this type, by Ansible's conversions; nil where they refuse.
  package static func convert(_ value: Value, to type: ParameterType) -> Value? {
    switch type {
    case .raw, .content, .mode:
      if type == .mode, !(value.string != nil || value.int != nil) { return nil }
      return value
    case .string, .path, .source, .template:
      return text(of: value).map { .string($0) }
    case .bool: return boolean(of: value).map { .bool($0) }
    case .int:
      switch value {
      case .int, .bigInt: return value
      case .bool(let flag): return .int(flag ? 1 : 0)
      case .double(let real): return Int(exactly: real).map { .int($0) }
      case .string(let text):
        let trimmed = trimmed(text)
        return Int(trimmed).map { .int($0) } ?? BigInt(trimmed).map { .integer($0) }
      default: return nil
      }
    case .float:
      switch value {
      case .double: return value
      case .int(let number): return .double(Double(number))
      case .string(let text): return Double(trimmed(text)).map { .double($0) }
      default: return nil
      }
    case .dictionary:
      if value.map != nil { return value }
      guard let text = value.string else { return nil }
      if let parsed = try? JSON.parse(text), parsed.map != nil { return parsed }
      return keyValues(text)
    case .list(let element):
      let items: [Value]
      switch value {
      case .list(let all), .tuple(let all): items = all
      case .string(let text):
        items = text.split(separator: ",").map { .string(trimmed(String($0))) }
      case .int, .double, .bool, .bigInt: items = [.string(text(of: value) ?? "")]
      case .map: items = [value]
      default: return nil
      }
      var converted: [Value] = []
      for item in items {
        guard let one = convert(item, to: element) else { return nil }
        converted.append(one)
      }
      return .list(converted)
    }
  }

  /// `yes`, `on`, `1`, `true`, `t`, `y` and their opposites, in any case, and the numbers 0 and 1.
  package static func boolean(of value: Value) -> Bool? {
    switch value {
    case .bool(let flag): return flag
    case .int(1): return true
    case .int(0): return false
    case .double(1): return true
    case .double(0): return false
    case .string(let text):
      switch trimmed(text).lowercased() {
      case "y", "yes", "on", "1", "true", "t", "1.0": return true
      case "n", "no", "off", "0", "false", "f", "0.0": return false
      default: return nil
      }
    default: return nil
    }
  }

  private static func text(of value: Value) -> String? {
    switch value {
    case .string(let text): return text
    case .int(let number): return String(number)
    case .bigInt(let number): return number.description
    case .bool(let flag): return flag ? "True" : "False"
    case .double(let real): return pythonRepr(real)
    case .date(let date): return date.isoText
    case .datetime(let time): return time.isoText
    case .list, .tuple, .map: return JSON.text(value, style: .python)
    case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
    case .null, .partial, .secret, .unknown: return nil
    }
  }

  private static func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while let first = rest.unicodeScalars.first, first.properties.isWhitespace {
      rest.unicodeScalars.removeFirst()
    }
    while let last = rest.unicodeScalars.last, last.properties.isWhitespace {
      rest.unicodeScalars.removeLast()
    }
    return String(rest)
  }

  // `a=1, b=2`, as dictionary parameters accept it.
  private static func keyValues(_ text: String) -> Value? {
    var map = ValueMap()
    for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
      guard let equals = part.firstIndex(of: "=") else { return nil }
      map[.string(String(part[..<equals]))] =
        .string(String(part[part.index(after: equals)...]))
    }
    return map.isEmpty ? nil : .map(map)
  }
}
