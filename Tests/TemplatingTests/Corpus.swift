@preconcurrency import Glibc
import Values

/// One recorded case of a corpus of the real tools.
struct CorpusCase: Sendable {
  let number: Int
  let fields: ValueMap

  func text(_ name: String) -> String? { fields[.string(name)]?.string }
  func flag(_ name: String) -> Bool { fields[.string(name)]?.bool ?? false }
  subscript(name: String) -> Value? { fields[.string(name)] }

  /// Shows Python or a machine rather than the language.
  var isPortable: Bool { self["portable"]?.bool ?? true }
}

enum Corpus {
  /// The cases of a file; nil where the corpora are not at hand.
  static func cases(_ name: String) throws -> [CorpusCase]? {
    for folder in folders {
      guard let text = read(folder + "/" + name) else { continue }
      return try text.split(separator: "\n").enumerated().map { index, line in
        CorpusCase(number: index + 1, fields: try JSON.parse(String(line)).map ?? [:])
      }
    }
    return nil
  }

  static var isVerbose: Bool { getenv("OMTD_VERBOSE") != nil }

  private static var folders: [String] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let named = getenv("OMTD_CORPORA").map { [String(cString: $0)] } ?? []
    return named + ["/\(root)/../shared/corpora", "/\(root)/Tests/Corpora"]
  }

  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value behind the marks of the recorder: `$float`, `$dict`, `$tuple`, ...
  static func decoded(_ value: Value) -> Value {
    switch value {
    case .list(let items): return .list(items.map(decoded))
    case .map(let map):
      if map.count == 1, let (key, inner) = map.elements.first {
        switch (key.string, inner) {
        case ("$float", .string("inf")): return .double(.infinity)
        case ("$float", .string("-inf")): return .double(-.infinity)
        case ("$float", .string("nan")): return .double(.nan)
        case ("$dict", .list(let pairs)):
          var result: ValueMap = [:]
          for pair in pairs {
            guard let parts = pair.elements, parts.count == 2 else { continue }
            result[decoded(parts[0])] = decoded(parts[1])
          }
          return .map(result)
        case ("$tuple", .list(let items)): return .tuple(items.map(decoded))
        default: break
        }
      }
      return .map(map.mapValues(decoded))
    default: return value
    }
  }
}
