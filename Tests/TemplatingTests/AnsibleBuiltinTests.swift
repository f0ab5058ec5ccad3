import Diagnostics
import Templating
import Testing
import Values

@Suite struct AnsibleBuiltinTests {
  @Test("filters, tests and lookups give what ansible-core gives")
  func recordedBuiltins() {
    var failures: [String] = []
    for row in AnsibleBuiltinCase.rows {
      let actual = AnsibleBuiltinTests.result(of: row.expression)
      let isRight = row.expected == "error" ? actual.hasPrefix("error") : actual == row.expected
      if !isRight { failures.append("\(row.expression)\n  want \(row.expected)\n  got  \(actual)") }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  static func result(of expression: String, variables: [String: Value] = [:]) -> String {
    let place = SourceLocation(file: "case", line: 1, column: 1)
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable(values: variables))
    do {
      let source = SourceValue(.scalar(.string("{{ " + expression + " }}")), at: place)
      return try evaluator.render(source)?.pythonRepr ?? "omit"
    } catch {
      switch error {
      case .failed(let diagnostic, _): return "error: \(diagnostic.summary)"
      case .impure(let call):
        return "impure: \(call.kind) \(call.name) \(Value.list(call.arguments).pythonRepr)"
      }
    }
  }

  struct Impure: Sendable {
    let expression: String
    let call: String

    static let rows: [Impure] = [
      Impure(expression: "'/etc' is directory", call: "is is_dir ['/etc']"),
      Impure(expression: "'a' is same_file('b')", call: "is is_same_file ['a', 'b']"),
      Impure(expression: "'/x' | realpath", call: "realpath realpath ['/x']"),
      Impure(expression: "'~/x' | expanduser", call: "lookup env ['HOME']"),
      Impure(expression: "'~joe/x' | expanduser", call: "expanduser expanduser ['~joe/x']"),
      Impure(expression: "'a${X}b' | expandvars", call: "lookup env ['X']"),
      Impure(expression: "'a' | relpath('b')", call: "lookup env ['PWD']"),
      Impure(expression: "'*.conf' | fileglob", call: "fileglob fileglob ['*.conf']"),
      Impure(expression: "5 | random", call: "random random [5]"),
      Impure(expression: "[7, 8] | shuffle", call: "shuffle shuffle [[0, 1]]"),
      Impure(
        expression: "'p' | password_hash('sha512')", call: "random random [4611686018427387904]"),
      Impure(expression: "'%Y' | strftime", call: "now now []"),
    ]
  }

  @Test("what only the controller can tell is asked of the engine", arguments: Impure.rows)
  func impureBuiltins(row: Impure) {
    #expect(AnsibleBuiltinTests.result(of: row.expression) == "impure: " + row.call)
  }

  @Test("a result that is partly known is asked only for what it knows")
  func partialResults() {
    let partial: Value = .partial(["changed": true], rest: Unknown("not run yet"))
    #expect(
      AnsibleBuiltinTests.result(of: "r is changed", variables: ["r": partial]) == "True")
    #expect(
      AnsibleBuiltinTests.result(of: "r is failed", variables: ["r": partial])
        == "(known after apply: not run yet)")
  }

  @Test("tests work as filters too, as they did before Ansible 2.9, with a warning")
  func oldForms() throws {
    let result: [String: Value] = ["r": ["changed": true, "failed": false]]
    let rows: [(String, String)] = [
      ("r | changed", "True"), ("r | succeeded", "True"), ("r | failed", "False"),
      ("r | skipped", "False"), ("'1.2' | version_compare('1.1', '>')", "True"),
      ("'abc' | match('b')", "False"), ("[1] | issubset([1, 2])", "True"), ("-3 | abs", "3"),
    ]
    for (expression, expected) in rows {
      #expect(AnsibleBuiltinTests.result(of: expression, variables: result) == expected)
    }
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable(values: result))
    let place = SourceLocation(file: "case", line: 1, column: 1)
    _ = try evaluator.render(SourceValue(.scalar("{{ r | changed }}"), at: place))
    #expect(
      evaluator.warnings.map(\.summary)
        == ["`changed` is a test: as a filter it works in old content only"])
    #expect(evaluator.warnings.first?.hint == "write `is changed` instead of `| changed`")
  }
}
