import Testing
import Values
import YAMLReader

@Suite struct EmitterTests {
  struct Row: Sendable {
    var json: String
    var style: YAMLStyle
    var text: String
    init(_ json: String, _ style: YAMLStyle, _ text: String) {
      self.json = json
      self.style = style
      self.text = text
    }
  }

  // Right: what PyYAML's CSafeDumper gives for the value with these options.
  static let rows: [Row] = [
    Row(
      #"""
      {"b": 1, "a": [1, 2, {"x": null}], "c": {}}
      """#, YAMLStyle(flow: .leaves), "a:\n- 1\n- 2\n- {x: null}\nb: 1\nc: {}\n"),
    Row(
      #"""
      {"b": 1, "a": [1, 2, {"x": null}], "c": {}}
      """#, YAMLStyle(flow: .block, indent: 4), "a:\n- 1\n- 2\n-   x: null\nb: 1\nc: {}\n"),
    Row(
      #"""
      {"l": ["a", "b"], "m": {"k": "v"}, "e": []}
      """#, YAMLStyle(flow: .block, indent: 4), "e: []\nl:\n- a\n- b\nm:\n    k: v\n"),
    Row(
      #"""
      {"l": ["a", "b"], "m": {"k": "v"}, "e": []}
      """#, YAMLStyle(flow: .leaves), "e: []\nl: [a, b]\nm: {k: v}\n"),
    Row(
      #"""
      ["yes", "no", "null", "~", "1", "1.0", "0x1f", "1e3", "012", "2020-01-01", "12:30", "", " a", "a ", "a: b", "a #b", "- x", "?", "=", "<<", "{x}", "[y]", "*a", "&a", "!t", "%p", "@x", "`y", "'q'", "\"dq\"", "a'b"]
      """#, YAMLStyle(flow: .block, indent: 4),
      "- 'yes'\n- 'no'\n- 'null'\n- '~'\n- '1'\n- '1.0'\n- '0x1f'\n- 1e3\n- '012'\n- '2020-01-01'\n- '12:30'\n- ''\n- ' a'\n- 'a '\n- 'a: b'\n- 'a #b'\n- '- x'\n- '?'\n- '='\n- '<<'\n- '{x}'\n- '[y]'\n- '*a'\n- '&a'\n- '!t'\n- '%p'\n- '@x'\n- '`y'\n- '''q'''\n- '\"dq\"'\n- a'b\n"
    ),
    Row(
      #"""
      {"t": "line one\nline two\n", "u": "a\tb", "v": "\u00e9\u4e2d\ud83d\ude00", "w": "\u0007", "x": "trail \n", "y": "\n"}
      """#, YAMLStyle(flow: .block, indent: 4),
      "t: 'line one\n\n    line two\n\n    '\nu: \"a\\tb\"\nv: \"\u{e9}\u{4e2d}\\U0001F600\"\nw: \"\\a\"\nx: \"trail \\n\"\ny: '\n\n    '\n"
    ),
    Row(
      #"""
      {"long": "the quick brown fox jumps over the lazy dog and then the quick brown fox jumps over the lazy dog once more"}
      """#, YAMLStyle(flow: .block, indent: 4),
      "long: the quick brown fox jumps over the lazy dog and then the quick brown fox jumps\n    over the lazy dog once more\n"
    ),
    Row(
      #"""
      {"long": "the quick brown fox jumps over the lazy dog and then the quick brown fox jumps over the lazy dog once more"}
      """#, YAMLStyle(flow: .block, indent: 4, width: 40),
      "long: the quick brown fox jumps over the lazy\n    dog and then the quick brown fox jumps\n    over the lazy dog once more\n"
    ),
    Row(
      #"""
      {"long": "the quick: brown fox jumps over the lazy dog and then the quick brown fox jumps over the lazy dog once more"}
      """#, YAMLStyle(flow: .block, indent: 4),
      "long: 'the quick: brown fox jumps over the lazy dog and then the quick brown fox jumps\n    over the lazy dog once more'\n"
    ),
    Row(
      #"""
      {"long": "the quick \u0007 brown fox jumps over the lazy dog and then the quick brown fox jumps over the lazy dog once more"}
      """#, YAMLStyle(flow: .block, indent: 4),
      "long: \"the quick \\a brown fox jumps over the lazy dog and then the quick brown fox\n    jumps over the lazy dog once more\"\n"
    ),
    Row(
      #"""
      [1.5, 1e20, 1e-7, -0.0, 100.0, NaN, Infinity, true, false, null, 12345678901234567890]
      """#, YAMLStyle(flow: .leaves),
      "[1.5, 1.0e+20, 1.0e-07, -0.0, 100.0, .nan, .inf, true, false, null, 12345678901234567890]\n"),
    Row(
      #"""
      "plain"
      """#, YAMLStyle(flow: .leaves), "plain\n"),
    Row(
      #"""
      "multi\nline"
      """#, YAMLStyle(flow: .leaves), "'multi\n\n  line'\n"),
    Row(
      #"""
      5
      """#, YAMLStyle(flow: .leaves), "5\n"),
    Row(
      #"""
      null
      """#, YAMLStyle(flow: .leaves), "null\n"),
    Row(
      #"""
      []
      """#, YAMLStyle(flow: .leaves), "[]\n"),
    Row(
      #"""
      {}
      """#, YAMLStyle(flow: .leaves), "{}\n"),
    Row(
      #"""
      {"b": {"y": 1, "x": 2}, "a": 1}
      """#, YAMLStyle(flow: .block, indent: 4, sortKeys: false), "b:\n    y: 1\n    x: 2\na: 1\n"),
    Row(
      #"""
      {"a": {"b": {"c": ["d", ["e", "f"]]}}}
      """#, YAMLStyle(flow: .block, indent: 2), "a:\n  b:\n    c:\n    - d\n    - - e\n      - f\n"),
    Row(
      #"""
      {"a": {"b": {"c": ["d", ["e", "f"]]}}}
      """#, YAMLStyle(flow: .block, indent: 4),
      "a:\n    b:\n        c:\n        - d\n        -   - e\n            - f\n"),
    Row(
      #"""
      [["a", "b"], ["c"], {"d": ["e"]}]
      """#, YAMLStyle(flow: .block, indent: 4), "-   - a\n    - b\n-   - c\n-   d:\n    - e\n"),
    Row(
      #"""
      {"a": "x", "b": "y z"}
      """#, YAMLStyle(flow: .leaves, scalars: .doubleQuoted), "\"a\": \"x\"\n\"b\": \"y z\"\n"),
    Row(
      #"""
      {"a": "x", "b": "y\nz"}
      """#, YAMLStyle(flow: .leaves, scalars: .literal), "\"a\": |-\n  x\n\"b\": |-\n  y\n  z\n"),
    Row(
      #"""
      {"a": "\u00e9"}
      """#, YAMLStyle(flow: .block, indent: 4, allowUnicode: false), "a: \"\\xE9\"\n"),
    Row(
      #"""
      {"a": 1}
      """#, YAMLStyle(flow: .block, indent: 4, explicitStart: true, explicitEnd: true),
      "---\na: 1\n...\n"),
    Row(
      #"""
      {"a": [1,2,3], "b": {"c": 4}}
      """#, YAMLStyle(flow: .flow), "{a: [1, 2, 3], b: {c: 4}}\n"),
    Row(
      #"""
      ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","cccccccccccccccccccccccc"]
      """#, YAMLStyle(flow: .leaves),
      "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccc]\n"
    ),
    Row(
      #"""
      {"a key that is very long a key that is very long a key that is very long a key that is very long a key that is very long a key that is very long": 1}
      """#, YAMLStyle(flow: .block, indent: 4),
      "? a key that is very long a key that is very long a key that is very long a key that\n    is very long a key that is very long a key that is very long\n: 1\n"
    ),
    Row(
      #"""
      {"k": "ends with colon:", "1": 2, "multi\nkey": 3}
      """#, YAMLStyle(flow: .block, indent: 4),
      "'1': 2\nk: 'ends with colon:'\n? 'multi\n\n    key'\n: 3\n"),
    Row(
      #"""
      {"s": "a  double  space", "t": "  lead\n  two\n", "u": "x\n\ny\n\n", "nbsp": "\u00a0", "bom": "\ufeffx", "del": "\u007f", "nel": "a\u0085b"}
      """#, YAMLStyle(flow: .block, indent: 4),
      "bom: \"\\uFEFFx\"\ndel: \"\\x7F\"\nnbsp: \u{a0}\nnel: \"a\\Nb\"\ns: a  double  space\nt: \"  lead\\n  two\\n\"\nu: 'x\n\n\n    y\n\n\n    '\n"
    ),
  ]

  @Test("Values are written as PyYAML writes them", arguments: rows.indices)
  func text(index: Int) throws {
    let row = Self.rows[index]
    #expect(YAML.text(try JSON.parse(row.json), style: row.style) == row.text)
  }
}
