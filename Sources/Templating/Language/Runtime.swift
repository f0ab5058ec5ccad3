import BigInt
import Diagnostics
import OrderedCollections
import Values

/// A value inside one evaluation: a `Value` plus what only exists while a template runs (undefined,
/// callables, loops, safe text) and lists and mappings that templates may change in place.
///
/// Frozen to `Value` by `Evaluator.freeze`; made from one by `init(_: Value)`.
package enum RuntimeValue {
  case null
  case bool(Bool)
  case int(Int)
  /// Only for numbers that do not fit `Int`; build it with `RuntimeValue.integer(_:)`.
  case bigInt(BigInt)
  case double(Double)
  case string(String)
  /// Text that is safe for HTML: escaping leaves it as it is.
  case markup(String)
  case bytes([UInt8])
  case date(CalendarDate)
  case datetime(DateTime)
  case list(ListBox)
  case tuple([RuntimeValue])
  /// A tuple whose elements also have names, as `groupby` gives.
  case named([String], [RuntimeValue])
  case dict(DictBox)
  /// What `keys()`, `values()` and `items()` of a mapping give; the text is Python's type name.
  case view(String, [RuntimeValue])
  case range(PythonRange)
  /// Macros, functions, `namespace`, `loop`, modules: anything with behaviour.
  case object(any RuntimeObject)
  case undefined(Undefined)
  /// Ansible's `omit`: whatever it is given to is left out.
  case omit
  /// A value that must not show; operations open it and hide their result again.
  indirect case secret(RuntimeValue)
  case unknown(Unknown)

  /// Takes the value over; containers are converted element by element when they are used.
  package init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .bigInt(let number): self = .bigInt(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .bytes(let bytes): self = .bytes(bytes)
    case .date(let date): self = .date(date)
    case .datetime(let time): self = .datetime(time)
    case .list(let items): self = .list(ListBox(values: items))
    case .tuple(let items): self = .tuple(items.map { RuntimeValue($0) })
    case .map(let map): self = .dict(DictBox(values: map))
    case .partial(let map, let rest): self = .dict(DictBox(values: map, rest: rest))
    case .secret(let secret): self = .secret(RuntimeValue(secret.open()))
    case .unknown(let unknown): self = .unknown(unknown)
    }
  }

  package static func integer(_ value: BigInt) -> RuntimeValue {
    if let small = Int(exactly: value) { .int(small) } else { .bigInt(value) }
  }

  package static func list(_ items: [RuntimeValue]) -> RuntimeValue { .list(ListBox(items)) }

  package static func strings(_ items: [String]) -> RuntimeValue {
    .list(ListBox(items.map { .string($0) }))
  }

  /// The text of a string, safe or not; nil for anything else.
  package var string: String? {
    switch self {
    case .string(let text), .markup(let text): text
    default: nil
    }
  }

  package var isUndefined: Bool { if case .undefined = self { true } else { false } }
  package var isNull: Bool { if case .null = self { true } else { false } }

  /// Python's name of the type: `str`, `int`, `dict`, ...
  package var typeName: String {
    switch self {
    case .null: "NoneType"
    case .bool: "bool"
    case .int, .bigInt: "int"
    case .double: "float"
    case .string: "str"
    case .markup: "Markup"
    case .bytes: "bytes"
    case .date: "date"
    case .datetime: "datetime"
    case .list: "list"
    case .tuple, .named: "tuple"
    case .dict: "dict"
    case .view(let name, _): name
    case .range: "range"
    case .object(let object): object.typeName
    case .undefined: "Undefined"
    case .omit: "Omit"
    case .secret(let value): value.typeName
    case .unknown: "unknown"
    }
  }
}

/// Why there is no value, and how to say so when it is used after all.
package struct Undefined: Sendable {
  /// The whole message, such as `'x' is undefined`.
  package var message: String
  /// The variable, attribute or key that is missing.
  package var name: String?
  package var location: SourceLocation?
  /// Prints as nothing and counts as false instead of failing: an inline `if` without `else`.
  package var isLenient: Bool

  package init(
    _ message: String, name: String? = nil, at location: SourceLocation? = nil,
    isLenient: Bool = false
  ) {
    self.message = message
    self.name = name
    self.location = location
    self.isLenient = isLenient
  }
}

/// An integer progression as Python's `range`; the step is never zero.
package struct PythonRange: Hashable, Sendable {
  package var start: Int
  package var stop: Int
  package var step: Int

  package init(start: Int, stop: Int, step: Int) {
    self.start = start
    self.stop = stop
    self.step = step
  }

  package var count: Int {
    let (low, high, size) =
      step > 0 ? (start, stop, step.magnitude) : (stop, start, step.magnitude)
    guard low < high else { return 0 }
    let span = UInt(bitPattern: high) &- UInt(bitPattern: low)
    return Int(clamping: (span - 1) / size + 1)
  }

  /// The element at an index that is at least 0 and below `count`.
  package func element(_ index: Int) -> Int { start &+ index &* step }

  package func contains(_ value: Int) -> Bool {
    guard step > 0 ? value >= start && value < stop : value <= start && value > stop else {
      return false
    }
    let distance = value.subtractingReportingOverflow(start)
    return !distance.overflow && distance.partialValue % step == 0
  }
}

/// Something with behaviour inside an evaluation.
///
/// Everything has a default: an object without attributes that cannot be called or iterated.
package protocol RuntimeObject: AnyObject {
  var typeName: String { get }
  /// True where the object's data attributes hide those of Python's mappings: `namespace`, `loop`.
  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue?
  /// Returns false where attributes cannot be set.
  func setAttribute(_ name: String, to value: RuntimeValue) -> Bool
  /// The element under a key, as `object[key]` gives.
  func item(_ key: RuntimeValue, _ evaluator: Evaluator) throws -> RuntimeValue?
  var isCallable: Bool { get }
  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue
  /// What a `for` loop sees; nil where the object cannot be iterated.
  func elements(_ evaluator: Evaluator) throws -> [RuntimeValue]?
  func truth(_ evaluator: Evaluator) throws -> Bool
  /// Python's `in`; nil where the elements decide.
  func contains(_ value: RuntimeValue, _ evaluator: Evaluator) throws -> Bool?
  /// The object as data; nil where it has no place there.
  func frozen(_ evaluator: Evaluator) throws -> Value?
  /// Python's `str` of it.
  func text(_ evaluator: Evaluator) throws -> String
}

extension RuntimeObject {
  package func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? { nil }
  package func setAttribute(_ name: String, to value: RuntimeValue) -> Bool { false }
  package func item(_ key: RuntimeValue, _ evaluator: Evaluator) throws -> RuntimeValue? { nil }
  package var isCallable: Bool { false }
  package func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    throw Failure("'\(typeName)' object is not callable")
  }
  package func elements(_ evaluator: Evaluator) throws -> [RuntimeValue]? { nil }
  package func truth(_ evaluator: Evaluator) throws -> Bool { true }
  package func contains(_ value: RuntimeValue, _ evaluator: Evaluator) throws -> Bool? { nil }
  package func frozen(_ evaluator: Evaluator) throws -> Value? { nil }
  package func text(_ evaluator: Evaluator) throws -> String { "<\(typeName)>" }
}

/// The arguments of a call before they are bound to parameters.
package struct CallArguments {
  package var positional: [RuntimeValue]
  package var keywords: OrderedDictionary<String, RuntimeValue>

  package init(
    _ positional: [RuntimeValue] = [], keywords: OrderedDictionary<String, RuntimeValue> = [:]
  ) {
    self.positional = positional
    self.keywords = keywords
  }
}

/// A function written in Swift: a global, or a method bound to its value.
package final class Callable: RuntimeObject {
  package let name: String
  private let body: (CallArguments, Evaluator) throws -> RuntimeValue

  package init(
    _ name: String, _ body: @escaping (CallArguments, Evaluator) throws -> RuntimeValue
  ) {
    self.name = name
    self.body = body
  }

  package var typeName: String { "builtin_function_or_method" }
  package var isCallable: Bool { true }
  package func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    try body(arguments, evaluator)
  }
  package func text(_ evaluator: Evaluator) throws -> String { "<built-in method \(name)>" }
}

/// What a filter, test or function throws: the evaluator adds its name and place.
package struct Failure: Error {
  package var message: String
  package var hint: String?
  package var isUndefined: Bool

  package init(_ message: String, hint: String? = nil, isUndefined: Bool = false) {
    self.message = message
    self.hint = hint
    self.isUndefined = isUndefined
  }
}
