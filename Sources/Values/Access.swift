import OrderedCollections

// What most readers of values want: the payload if the kind fits, nil otherwise.

extension Value {
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  package var int: Int? { if case .int(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  package var map: ValueMap? {
    switch self {
    case .map(let map), .partial(let map, _): map
    default: nil
    }
  }
  /// The elements of a list or a tuple.
  package var elements: [Value]? {
    switch self {
    case .list(let items), .tuple(let items): items
    default: nil
    }
  }
  package var isNull: Bool { if case .null = self { true } else { false } }

  package subscript(key: String) -> Value? { map?[.string(key)] }

  /// True where the value or any part of it is unknown.
  package var containsUnknown: Bool { firstUnknown != nil }

  /// The first unknown in the value or in any part of it.
  package var firstUnknown: Unknown? {
    switch self {
    case .unknown(let unknown): unknown
    case .partial(_, let rest): rest
    case .secret(let secret): secret.open().firstUnknown
    case .list(let items), .tuple(let items): items.lazy.compactMap(\.firstUnknown).first
    case .map(let map):
      map.lazy.compactMap { $0.key.firstUnknown ?? $0.value.firstUnknown }.first
    default: nil
    }
  }

  /// True where the value or any part of it is secret.
  package var containsSecret: Bool {
    switch self {
    case .secret: true
    case .list(let items), .tuple(let items): items.contains(where: \.containsSecret)
    case .map(let map), .partial(let map, _):
      map.contains { $0.key.containsSecret || $0.value.containsSecret }
    default: false
    }
  }

  /// The value with every secret in it opened. Only for payloads, standard input and comparison.
  package var opened: Value {
    switch self {
    case .secret(let secret): secret.open().opened
    case .list(let items): .list(items.map(\.opened))
    case .tuple(let items): .tuple(items.map(\.opened))
    case .map(let map): .map(map.mapValues(\.opened))
    case .partial(let map, let rest): .partial(map.mapValues(\.opened), rest: rest)
    default: self
    }
  }
}
