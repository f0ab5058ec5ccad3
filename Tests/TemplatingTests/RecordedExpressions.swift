import Diagnostics
@preconcurrency import Glibc
import Templating
import Values

/// One recorded evaluation of `ansible_expr.jsonl`.
struct RecordedExpression {
  let id: String
  let group: String
  let kind: String
  let source: Value
  let variables: ValueMap
  let options: ValueMap
  let files: ValueMap
  let environment: ValueMap
  /// Nil where the tool refused.
  let expected: Value?
  /// Python's repr of the result, which tells 1 from 1.0 and shows the order of mappings.
  let repr: String?
  /// What older versions gave, where the tool refuses today.
  let older: Value?
  let isPortable: Bool
  let isUnordered: Bool

  init(_ row: Value) {
    id = row["id"]?.string ?? ""
    group = row["group"]?.string ?? ""
    kind = row["kind"]?.string ?? ""
    source = row["src"] ?? .null
    variables = row["vars"].map(decoded)?.map ?? [:]
    options = row["options"]?.map ?? [:]
    files = row["files"]?.map ?? [:]
    environment = row["env"]?.map ?? [:]
    let isError = row["error"]?.bool ?? false
    expected = isError ? nil : decoded(row["expected"] ?? .null)
    repr = row["repr"]?.string
    older = isError ? row["v2_18"]?["expected"].map(decoded) : nil
    isPortable = row["portable"]?.bool ?? true
    isUnordered = row["unordered"]?.bool ?? false
  }

  /// True where the result is what the tool gave, `folder` being the place of the files.
  func accepts(_ result: Value?, folder: String) -> Bool {
    // `nil` alone would be read as the null value.
    guard let result else { return expected.map { _ in false } ?? true }
    let text = result.pythonRepr.replacing(folder, with: "@DIR@")
    guard let expected else { return older.map { $0.pythonRepr == text } ?? false }
    if isUnordered {
      let sorted = { (value: Value) in (value.elements ?? []).map(\.pythonRepr).sorted() }
      return sorted(expected) == sorted(result)
    }
    return text == repr ?? expected.pythonRepr
  }
}

/// A value out of the corpus's notation for what JSON cannot hold.
private func decoded(_ value: Value) -> Value {
  switch value {
  case .list(let items): return .list(items.map(decoded))
  case .map(let map):
    if map.count == 1, let (key, inner) = map.elements.first {
      switch key.string {
      case "$float": return .double(inner.string.flatMap { Double($0) } ?? .nan)
      case "$tuple": return .tuple((inner.elements ?? []).map(decoded))
      case "$dict":
        let pairs = (inner.elements ?? []).compactMap { pair -> (Value, Value)? in
          guard let parts = pair.elements, parts.count == 2 else { return nil }
          return (decoded(parts[0]), decoded(parts[1]))
        }
        return .map(ValueMap(pairs, uniquingKeysWith: { $1 }))
      default: break
      }
    }
    return .map(map.mapValues(decoded))
  default: return value
  }
}

/// A value as if it had been written in a file, its strings templates.
func written(_ value: Value, folder: String) -> SourceValue {
  let place = SourceLocation(file: "case", line: 1, column: 1)
  switch value {
  case .string(let text):
    return SourceValue(.scalar(.string(text.replacing("@DIR@", with: folder))), at: place)
  case .list(let items):
    return SourceValue(.list(items.map { written($0, folder: folder) }), at: place)
  case .map(let map):
    let entries = map.map {
      SourceEntry(key: $0.key, keyLocation: place, value: written($0.value, folder: folder))
    }
    return SourceValue(.map(entries), at: place)
  default: return SourceValue(.scalar(value), at: place)
  }
}

/// The recorded corpora, which may not be there.
enum Corpora {
  static func lines(_ name: String) -> [Value]? {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folders = [
      getenv("OMTD_CORPORA").map { String(cString: $0) }, "/\(root)/../shared/corpora",
      "/\(root)/Tests/Corpora",
    ]
    for folder in folders.compactMap({ $0 }) {
      if let text = read(folder + "/" + name) {
        return text.split(separator: "\n").compactMap { try? JSON.parse(String($0)) }
      }
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
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    _ = Array(text.utf8).withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
  }
}
