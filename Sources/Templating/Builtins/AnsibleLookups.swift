import Patterns
import Values

/// Lookups that need nothing but their terms and the variables.
enum AnsibleLookups {
  static let all: [Lookup] = [
    Lookup("list") { (call: DataCall) in call.rest },
    Lookup("items") { (call: DataCall) in
      AnsibleLists.flatten(call.rest, levels: 1, skipNulls: false)
    },
    Lookup("flattened") { (call: DataCall) in
      AnsibleLists.flatten(call.rest, levels: .max, skipNulls: true)
    },
    Lookup("dict") { (call: DataCall) in
      let terms = call.rest.count == 1 ? call.rest[0].elements ?? call.rest : call.rest
      return try terms.flatMap { term in
        guard let map = term.map, call.rest.contains(term) else {
          throw Failure("needs a mapping, not a value of type `\(term.typeName)`")
        }
        return map.map { Value.map(["key": $0.key, "value": $0.value]) }
      }
    },
    Lookup("indexed_items") { (call: DataCall) in
      AnsibleLists.flatten(call.rest, levels: 1, skipNulls: false).enumerated().map {
        .tuple([.int($0.offset), $0.element])
      }
    },
    Lookup("nested", data: product), Lookup("cartesian", data: product),
    Lookup("together") { (call: DataCall) in
      if call.rest.isEmpty { throw Failure("needs at least one list") }
      return try AnsibleLists.zipLongest(call.rest.map { .list(column($0)) }, filler: .null)
    },
    Lookup("subelements", data: subelements), Lookup("vars", live: variables),
    Lookup("varnames") { (call: LiveCall) in
      let evaluator = call.evaluator
      let names = evaluator.main.scope.names + evaluator.locals.keys.sorted()
      return try call.rest.flatMap { term -> [RuntimeValue] in
        guard let text = term.string else { throw Failure("a pattern of names must be text") }
        do {
          let pattern = try Pattern.compile(text)
          return try names.filter { try pattern.search($0) != nil }.map { .string($0) }
        } catch let error as PatternError {
          throw Failure("bad regular expression: \(error)")
        }
      }
    },
  ]

  /// The elements of a list with inner lists taken apart once; anything else stands alone.
  private static func column(_ term: Value) -> [Value] {
    AnsibleLists.flatten([term], levels: 2, skipNulls: false)
  }

  private static func product(_ call: DataCall) throws -> [Value] {
    if call.rest.isEmpty { throw Failure("needs at least one list") }
    return try AnsibleCombinatorics.product(call.rest.map { $0.elements ?? [$0] })
      .map { .list(AnsibleLists.flatten($0, levels: 1, skipNulls: false)) }
  }

  /// The values of variables by name; `default` stands in for one that does not exist.
  private static func variables(_ call: LiveCall) throws -> [RuntimeValue] {
    try call.rest.map { term in
      guard let name = term.string else {
        throw Failure("a variable's name must be text, not a value of type `\(term.typeName)`")
      }
      if let value = try call.evaluator.variable(name, call.evaluator.main) { return value }
      if let fallback = call.keywords["default"] { return fallback }
      throw Failure("no variable named '\(name)' was found", isUndefined: true)
    }
  }

  /// Pairs of a mapping without the list that it holds under a path, and an element of that list.
  private static func subelements(_ call: DataCall) throws -> [Value] {
    let terms = call.rest
    guard (2...3).contains(terms.count), let path = terms[1].string,
      let items = terms[0].map.map({ Array($0.values) }) ?? terms[0].elements
    else {
      throw Failure(
        "needs two or three terms: a list or a mapping, the key of a list in its elements, flags")
    }
    if let skipped = terms[0]["skipped"], skipped.isTrue { return [] }
    let skipsMissing =
      terms.count == 3 ? terms[2]["skip_missing"]?.asBoolean ?? false : false
    let keys = path.split(separator: ".").map { Value.string(String($0)) }
    var pairs: [Value] = []
    for item in items {
      guard let map = item.map else {
        throw Failure("an element is not a mapping but of type `\(item.typeName)`")
      }
      if map["skipped"]?.isTrue == true { continue }
      guard let (rest, list) = try takeOut(keys[...], of: map, skipsMissing) else { continue }
      for element in list { pairs.append(.tuple([.map(rest), element])) }
    }
    return pairs
  }

  /// The mapping without the list under the path, and that list; nil where it may be missing.
  private static func takeOut(
    _ keys: ArraySlice<Value>, of map: ValueMap, _ skipsMissing: Bool
  ) throws -> (ValueMap, [Value])? {
    guard let key = keys.first else { return nil }
    guard let value = map[key] else {
      if skipsMissing { return nil }
      throw Failure(
        "could not find '\(key.pythonText)' key in iterated item \(Value.map(map).pythonRepr)")
    }
    var rest = map
    if keys.count == 1 {
      guard case .list(let list) = value else {
        throw Failure("the key \(key.pythonText) should point to a list, got \(value.pythonRepr)")
      }
      rest[key] = nil
      return (rest, list)
    }
    guard let inner = value.map else {
      if skipsMissing { return nil }
      throw Failure(
        "the key \(key.pythonText) should point to a dictionary, got \(value.pythonRepr)")
    }
    guard let (left, list) = try takeOut(keys.dropFirst(), of: inner, skipsMissing) else {
      return nil
    }
    rest[key] = .map(left)
    return (rest, list)
  }
}
