import Values

/// The tests of Jinja2 itself.
enum JinjaTests {
  static let all: [Test] =
    [
      Test("defined", undefined: .sees, live: { !$0.value.isUndefined }),
      Test("undefined", undefined: .sees, live: { $0.value.isUndefined }),
      Test("none", undefined: .passesInJinja, live: { $0.value.isNull }),
      Test(
        "boolean", undefined: .passesInJinja,
        live: { if case .bool = $0.value { true } else { false } }),
      Test(
        "true", undefined: .passesInJinja,
        live: { if case .bool(true) = $0.value { true } else { false } }),
      Test(
        "false", undefined: .passesInJinja,
        live: { if case .bool(false) = $0.value { true } else { false } }),
      Test("integer", undefined: .passesInJinja, live: { isInteger($0.value) }),
      Test(
        "float", undefined: .passesInJinja,
        live: { if case .double = $0.value { true } else { false } }),
      Test(
        "number", undefined: .passesInJinja,
        live: { Number($0.value) != nil }),
      Test("string", undefined: .passesInJinja, live: { $0.value.string != nil }),
      Test(
        "mapping", undefined: .passesInJinja,
        live: { if case .dict = $0.value { true } else { false } }),
      Test("sequence", undefined: .passesInJinja, live: { isSequence($0.value) }),
      Test("iterable", live: { isIterable($0.value) }),
      Test(
        "callable", undefined: .passesInJinja,
        live: { call in
          switch call.value {
          case .object(let object): object.isCallable
          case .undefined: true
          default: false
          }
        }),
      Test(
        "escaped", undefined: .passesInJinja,
        live: { if case .markup = $0.value { true } else { false } }),
      Test("sameas", "other", undefined: .passesInJinja, live: { isSame($0.value, $0["other"]) }),
      Test("odd", live: { try remainder($0, 2) == 1 }),
      Test("even", live: { try remainder($0, 2) == 0 }),
      Test(
        "divisibleby", "num",
        live: { call in
          try call.evaluator.equal(
            try call.evaluator.apply(.remainder, call.value, call["num"]), .int(0))
        }),
      Test(
        "lower", live: { StringMethods.matches("islower", try $0.evaluator.text(of: $0.value)) }),
      Test(
        "upper", live: { StringMethods.matches("isupper", try $0.evaluator.text(of: $0.value)) }),
      Test("in", "seq", live: { try $0.evaluator.isMember($0.value, of: $0["seq"]) }),
      Test(
        "filter",
        live: { call in
          call.value.string.map { call.evaluator.environment.filter($0) != nil } ?? false
        }),
      Test(
        "test",
        live: { call in
          call.value.string.map { call.evaluator.environment.test($0) != nil } ?? false
        }),
    ] + comparisons

  private static let comparisons: [Test] = {
    let names: [(ComparisonOperator, [String])] = [
      (.equal, ["==", "eq", "equalto"]), (.notEqual, ["!=", "ne"]),
      (.less, ["<", "lt", "lessthan"]), (.lessOrEqual, ["<=", "le"]),
      (.greater, [">", "gt", "greaterthan"]), (.greaterOrEqual, [">=", "ge"]),
    ]
    return names.flatMap { operation, names in
      names.map { name in
        Test(name, "other", live: { try $0.evaluator.compare(operation, $0.value, $0["other"]) })
      }
    }
  }()

  private static func isInteger(_ value: RuntimeValue) -> Bool {
    switch value {
    case .int, .bigInt: true
    default: false
    }
  }

  private static func isSequence(_ value: RuntimeValue) -> Bool {
    switch value {
    case .list, .tuple, .named, .dict, .string, .markup, .bytes, .range: true
    case .undefined: true
    default: false
    }
  }

  private static func isIterable(_ value: RuntimeValue) -> Bool {
    switch value {
    case .view: true
    case .object(let object): object is LoopState
    default: isSequence(value)
    }
  }

  private static func isSame(_ a: RuntimeValue, _ b: RuntimeValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.int(let x), .int(let y)): x == y
    case (.string(let x), .string(let y)): x.utf8.elementsEqual(y.utf8)
    case (.list(let x), .list(let y)): x === y
    case (.dict(let x), .dict(let y)): x === y
    case (.object(let x), .object(let y)): x === y
    case (.double(let x), .double(let y)): x == y
    default: false
    }
  }

  private static func remainder(_ call: LiveCall, _ divisor: Int) throws -> Int {
    switch try call.evaluator.apply(.remainder, call.value, .int(divisor)) {
    case .int(let number): return number
    case .double(let number) where number == 0 || number == 1: return Int(number)
    case .double: return -1
    default: throw Failure("needs a number, not '\(call.value.typeName)'")
    }
  }
}
