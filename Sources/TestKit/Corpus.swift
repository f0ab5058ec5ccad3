import ModuleKit
import Values

/// The recorded cases of the real tools: in the folder of `OMTD_CORPORA`, or a part of each in
/// the package.
package enum Corpus {
  /// The lines of the file `name`, as JSON.
  /// - Throws: no folder has the file; a line is not JSON.
  package static func cases(_ name: String) throws -> [Value] {
    for folder in folders where Files.exists("\(folder)/\(name)") {
      let lines = try Files.lines("\(folder)/\(name)").filter { !$0.isEmpty }
      return try lines.map { try JSON.parse($0) }
    }
    throw TestProblem("no \(name) in \(folders)")
  }

  /// A file of the package's own recordings.
  package static func text(_ name: String) throws -> String {
    try Files.text("\(Files.package)/Tests/Corpora/\(name)")
  }

  /// Whether the tests should print what they miss.
  package static var isVerbose: Bool { Files.variable("OMTD_VERBOSE") != nil }

  private static var folders: [String] {
    (Files.variable("OMTD_CORPORA").map { [$0] } ?? [])
      + [Files.package + "/../shared/corpora", Files.package + "/Tests/Corpora"]
  }

  /// The value behind the marks of the recorder for what JSON cannot write.
  package static func decoded(_ value: Value) -> Value {
    if let elements = value.elements { return .list(elements.map(decoded)) }
    guard let map = value.map else { return value }
    if map.count == 1, let only = map.elements.first {
      let (key, inner) = (only.key.string, only.value)
      switch key {
      case "$float": return .double(Double(inner.string ?? "") ?? .nan)
      case "$dict":
        let pairs = (inner.elements ?? []).compactMap(\.elements).filter { $0.count == 2 }
        return .map(ValueMap(pairs.map { (decoded($0[0]), decoded($0[1])) }) { $1 })
      case "$tuple": return .tuple((inner.elements ?? []).map(decoded))
      case "$set": return decoded(inner)
      case "$unsafe", "$vault", "$datetime", "$date", "$bytes": return inner
      default: break
      }
    }
    return .map(map.mapValues(decoded))
  }

  /// A value as JSON would have it: tuples are lists, times and bytes are texts.
  package static func plain(_ value: Value) -> Value {
    switch value {
    case .list(let items), .tuple(let items): return .list(items.map(plain))
    case .map(let map):
      return .map(ValueMap(map.map { (plain($0.key), plain($0.value)) }) { $1 })
    case .date(let date): return .string(date.isoText)
    case .datetime(let time): return .string(time.isoText)
    case .bytes(let bytes): return .string(Base64.text(bytes))
    default: return value
    }
  }

  /// Equality of the values and of their types: 1, 1.0 and true differ, NaN equals itself.
  package static func same(_ a: Value, _ b: Value) -> Bool {
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
}
