import Diagnostics
import Inventories
import TestKit
import Testing
import Values

@Suite struct ExtraVariablesTests {
  private func plain(_ written: [String]) throws -> [String: Value] {
    try ExtraVariables.load(written).variables.mapValues { variable in
      switch variable {
      case .source(let source): source.plain
      case .value(let value): value
      }
    }
  }

  @Test("Assignments give text, JSON and YAML give values, files are named with @")
  func forms() throws {
    let scratch = ScratchFolder()
    scratch.write("vars.yml", "d: [1]\na: file\n")
    let variables = try plain([
      "a=1 b=\"x y\" t='{{ q }}'", "{\"c\": true, \"n\": 5}", "{y: yes}",
      "@\(scratch.path)/vars.yml",
    ])
    let expected: [String: Value] = [
      "a": "file", "b": "x y", "t": "{{ q }}", "c": true, "n": 5, "y": true, "d": [1],
    ]
    #expect(variables == expected)
  }

  static let faults: [String] = ["/vars.yml", "./vars.yml", "word", "[1]", "a='x", "@/no/such"]

  @Test("What is no mapping is refused", arguments: faults)
  func fault(text: String) {
    #expect(throws: Diagnostic.self) { try ExtraVariables.load([text]) }
  }
}
