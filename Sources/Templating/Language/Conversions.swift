import BigInt
import Diagnostics
import OrderedCollections
import Values

// What filters and operators ask of a value: its truth, text, elements, and its frozen form.

extension Evaluator {
  /// Python's truth.
  /// - Throws: for an undefined or unknown value.
  package func truth(of value: RuntimeValue) throws -> Bool {
    switch value {
    case .null: return false
    case .bool(let flag): return flag
    case .int(let number): return number != 0
    case .bigInt(let number): return number != 0
    case .double(let number): return number != 0
    case .string(let text), .markup(let text): return !text.isEmpty
    case .bytes(let bytes): return !bytes.isEmpty
    case .list(let box): return box.count > 0
    case .tuple(let items), .view(_, let items): return !items.isEmpty
    case .named(_, let items): return !items.isEmpty
    case .dict(let box):
      if box.count == 0, let rest = box.rest { throw UnknownStop(unknown: rest) }
      return box.count > 0
    case .range(let range): return range.count > 0
    case .undefined(let undefined):
      if undefined.isLenient { return false }
      throw failure(undefined)
    case .secret(let inner): return try truth(of: inner)
    case .unknown(let unknown): throw UnknownStop(unknown: unknown)
    case .date, .datetime, .omit: return true
    case .object(let object): return try object.truth(self)
    }
  }

  /// Python's `str`.
  /// - Throws: for an undefined or unknown part.
  package func text(of value: RuntimeValue) throws -> String {
    switch value {
    case .string(let text), .markup(let text): return text
    case .date(let date): return date.isoText
    case .datetime(let time): return time.text(separator: " ")
    case .undefined(let undefined):
      if undefined.isLenient { return "" }
      throw failure(undefined)
    case .object(let object): return try object.text(self)
    case .secret(let inner): return try text(of: inner)
    default: return try repr(of: value)
    }
  }

  /// Python's `repr`.
  package func repr(of value: RuntimeValue) throws -> String {
    var printer = Printer(evaluator: self)
    try printer.print(value, depth: 0)
    return printer.text
  }

  /// The elements in order: scalars of text, keys of a mapping.
  /// - Throws: where the value cannot be iterated.
  package func elements(of value: RuntimeValue) throws -> [RuntimeValue] {
    switch value {
    case .list(let box): return try elements(of: box)
    case .tuple(let items), .named(_, let items), .view(_, let items): return items
    case .dict(let box):
      if let rest = box.rest { throw UnknownStop(unknown: rest) }
      return box.keys.map { RuntimeValue($0) }
    case .range(let range):
      try Limits.check(size: range.count)
      return (0..<range.count).map { .int(range.element($0)) }
    case .string(let text), .markup(let text):
      return text.unicodeScalars.map { .string(String($0)) }
    case .bytes(let bytes): return bytes.map { .int(Int($0)) }
    case .undefined(let undefined):
      if undefined.isLenient { return [] }
      throw failure(undefined)
    case .unknown(let unknown): throw UnknownStop(unknown: unknown)
    case .secret(let inner): return try elements(of: inner).map { .secret($0) }
    case .object(let object):
      if let items = try object.elements(self) { return items }
      throw Failure("'\(object.typeName)' object is not iterable")
    default: throw Failure("'\(value.typeName)' object is not iterable")
    }
  }

  /// The entries of a mapping in order, values rendered.
  package func entries(of box: DictBox) throws -> [(key: Value, value: RuntimeValue)] {
    if let rest = box.rest { throw UnknownStop(unknown: rest) }
    return try knownEntries(of: box)
  }

  func knownEntries(of box: DictBox) throws -> [(key: Value, value: RuntimeValue)] {
    var result: [(key: Value, value: RuntimeValue)] = []
    result.reserveCapacity(box.count)
    for key in box.keys {
      guard let value = try value(in: box, key: key) else { continue }
      result.append((key, value))
    }
    return result
  }

  func elements(of box: ListBox) throws -> [RuntimeValue] {
    var result: [RuntimeValue] = []
    result.reserveCapacity(box.count)
    for index in box.cells.indices {
      let element = try element(of: box, at: index)
      if case .omit = element { continue }
      result.append(element)
    }
    return result
  }

  /// The value as data.
  /// - Throws: for an undefined part, and for what has no place in data (functions, ranges).
  package func freeze(_ value: RuntimeValue) throws -> Value { try freeze(value, depth: 0) }

  private func freeze(_ value: RuntimeValue, depth: Int) throws -> Value {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .bigInt(let number): return .integer(number)
    case .double(let number): return .double(number)
    case .string(let text), .markup(let text): return .string(text)
    case .bytes(let bytes): return .bytes(bytes)
    case .date(let date): return .date(date)
    case .datetime(let time): return .datetime(time)
    case .list(let box):
      if let values = box.untouched { return .list(values) }
      var items: [Value] = []
      items.reserveCapacity(box.count)
      for element in try elements(of: box) {
        if case .omit = element { continue }
        items.append(try freeze(element, depth: depth + 1))
      }
      return .list(items)
    case .view(_, let items):
      return .list(try items.map { try freeze($0, depth: depth + 1) })
    case .tuple(let items), .named(_, let items):
      return .tuple(try items.map { try freeze($0, depth: depth + 1) })
    case .dict(let box):
      if let map = box.untouched { return .map(map) }
      var map = ValueMap(minimumCapacity: box.count)
      for (key, entry) in try knownEntries(of: box) {
        if case .omit = entry { continue }
        map[key] = try freeze(entry, depth: depth + 1)
      }
      return box.rest.map { .partial(map, rest: $0) } ?? .map(map)
    case .range(let range):
      try Limits.check(size: range.count)
      return .list((0..<range.count).map { .int(range.element($0)) })
    case .undefined(let undefined):
      if undefined.isLenient, environment.dialect == .jinja { return .null }
      throw failure(undefined)
    case .secret(let inner): return .secret(Secret(try freeze(inner, depth: depth + 1)))
    case .unknown(let unknown): return .unknown(unknown)
    case .omit: throw Failure("`omit` has no value here")
    case .object(let object):
      if let value = try object.frozen(self) { return value }
      throw Failure("a value of type '\(object.typeName)' cannot be stored")
    }
  }

  /// A value as the key of a mapping.
  /// - Throws: where Python has no hash for it.
  package func key(_ value: RuntimeValue) throws -> Value {
    switch value {
    case .list, .dict, .view: throw Failure("unhashable type: '\(value.typeName)'")
    case .secret(let inner): return try key(inner)
    case .unknown(let unknown): throw UnknownStop(unknown: unknown)
    default: return try freeze(value)
    }
  }

  func failure(_ undefined: Undefined) -> any Error {
    guard let location = undefined.location else {
      return Failure(undefined.message, isUndefined: true)
    }
    return EvaluationStop.failed(
      .error(undefined.message, at: location), isUndefined: true)
  }
}

/// Writes Python's `repr`.
private struct Printer {
  let evaluator: Evaluator
  var text = ""

  mutating func print(_ value: RuntimeValue, depth: Int) throws {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch value {
    case .null: text += "None"
    case .bool(let flag): text += flag ? "True" : "False"
    case .int(let number): text += String(number)
    case .bigInt(let number):
      guard number.bitWidth < 14_300 else {
        throw Failure("the integer has too many digits to be printed")
      }
      text += String(number)
    case .double(let number): text += Values.pythonRepr(number)
    case .string(let string): text += quoted(string)
    case .markup(let string): text += "Markup(" + quoted(string) + ")"
    case .bytes, .date, .datetime: text += try evaluator.freeze(value).pythonRepr
    case .list(let box):
      if let values = box.untouched {
        text += Value.list(values).pythonRepr
        return
      }
      try print(try evaluator.elements(of: box), "[", "]", depth)
    case .tuple(let items), .named(_, let items):
      try print(items, "(", items.count == 1 ? ",)" : ")", depth)
    case .view(let name, let items): try print(items, name + "([", "])", depth)
    case .dict(let box):
      if let map = box.untouched {
        text += Value.map(map).pythonRepr
        return
      }
      text += "{"
      var isFirst = true
      for (key, entry) in try evaluator.entries(of: box) {
        if case .omit = entry { continue }
        if !isFirst { text += ", " }
        isFirst = false
        text += key.pythonRepr + ": "
        try print(entry, depth: depth + 1)
      }
      text += "}"
    case .range(let range):
      text += "range(\(range.start), \(range.stop)"
      text += range.step == 1 ? ")" : ", \(range.step))"
    case .object(let object): text += try object.text(evaluator)
    case .undefined(let undefined):
      if evaluator.environment.dialect == .ansible { throw evaluator.failure(undefined) }
      text += "Undefined"
    case .omit: text += "omit"
    case .secret(let inner): try print(inner, depth: depth)
    case .unknown(let unknown): throw UnknownStop(unknown: unknown)
    }
  }

  private mutating func print(
    _ items: [RuntimeValue], _ open: String, _ close: String, _ depth: Int
  ) throws {
    text += open
    var isFirst = true
    for item in items {
      if !isFirst { text += ", " }
      isFirst = false
      try print(item, depth: depth + 1)
    }
    text += close
  }
}
