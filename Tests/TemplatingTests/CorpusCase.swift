import TestKit
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

extension CorpusCase {
  /// The cases of a recorded corpus.
  static func all(_ name: String) throws -> [CorpusCase] {
    try Corpus.cases(name).enumerated().map { CorpusCase(number: $0 + 1, fields: $1.map ?? [:]) }
  }
}
