import OrderedCollections
import Values

// Attributes, items and slices. `a.b` looks for an attribute first, `a['b']` for a key first.

extension Evaluator {
  /// `value.name`; undefined where there is no such attribute or key.
  package func attribute(_ name: String, of value: RuntimeValue) throws -> RuntimeValue {
    switch value {
    case .secret(let inner):
      let found = try attribute(name, of: inner)
      guard case .object(let object) = found, object.isCallable else { return hidden(found) }
      return .object(SecretMethod(object))
    case .unknown: return value
    case .undefined(let undefined):
      guard environment.dialect == .ansible else { throw failure(undefined) }
      return value
    case .object(let object):
      if let found = try object.attribute(name, self) { return found }
      if let found = try object.item(.string(name), self) { return found }
      return missing(name, value)
    default:
      if let method = try method(name, of: value) { return method }
      if case .dict(let box) = value {
        if let found = try self.value(in: box, key: .string(name)) { return found }
        if let rest = box.rest { return .unknown(rest) }
      }
      return missing(name, value)
    }
  }

  /// `value[key]`; undefined where there is no such key, index or attribute.
  package func item(_ key: RuntimeValue, of value: RuntimeValue) throws -> RuntimeValue {
    switch (value, key) {
    case (.undefined(let undefined), _):
      guard environment.dialect == .ansible else { throw failure(undefined) }
      return value
    case (_, .undefined(let undefined)):
      if environment.dialect == .ansible { return key }
      throw failure(undefined)
    case (.secret(let inner), _): return hidden(try item(key, of: inner))
    case (_, .secret(let inner)): return hidden(try item(inner, of: value))
    case (.unknown, _): return value
    case (_, .unknown): return key
    case (.dict(let box), _):
      if case .list = key { return missing(try repr(of: key), value) }
      let name = try self.key(key)
      if let found = try self.value(in: box, key: name) { return found }
      if case .string(let text) = name, let method = try method(text, of: value) { return method }
      if let rest = box.rest { return .unknown(rest) }
      return missing(name.pythonText, value)
    case (.object(let object), _):
      if let found = try object.item(key, self) { return found }
      if let name = key.string, let found = try object.attribute(name, self) { return found }
      return missing(try text(of: key), value)
    default: break
    }
    if let index = indexNumber(key) {
      if let found = try element(index, of: value) { return found }
      return missing(String(index), value)
    }
    if let name = key.string, let method = try method(name, of: value) { return method }
    return missing(try text(of: key), value)
  }

  private func indexNumber(_ key: RuntimeValue) -> Int? {
    switch key {
    case .int(let number): number
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  private func element(_ index: Int, of value: RuntimeValue) throws -> RuntimeValue? {
    func resolved(_ count: Int) -> Int? {
      let position = index < 0 ? index &+ count : index
      return position >= 0 && position < count ? position : nil
    }
    switch value {
    case .list(let box): return try resolved(box.count).map { try element(of: box, at: $0) }
    case .tuple(let items), .named(_, let items): return resolved(items.count).map { items[$0] }
    case .range(let range): return resolved(range.count).map { .int(range.element($0)) }
    case .bytes(let bytes): return resolved(bytes.count).map { .int(Int(bytes[$0])) }
    case .string(let text), .markup(let text):
      let scalars = Array(text.unicodeScalars)
      return resolved(scalars.count).map { .string(String(scalars[$0])) }
    default: return nil
    }
  }

  private func missing(_ name: String, _ value: RuntimeValue) -> RuntimeValue {
    if case .null = value {
      return .undefined(Undefined("'None' has no attribute '\(name)'", name: name))
    }
    return .undefined(
      Undefined("'\(value.typeName)' object has no attribute '\(name)'", name: name))
  }

  // MARK: Slices

  func sliced(_ value: RuntimeValue, _ bounds: [RuntimeValue]) throws -> RuntimeValue {
    for bound in bounds {
      if case .unknown = bound { return bound }
      if case .undefined(let undefined) = bound { throw failure(undefined) }
    }
    switch value {
    case .secret(let inner): return hidden(try sliced(inner, bounds))
    case .unknown: return value
    case .undefined(let undefined):
      if environment.dialect == .ansible { return value }
      throw failure(undefined)
    case .list(let box):
      return .list(try indices(bounds, box.count).map { try element(of: box, at: $0) })
    case .tuple(let items), .named(_, let items):
      return .tuple(try indices(bounds, items.count).map { items[$0] })
    case .bytes(let bytes): return .bytes(try indices(bounds, bytes.count).map { bytes[$0] })
    case .range(let range):
      return .list(try indices(bounds, range.count).map { .int(range.element($0)) })
    case .string(let text), .markup(let text):
      let scalars = Array(text.unicodeScalars)
      let part = try indices(bounds, scalars.count).map { scalars[$0] }
      let result = String(String.UnicodeScalarView(part))
      if case .markup = value { return .markup(result) }
      return .string(result)
    default: return missing("slice", value)
    }
  }

  /// The positions that a slice takes of a sequence.
  private func indices(_ bounds: [RuntimeValue], _ count: Int) throws -> [Int] {
    func number(_ bound: RuntimeValue) throws -> Int? {
      switch bound {
      case .null: return nil
      case .int(let number): return number
      case .bool(let flag): return flag ? 1 : 0
      case .bigInt(let number): return number < 0 ? .min / 2 : .max / 2
      default: throw Failure("slice indices must be integers, not '\(bound.typeName)'")
      }
    }
    let step = try number(bounds[2]) ?? 1
    guard step != 0 else { throw Failure("slice step cannot be zero") }
    let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
    func clamp(_ bound: Int?, _ fallback: Int) -> Int {
      guard var position = bound else { return fallback }
      if position < 0 { position = max(low, position &+ count) }
      return min(max(position, low), high)
    }
    var position = clamp(try number(bounds[0]), step > 0 ? low : high)
    let stop = clamp(try number(bounds[1]), step > 0 ? high : low)
    var result: [Int] = []
    while step > 0 ? position < stop : position > stop {
      result.append(position)
      let (next, overflow) = position.addingReportingOverflow(step)
      if overflow { break }
      position = next
    }
    return result
  }
}

/// A method of a secret value: what it gives is secret, and its errors say nothing.
private final class SecretMethod: RuntimeObject {
  private let method: any RuntimeObject

  init(_ method: any RuntimeObject) { self.method = method }

  var typeName: String { method.typeName }
  var isCallable: Bool { true }
  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    do {
      return evaluator.hidden(try method.call(arguments, evaluator))
    } catch let failure as Failure where !failure.isUndefined {
      throw Failure("the operation failed on a secret value")
    }
  }
}
