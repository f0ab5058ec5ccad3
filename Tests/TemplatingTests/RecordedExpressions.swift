import Diagnostics
import Templating
import TestKit
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

  init(_ row: CorpusCase) {
    id = row["id"]?.string ?? ""
    group = row["group"]?.string ?? ""
    kind = row["kind"]?.string ?? ""
    source = row["src"] ?? .null
    variables = row["vars"].map(Corpus.decoded)?.map ?? [:]
    options = row["options"]?.map ?? [:]
    files = row["files"]?.map ?? [:]
    environment = row["env"]?.map ?? [:]
    let isError = row["error"]?.bool ?? false
    // `Value` has a nil literal of its own.
    expected = isError ? Optional.none : Corpus.decoded(row["expected"] ?? .null)
    repr = row["repr"]?.string
    older = isError ? row["v2_18"]?["expected"].map(Corpus.decoded) : Optional.none
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
