import OrderedCollections
import Values

/// Filters that take sequences and mappings apart and put them in order.
enum JinjaSequenceFilters {
  static let all: [Filter] = [
    Filter("list", live: { .list(try $0.evaluator.elements(of: $0.value)) }),
    Filter("length", live: length),
    Filter("count", live: length),
    Filter("first", live: first),
    Filter("last", live: last),
    Filter("reverse", live: reverse),
    Filter("sort", "reverse=False, case_sensitive=False, attribute=None", live: sort),
    Filter("dictsort", "case_sensitive=False, by='key', reverse=False", live: dictSort),
    Filter("unique", "case_sensitive=False, attribute=None", live: unique),
    Filter("min", "case_sensitive=False, attribute=None", live: { try extreme($0, isMax: false) }),
    Filter("max", "case_sensitive=False, attribute=None", live: { try extreme($0, isMax: true) }),
    Filter("groupby", "attribute, default=None, case_sensitive=False", live: groupBy),
    Filter("batch", "linecount, fill_with=None", live: batch),
    Filter("slice", "slices, fill_with=None", live: slice),
    Filter("items", undefined: .passesInJinja, live: items),
    Filter("attr", "name", live: attr),
  ]

  private static func length(_ call: LiveCall) throws -> RuntimeValue {
    switch call.value {
    case .list(let box): return .int(box.count)
    case .dict(let box): return .int(box.count)
    case .tuple(let items), .named(_, let items), .view(_, let items): return .int(items.count)
    case .string(let text), .markup(let text): return .int(text.unicodeScalars.count)
    case .bytes(let bytes): return .int(bytes.count)
    case .range(let range): return .int(range.count)
    case .object(let object):
      if let items = try object.elements(call.evaluator) { return .int(items.count) }
    case .undefined: return .int(0)
    default: break
    }
    throw Failure("object of type '\(call.value.typeName)' has no length")
  }

  private static func first(_ call: LiveCall) throws -> RuntimeValue {
    if case .list(let box) = call.value, box.count > 0 {
      return try call.evaluator.element(of: box, at: 0)
    }
    return try call.evaluator.elements(of: call.value).first
      ?? .undefined(Undefined("there is no first item: the sequence is empty"))
  }

  private static func last(_ call: LiveCall) throws -> RuntimeValue {
    if case .list(let box) = call.value, box.count > 0 {
      return try call.evaluator.element(of: box, at: box.count - 1)
    }
    return try call.evaluator.elements(of: call.value).last
      ?? .undefined(Undefined("there is no last item: the sequence is empty"))
  }

  private static func reverse(_ call: LiveCall) throws -> RuntimeValue {
    if let text = call.value.string {
      return call.alike(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
    }
    return .list(try call.evaluator.elements(of: call.value).reversed())
  }

  private static func sort(_ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    let isSensitive = try call.bool("case_sensitive")
    let paths: [AttributePath]
    if let text = call["attribute"].string {
      paths = text.split(separator: ",").map { AttributePath(.string(String($0))) }
    } else {
      paths = [AttributePath(call["attribute"])]
    }
    let sorted = try evaluator.sorted(
      try evaluator.elements(of: call.value),
      by: { item in
        let keys = try paths.map { path in
          let key = try evaluator.defined(try path.value(of: item, evaluator))
          return isSensitive ? key : ignoringCase(key)
        }
        return keys.count == 1 ? keys[0] : .tuple(keys)
      }, descending: try call.bool("reverse"))
    return .list(sorted)
  }

  private static func dictSort(_ call: LiveCall) throws -> RuntimeValue {
    guard case .dict(let box) = call.value else {
      throw Failure("needs a mapping, not '\(call.value.typeName)'")
    }
    let position: Int
    switch try call.text("by") {
    case "key": position = 0
    case "value": position = 1
    default: throw Failure("`by` is `key` or `value`")
    }
    let isSensitive = try call.bool("case_sensitive")
    let pairs = try call.evaluator.entries(of: box).map {
      RuntimeValue.tuple([RuntimeValue($0.key), $0.value])
    }
    return .list(
      try call.evaluator.sorted(
        pairs,
        by: { pair in
          guard case .tuple(let parts) = pair else { return pair }
          return isSensitive ? parts[position] : ignoringCase(parts[position])
        }, descending: try call.bool("reverse")))
  }

  private static func unique(_ call: LiveCall) throws -> RuntimeValue {
    let path = AttributePath(call["attribute"])
    let isSensitive = try call.bool("case_sensitive")
    var seen: Set<Value> = []
    var result: [RuntimeValue] = []
    for item in try call.evaluator.elements(of: call.value) {
      let key = try path.value(of: item, call.evaluator)
      let name = try call.evaluator.key(isSensitive ? key : ignoringCase(key))
      if seen.insert(name).inserted { result.append(item) }
    }
    return .list(result)
  }

  private static func extreme(_ call: LiveCall, isMax: Bool) throws -> RuntimeValue {
    let evaluator = call.evaluator
    let path = AttributePath(call["attribute"])
    let isSensitive = try call.bool("case_sensitive")
    var best: (key: RuntimeValue, item: RuntimeValue)?
    for item in try evaluator.elements(of: call.value) {
      let raw = try path.value(of: item, evaluator)
      let key = isSensitive ? raw : ignoringCase(raw)
      guard let current = best else {
        best = (key, item)
        continue
      }
      let isBetter =
        isMax ? try evaluator.less(current.key, key) : try evaluator.less(key, current.key)
      if isBetter { best = (key, item) }
    }
    return best?.item
      ?? .undefined(Undefined("there is no smallest or largest item: the sequence is empty"))
  }

  private static func groupBy(_ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    let path = AttributePath(call["attribute"])
    let fallback = call.has("default") && !call["default"].isNull ? call["default"] : nil
    let isSensitive = try call.bool("case_sensitive")
    func key(_ item: RuntimeValue) throws -> RuntimeValue {
      let raw = try evaluator.defined(try path.value(of: item, evaluator, otherwise: fallback))
      return isSensitive ? raw : ignoringCase(raw)
    }
    let sorted = try evaluator.sorted(try evaluator.elements(of: call.value), by: key)
    var groups: [(key: RuntimeValue, items: [RuntimeValue])] = []
    for item in sorted {
      let name = try key(item)
      if let last = groups.last, try evaluator.equal(last.key, name) {
        groups[groups.count - 1].items.append(item)
      } else {
        groups.append((name, [item]))
      }
    }
    return .list(
      try groups.map { group in
        // The name is written as in the first element of the group.
        let name = try group.items.first.map {
          try path.value(of: $0, evaluator, otherwise: fallback)
        }
        return .named(["grouper", "list"], [name ?? group.key, .list(group.items)])
      })
  }

  private static func batch(_ call: LiveCall) throws -> RuntimeValue {
    let size = try call.int("linecount")
    var rows: [RuntimeValue] = []
    var row: [RuntimeValue] = []
    for item in try call.evaluator.elements(of: call.value) {
      if row.count == size {
        rows.append(.list(row))
        row = []
      }
      row.append(item)
    }
    if !row.isEmpty {
      if !call["fill_with"].isNull, row.count < size {
        try Limits.check(size: size)
        row += Array(repeating: call["fill_with"], count: size - row.count)
      }
      rows.append(.list(row))
    }
    return .list(rows)
  }

  private static func slice(_ call: LiveCall) throws -> RuntimeValue {
    let items = try call.evaluator.elements(of: call.value)
    let count = try call.int("slices")
    guard count > 0 else { throw Failure("the number of slices must be positive") }
    try Limits.check(size: count)
    let (size, extra) = (items.count / count, items.count % count)
    var start = 0
    var rows: [RuntimeValue] = []
    for index in 0..<count {
      let end = start + size + (index < extra ? 1 : 0)
      var row = Array(items[start..<end])
      if !call["fill_with"].isNull, index >= extra {
        row.append(call["fill_with"])
      }
      rows.append(.list(row))
      start = end
    }
    return .list(rows)
  }

  private static func items(_ call: LiveCall) throws -> RuntimeValue {
    switch call.value {
    case .undefined: return .list([RuntimeValue]())
    case .dict(let box):
      return .list(
        try call.evaluator.entries(of: box).map { .tuple([RuntimeValue($0.key), $0.value]) })
    default: throw Failure("needs a mapping, not '\(call.value.typeName)'")
    }
  }

  private static func attr(_ call: LiveCall) throws -> RuntimeValue {
    let name = try call.text("name")
    switch call.value {
    case .object(let object):
      if let found = try object.attribute(name, call.evaluator) { return found }
    default: if let found = try call.evaluator.method(name, of: call.value) { return found }
    }
    return .undefined(
      Undefined("'\(call.value.typeName)' object has no attribute '\(name)'", name: name))
  }
}
