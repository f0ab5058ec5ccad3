import OrderedCollections
import Values

/// Lists taken as sets: each element once, in the order of its first appearance.
enum AnsibleSets {
  static let filters: [Filter] = [
    Filter("intersect", "b") { call in
      let other = Set(try call["b"].iterated())
      return .list(distinct(try call.elements().filter(other.contains)))
    },
    Filter("difference", "b") { call in
      let other = Set(try call["b"].iterated())
      return .list(distinct(try call.elements().filter { !other.contains($0) }))
    },
    Filter("symmetric_difference", "b") { call in
      let (left, right) = (try call.elements(), try call["b"].iterated())
      let (inLeft, inRight) = (Set(left), Set(right))
      return .list(
        distinct(
          left.filter { !inRight.contains($0) } + right.filter { !inLeft.contains($0) }))
    },
    Filter("union", "b") { call in
      .list(distinct(try call.elements() + call["b"].iterated()))
    },
    Filter("unique", "case_sensitive=None, attribute=None") { call in try unique(call) },
  ]

  static let tests: [Test] =
    ["subset", "issubset"].map { name in
      Test(name, "b") { call in
        Set(try call.elements()).isSubset(of: try call["b"].iterated())
      }
    }
    + ["superset", "issuperset"].map { name in
      Test(name, "b") { call in
        Set(try call.elements()).isSuperset(of: try call["b"].iterated())
      }
    } + [
      Test("contains", "value") { call in try contains(call.value, call["value"]) }
    ]

  static func distinct(_ values: [Value]) -> [Value] { Array(OrderedSet(values)) }

  /// Without `case_sensitive` text is compared without regard to case, as in Jinja2.
  private static func unique(_ call: DataCall) throws -> Value {
    let isCaseSensitive = call.bool("case_sensitive")
    let path = call.optional("attribute").map { attributePath($0) }
    var seen: Set<Value> = []
    var result: [Value] = []
    for item in try call.elements() {
      var key = item
      for step in path ?? [] {
        guard let next = key.map?[step] ?? indexed(key, step) else {
          throw Failure("an element has no attribute `\(step.pythonText)`", isUndefined: true)
        }
        key = next
      }
      if !isCaseSensitive, let text = key.string { key = .string(text.lowercased()) }
      if seen.insert(key).inserted { result.append(item) }
    }
    return .list(result)
  }

  private static func attributePath(_ attribute: Value) -> [Value] {
    guard let text = attribute.string else { return [attribute] }
    return text.split(separator: ".").map { part in
      Int(part).map { .int($0) } ?? .string(String(part))
    }
  }

  private static func indexed(_ value: Value, _ step: Value) -> Value? {
    guard let index = step.int, let items = value.elements, items.indices.contains(index) else {
      return nil
    }
    return items[index]
  }

  /// Python's `in`.
  private static func contains(_ container: Value, _ value: Value) throws -> Bool {
    if let text = container.string {
      guard let part = value.string else {
        throw Failure("'in <string>' requires string as left operand, not \(value.typeName)")
      }
      return part.isEmpty || Array(text.utf8).firstRange(of: Array(part.utf8)) != nil
    }
    if let map = container.map { return map[value] != nil }
    return try container.iterated().contains(value)
  }
}
