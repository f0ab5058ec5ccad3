import Values

/// The methods of Python's `list`.
enum ListMethods {
  static let signatures: [String: Signature] = [
    "append": "object", "extend": "iterable", "insert": "index, object", "pop": "index=-1",
    "remove": "value", "clear": "", "copy": "", "reverse": "", "sort": "key=None, reverse=False",
    "index": "value, start=0, stop=None", "count": "value",
  ]

  static func call(_ box: ListBox, _ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    switch call.name {
    case "append":
      try Limits.check(size: box.count + 1)
      box.append(call["object"])
    case "extend":
      let items = try evaluator.elements(of: call["iterable"])
      try Limits.check(size: box.count + items.count)
      for item in items { box.append(item) }
    case "insert":
      let index = position(try call.int("index"), box.count)
      box.cells.insert(.ready(call["object"]), at: index)
    case "pop":
      guard box.count > 0 else { throw Failure("pop from an empty list") }
      var index = try call.int("index")
      if index < 0 { index &+= box.count }
      guard box.cells.indices.contains(index) else { throw Failure("pop index out of range") }
      let item = try evaluator.element(of: box, at: index)
      box.cells.remove(at: index)
      return item
    case "remove":
      for (index, item) in try evaluator.elements(of: box).enumerated()
      where try evaluator.equal(item, call["value"]) {
        if box.cells.indices.contains(index) { box.cells.remove(at: index) }
        return .null
      }
      throw Failure("the list does not contain the value")
    case "clear": box.cells = []
    case "copy": return .list(try evaluator.elements(of: box))
    case "reverse": box.cells.reverse()
    case "sort":
      guard call["key"].isNull else { throw Failure("`key` is not possible in a template") }
      let sorted = try evaluator.sorted(
        try evaluator.elements(of: box), descending: try call.bool("reverse"))
      box.cells = sorted.map { .ready($0) }
    default: return try search(call.name, try evaluator.elements(of: box), call)
    }
    return .null
  }

  static func search(_ name: String, _ items: [RuntimeValue], _ call: LiveCall) throws
    -> RuntimeValue
  {
    let evaluator = call.evaluator
    if name == "count" {
      var count = 0
      for item in items where try evaluator.equal(item, call["value"]) { count += 1 }
      return .int(count)
    }
    let start = call.has("start") ? position(try call.int("start"), items.count) : 0
    let stop = call.has("stop") ? position(try call.int("stop"), items.count) : items.count
    for index in start..<max(start, stop)
    where try evaluator.equal(items[index], call["value"]) {
      return .int(index)
    }
    throw Failure("\(try evaluator.repr(of: call["value"])) is not in the list")
  }

  /// An index as Python's slices clamp it.
  static func position(_ index: Int, _ count: Int) -> Int {
    min(max(index < 0 ? index &+ count : index, 0), count)
  }
}

extension Evaluator {
  /// A stable sort in Python's order.
  /// - Throws: where two values have no order.
  package func sorted(_ items: [RuntimeValue], descending: Bool = false) throws -> [RuntimeValue] {
    try sorted(items, by: { $0 }, descending: descending)
  }

  package func sorted(
    _ items: [RuntimeValue], by key: (RuntimeValue) throws -> RuntimeValue,
    descending: Bool = false
  ) throws -> [RuntimeValue] {
    // Merge sort: Swift's own may not be given an order that fails in between.
    var rows = try items.map { (key: try key($0), value: $0) }
    if rows.count == 1 { _ = rows[0].key }
    var width = 1
    while width < rows.count {
      var merged: [(key: RuntimeValue, value: RuntimeValue)] = []
      merged.reserveCapacity(rows.count)
      var start = 0
      while start < rows.count {
        let middle = min(start + width, rows.count)
        let end = min(start + 2 * width, rows.count)
        var (left, right) = (start, middle)
        while left < middle, right < end {
          let takesRight =
            descending
            ? try less(rows[left].key, rows[right].key)
            : try less(rows[right].key, rows[left].key)
          if takesRight {
            merged.append(rows[right])
            right += 1
          } else {
            merged.append(rows[left])
            left += 1
          }
        }
        merged += rows[left..<middle]
        merged += rows[right..<end]
        start = end
      }
      rows = merged
      width *= 2
    }
    return rows.map(\.value)
  }
}
