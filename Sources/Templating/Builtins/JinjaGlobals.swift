import OrderedCollections
import Values

/// The functions that Jinja2 itself gives to every template.
enum JinjaGlobals {
  static let all: [Global] = [
    Global("range", "*args", live: range),
    Global("dict", "*args, **entries", live: dict),
    Global("namespace", "*args, **entries", live: { .object(Namespace(try entries($0))) }),
    Global("cycler", "*items", live: { .object(try Cycler($0.rest)) }),
    Global("joiner", "sep=', '", live: { .object(Joiner($0["sep"])) }),
  ]

  private static func range(_ call: LiveCall) throws -> RuntimeValue {
    guard (1...3).contains(call.rest.count) else { throw Failure("takes one to three integers") }
    let numbers = try call.rest.map { value -> Int in
      switch value {
      case .int(let number): return number
      case .bool(let flag): return flag ? 1 : 0
      default: throw Failure("takes integers, not '\(value.typeName)'")
      }
    }
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw Failure("the step must not be zero") }
    return .range(
      PythonRange(
        start: numbers.count > 1 ? numbers[0] : 0,
        stop: numbers.count > 1 ? numbers[1] : numbers[0], step: step))
  }

  private static func dict(_ call: LiveCall) throws -> RuntimeValue { .dict(try entries(call)) }

  private static func entries(_ call: LiveCall) throws -> DictBox {
    let box = DictBox()
    guard call.rest.count < 2 else { throw Failure("takes at most one mapping") }
    if let first = call.rest.first {
      if case .null = first { throw Failure("'NoneType' object is not iterable") }
      try DictMethods.update(box, first, call.evaluator)
    }
    for (name, value) in call.keywords { box.set(.string(name), to: value) }
    return box
  }
}

/// `namespace`: attributes that inner scopes may set.
final class Namespace: RuntimeObject {
  private let box: DictBox

  init(_ box: DictBox) { self.box = box }

  var typeName: String { "Namespace" }
  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    try evaluator.value(in: box, key: .string(name))
  }
  func item(_ key: RuntimeValue, _ evaluator: Evaluator) throws -> RuntimeValue? {
    try evaluator.value(in: box, key: try evaluator.key(key))
  }
  func setAttribute(_ name: String, to value: RuntimeValue) -> Bool {
    box.set(.string(name), to: value)
    return true
  }
  func text(_ evaluator: Evaluator) throws -> String {
    "<Namespace \(try evaluator.repr(of: .dict(box)))>"
  }
}

/// `cycler`: values in turn.
private final class Cycler: RuntimeObject {
  private let items: [RuntimeValue]
  private var position = 0

  init(_ items: [RuntimeValue]) throws {
    guard !items.isEmpty else { throw Failure("needs at least one item") }
    self.items = items
  }

  var typeName: String { "Cycler" }
  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    switch name {
    case "current": items[position]
    case "next":
      .object(
        Callable(name) { _, _ in
          let item = self.items[self.position]
          self.position = (self.position + 1) % self.items.count
          return item
        })
    case "reset":
      .object(
        Callable(name) { _, _ in
          self.position = 0
          return .null
        })
    default: nil
    }
  }
}

/// `joiner`: nothing at the first call, the separator from then on.
private final class Joiner: RuntimeObject {
  private let separator: RuntimeValue
  private var wasUsed = false

  init(_ separator: RuntimeValue) { self.separator = separator }

  var typeName: String { "Joiner" }
  var isCallable: Bool { true }
  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    defer { wasUsed = true }
    return wasUsed ? separator : .string("")
  }
}
