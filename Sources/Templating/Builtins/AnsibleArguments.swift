import Values

// What the bodies of Ansible's filters ask of their arguments.

extension Call where Payload == Value {
  /// The piped value as text: a string as it is, anything else as Python's `str`.
  var valueText: String { value.string ?? value.pythonText }

  /// The piped value, which must be a string.
  func stringValue() throws -> String {
    if let text = value.string { return text }
    throw Failure("needs a string, not a value of type `\(value.typeName)`")
  }

  /// The elements of the piped value; see `Value.iterated`.
  func elements() throws -> [Value] { try value.iterated() }

  /// The argument, or nil where it is null.
  func optional(_ parameter: String) -> Value? {
    // `Value` has a nil literal of its own, hence the long form.
    let value = self[parameter]
    return value.isNull ? Optional.none : value
  }

  /// The one option that may be given by name behind any number of other arguments.
  /// - Throws: `Failure` where another one is given.
  func option(_ name: String) throws -> Value? {
    if let other = keywords.keys.first(where: { $0 != name }) {
      throw Failure("has no parameter `\(other)`")
    }
    return keywords[name]
  }

  /// The argument as a floating-point number.
  func number(_ parameter: String) throws -> Double {
    guard let number = self[parameter].double else {
      throw Failure(
        "argument `\(parameter)` must be a number, not a value of type "
          + "`\(self[parameter].typeName)`")
    }
    return number
  }
}

extension Value {
  /// Python's name of the type.
  var typeName: String { RuntimeValue(self).typeName }

  /// The number as a `Double`, booleans included; nil for anything else.
  var double: Double? {
    switch self {
    case .double(let number): number
    case .int(let number): Double(number)
    case .bigInt(let number): Double(number)
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  /// What a Python loop over the value sees: elements, keys, scalars of text.
  /// - Throws: `Failure` where there is nothing to loop over.
  func iterated() throws -> [Value] {
    switch self {
    case .list(let items), .tuple(let items): return items
    case .map(let map), .partial(let map, _): return Array(map.keys)
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .bytes(let bytes): return bytes.map { .int(Int($0)) }
    case .secret(let secret): return try secret.open().iterated()
    default: throw Failure("'\(typeName)' object is not iterable")
    }
  }

  /// True where Python could hash the value.
  var isHashable: Bool {
    switch self {
    case .list, .map, .partial: false
    case .tuple(let items): items.allSatisfy(\.isHashable)
    case .secret(let secret): secret.open().isHashable
    default: true
    }
  }

  /// Ansible's notion of a true word or number; nil for anything else.
  var asBoolean: Bool? {
    switch self {
    case .bool(let flag): return flag
    case .int(1), .double(1): return true
    case .int(0), .double(0): return false
    case .string(let text):
      switch text.lowercased() {
      case "y", "yes", "on", "1", "true", "t", "1.0": return true
      case "n", "no", "off", "0", "false", "f", "0.0": return false
      default: return nil
      }
    default: return nil
    }
  }
}
