import Diagnostics
import Values

/// The text of a journal: a line that says what it is, then a record a line, each behind a digest
/// of itself, so that a torn or damaged one is seen.
package enum JournalText {
  package static let version = 1

  package static func header(environment: String) -> String {
    line(["journal": .int(version), "environment": .string(environment)])
  }

  package static func line(_ value: Value) -> String {
    let text = JSON.text(value, style: .compact)
    return Hex.digest(text, bytes: 4) + " " + text + "\n"
  }

  /// - Throws: where any line is not what was written, or of a later version.
  package static func parse(
    _ text: String, path: String, environment: String
  ) throws(Diagnostic) -> [JournalRecord] {
    let (records, problem) = readable(text, path: path, environment: environment)
    if let problem { throw problem }
    return records
  }

  /// What is wrong where a later version wrote it: nothing of this one may change it.
  package static func laterVersion(
    _ text: String, path: String, environment: String
  ) -> Diagnostic? {
    guard let line = text.split(separator: "\n").first, let header = content(String(line)),
      header["journal"]?.int ?? 0 > version
    else { return nil }
    return .error(
      "the journal of environment `\(environment)` was written by a later version of omtd-setup",
      at: SourceLocation(file: path, line: 1, column: 1),
      hint: "use that version, or a later one")
  }

  /// nil where the line is not what was written.
  private static func content(_ line: String) -> Value? {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2, Hex.digest(parts[1], bytes: 4) == parts[0] else { return nil }
    return try? JSON.parse(parts[1])
  }

  /// All records that can be read, and the first thing that is wrong.
  package static func readable(
    _ text: String, path: String, environment: String
  ) -> (records: [JournalRecord], problem: Diagnostic?) {
    if let problem = laterVersion(text, path: path, environment: environment) {
      return ([], problem)
    }
    var records: [JournalRecord] = []
    var problem: Diagnostic?
    func wrong(_ words: String, _ line: Int) {
      guard problem == nil else { return }
      problem = .error(
        "the journal of environment `\(environment)` \(words)",
        at: SourceLocation(file: path, line: line, column: 1),
        hint: "run `omtd-setup recover`: it keeps a copy and reads the marks of the machines")
    }
    var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    if lines.last?.isEmpty == true {
      lines.removeLast()
    } else {
      wrong("ends in a torn line", lines.count)
    }
    for (index, line) in lines.enumerated() {
      guard let value = content(line) else {
        wrong("is damaged", index + 1)
        continue
      }
      if index == 0 {
        if value["journal"]?.int != version || value["environment"]?.string != environment {
          wrong("is of something else", 1)
        }
      } else if let record = JournalRecord(value) {
        records.append(record)
      } else {
        wrong("has a record that this version does not know", index + 1)
      }
    }
    if lines.isEmpty { wrong("is empty", 1) }
    return (records, problem)
  }
}
