import Diagnostics
import TestKit
import Testing
import Values
import YAMLReader

@Suite struct YAMLCorpusTests {
  @Test("The corpus of YAML texts is read as Ansible reads it")
  func corpus() throws {
    let cases = try Corpus.cases("yaml.jsonl")
    var passed = 0
    var total = 0
    var failures: [String] = []
    for row in cases {
      let text = row["yaml"]?.string ?? ""
      for (name, fault) in checks(row, text) {
        total += 1
        if let fault {
          failures.append(
            "\(row["id"]?.string ?? "") \(name): \(JSON.text(.string(text))): \(fault)")
        } else {
          passed += 1
        }
      }
    }
    for line in failures.prefix(40) { print(line) }
    print("yaml: \(passed)/\(total)")
    #expect(Double(passed) >= 0.98 * Double(total))
  }

  private func checks(_ row: Value, _ text: String) -> [(String, String?)] {
    var results: [(String, String?)] = []
    if row["recursive"]?.bool == true {
      _ = try? YAML.load(text, file: "f")
      return []
    }
    results.append(("load", load(row, text)))
    if let documents = row["documents"]?.elements {
      let all = try? YAML.loadAll(text, file: "f")
      let same =
        all?.count == documents.count
        && zip(all ?? [], documents).allSatisfy {
          Corpus.same(Corpus.plain($0.root.plain), Corpus.plain(Corpus.decoded($1)))
        }
      results.append(("documents", same ? nil : "differ"))
    }
    if let expected = row["via_file_loader"]?["expected"] {
      let root = (try? YAML.loadFile(text, file: "f"))?.root.plain ?? "error"
      let same = Corpus.same(Corpus.plain(root), Corpus.plain(Corpus.decoded(expected)))
      results.append(("file", same ? nil : JSON.text(root)))
    }
    return results
  }

  private func load(_ row: Value, _ text: String) -> String? {
    do {
      let document = try YAML.load(text, file: "f")
      guard let expected = row["expected"] else {
        return
          "accepted as \(JSON.text(document.root.plain)), expected \(row["problem"]?.string ?? "")"
      }
      let got = Corpus.plain(document.root.plain)
      guard Corpus.same(got, Corpus.plain(Corpus.decoded(expected))) else {
        return "got \(JSON.text(got))"
      }
      // Keys that override merged ones are what merging is for: no warning here.
      if let keys = row["duplicate_keys"]?.elements, !text.contains("<<") {
        guard keys.count == document.warnings.count else { return "\(document.warnings)" }
      }
      return nil
    } catch {
      guard row["error"]?.bool == true else { return "refused: \(error)" }
      // PyYAML points behind text whose quote is not closed, and at the quote as its context.
      let isUnclosed = row["context"]?.string == "while scanning a quoted scalar"
      let prefix = isUnclosed ? "context_" : ""
      guard let line = row[prefix + "line"]?.int, let column = row[prefix + "column"]?.int else {
        return nil
      }
      let place = error.location.map { ($0.line, $0.column) } ?? (0, 0)
      return place == (line, column)
        ? nil : "at \(place), expected \((line, column)) \(error.summary)"
    }
  }
}
