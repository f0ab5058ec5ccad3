import Values

/// Filters that take lists apart and put them together.
enum AnsibleLists {
  static let filters: [Filter] = [
    Filter("flatten", "levels=None, skip_nulls=True") { call in
      let items = try call.elements()
      let levels = call.optional("levels") == nil ? Int.max : try call.int("levels")
      return .list(flatten(items, levels: levels, skipNulls: call.bool("skip_nulls")))
    },
    Filter("zip", "*others, **options") { call in
      let columns = try ([call.value] + call.rest).map { try $0.iterated() }
      let count = columns.map(\.count).min() ?? 0
      if try call.option("strict")?.isTrue ?? false, columns.contains(where: { $0.count != count })
      {
        throw Failure("the lists are not of the same length")
      }
      return .list((0..<count).map { row in .tuple(columns.map { $0[row] }) })
    },
    Filter("zip_longest", "*others, **options") { call in
      .list(try zipLongest([call.value] + call.rest, filler: call.option("fillvalue") ?? .null))
    },
  ]

  /// Lists in the list replaced by their elements, so many levels deep.
  static func flatten(_ items: [Value], levels: Int, skipNulls: Bool) -> [Value] {
    var result: [Value] = []
    for item in items {
      if skipNulls, item == .null || item == "None" || item == "null" { continue }
      if levels > 0, let inner = item.elements {
        result += flatten(inner, levels: levels - 1, skipNulls: skipNulls)
      } else {
        result.append(item)
      }
    }
    return result
  }

  static func zipLongest(_ lists: [Value], filler: Value) throws -> [Value] {
    let columns = try lists.map { try $0.iterated() }
    let count = columns.map(\.count).max() ?? 0
    try Limits.check(size: count)
    return (0..<count).map { row in
      .tuple(columns.map { $0.indices.contains(row) ? $0[row] : filler })
    }
  }
}

/// Arrangements of elements, in the order of Python's `itertools`.
enum AnsibleCombinatorics {
  static let filters: [Filter] = [
    Filter("product", "*others, **options") { call in
      let columns = try ([call.value] + call.rest).map { try $0.iterated() }
      guard let count = (try call.option("repeat") ?? 1).int else {
        throw Failure("argument `repeat` must be an integer")
      }
      guard (0...64).contains(count) else { throw Failure("repeat must lie between 0 and 64") }
      let all = (0..<count).flatMap { _ in columns }
      return .list(try product(all).map { .tuple($0) })
    },
    Filter("permutations", "k=None") { call in
      let items = try call.elements()
      let count = call.optional("k") == nil ? items.count : try call.int("k")
      return .list(try arrangements(items, count, isOrdered: true))
    },
    Filter("combinations", "k") { call in
      .list(try arrangements(try call.elements(), try call.int("k"), isOrdered: false))
    },
  ]

  /// The Cartesian product; the last column changes fastest.
  static func product(_ columns: [[Value]]) throws -> [[Value]] {
    var rows: [[Value]] = [[]]
    for column in columns {
      let (size, overflow) = rows.count.multipliedReportingOverflow(by: column.count)
      try Limits.check(size: overflow ? Int.max : size)
      rows = rows.flatMap { row in column.map { row + [$0] } }
    }
    return rows
  }

  private static func arrangements(
    _ items: [Value], _ count: Int, isOrdered: Bool
  ) throws -> [Value] {
    guard count >= 0 else { throw Failure("the length must not be negative") }
    if count > items.count { return [] }
    var result: [Value] = []
    var chosen: [Int] = []
    var next = 0
    // Depth first without recursion: `chosen` is the path, `next` the candidate behind it.
    while true {
      if chosen.count == count {
        result.append(.tuple(chosen.map { items[$0] }))
        try Limits.check(size: result.count)
      } else if next < items.count {
        if isOrdered, chosen.contains(next) {
          next += 1
        } else {
          chosen.append(next)
          next = isOrdered ? 0 : next + 1
        }
        continue
      }
      guard let last = chosen.popLast() else { return result }
      next = last + 1
    }
  }
}
