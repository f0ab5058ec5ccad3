import Diagnostics
import Values

extension Evaluator {
  /// A condition: an expression without braces, a boolean, or a list that is and-ed from the left
  /// and left at the first false. Null and empty text are true.
  package func condition(_ source: SourceValue) throws(EvaluationStop) -> Value {
    if let items = source.items ?? Self.dataItems(source) {
      var isSecret = false
      for item in items {
        let value = try condition(item)
        switch value {
        case .unknown: return value
        case .secret: isSecret = true
        default: break
        }
        guard value.opened.isTrue else { return value }
      }
      return isSecret ? .secret(Secret(.bool(true))) : .bool(true)
    }
    switch source.content {
    case .scalar(.null): return .bool(true)
    case .scalar(.string(let text)):
      if text.unicodeScalars.allSatisfy(isBlank) { return .bool(true) }
      return try condition(text, source)
    case .unsafe(.string): throw Self.isData(at: source.location)
    case .scalar(let value), .unsafe(let value):
      if case .bool = value { return value }
      return truth(value, source)
    case .vault, .list, .map:
      throw .failed(
        .error("a condition is an expression, not a mapping", at: source.location),
        isUndefined: false)
    }
  }

  /// The items of a list that is data.
  private static func dataItems(_ source: SourceValue) -> [SourceValue]? {
    guard case .unsafe(.list(let items)) = source.content else { return nil }
    return items.map { SourceValue(.unsafe($0), at: source.location) }
  }

  private func condition(_ text: String, _ source: SourceValue) throws(EvaluationStop) -> Value {
    if isTemplate(condition: text) {
      warn(
        "a condition has no `{{ }}`: it is an expression already", at: source.location,
        hint: "leave the braces out")
      var source = source
      source.content = .scalar(.string(StringMethods.stripped(text)))
      guard let value = try render(source) else { return .bool(true) }
      switch value.opened {
      case .string(let inner):
        if inner.unicodeScalars.allSatisfy(isBlank) { return .bool(inner.isEmpty) }
        guard let literal = literal(source), let text = literal.text else {
          throw Self.isData(at: source.location)
        }
        return try condition(expression: text, literal)
      case .list(let items) where items.contains(where: { $0.opened.string != nil }):
        guard let literal = literal(source) else { throw Self.isData(at: source.location) }
        return try condition(literal)
      default: return truth(value, source)
      }
    }
    return try condition(expression: text, source)
  }

  /// Text that a template made is no expression: it may come from a host.
  package static func isData(at location: SourceLocation) -> EvaluationStop {
    .failed(
      .error(
        "what a template gives is data and is not evaluated as an expression", at: location,
        hint: "write the expression itself, without braces"), isUndefined: false)
  }

  private func condition(expression text: String, _ source: SourceValue) throws(EvaluationStop)
    -> Value
  {
    let expression: Expression
    do {
      expression = try Expression.compile(
        text, at: source.location, style: source.style, options: .condition,
        environment: environment)
    } catch {
      throw .failed(error, isUndefined: false)
    }
    for warning in expression.warnings where !warnings.contains(warning) {
      warnings.append(warning)
    }
    return truth(try evaluate(expression), source)
  }

  private func truth(_ value: Value, _ source: SourceValue) -> Value {
    switch value {
    case .bool, .unknown: return value
    case .secret(let secret): return .secret(Secret(truth(secret.open(), source)))
    default:
      warn(
        "the condition gives a value of type '\(RuntimeValue(value).typeName)', not a boolean",
        at: source.location, hint: "compare it, or add `| bool`")
      return .bool(value.isTrue)
    }
  }
}

/// Whether a condition is a template from its first tag to its last, and not an expression.
package func isTemplate(condition text: String) -> Bool {
  guard hasTags(text) else { return false }
  let text = StringMethods.stripped(text)
  return text.utf8.count >= 4
    && [("{{", "}}"), ("{%", "%}")].contains { opening, closing in
      StringMethods.hasPrefix(text, opening) && StringMethods.hasSuffix(text, closing)
    }
}
