import Diagnostics
import OrderedCollections
import Values

extension Evaluator {
  func evaluate(_ arguments: Arguments, _ frame: Frame) throws -> CallArguments {
    var result = CallArguments()
    for node in arguments.positional { result.positional.append(try evaluate(node, frame)) }
    for (name, node) in arguments.keywords {
      guard result.keywords.updateValue(try evaluate(node, frame), forKey: name) == nil else {
        throw Failure("the argument `\(name)` is given twice")
      }
    }
    if let rest = arguments.rest {
      result.positional += try elements(of: try evaluate(rest, frame))
    }
    if let options = arguments.options {
      let value = try evaluate(options, frame)
      if case .unknown(let unknown) = value { throw UnknownStop(unknown: unknown) }
      guard case .dict(let box) = value else {
        throw Failure("`**` needs a mapping, not '\(value.typeName)'")
      }
      for (key, entry) in try entries(of: box) {
        guard let name = key.string else { throw Failure("names of arguments must be strings") }
        guard result.keywords.updateValue(entry, forKey: name) == nil else {
          throw Failure("the argument `\(name)` is given twice")
        }
      }
    }
    return result
  }

  func evaluateCall(_ callee: Node, _ arguments: Arguments, _ frame: Frame) throws
    -> RuntimeValue
  {
    let function = try evaluate(callee, frame)
    do {
      let given = try evaluate(arguments, frame)
      callPlaces.append(callee.place)
      defer { callPlaces.removeLast() }
      return try call(function, given)
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    }
  }

  /// Calls a function, macro or method.
  package func call(_ function: RuntimeValue, _ arguments: CallArguments) throws -> RuntimeValue {
    switch function {
    case .object(let object) where object.isCallable:
      return try object.call(arguments, self)
    case .undefined(let undefined):
      if environment.dialect == .ansible { return function }
      throw failure(undefined)
    case .unknown: return function
    case .secret(let inner): return hidden(try call(inner, arguments))
    default: throw Failure("'\(function.typeName)' object is not callable")
    }
  }

  /// The place of the call or filter that is being evaluated.
  package var location: SourceLocation {
    source.location(at: callPlaces.last?.offset ?? 0)
  }

  // MARK: Filters

  func evaluateFilter(
    _ operand: Node, _ name: String, _ arguments: Arguments, _ place: Place, _ frame: Frame
  ) throws -> RuntimeValue {
    let value = try evaluate(operand, frame)
    do {
      let given = try evaluate(arguments, frame)
      callPlaces.append(place)
      defer { callPlaces.removeLast() }
      return try applyFilter(name, to: value, given)
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    }
  }

  /// `value | name(arguments)`.
  package func applyFilter(
    _ name: String, to value: RuntimeValue, _ arguments: CallArguments = CallArguments()
  ) throws -> RuntimeValue {
    guard let filter = environment.filter(name) else {
      throw environment.unknownName(.filter, name).map { Failure($0.summary, hint: $0.hint) }
        ?? Failure("unknown filter `\(name)`")
    }
    do {
      if filter.undefined == .sees {
        return try run(filter, value, arguments)
      }
      if let undefined = firstUndefined(filter.undefined, value, arguments) {
        // Ansible hands it on, so that a later `default` may still catch it.
        if environment.dialect == .ansible { return .undefined(undefined) }
        throw failure(undefined)
      }
      return try shielded(value, arguments) { try self.run(filter, $0, $1) }
    } catch let failure as Failure where !failure.isUndefined {
      throw Failure(naming("filter", name, failure.message), hint: failure.hint)
    }
  }

  private func naming(_ kind: String, _ name: String, _ message: String) -> String {
    let prefix = "\(kind) `\(name)`: "
    // A filter called by another one is named once, by itself.
    return message.hasPrefix("filter `") || message.hasPrefix("test `") ? message : prefix + message
  }

  private func run(_ filter: Filter, _ value: RuntimeValue, _ arguments: CallArguments) throws
    -> RuntimeValue
  {
    let call = try filter.signature.bind(
      arguments, name: filter.name, value: value, evaluator: self, location: location)
    switch filter.body {
    case .data(let body): return RuntimeValue(try body(try call.frozen()))
    case .live(let body): return try body(call)
    }
  }

  /// The undefined value that keeps a filter or test from being called; nil where none does.
  private func firstUndefined(
    _ rule: UndefinedRule, _ value: RuntimeValue, _ arguments: CallArguments
  ) -> Undefined? {
    switch rule {
    case .passes, .sees: return nil
    case .passesInJinja: if environment.dialect == .jinja { return nil }
    case .fails: break
    }
    func check(_ value: RuntimeValue) -> Undefined? {
      guard case .undefined(let undefined) = value, !undefined.isLenient else { return nil }
      return undefined
    }
    return check(value) ?? arguments.positional.lazy.compactMap(check).first
      ?? arguments.keywords.values.lazy.compactMap(check).first
  }

  /// `shielded` for a piped value with its arguments.
  func shielded(
    _ value: RuntimeValue, _ arguments: CallArguments,
    _ body: (RuntimeValue, CallArguments) throws -> RuntimeValue
  ) throws -> RuntimeValue {
    if arguments.positional.isEmpty, arguments.keywords.isEmpty, isSimple(value) {
      return try body(value, arguments)
    }
    let names = Array(arguments.keywords.keys)
    let count = arguments.positional.count
    let operands = [value] + arguments.positional + Array(arguments.keywords.values)
    return try shielded(operands) { values in
      var opened = CallArguments(Array(values[1..<1 + count]))
      for (name, value) in zip(names, values[(1 + count)...]) { opened.keywords[name] = value }
      return try body(values[0], opened)
    }
  }

  // MARK: Tests

  func evaluateTest(
    _ operand: Node, _ name: String, _ arguments: Arguments, _ isNegated: Bool, _ place: Place,
    _ frame: Frame
  ) throws -> RuntimeValue {
    let value = try evaluate(operand, frame)
    do {
      let given = try evaluate(arguments, frame)
      callPlaces.append(place)
      defer { callPlaces.removeLast() }
      let result = try test(name, value, given)
      guard isNegated else { return result }
      switch result {
      case .bool(let flag): return .bool(!flag)
      case .secret(.bool(let flag)): return .secret(.bool(!flag))
      default: return result
      }
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    }
  }

  /// `value is name(arguments)`.
  /// - Throws: also where the answer is unknown.
  package func applyTest(
    _ name: String, to value: RuntimeValue, _ arguments: CallArguments = CallArguments()
  ) throws -> Bool {
    try truth(of: try test(name, value, arguments))
  }

  private func test(_ name: String, _ value: RuntimeValue, _ arguments: CallArguments) throws
    -> RuntimeValue
  {
    guard let test = environment.test(name) else {
      throw environment.unknownName(.test, name).map { Failure($0.summary, hint: $0.hint) }
        ?? Failure("unknown test `\(name)`")
    }
    do {
      if test.undefined == .sees { return .bool(try run(test, value, arguments)) }
      if let undefined = firstUndefined(test.undefined, value, arguments) {
        throw failure(undefined)
      }
      return try shielded(value, arguments) { .bool(try self.run(test, $0, $1)) }
    } catch let failure as Failure where !failure.isUndefined {
      throw Failure(naming("test", name, failure.message), hint: failure.hint)
    }
  }

  private func run(_ test: Test, _ value: RuntimeValue, _ arguments: CallArguments) throws -> Bool {
    let call = try test.signature.bind(
      arguments, name: test.name, value: value, evaluator: self, location: location)
    switch test.body {
    case .data(let body): return try body(try call.frozen())
    case .live(let body): return try body(call)
    }
  }

  // MARK: Globals

  func global(_ name: String, _ frame: Frame) -> RuntimeValue? {
    if let known = globals[name] { return known }
    guard let global = environment.globals[name] else { return nil }
    let value: RuntimeValue
    switch global.content {
    case .constant(let constant): value = RuntimeValue(constant)
    case .made(let make):
      guard let made = make(self) else { return nil }
      value = made
    case .data(let signature, let body):
      value = function(name, signature) { call in
        RuntimeValue(try body(try call.frozen()))
      }
    case .live(let signature, let body): value = function(name, signature, body)
    }
    globals[name] = value
    return value
  }

  private func function(
    _ name: String, _ signature: Signature, _ body: @escaping (LiveCall) throws -> RuntimeValue
  ) -> RuntimeValue {
    .object(
      Callable(name) { arguments, evaluator in
        do {
          return try evaluator.shielded(.null, arguments) { _, opened in
            try body(
              try signature.bind(
                opened, name: name, value: .null, evaluator: evaluator,
                location: evaluator.location))
          }
        } catch let failure as Failure where !failure.isUndefined {
          throw Failure("`\(name)`: \(failure.message)", hint: failure.hint)
        }
      })
  }
}
