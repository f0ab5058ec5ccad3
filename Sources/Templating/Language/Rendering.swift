import Diagnostics
import OrderedCollections
import Values

// The entry points: whole values, template files, conditions, single expressions.

extension Evaluator {
  /// A value from a file with its templates rendered, types kept; nil where it is `omit`. Entries
  /// of maps and lists that are `omit` are left out.
  package func render(_ source: SourceValue) throws(EvaluationStop) -> Value? {
    try finished { try self.render(source, self.main, depth: 0) }
  }

  package func render(_ variable: Variable) throws(EvaluationStop) -> Value? {
    switch variable {
    case .value(let value): value
    case .source(let source): try render(source)
    }
  }

  /// The variable of that name, as a template would see it; nil where there is none.
  package func variable(_ name: String) throws(EvaluationStop) -> Value? {
    try finished {
      guard let value = try self.variable(name, self.main) else { return nil }
      return try self.result(value)
    }
  }

  /// A template file: text, or unknown or secret.
  package func renderText(_ template: Template) throws(EvaluationStop) -> Value {
    let value = try finished {
      let isNative = self.environment.dialect == .ansible
      // A text without tags is no template; its first line may make it one.
      if isNative, template.options.newlineBeforeHeader == nil,
        !hasTags(template.source.text), template.isPlainText
      {
        return .string(template.source.text)
      }
      let output = Output(isNative: isNative, isTop: true)
      try self.render(template, Frame(state: self.main), output)
      let value = self.restoringNewlines(
        try output.finish(asMarkup: template.options.autoescape, self), template)
      return try self.freeze(
        try self.shielded([value]) { values in
          switch values[0] {
          case .null: return .string("")
          case .omit: throw Failure("`omit` is not a text")
          default: return .string(try self.text(of: values[0]))
          }
        })
    }
    return value ?? .string("")
  }

  package func evaluate(_ expression: Expression) throws(EvaluationStop) -> Value {
    let value = try finished {
      try self.result(try self.value(of: expression)) ?? .null
    }
    return value ?? .null
  }

  func value(of expression: Expression) throws -> RuntimeValue {
    try inside(expression.source, autoescape: false) {
      do {
        return try evaluate(expression.node, Frame(state: main))
      } catch let stop as UnknownStop {
        return .unknown(stop.unknown)
      }
    }
  }

  // MARK: Inside

  private func restoringNewlines(_ value: RuntimeValue, _ template: Template) -> RuntimeValue {
    switch value {
    case .string(let text):
      let count = text.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count
      let missing = template.restoredNewlines - count
      let sequence = template.options.newlineBeforeHeader ?? template.options.newlineSequence
      return missing > 0 ? .string(text + String(repeating: sequence, count: missing)) : value
    case .secret(let inner): return .secret(restoringNewlines(inner, template))
    default: return value
    }
  }

  /// Turns what ended the evaluation into a stop with a place.
  private func finished(_ body: () throws -> Value?) throws(EvaluationStop) -> Value? {
    var mark: UInt8 = 0
    let outer = stackStart
    stackStart = outer ?? withUnsafeMutablePointer(to: &mark) { UInt(bitPattern: $0) }
    defer { stackStart = outer }
    do {
      return try body()
    } catch let stop as EvaluationStop {
      throw stop
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    } catch let failure as Failure {
      throw .failed(
        .error(failure.message, at: source.location, hint: failure.hint),
        isUndefined: failure.isUndefined)
    } catch let diagnostic as Diagnostic {
      throw .failed(diagnostic, isUndefined: false)
    } catch LoopExit.leave {
      throw .failed(
        .error("`break` outside a loop", at: source.location), isUndefined: false)
    } catch LoopExit.next {
      throw .failed(
        .error("`continue` outside a loop", at: source.location), isUndefined: false)
    } catch {
      throw .failed(.error("\(error)", at: source.location), isUndefined: false)
    }
  }

  private func render(_ source: SourceValue, _ state: ScopeState, depth: Int) throws -> Value? {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch source.content {
    case .list(let items):
      var result: [Value] = []
      for item in items {
        if let value = try render(item, state, depth: depth + 1) { result.append(value) }
      }
      return .list(result)
    case .map(let entries):
      var result = ValueMap(minimumCapacity: entries.count)
      for entry in entries {
        if let value = try render(entry.value, state, depth: depth + 1) {
          result[entry.key] = value
        }
      }
      return .map(result)
    case .scalar(.string(let text)):
      guard hasTags(text) else { return .string(text) }
      // A variable is rendered once for each template that uses it, not once for the task.
      if state === main, nesting == 0 { main.forget() }
      let outer = self.source
      self.source = TemplateSource(text: text, location: source.location, style: source.style)
      defer { self.source = outer }
      do {
        return try result(try renderNative(text, source, state))
      } catch let failure as Failure {
        throw EvaluationStop.failed(
          .error(failure.message, at: source.location, hint: failure.hint),
          isUndefined: failure.isUndefined)
      }
    case .scalar(let value), .unsafe(let value): return value
    case .vault: return try result(try resolve(source, state))
    }
  }

  /// The frozen value; nil for `omit`. Ansible has no tuples in its data.
  private func result(_ value: RuntimeValue) throws -> Value? {
    if case .omit = value { return nil }
    if case .undefined(let undefined) = value { throw failure(undefined) }
    let frozen = try freeze(value)
    return environment.dialect == .ansible ? frozen.withoutTuples : frozen
  }

  /// Renders text in which there may be tags; one expression alone keeps its type.
  func renderNative(_ text: String, _ source: SourceValue, _ state: ScopeState) throws
    -> RuntimeValue
  {
    var options = TemplateOptions.task
    var text = text
    var location = source.location
    do {
      if let rest = try options.readHeader(of: text, at: location) {
        text = rest
        location.line += 1
      }
      let template = try Template.compile(
        text, at: location, style: source.style, options: options, environment: environment)
      for warning in template.warnings where !warnings.contains(warning) {
        warnings.append(warning)
      }
      let output = Output(isNative: true, isTop: true)
      try render(template, Frame(state: state), output)
      return restoringNewlines(try output.finish(asMarkup: false, self), template)
    } catch let diagnostic as Diagnostic {
      throw EvaluationStop.failed(diagnostic, isUndefined: false)
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    }
  }
}

extension Evaluator {
  /// The value of a template that stands in a constant of another one.
  func evaluateEmbedded(_ text: String, _ place: Place, _ frame: Frame) throws -> RuntimeValue {
    guard environment.dialect == .ansible else { return .string(text) }
    let template: Template
    do {
      template = try Template.compile(
        text, at: source.location(at: place.offset), options: .task, environment: environment)
    } catch {
      throw EvaluationStop.failed(error, isUndefined: false)
    }
    let output = Output(isNative: true, isTop: true)
    try deeper { try render(template, Frame(parent: frame), output) }
    return try output.finish(asMarkup: false, self)
  }
}

extension Value {
  /// A tuple, or a container of one: what filters give, never what files or hosts do.
  func holdsTuples(_ depth: Int) -> Bool {
    guard depth < Limits.valueDepth else { return false }
    return switch self {
    case .tuple: true
    case .list(let items): items.contains { $0.holdsTuples(depth + 1) }
    case .map(let map), .partial(let map, _): map.values.contains { $0.holdsTuples(depth + 1) }
    default: false
    }
  }

  var withoutTuples: Value {
    switch self {
    case .tuple(let items), .list(let items): .list(items.map(\.withoutTuples))
    case .map(let map): .map(map.mapValues(\.withoutTuples))
    case .partial(let map, let rest): .partial(map.mapValues(\.withoutTuples), rest: rest)
    case .secret(let secret): .secret(Secret(secret.open().withoutTuples))
    default: self
    }
  }
}
