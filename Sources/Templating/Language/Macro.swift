import OrderedCollections
import Values

/// A macro, or the body of a `call` block: it sees the names of the place where it is defined.
final class Macro: RuntimeObject {
  let definition: MacroDefinition
  let frame: Frame
  let source: TemplateSource
  let autoescape: Bool
  let isNative: Bool

  init(
    _ definition: MacroDefinition, frame: Frame, source: TemplateSource, autoescape: Bool,
    isNative: Bool
  ) {
    self.definition = definition
    self.frame = frame
    self.source = source
    self.autoescape = autoescape
    self.isNative = isNative
  }

  var typeName: String { "Macro" }
  var isCallable: Bool { true }
  func text(_ evaluator: Evaluator) throws -> String { "<Macro \(quoted(definition.name))>" }

  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    switch name {
    case "name": .string(definition.name)
    case "arguments": .tuple(definition.parameters.map { .string($0) })
    case "catch_kwargs": .bool(definition.usesKeywords)
    case "catch_varargs": .bool(definition.usesRest)
    case "caller": .bool(definition.usesCaller)
    default: nil
    }
  }

  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    let inner = Frame(parent: frame)
    return try evaluator.deeper {
      try evaluator.inside(source, autoescape: autoescape) {
        try bind(arguments, inner, evaluator)
        let output = Output(isNative: isNative)
        do {
          try evaluator.execute(definition.body, inner, output)
        } catch let stop as UnknownStop {
          return .unknown(stop.unknown)
        }
        return try output.finish(asMarkup: autoescape, evaluator)
      }
    }
  }

  private func bind(_ arguments: CallArguments, _ inner: Frame, _ evaluator: Evaluator) throws {
    var words = arguments.keywords
    let parameters = definition.parameters
    for (name, value) in zip(parameters, arguments.positional) {
      inner.variables[name] = value
      if words[name] != nil {
        throw Failure(
          "the macro `\(definition.name)` got more than one value for the argument `\(name)`")
      }
    }
    let rest = Array(arguments.positional.dropFirst(parameters.count))
    if definition.usesRest {
      inner.variables["varargs"] = .tuple(rest)
    } else if !rest.isEmpty {
      throw Failure(
        "the macro `\(definition.name)` takes at most \(parameters.count) arguments, "
          + "but \(arguments.positional.count) were given")
    }
    if definition.usesCaller, !parameters.contains("caller") {
      inner.variables["caller"] =
        words.removeValue(forKey: "caller")
        ?? .undefined(Undefined("the macro was not called by a `call` block", name: "caller"))
    }
    let required = parameters.count - definition.defaults.count
    for (index, name) in parameters.enumerated().dropFirst(arguments.positional.count) {
      if let value = words.removeValue(forKey: name) {
        inner.variables[name] = value
      } else if index >= required {
        inner.variables[name] = try evaluator.evaluate(
          definition.defaults[index - required], inner)
      } else {
        inner.variables[name] = .undefined(
          Undefined("parameter '\(name)' was not provided", name: name))
      }
    }
    if definition.usesKeywords {
      var entries: OrderedDictionary<Value, RuntimeValue> = [:]
      for (name, value) in words { entries[.string(name)] = value }
      inner.variables["kwargs"] = .dict(DictBox(entries))
    } else if let name = words.keys.first {
      throw Failure("the macro `\(definition.name)` has no parameter `\(name)`")
    }
  }
}

extension Evaluator {
  /// Runs a body that stands in another template.
  func inside<T>(_ source: TemplateSource, autoescape: Bool, _ body: () throws -> T) throws -> T {
    let outer = (self.source, self.autoescape)
    self.source = source
    self.autoescape = autoescape
    defer { (self.source, self.autoescape) = outer }
    do {
      return try body()
    } catch let failure as Failure {
      throw failure
    }
  }
}
