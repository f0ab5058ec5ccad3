import Diagnostics
import OrderedCollections
import Values

// How filters, tests, functions and lookups are declared. A body of the kind `data` sees finished
// values: templates in them rendered, secrets opened (the result becomes secret again), never an
// unknown, never an undefined. One of the kind `live` sees the values of the running evaluation.

/// `value | name(...)`.
package struct Filter: Sendable {
  package let name: String
  let signature: Signature
  let body: Body
  let undefined: UndefinedRule

  enum Body: Sendable {
    case data(@Sendable (DataCall) throws -> Value)
    case live(@Sendable (LiveCall) throws -> RuntimeValue)
  }

  /// - Parameter signature: the parameters behind the piped value, written as Python does:
  ///   `"pattern, replacement='', *rest, **options"`.
  package init(
    _ name: String, _ signature: Signature = "",
    data: @escaping @Sendable (DataCall) throws -> Value
  ) {
    self.name = name
    self.signature = signature
    self.body = .data(data)
    self.undefined = .fails
  }

  package init(
    _ name: String, _ signature: Signature = "", undefined: UndefinedRule = .fails,
    live: @escaping @Sendable (LiveCall) throws -> RuntimeValue
  ) {
    self.name = name
    self.signature = signature
    self.body = .live(live)
    self.undefined = undefined
  }
}

/// `value is name(...)`.
package struct Test: Sendable {
  package let name: String
  let signature: Signature
  let body: Body
  let undefined: UndefinedRule

  enum Body: Sendable {
    case data(@Sendable (DataCall) throws -> Bool)
    case live(@Sendable (LiveCall) throws -> Bool)
  }

  package init(
    _ name: String, _ signature: Signature = "",
    data: @escaping @Sendable (DataCall) throws -> Bool
  ) {
    self.name = name
    self.signature = signature
    self.body = .data(data)
    self.undefined = .fails
  }

  package init(
    _ name: String, _ signature: Signature = "", undefined: UndefinedRule = .fails,
    live: @escaping @Sendable (LiveCall) throws -> Bool
  ) {
    self.name = name
    self.signature = signature
    self.body = .live(live)
    self.undefined = undefined
  }
}

/// A name that every template knows: a function or a constant. Variables of that name hide it.
package struct Global: Sendable {
  package let name: String
  let content: Content

  enum Content: Sendable {
    case constant(Value)
    case data(Signature, @Sendable (DataCall) throws -> Value)
    case live(Signature, @Sendable (LiveCall) throws -> RuntimeValue)
    /// Made anew for each evaluation; nil where this one does not have it.
    case made(@Sendable (Evaluator) -> RuntimeValue?)
  }

  package init(_ name: String, constant: Value) {
    self.name = name
    content = .constant(constant)
  }
  /// A function; `call.value` is null.
  package init(
    _ name: String, _ signature: Signature, data: @escaping @Sendable (DataCall) throws -> Value
  ) {
    self.name = name
    content = .data(signature, data)
  }
  package init(
    _ name: String, _ signature: Signature,
    live: @escaping @Sendable (LiveCall) throws -> RuntimeValue
  ) {
    self.name = name
    content = .live(signature, live)
  }
  package init(_ name: String, made: @escaping @Sendable (Evaluator) -> RuntimeValue?) {
    self.name = name
    content = .made(made)
  }
}

/// A lookup that needs nothing but its arguments and the variables; any other one is an
/// `ImpureCall` of the kind "lookup", answered by the engine with a list.
///
/// `call.rest` holds the terms, `call.keywords` the options (without `wantlist` and `errors`).
package struct Lookup: Sendable {
  package let name: String
  let body: @Sendable (LiveCall) throws -> [RuntimeValue]

  package init(_ name: String, live: @escaping @Sendable (LiveCall) throws -> [RuntimeValue]) {
    self.name = name
    self.body = live
  }
  package init(_ name: String, data: @escaping @Sendable (DataCall) throws -> [Value]) {
    self.name = name
    self.body = { call in try data(call.frozen()).map { RuntimeValue($0) } }
  }
}

/// What happens where the piped value or an argument itself is undefined (not a part of it).
package enum UndefinedRule: Sendable {
  /// The evaluation fails with the message of the undefined; the body never sees one.
  case fails
  /// The body sees it: `default`, `mandatory`, `defined`.
  case passes
  /// The body sees it in plain Jinja2; in Ansible the evaluation fails.
  case passesInJinja
  /// The body sees everything as it is, also unknown and secret values: `default`, `defined`.
  case sees
}

/// One call with its arguments bound to the names of the signature.
package struct Call<Payload> {
  /// The name it was called by.
  package let name: String
  /// What was piped in, or what a test is about; null for a global.
  package let value: Payload
  let bound: [String: Payload]
  /// Positional arguments behind the named ones, where the signature has a `*`.
  package let rest: [Payload]
  /// Keyword arguments that no parameter has, where the signature has a `**`.
  package let keywords: OrderedDictionary<String, Payload>
  /// The names that the caller gave, as opposed to those filled in from defaults.
  package let given: Set<String>
  package let evaluator: Evaluator
  package let location: SourceLocation

  /// True where the caller gave the argument.
  package func has(_ parameter: String) -> Bool { given.contains(parameter) }
}

package typealias DataCall = Call<Value>
package typealias LiveCall = Call<RuntimeValue>

extension Call where Payload == Value {
  /// The argument, or the default of its parameter; null where neither is there.
  package subscript(parameter: String) -> Value { bound[parameter] ?? .null }

  /// The argument as text: a string as it is, any other value as Python's `str`.
  package func text(_ parameter: String) -> String {
    self[parameter].string ?? self[parameter].pythonText
  }

  /// The argument as a whole number.
  /// - Throws: `Failure` where it is none.
  package func int(_ parameter: String) throws -> Int {
    switch self[parameter] {
    case .int(let number): return number
    case .bool(let flag): return flag ? 1 : 0
    default:
      throw Failure(
        "argument `\(parameter)` must be an integer, not \(RuntimeValue(self[parameter]).typeName)")
    }
  }

  /// The argument's truth, as Python takes it.
  package func bool(_ parameter: String) -> Bool { self[parameter].isTrue }
}

extension Call where Payload == RuntimeValue {
  package subscript(parameter: String) -> RuntimeValue { bound[parameter] ?? .null }

  package func text(_ parameter: String) throws -> String {
    try evaluator.text(of: self[parameter])
  }
  package func int(_ parameter: String) throws -> Int {
    switch self[parameter] {
    case .int(let number): return number
    case .bool(let flag): return flag ? 1 : 0
    default:
      throw Failure(
        "argument `\(parameter)` must be an integer, not \(self[parameter].typeName)")
    }
  }
  package func bool(_ parameter: String) throws -> Bool {
    try evaluator.truth(of: self[parameter])
  }

  /// The same call on finished values.
  /// - Throws: where a part is undefined, cannot be rendered or has no place in data.
  package func frozen() throws -> DataCall {
    var frozen: [String: Value] = [:]
    for (name, value) in bound { frozen[name] = try evaluator.freeze(value) }
    var words: OrderedDictionary<String, Value> = [:]
    for (name, value) in keywords { words[name] = try evaluator.freeze(value) }
    return DataCall(
      name: name, value: try evaluator.freeze(value), bound: frozen,
      rest: try rest.map { try evaluator.freeze($0) }, keywords: words, given: given,
      evaluator: evaluator, location: location)
  }
}
