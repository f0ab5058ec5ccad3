import Testing
import Values

@Suite struct ShellWordsTests {
  struct Row: Sendable {
    var line: String
    var words: [String]?
  }

  /// What `shlex.split` of Python 3.11 gives; nil where it raises.
  static let rows: [Row] = [
    Row(line: "", words: []),
    Row(line: "a  b\tc\nd\re", words: ["a", "b", "c", "d", "e"]),
    Row(line: "a'b c'd \"e f\"", words: ["ab cd", "e f"]),
    Row(line: "'' \"\"", words: ["", ""]),
    Row(line: #"a\ b \'c"#, words: ["a b", "'c"]),
    Row(line: #""a\"b\\c\d" 'e\f'"#, words: [#"a"b\c\d"#, #"e\f"#]),
    Row(line: "a #b c#d", words: ["a", "#b", "c#d"]),
    Row(
      line: "-o 'ProxyCommand=ssh -W %h:%p \"jump\"'",
      words: ["-o", "ProxyCommand=ssh -W %h:%p \"jump\""]),
    Row(line: "a\u{a0}b é", words: ["a\u{a0}b", "é"]),
    Row(line: "a 'b", words: nil),
    Row(line: "a \"b", words: nil),
    Row(line: "a \\", words: nil),
    Row(line: "a \"b\\", words: nil),
  ]

  @Test("lines are split as Python splits them", arguments: rows)
  func splits(_ row: Row) {
    #expect(ShellWords.split(row.line) == row.words, "\(row.line)")
  }

  @Test("a comment ends the line, and each scalar keeps its column")
  func columns() throws {
    let words = try ShellWords(
      Array(#"a "b\"c"#.unicodeScalars) + ["\"", "d", "#", "e"], takesComments: true
    ).words
    #expect(words.map(\.columns) == [[0], [3, 5, 6, 8]])
  }
}
