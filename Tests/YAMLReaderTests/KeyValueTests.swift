import Diagnostics
import TestKit
import Testing
import Values
import YAMLReader

@Suite struct KeyValueTests {
  @Test("The corpus of key=value texts is split and read as Ansible does")
  func corpus() throws {
    let cases = try Corpus.cases("kv.jsonl")
    var passed = 0
    var total = 0
    func check(_ row: Value, _ name: String, _ got: Value) {
      total += 1
      let expected = row[name] ?? .null
      if Corpus.same(got, expected) || (got["$error"] != nil && expected["$error"] != nil) {
        passed += 1
      } else {
        print("\(row["id"]?.string ?? "") \(name): \(JSON.text(row["input"] ?? .null))")
        print("  got \(JSON.text(got)), expected \(JSON.text(expected))")
      }
    }
    for row in cases {
      let input = row["input"]?.string ?? ""
      let words = try? KeyValue.split(input)
      check(row, "split_args", list(words))
      check(row, "parse_kv", map(try? KeyValue.parse(input)))
      check(row, "parse_kv_check_raw", map(try? KeyValue.parse(input, isCommand: true)))
      check(row, "joined", words.map { .string(KeyValue.join($0)) } ?? ["$error": ""])
      check(row, "unquote", .string(KeyValue.unquote(input)))
    }
    print("kv: \(passed)/\(total)")
    #expect(Double(passed) >= 0.98 * Double(total))
  }

  private func list(_ words: [String]?) -> Value {
    words.map { .list($0.map { .string($0) }) } ?? ["$error": ""]
  }

  private func map(_ arguments: KeyValueArguments?) -> Value {
    guard let arguments else { return ["$error": ""] }
    var map = ValueMap()
    for option in arguments.options { map[.string(option.name)] = .string(option.text) }
    if let rest = arguments.freeForm { map["_raw_params"] = .string(rest) }
    return .map(map)
  }

  @Test("Escapes decode whatever the quotes, and unknown names stay")
  func escapes() throws {
    let arguments = try KeyValue.parse(#"a=\x41\u00e9 b='\t' c=\N{BULLET} d=\N{NO_SUCH} e=\q"#)
    #expect(arguments["a"] == "Aé")
    #expect(arguments["b"] == "\t")
    #expect(arguments["c"] == "•")
    #expect(arguments["d"] == #"\N{NO_SUCH}"#)
    #expect(arguments["e"] == #"\q"#)
  }
}
