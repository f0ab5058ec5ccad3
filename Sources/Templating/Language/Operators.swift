import BigInt
import OrderedCollections
import Values

// Python's operators on values that are neither unknown nor secret.

/// A number as arithmetic sees it.
enum Number {
  case whole(Int)
  case big(BigInt)
  case real(Double)

  init?(_ value: RuntimeValue) {
    switch value {
    case .bool(let flag): self = .whole(flag ? 1 : 0)
    case .int(let number): self = .whole(number)
    case .bigInt(let number): self = .big(number)
    case .double(let number): self = .real(number)
    default: return nil
    }
  }

  var big: BigInt? {
    switch self {
    case .whole(let number): BigInt(number)
    case .big(let number): number
    case .real: nil
    }
  }

  /// - Throws: for an integer that no float can hold.
  func real() throws -> Double {
    switch self {
    case .whole(let number): return Double(number)
    case .big(let number):
      let real = Double(number)
      guard real.isFinite else { throw Failure("the integer is too large for a float") }
      return real
    case .real(let number): return number
    }
  }
}

extension Evaluator {
  func apply(_ operation: BinaryOperator, _ a: RuntimeValue, _ b: RuntimeValue) throws
    -> RuntimeValue
  {
    if let x = Number(a), let y = Number(b) { return try arithmetic(operation, x, y) }
    switch operation {
    case .add: if let sum = try joined(a, b) { return sum }
    case .multiply:
      if let count = wholeNumber(b), let value = try repeated(a, count) { return value }
      if let count = wholeNumber(a), let value = try repeated(b, count) { return value }
    case .remainder:
      if let format = a.string {
        let text = try PercentFormat.format(format, b, self)
        if case .markup = a { return .markup(text) }
        return .string(text)
      }
    case .subtract: if let difference = try difference(a, b) { return difference }
    default: break
    }
    throw Failure(
      "unsupported operand types for `\(operation.rawValue)`: '\(a.typeName)' and '\(b.typeName)'")
  }

  private func wholeNumber(_ value: RuntimeValue) -> Int? {
    switch value {
    case .int(let number): number
    case .bool(let flag): flag ? 1 : 0
    default: nil
    }
  }

  private func joined(_ a: RuntimeValue, _ b: RuntimeValue) throws -> RuntimeValue? {
    switch (a, b) {
    case (.string(let x), .string(let y)):
      try Limits.check(size: x.utf8.count + y.utf8.count)
      return .string(x + y)
    case (.markup(let x), .string(let y)): return .markup(x + escapeHTML(y))
    case (.string(let x), .markup(let y)): return .markup(escapeHTML(x) + y)
    case (.markup(let x), .markup(let y)): return .markup(x + y)
    case (.list(let x), .list(let y)):
      try Limits.check(size: x.count + y.count)
      return .list(try elements(of: x) + elements(of: y))
    case (.tuple(let x), .tuple(let y)): return .tuple(x + y)
    case (.named(_, let x), .tuple(let y)): return .tuple(x + y)
    case (.tuple(let x), .named(_, let y)): return .tuple(x + y)
    case (.bytes(let x), .bytes(let y)): return .bytes(x + y)
    case (.datetime, .object(let object)), (.object(let object), .datetime):
      guard let span = object as? TimeSpan else { return nil }
      if case .datetime(let time) = a { return try span.added(to: time) }
      if case .datetime(let time) = b { return try span.added(to: time) }
      return nil
    case (.object(let x), .object(let y)):
      guard let x = x as? TimeSpan, let y = y as? TimeSpan else { return nil }
      return .object(TimeSpan(microseconds: x.microseconds &+ y.microseconds))
    default: return nil
    }
  }

  private func difference(_ a: RuntimeValue, _ b: RuntimeValue) throws -> RuntimeValue? {
    switch (a, b) {
    case (.datetime(let x), .datetime(let y)):
      guard (x.utcOffset == nil) == (y.utcOffset == nil) else {
        throw Failure("can't subtract offset-naive and offset-aware datetimes")
      }
      return .object(TimeSpan(microseconds: x.microseconds - y.microseconds))
    case (.date(let x), .date(let y)):
      return .object(
        TimeSpan(
          microseconds: DateTime(date: x).microseconds - DateTime(date: y).microseconds))
    case (.datetime(let time), .object(let object)):
      guard let span = object as? TimeSpan else { return nil }
      return try TimeSpan(microseconds: 0 &- span.microseconds).added(to: time)
    case (.object(let x), .object(let y)):
      guard let x = x as? TimeSpan, let y = y as? TimeSpan else { return nil }
      return .object(TimeSpan(microseconds: x.microseconds &- y.microseconds))
    case (.view, .view), (.view, .list), (.list, .view):
      guard case .view = a else { return nil }
      let others = try elements(of: b)
      return .list(try elements(of: a).filter { item in try !contains(others, item) })
    default: return nil
    }
  }

  private func repeated(_ value: RuntimeValue, _ count: Int) throws -> RuntimeValue? {
    let count = max(0, count)
    func check(_ size: Int) throws {
      let (total, overflow) = size.multipliedReportingOverflow(by: count)
      try Limits.check(size: overflow ? .max : total)
    }
    switch value {
    case .string(let text):
      try check(text.utf8.count)
      return .string(String(repeating: text, count: count))
    case .markup(let text):
      try check(text.utf8.count)
      return .markup(String(repeating: text, count: count))
    case .list(let box):
      try check(box.count)
      let items = try elements(of: box)
      return .list(ListBox(Array(repeatElement(items, count: count).joined())))
    case .tuple(let items), .named(_, let items):
      try check(items.count)
      return .tuple(Array(repeatElement(items, count: count).joined()))
    default: return nil
    }
  }

  // MARK: Comparison

  /// Python's `==`.
  package func equal(_ a: RuntimeValue, _ b: RuntimeValue) throws -> Bool {
    try equal(a, b, depth: 0)
  }

  private func equal(_ a: RuntimeValue, _ b: RuntimeValue, depth: Int) throws -> Bool {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    if let x = a.string, let y = b.string { return x.utf8.elementsEqual(y.utf8) }
    switch (a, b) {
    case (.undefined(let undefined), _), (_, .undefined(let undefined)):
      if undefined.isLenient {
        if case (.undefined, .undefined) = (a, b) { return true }
        return false
      }
      throw failure(undefined)
    case (.unknown(let unknown), _), (_, .unknown(let unknown)):
      throw UnknownStop(unknown: unknown)
    case (.secret(let inner), _): return try equal(inner, b, depth: depth)
    case (_, .secret(let inner)): return try equal(a, inner, depth: depth)
    case (.null, .null), (.omit, .omit): return true
    case (.list(let x), .list(let y)):
      if x === y { return true }
      return try equal(elements(of: x), elements(of: y), depth: depth)
    case (.dict(let x), .dict(let y)):
      if x === y { return true }
      guard x.count == y.count else { return false }
      for (key, value) in try entries(of: x) {
        guard let other = try self.value(in: y, key: key) else { return false }
        guard try equal(value, other, depth: depth + 1) else { return false }
      }
      return true
    case (.object(let x), .object(let y)):
      if let x = x as? TimeSpan, let y = y as? TimeSpan { return x.microseconds == y.microseconds }
      return x === y
    case (.range(let x), .range(let y)):
      return x.count == y.count
        && (x.count == 0 || x.start == y.start && (x.count == 1 || x.step == y.step))
    case (.view(let x, let items), .view(let y, let others)):
      guard x == y, items.count == others.count else { return false }
      return try items.allSatisfy { item in try contains(others, item) }
    case (.date(let x), .date(let y)): return x == y
    case (.datetime(let x), .datetime(let y)):
      return (x.utcOffset == nil) == (y.utcOffset == nil) && x.microseconds == y.microseconds
    case (.bytes(let x), .bytes(let y)): return x == y
    default:
      if let x = tupleItems(a), let y = tupleItems(b) { return try equal(x, y, depth: depth) }
      guard let x = Number(a), let y = Number(b) else { return false }
      return try order(x, y) == 0
    }
  }

  private func tupleItems(_ value: RuntimeValue) -> [RuntimeValue]? {
    switch value {
    case .tuple(let items), .named(_, let items): items
    default: nil
    }
  }

  private func equal(_ a: [RuntimeValue], _ b: [RuntimeValue], depth: Int) throws -> Bool {
    guard a.count == b.count else { return false }
    for (x, y) in zip(a, b) where try !equal(x, y, depth: depth + 1) { return false }
    return true
  }

  func contains(_ items: [RuntimeValue], _ value: RuntimeValue) throws -> Bool {
    for item in items where try equal(item, value) { return true }
    return false
  }

  /// Python's `<`.
  /// - Throws: for values that have no order.
  package func less(_ a: RuntimeValue, _ b: RuntimeValue) throws -> Bool {
    try order(a, b, "<", depth: 0) < 0
  }

  /// Negative, zero, positive, or 2 where one of two floats is not a number.
  func order(_ a: RuntimeValue, _ b: RuntimeValue, _ sign: String, depth: Int) throws -> Int {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    if let x = a.string, let y = b.string { return order(x, y) }
    if let x = Number(a), let y = Number(b) { return try order(x, y) }
    switch (a, b) {
    case (.undefined(let undefined), _), (_, .undefined(let undefined)):
      throw failure(undefined)
    case (.unknown(let unknown), _), (_, .unknown(let unknown)):
      throw UnknownStop(unknown: unknown)
    case (.secret(let inner), _): return try order(inner, b, sign, depth: depth)
    case (_, .secret(let inner)): return try order(a, inner, sign, depth: depth)
    case (.list(let x), .list(let y)):
      return try order(elements(of: x), elements(of: y), sign, depth)
    case (.date(let x), .date(let y)):
      return order(x.isoText, y.isoText)
    case (.datetime(let x), .datetime(let y)):
      let (p, q) = (x.microseconds, y.microseconds)
      return p < q ? -1 : p > q ? 1 : 0
    case (.object(let x), .object(let y)):
      if let x = x as? TimeSpan, let y = y as? TimeSpan {
        return x.microseconds < y.microseconds ? -1 : x.microseconds > y.microseconds ? 1 : 0
      }
    default:
      if let x = tupleItems(a), let y = tupleItems(b) { return try order(x, y, sign, depth) }
    }
    throw Failure(
      "`\(sign)` is not possible between '\(a.typeName)' and '\(b.typeName)'")
  }

  private func order(_ a: [RuntimeValue], _ b: [RuntimeValue], _ sign: String, _ depth: Int)
    throws -> Int
  {
    for (x, y) in zip(a, b) where try !equal(x, y, depth: depth + 1) {
      return try order(x, y, sign, depth: depth + 1)
    }
    return a.count < b.count ? -1 : a.count > b.count ? 1 : 0
  }

  private func order(_ a: String, _ b: String) -> Int {
    if a.utf8.elementsEqual(b.utf8) { return 0 }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
  }

  private func order(_ a: Number, _ b: Number) throws -> Int {
    switch (a, b) {
    case (.whole(let x), .whole(let y)): return x < y ? -1 : x > y ? 1 : 0
    case (.real(let x), .real(let y)): return order(x, y)
    case (.real(let x), _):
      guard x.isFinite, let whole = b.big else { return order(x, 0) }
      let floor = BigInt(x.rounded(.down))
      if floor < whole { return -1 }
      return floor > whole || x.rounded(.down) != x ? 1 : 0
    case (_, .real):
      let turned = try order(b, a)
      return turned == 2 ? 2 : -turned
    default:
      let (x, y) = (a.big ?? 0, b.big ?? 0)
      return x < y ? -1 : x > y ? 1 : 0
    }
  }

  private func order(_ a: Double, _ b: Double) -> Int {
    if a.isNaN || b.isNaN { return 2 }
    return a < b ? -1 : a > b ? 1 : 0
  }

  func compare(_ operation: ComparisonOperator, _ a: RuntimeValue, _ b: RuntimeValue) throws
    -> Bool
  {
    switch operation {
    case .equal: return try equal(a, b)
    case .notEqual: return try !equal(a, b)
    case .less: return try order(a, b, "<", depth: 0) == -1
    case .lessOrEqual: return try [-1, 0].contains(order(a, b, "<=", depth: 0))
    case .greater: return try order(a, b, ">", depth: 0) == 1
    case .greaterOrEqual: return try [1, 0].contains(order(a, b, ">=", depth: 0))
    case .isIn: return try isMember(a, of: b)
    case .isNotIn: return try !isMember(a, of: b)
    }
  }

  /// Python's `in`.
  func isMember(_ value: RuntimeValue, of container: RuntimeValue) throws -> Bool {
    switch container {
    case .string(let text), .markup(let text):
      if case .undefined(let undefined) = value { throw failure(undefined) }
      guard let part = value.string else {
        throw Failure("`in` a string needs a string on its left, not '\(value.typeName)'")
      }
      return part.isEmpty || find(part.unicodeScalars, in: text.unicodeScalars) != nil
    case .dict(let box):
      if case .undefined(let undefined) = value { throw failure(undefined) }
      if box.contains(try key(value)) { return true }
      if let rest = box.rest { throw UnknownStop(unknown: rest) }
      return false
    case .range(let range):
      guard case .int(let number) = value else { return false }
      return range.contains(number)
    case .object(let object):
      if let found = try object.contains(value, self) { return found }
      return try contains(elements(of: container), value)
    default:
      return try contains(elements(of: container), value)
    }
  }
}

/// Where a text first occurs in another, by scalars; nil where it does not.
func find(_ part: String.UnicodeScalarView, in text: String.UnicodeScalarView) -> Int? {
  let needle = Array(part)
  let hay = Array(text)
  return find(needle, in: hay, from: 0, to: hay.count)
}

func find(_ needle: [Unicode.Scalar], in hay: [Unicode.Scalar], from start: Int, to end: Int)
  -> Int?
{
  guard needle.count <= end - start else { return nil }
  guard let first = needle.first else { return start }
  var index = start
  while index + needle.count <= end {
    if hay[index] == first {
      var offset = 1
      while offset < needle.count, hay[index + offset] == needle[offset] { offset += 1 }
      if offset == needle.count { return index }
    }
    index += 1
  }
  return nil
}
