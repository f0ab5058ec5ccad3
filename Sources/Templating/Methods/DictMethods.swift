import OrderedCollections
import Values

/// The methods of Python's `dict`.
enum DictMethods {
  static let signatures: [String: Signature] = [
    "get": "key, default=None", "items": "", "keys": "", "values": "", "copy": "", "clear": "",
    "pop": "key, default=None", "popitem": "", "setdefault": "key, default=None",
    "update": "other=None, **entries", "fromkeys": "iterable, value=None",
  ]

  static func call(_ box: DictBox, _ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    switch call.name {
    case "get":
      let key = try evaluator.key(call["key"])
      if let value = try evaluator.value(in: box, key: key) { return value }
      if let rest = box.rest { return .unknown(rest) }
      return call["default"]
    case "items":
      return .view(
        "dict_items",
        try evaluator.entries(of: box).map { .tuple([RuntimeValue($0.key), $0.value]) })
    case "keys":
      if let rest = box.rest { return .unknown(rest) }
      return .view("dict_keys", box.keys.map { RuntimeValue($0) })
    case "values":
      return .view("dict_values", try evaluator.entries(of: box).map(\.value))
    case "copy": return .dict(DictBox(try entries(box, evaluator)))
    case "clear": box.removeAll()
    case "pop":
      let key = try evaluator.key(call["key"])
      if let value = try evaluator.value(in: box, key: key) {
        box.remove(key)
        return value
      }
      if let rest = box.rest { return .unknown(rest) }
      guard call.has("default") else { throw Failure("there is no key \(key.pythonRepr)") }
      return call["default"]
    case "popitem":
      guard let key = box.keys.last, let value = try evaluator.value(in: box, key: key) else {
        throw Failure("the mapping is empty")
      }
      box.remove(key)
      return .tuple([RuntimeValue(key), value])
    case "setdefault":
      let key = try evaluator.key(call["key"])
      if let value = try evaluator.value(in: box, key: key) { return value }
      box.set(key, to: call["default"])
      return call["default"]
    case "update":
      try update(box, call["other"], evaluator)
      for (name, value) in call.keywords { box.set(.string(name), to: value) }
    case "fromkeys":
      let result = DictBox()
      for item in try evaluator.elements(of: call["iterable"]) {
        result.set(try evaluator.key(item), to: call["value"])
      }
      return .dict(result)
    default: break
    }
    return .null
  }

  /// Takes over the entries of a mapping or of a sequence of pairs.
  static func update(_ box: DictBox, _ other: RuntimeValue, _ evaluator: Evaluator) throws {
    switch other {
    case .null: return
    case .dict(let source):
      for (key, value) in try evaluator.entries(of: source) { box.set(key, to: value) }
    default:
      for (index, item) in try evaluator.elements(of: other).enumerated() {
        let pair = try evaluator.elements(of: item)
        guard pair.count == 2 else {
          throw Failure("element \(index) has \(pair.count) parts where a pair is needed")
        }
        box.set(try evaluator.key(pair[0]), to: pair[1])
      }
    }
  }

  private static func entries(_ box: DictBox, _ evaluator: Evaluator) throws
    -> OrderedDictionary<Value, RuntimeValue>
  {
    var result: OrderedDictionary<Value, RuntimeValue> = [:]
    for (key, value) in try evaluator.entries(of: box) { result[key] = value }
    return result
  }
}
