import OrderedCollections
import Values

/// Filters about mappings, and lists of mappings.
enum AnsibleMappings {
  static let filters: [Filter] = [
    Filter("combine", "*terms, **options") { call in try combine(call) },
    Filter("dict2items", "key_name='key', value_name='value'") { call in
      guard let map = call.value.map else {
        throw Failure("needs a mapping, not a value of type `\(call.value.typeName)`")
      }
      return .list(
        map.map { entry in
          var item: ValueMap = [:]
          item[call["key_name"]] = entry.key
          item[call["value_name"]] = entry.value
          return .map(item)
        })
    },
    Filter("items2dict", "key_name='key', value_name='value'") { call in
      try itemsToMapping(call)
    },
    Filter("rekey_on_member", "key, duplicates='error'") { call in try rekey(call) },
    Filter("subelements", "subelements, skip_missing=False") { call in
      .list(
        try subelements(
          of: call.value, path: call["subelements"], skipMissing: call.bool("skip_missing")))
    },
    Filter("extract", "container, morekeys=None", undefined: .passes, live: extract),
  ]

  private static func combine(_ call: DataCall) throws -> Value {
    var isRecursive = false
    var lists = ListMerge.replace
    for (name, value) in call.keywords {
      switch name {
      case "recursive": isRecursive = value.isTrue
      case "list_merge":
        guard let rule = ListMerge(rawValue: value.string ?? "") else {
          throw Failure(
            "`list_merge` must be one of: "
              + ListMerge.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        lists = rule
      default: throw Failure("has no parameter `\(name)`: only `recursive` and `list_merge`")
      }
    }
    var maps: [ValueMap] = []
    for term in [call.value] + call.rest {
      for part in term.elements ?? [term] {
        guard let map = part.map else {
          throw Failure("needs mappings, not a value of type `\(part.typeName)`")
        }
        maps.append(map)
      }
    }
    guard var result = maps.last else { return .map([:]) }
    for map in maps.dropLast().reversed() {
      result = merge(map, under: result, isRecursive: isRecursive, lists: lists)
    }
    return .map(result)
  }

  enum ListMerge: String, CaseIterable {
    case replace
    case keep
    case append
    case prepend
    case appendReplacing = "append_rp"
    case prependReplacing = "prepend_rp"
  }

  /// The entries of both; where both have a key the upper one wins, unless lists are joined.
  static func merge(
    _ lower: ValueMap, under upper: ValueMap, isRecursive: Bool, lists: ListMerge
  ) -> ValueMap {
    if lower.isEmpty || Value.map(lower) == .map(upper) { return upper }
    var result = lower
    for (key, value) in upper {
      switch (result[key], value) {
      case (.map(let low)?, .map(let high)) where isRecursive:
        result[key] = .map(merge(low, under: high, isRecursive: true, lists: lists))
      case (.list(let low)?, .list(let high)):
        result[key] = .list(join(low, high, lists))
      default: result[key] = value
      }
    }
    return result
  }

  private static func join(_ low: [Value], _ high: [Value], _ rule: ListMerge) -> [Value] {
    switch rule {
    case .replace: return high
    case .keep: return low
    case .append: return low + high
    case .prepend: return high + low
    case .appendReplacing, .prependReplacing:
      let new = Set(high)
      let old = low.filter { !new.contains($0) }
      return rule == .appendReplacing ? old + high : high + old
    }
  }

  private static func itemsToMapping(_ call: DataCall) throws -> Value {
    guard let items = call.value.elements else {
      throw Failure("needs a list, not a value of type `\(call.value.typeName)`")
    }
    var result = ValueMap(minimumCapacity: items.count)
    for item in items {
      guard let map = item.map, let key = map[call["key_name"]],
        let value = map[call["value_name"]]
      else {
        throw Failure(
          "needs a list of mappings that have the keys `\(call.text("key_name"))` and "
            + "`\(call.text("value_name"))`")
      }
      guard key.isHashable else { throw Failure("unhashable type: '\(key.typeName)'") }
      result[key] = value
    }
    return .map(result)
  }

  private static func rekey(_ call: DataCall) throws -> Value {
    let duplicates = call.text("duplicates")
    guard ["error", "overwrite"].contains(duplicates) else {
      throw Failure("unknown value for `duplicates`: `\(duplicates)`")
    }
    let items: [Value]
    if let map = call.value.map {
      items = Array(map.values)
    } else if let list = call.value.elements {
      items = list
    } else {
      throw Failure("needs a list or a mapping, not a value of type `\(call.value.typeName)`")
    }
    var result = ValueMap(minimumCapacity: items.count)
    for item in items {
      guard let map = item.map else { throw Failure("an item of the list is not a mapping") }
      guard let key = map[call["key"]] else {
        throw Failure("the key `\(call.text("key"))` is missing in an item of the list")
      }
      guard key.isHashable else { throw Failure("unhashable type: '\(key.typeName)'") }
      if result.updateValue(item, forKey: key) != nil, duplicates == "error" {
        throw Failure("the key `\(key.pythonText)` is not unique")
      }
    }
    return .map(result)
  }

  /// Pairs of an element and one element of the list that it holds under a path of keys.
  private static func subelements(
    of value: Value, path: Value, skipMissing: Bool
  ) throws -> [Value] {
    let items: [Value]
    if let map = value.map {
      items = Array(map.values)
    } else if let list = value.elements {
      items = list
    } else {
      throw Failure("needs a list of mappings or a mapping")
    }
    let keys: [Value]
    switch path {
    case .string(let text):
      keys = text.split(separator: ".", omittingEmptySubsequences: false).map {
        .string(String($0))
      }
    case .list(let list), .tuple(let list): keys = list
    default: throw Failure("subelements must be a list or a string")
    }
    var pairs: [Value] = []
    for item in items {
      var found = item
      for key in keys {
        guard let map = found.map else {
          throw Failure("the key '\(key.pythonText)' should point to a mapping")
        }
        if let next = map[key] {
          found = next
        } else if skipMissing {
          found = .list([])
          break
        } else {
          throw Failure(
            "could not find '\(key.pythonText)' key in iterated item \(found.pythonRepr)")
        }
      }
      guard let list = found.elements else {
        throw Failure(
          "the key '\(keys.last?.pythonText ?? "")' should point to a list, got \(found.pythonRepr)"
        )
      }
      for element in list { pairs.append(.tuple([item, element])) }
    }
    return pairs
  }

  /// The element of a container under the piped key, and under further keys in that.
  private static func extract(_ call: LiveCall) throws -> RuntimeValue {
    var keys = [call.value]
    switch call["morekeys"] {
    case .null: break
    case .list, .tuple: keys += try call.evaluator.elements(of: call["morekeys"])
    default: keys.append(call["morekeys"])
    }
    var found = call["container"]
    for key in keys {
      if case .undefined(let undefined) = key { throw call.evaluator.failure(undefined) }
      found = try call.evaluator.item(key, of: found)
    }
    return found
  }
}
