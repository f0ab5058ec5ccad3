import BigInt
import OrderedCollections

// Equality and hashing as Python's: numbers by value whatever their type, text by scalars,
// mappings without regard to order.

extension Value: Hashable {
  package static func == (a: Value, b: Value) -> Bool {
    switch (a, b) {
    case (.string(let x), .string(let y)): return sameScalars(x, y)
    case (.null, .null): return true
    case (.bytes(let x), .bytes(let y)): return x == y
    case (.date(let x), .date(let y)): return x == y
    case (.datetime(let x), .datetime(let y)): return x == y
    case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)): return x == y
    case (.map(let x), .map(let y)): return sameEntries(x, y)
    case (.partial(let x, let r), .partial(let y, let s)): return r == s && sameEntries(x, y)
    case (.secret(let x), .secret(let y)): return x.open() == y.open()
    case (.unknown(let x), .unknown(let y)): return x == y
    default:
      guard let x = a.number, let y = b.number else { return false }
      return x == y
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .string(let text):
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .bytes(let bytes): hasher.combine(bytes)
    case .date(let date): hasher.combine(date)
    case .datetime(let time): hasher.combine(time)
    case .list(let items), .tuple(let items): hasher.combine(items)
    case .map(let map), .partial(let map, _): hasher.combine(map.count)
    case .secret(let secret): secret.open().hash(into: &hasher)
    case .unknown(let unknown): hasher.combine(unknown)
    case .null: hasher.combine(0)
    case .bool, .int, .bigInt, .double: hasher.combine(number)
    }
  }

  private static func sameScalars(_ x: String, _ y: String) -> Bool {
    var x = x
    var y = y
    return x.withUTF8 { one in y.withUTF8 { one.elementsEqual($0) } }
  }

  private static func sameEntries(_ a: ValueMap, _ b: ValueMap) -> Bool {
    a.count == b.count && a.allSatisfy { key, value in b[key].map { $0 == value } ?? false }
  }

  private enum Number: Hashable {
    case whole(Int)
    case big(BigInt)
    case real(Double)
  }

  private var number: Number? {
    switch self {
    case .bool(let flag): return .whole(flag ? 1 : 0)
    case .int(let value): return .whole(value)
    case .bigInt(let value): return .big(value)
    case .double(let value):
      if let whole = Int(exactly: value) { return .whole(whole) }
      if value.isFinite, value.rounded() == value { return .big(BigInt(value)) }
      return .real(value)
    default: return nil
    }
  }
}
