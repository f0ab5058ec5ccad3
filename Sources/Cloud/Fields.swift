import Values

/// A part of an answer that is not what the API says; `path` leads to it.
struct BadField: Error {
  var path: String
  var expected: String
  var found: Value?

  var reason: String {
    let what =
      switch found {
      case nil: "nothing"
      case .null: "null"
      case .bool: "a boolean"
      case .int, .bigInt, .double: "a number"
      case .string: "text"
      case .list: "a list"
      case .map: "an object"
      default: "something else"
      }
    return "`\(path)`: expected \(expected), found \(what)"
  }
}

/// The members of one JSON object, read by name; an absent member and null are the same.
struct Fields {
  let path: String
  private let map: ValueMap

  init(_ value: Value?, path: String) throws(BadField) {
    guard let map = value?.map else {
      throw BadField(path: path, expected: "an object", found: value)
    }
    self.map = map
    self.path = path
  }

  func value(_ key: String) -> Value? {
    guard let value = map[.string(key)], !value.isNull else { return nil }
    return value
  }

  private func first(_ keys: [String]) -> (key: String, value: Value)? {
    for key in keys { if let value = value(key) { return (key, value) } }
    return nil
  }

  private func bad(_ key: String, _ expected: String) -> BadField {
    BadField(path: "\(path).\(key)", expected: expected, found: map[.string(key)])
  }

  private func required<T>(_ key: String, _ part: T?, _ expected: String) throws(BadField) -> T {
    guard let part else { throw bad(key, expected) }
    return part
  }

  func text(_ key: String) throws(BadField) -> String {
    try required(key, try optionalText(key), "text")
  }

  /// The first that is there; so in what follows.
  func optionalText(_ keys: String...) throws(BadField) -> String? {
    guard let (key, value) = first(keys) else { return nil }
    guard let text = value.string else { throw bad(key, "text") }
    return text
  }

  func int(_ key: String) throws(BadField) -> Int {
    try required(key, try optionalInt(key), "a number")
  }

  /// A number, also one that is written as text; what is larger than any `Int` is `Int.max`.
  func optionalInt(_ key: String) throws(BadField) -> Int? {
    switch value(key) {
    case nil: return nil
    case .int(let number): return number
    case .bigInt(let number): return number > 0 ? .max : .min
    case .string(let text):
      guard let number = Int(text) else { throw bad(key, "a number") }
      return number
    default: throw bad(key, "a number")
    }
  }

  /// Some flags are published as text.
  func optionalBool(_ keys: String...) throws(BadField) -> Bool? {
    guard let (key, value) = first(keys) else { return nil }
    switch value {
    case .bool(let flag): return flag
    case .string(let text) where text.lowercased() == "true": return true
    case .string(let text) where text.lowercased() == "false": return false
    default: throw bad(key, "a boolean")
    }
  }

  func id(_ key: String, _ second: String? = nil) throws(BadField) -> CloudID {
    let keys = second.map { [key, $0] } ?? [key]
    return try required(key, try optionalID(keys), "a number or text")
  }

  func optionalID(_ key: String) throws(BadField) -> CloudID? { try optionalID([key]) }

  private func optionalID(_ keys: [String]) throws(BadField) -> CloudID? {
    guard let (key, value) = first(keys) else { return nil }
    guard let id = CloudID(value) else { throw bad(key, "a number or text") }
    return id
  }

  /// A time of which the text cannot be read counts as absent: nothing is decided by it.
  func time(_ key: String) throws(BadField) -> DateTime? {
    try optionalText(key).flatMap { CloudTime.parse($0) }
  }

  func object(_ key: String) throws(BadField) -> Fields {
    try Fields(map[.string(key)], path: "\(path).\(key)")
  }

  func optionalObject(_ key: String) throws(BadField) -> Fields? {
    try value(key) == nil ? nil : object(key)
  }

  /// The elements of a list; none where it is absent.
  func list<T>(
    _ key: String, _ element: (Value, String) throws(BadField) -> T
  ) throws(BadField) -> [T] {
    guard let value = value(key) else { return [] }
    return try Fields.list(value, path: "\(path).\(key)", element)
  }

  static func list<T>(
    _ value: Value, path: String, _ element: (Value, String) throws(BadField) -> T
  ) throws(BadField) -> [T] {
    guard let items = value.elements else {
      throw BadField(path: path, expected: "a list", found: value)
    }
    var all: [T] = []
    all.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      all.append(try element(item, "\(path)[\(index)]"))
    }
    return all
  }

  func objects<T>(_ key: String, _ element: (Fields) throws(BadField) -> T) throws(BadField) -> [T]
  {
    try list(key) { (value, path) throws(BadField) in
      try element(try Fields(value, path: path))
    }
  }

  /// What an answer is a listing of. Without it the answer comes from something else, and must not
  /// be taken for an empty list: then machines would be made again.
  func listing<T>(
    _ key: String, _ element: (Fields) throws(BadField) -> T
  ) throws(BadField) -> [T] {
    guard value(key) != nil else { throw bad(key, "a list") }
    return try objects(key, element)
  }

  func ids(_ key: String) throws(BadField) -> [CloudID] {
    try list(key) { (value, path) throws(BadField) in
      guard let id = CloudID(value) else {
        throw BadField(path: path, expected: "a number or text", found: value)
      }
      return id
    }
  }

  func texts(_ key: String) throws(BadField) -> [String] {
    try list(key) { (value, path) throws(BadField) in
      guard let text = value.string else {
        throw BadField(path: path, expected: "text", found: value)
      }
      return text
    }
  }

  /// Text by text: metadata. Numbers and booleans, which some images carry, become their JSON text.
  func words(_ key: String) throws(BadField) -> [String: String] {
    guard let inner = try optionalObject(key) else { return [:] }
    var words: [String: String] = [:]
    for name in inner.names {
      guard let value = inner.value(name) else { continue }
      words[name] = value.string ?? JSON.text(value, style: .compact)
    }
    return words
  }

  var names: [String] { map.keys.compactMap(\.string) }
}

extension CloudID {
  /// An id as a service writes it; nil for other kinds and for empty text.
  package init?(_ value: Value) {
    switch value {
    case .int(let number): self.init(number)
    case .string(let text) where !text.isEmpty: self.init(text)
    default: return nil
    }
  }
}
