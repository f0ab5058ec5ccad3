import Configuration
import Diagnostics
import Inventories
import TestKit
import Testing
import Values

@testable import OmtdSetupKit

@Suite struct InventoryCorpusTests {
  @Test("The corpus of inventories lists as ansible-inventory lists it")
  func inventories() async throws {
    let cases = try Corpus.cases("inventory.jsonl")
    var passed = 0
    var total = 0
    for row in cases {
      let scratch = ScratchFolder()
      write(row["files"], to: scratch)
      let sources = (row["sources"]?.elements ?? []).compactMap(\.string).map {
        $0.contains(",") ? $0 : scratch.path + "/" + $0
      }
      var got = ValueMap()
      do {
        let inventory = try await Inventory.load(
          sources: sources, options: InventoryReading.options(Settings(), VaultKeys([])))
        got["expected"] = Corpus.plain(try inventory.listing())
        got["graph"] = .string(try inventory.graph())
        for (name, _) in row["host"]?.map ?? [:] {
          got[name] = Corpus.plain(.map(inventory.listedVariables(ofHost: name.string ?? "")))
        }
      } catch {
        got["fault"] = .string("\(error)")
      }
      var wanted = ValueMap()
      if let expected = row["expected"] { wanted["expected"] = expected }
      if let graph = row["graph"] { wanted["graph"] = graph }
      for (name, value) in row["host"]?.map ?? [:] { wanted[name] = value }
      total += 1
      let wrong = wanted.filter { key, value in !(got[key].map { equal($0, value) } ?? false) }
      if wrong.isEmpty, wanted["expected"] != nil || got["fault"] != nil {
        passed += 1
        continue
      }
      print("\(row["id"]?.string ?? "") \(JSON.text(row["files"] ?? .null))")
      if let fault = got["fault"] { print("  fault \(JSON.text(fault))") }
      for (key, value) in wrong {
        print("  \(JSON.text(key)): got \(got[key].map { JSON.text($0) } ?? "nothing")")
        print("  wanted \(JSON.text(value))")
      }
    }
    print("inventory: \(passed)/\(total)")
    #expect(Double(passed) >= 0.92 * Double(total))
  }

  private func write(_ files: Value?, to scratch: ScratchFolder) {
    for (name, content) in files?.map ?? [:] {
      if let text = content.string {
        scratch.write(name.string ?? "", text)
      } else {
        scratch.write(name.string ?? "", content["content"]?.string ?? "", mode: 0o755)
      }
    }
  }

  /// As values: the order of keys says nothing, types do.
  private func equal(_ a: Value, _ b: Value) -> Bool {
    JSON.text(a, style: JSONStyle(sortKeys: true)) == JSON.text(b, style: JSONStyle(sortKeys: true))
  }

  @Test("The corpus of host patterns selects the hosts that Ansible selects")
  func patterns() async throws {
    let cases = try Corpus.cases("patterns.jsonl")
    var passed = 0
    for row in cases {
      let scratch = ScratchFolder()
      scratch.write("hosts", row["inventory"]?.string ?? "")
      write(row["files"], to: scratch)
      let source = row["inventory_list"]?.string ?? scratch.path + "/hosts"
      let pattern = row["pattern"]?.string ?? ""
      let limit = row["limit"]?.string?.replacingAll("@DIR@", with: scratch.path)
      var got: Value = .null
      do {
        let inventory = try await Inventory.load(sources: [source])
        got = .list(
          try inventory.requireHosts(matching: [pattern], limit: absolute(limit, scratch)).names
            .map { .string($0) })
      } catch {
        got = .string("fault: \(error)")
      }
      if row["error"]?.bool == true ? got.elements == nil : got == row["expected"] {
        passed += 1
      } else {
        print("\(row["id"]?.string ?? "") \(pattern) limit \(limit ?? "none")")
        print("  got \(JSON.text(got)), wanted \(JSON.text(row["expected"] ?? .null))")
      }
    }
    print("patterns: \(passed)/\(cases.count)")
    #expect(Double(passed) >= 0.98 * Double(cases.count))
  }

  private func absolute(_ limit: String?, _ scratch: ScratchFolder) -> String? {
    guard let limit, limit.hasPrefix("@"), !limit.hasPrefix("@/") else { return limit }
    return "@\(scratch.path)/\(limit.dropFirst())"
  }
}
