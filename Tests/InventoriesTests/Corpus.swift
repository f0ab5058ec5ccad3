import Values

#if canImport(Glibc)
  import Glibc
#endif

/// The recorded cases of the real tools, where they are present.
enum Corpus {
  /// The cases of `name.jsonl`, or nil where there is no such file.
  static func cases(_ name: String, from source: String = #filePath) -> [Value]? {
    var folders: [String] = []
    if let folder = getenv("OMTD_CORPORA") { folders.append(String(cString: folder)) }
    let root = source.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    folders += [root + "/../shared/corpora", root + "/Tests/Corpora"]
    for folder in folders {
      guard let text = read("\(folder)/\(name).jsonl") else { continue }
      return text.split(separator: "\n").compactMap { try? JSON.parse(String($0)) }
    }
    return nil
  }

  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A value in the corpus' way of writing what JSON cannot: sets and tuples as lists.
  static func decoded(_ value: Value) -> Value {
    if let elements = value.elements { return .list(elements.map(decoded)) }
    guard let map = value.map else { return value }
    if map.count == 1, let only = map.elements.first {
      let (key, inner) = (only.key.string, only.value)
      switch key {
      case "$float": return .double(Double(inner.string ?? "") ?? .nan)
      case "$dict":
        let pairs = (inner.elements ?? []).compactMap(\.elements)
        return .map(ValueMap(pairs.map { (decoded($0[0]), decoded($0[1])) }) { $1 })
      case "$set", "$tuple": return decoded(inner)
      case "$unsafe", "$vault", "$datetime", "$date", "$bytes": return inner
      default: break
      }
    }
    return .map(map.mapValues(decoded))
  }

  /// Our value in the same form.
  static func plain(_ value: Value) -> Value {
    switch value {
    case .list(let items), .tuple(let items): return .list(items.map(plain))
    case .map(let map):
      return .map(ValueMap(map.map { (plain($0.key), plain($0.value)) }) { $1 })
    case .date(let date): return .string(date.isoText)
    case .datetime(let time): return .string(time.isoText)
    case .bytes(let bytes): return .string(base64(bytes))
    default: return value
    }
  }

  /// Equality of the values and of their types: 1, 1.0 and true differ, NaN equals itself.
  static func same(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.double(let x), .double(let y)): return x == y || (x.isNaN && y.isNaN)
    case (.bool(let x), .bool(let y)): return x == y
    case (.bool, _), (_, .bool), (.double, _), (_, .double): return false
    case (.list(let x), .list(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { same($0, $1) }
    case (.map(let x), .map(let y)):
      return x.count == y.count
        && zip(x, y).allSatisfy { same($0.key, $1.key) && same($0.value, $1.value) }
    default: return a == b
    }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    var index = 0
    while index < bytes.count {
      let rest = bytes[index...].prefix(3)
      var group = 0
      for offset in 0..<3 {
        group = group << 8 | (offset < rest.count ? Int(bytes[index + offset]) : 0)
      }
      for place in 0..<4 {
        text.append(place <= rest.count ? alphabet[group >> (18 - 6 * place) & 63] : "=")
      }
      index += 3
    }
    return text
  }
}
