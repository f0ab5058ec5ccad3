import OrderedCollections
import Values

extension Evaluator {
  /// The method or attribute of a Python type; nil where the type has none of that name.
  func method(_ name: String, of value: RuntimeValue) throws -> RuntimeValue? {
    switch value {
    case .string, .markup:
      return StringMethods.signatures[name].map { bound(name, $0, value, StringMethods.call) }
    case .bytes:
      return BytesMethods.signatures[name].map { bound(name, $0, value, BytesMethods.call) }
    case .list(let box):
      return ListMethods.signatures[name].map { signature in
        mutating(name, signature) { try ListMethods.call(box, $0) }
      }
    case .dict(let box):
      return DictMethods.signatures[name].map { signature in
        mutating(name, signature) { try DictMethods.call(box, $0) }
      }
    case .named(let names, let items):
      if let index = names.firstIndex(of: name), index < items.count { return items[index] }
      return tupleMethod(name, value)
    case .tuple, .view, .range: return tupleMethod(name, value)
    case .int, .bigInt, .bool, .double: return NumberMethods.attribute(name, of: value)
    case .date, .datetime: return DateMethods.attribute(name, of: value)
    default: return nil
    }
  }

  /// A method of a value that does not change: it works on the opened value.
  private func bound(
    _ name: String, _ signature: Signature, _ value: RuntimeValue,
    _ body: @escaping (LiveCall) throws -> RuntimeValue
  ) -> RuntimeValue {
    .object(
      Callable(name) { arguments, evaluator in
        try evaluator.naming("`\(name)`") {
          try evaluator.shielded(value, arguments) { value, arguments in
            for argument in arguments.positional {
              if case .undefined(let undefined) = argument { throw evaluator.failure(undefined) }
            }
            return try body(
              try signature.bind(
                arguments, name: name, value: value, evaluator: evaluator,
                location: evaluator.location))
          }
        }
      })
  }

  /// A method of a container, which keeps what it is given as it is.
  private func mutating(
    _ name: String, _ signature: Signature, _ body: @escaping (LiveCall) throws -> RuntimeValue
  ) -> RuntimeValue {
    .object(
      Callable(name) { arguments, evaluator in
        try evaluator.naming("`\(name)`") {
          try body(
            try signature.bind(
              arguments, name: name, value: .null, evaluator: evaluator,
              location: evaluator.location))
        }
      })
  }

  private func naming<T>(_ name: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let failure as Failure where !failure.isUndefined {
      throw Failure("\(name): \(failure.message)", hint: failure.hint)
    }
  }

  private func tupleMethod(_ name: String, _ value: RuntimeValue) -> RuntimeValue? {
    guard name == "index" || name == "count" else { return nil }
    return bound(name, "value", value) { call in
      let items = try call.evaluator.elements(of: call.value)
      return try ListMethods.search(name, items, call)
    }
  }
}
