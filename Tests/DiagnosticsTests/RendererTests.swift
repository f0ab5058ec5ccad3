import Diagnostics
import Testing

@Suite struct RendererTests {
  private let renderer = Renderer { file in
    file == "roles/nfs/tasks/main.yaml"
      ? Array(repeating: "\n", count: 13).joined() + "      onwer: nobody\n" : nil
  }

  @Test func showsSummaryPlaceExcerptAndHint() {
    let place = SourceLocation(file: "roles/nfs/tasks/main.yaml", line: 14, column: 7)
    let text = renderer.render(
      .error(
        "unknown parameter `onwer` for module `file`", at: place, length: 5,
        hint: "did you mean `owner`?"))
    #expect(
      text == """
        error: unknown parameter `onwer` for module `file`
          --> roles/nfs/tasks/main.yaml:14:7
           |
        14 |       onwer: nobody
           |       ^^^^^

        hint: did you mean `owner`?

        """)
  }

  @Test func showsThePartOfALongLineAroundThePlace() {
    let line = String(repeating: "a", count: 300) + "X" + String(repeating: "b", count: 300)
    let long = Renderer { _ in line }
    let rows = long.render(.error("x", at: SourceLocation(file: "f", line: 1, column: 301)))
      .split(separator: "\n").map(String.init)
    #expect(rows.count == 5 && rows[3].hasPrefix("1 | …aaaa"))
    #expect(rows.allSatisfy { $0.unicodeScalars.count <= 164 })
    let place = rows[4].unicodeScalars.prefix { $0 != "^" }.count
    #expect(Array(rows[3].unicodeScalars)[place] == "X")
  }

  @Test func whatAFileHoldsDoesNotSteerTheTerminal() {
    let hostile = Renderer { _ in "a\u{1B}[2J\u{0}b\u{202E}" }
    let text = hostile.render(.error("x", at: SourceLocation(file: "f", line: 1, column: 8)))
    #expect(text.hasSuffix("1 | a␛[2J␀b\u{FFFD}\n  |        ^\n"))
  }

  @Test func alignsEvidence() {
    let text = renderer.render(
      .error("step failed", evidence: [.init("command", "true"), .init("stderr", "a\nb")]))
    #expect(
      text == "error: step failed\n  command: true\n  stderr:  a\n           b\n")
  }

  @Test func showsControlCharactersOfOthers() {
    let text = renderer.render(
      .error(
        "no image `\u{1B}[2J`", evidence: [.init("log", "a\tb\r\nc\u{9B}1m")], hint: "\u{7F}"))
    #expect(
      text == """
        error: no image `\\x1b[2J`
          log: a\tb\\x0d
               c\\x9b1m

        hint: \\x7f

        """)
  }

  @Test(
    arguments: [
      ("onwer", "owner"), ("tamplate", "template"), ("xyzzy", nil), ("mdoe", "mode"),
    ] as [(String, String?)])
  func suggestsTheNearestWord(word: String, meant: String?) {
    #expect(suggestion(for: word, among: ["owner", "group", "mode", "template"]) == meant)
  }
}
