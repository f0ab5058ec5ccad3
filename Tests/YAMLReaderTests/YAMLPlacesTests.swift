import Diagnostics
import Testing
import Values
import YAMLReader

@Suite struct YAMLPlacesTests {
  @Test("Values and keys know where they are written")
  func places() throws {
    let text = """
      a: "x"
      é:   !unsafe 'y'
      b: &anchor  # comment
        [1,
         two]
      c: *anchor
      d: |
          first
        # not one
      e: >2-
          deep
      """
    // The comment inside `d` ends the block one level out: keep it text by equal indentation.
    let root = try YAML.load(
      text.replacing("  # not one", "    last"), file: "f"
    ).root
    func place(_ value: SourceValue?) -> String { value?.location.description ?? "none" }
    #expect(place(root["a"]) == "f:1:4")
    #expect(root["a"]?.style == .quoted)
    #expect(place(root["é"]) == "f:2:14")
    #expect(root.entries?[1].keyLocation.description == "f:2:1")
    #expect(place(root["b"]) == "f:4:3")
    #expect(place(root["b"]?.items?.last) == "f:5:4")
    #expect(place(root["c"]) == "f:4:3")
    #expect(place(root["d"]) == "f:7:4")
    #expect(root["d"]?.style == .block(indent: 4))
    #expect(root["e"]?.style == .block(indent: 2))
    #expect(root["e"]?.text == "  deep")
  }

  struct Fault: Sendable {
    var text: String
    var message: String
    var hint: String?
    init(_ text: String, _ message: String, hint: String? = nil) {
      self.text = text
      self.message = message
      self.hint = hint
    }
  }
  static let faults: [Fault] = [
    Fault(
      "a: {{ x }}\n", "f:1:5: a mapping cannot be a key",
      hint: "put templates in quotes: `\"{{ … }}\"`"),
    Fault(
      "- a: {{ x }} y\n", "f:1:14: invalid YAML: expected a key of the mapping here",
      hint: "put the template in quotes: `\"{{ x }} y\"`"),
    Fault(
      "a: b: c\n", "f:1:5: invalid YAML: unexpected `:` inside a value",
      hint: "put quotes around text that holds a colon followed by a space"),
    Fault(
      "a: \"x\" y\n", "f:1:8: invalid YAML: expected a key of the mapping here",
      hint: "text that starts with a quote must end with it; put quotes around the whole value"),
    Fault(
      "a:\n\t- b\n", "f:2:1: invalid YAML: this character cannot start a value",
      hint: "indent with spaces; YAML forbids tabs there"),
    Fault("a: \"x\nb: 1\n", "f:1:4: invalid YAML: quoted text without its closing quote"),
    Fault("a: 'x\n---\n'\n", "f:1:4: invalid YAML: `---` or `...` inside quoted text"),
    Fault("a: *b\n", "f:1:4: undefined alias `*b`"),
    Fault("a: &b [*b]\n", "f:1:8: alias `*b` stands inside the value that it names"),
    Fault("a: &b 1\nc: &b 2\n", "f:2:4: anchor `&b` is defined twice"),
    Fault("a: !foo b\n", "f:1:4: unknown tag `!foo`"),
    Fault("a: !vault [b]\n", "f:1:4: `!vault` needs text, found a list"),
    Fault("a: !!int x\n", "f:1:4: `x` is not a value of type `!!int`"),
    Fault("a: 2020-02-30\n", "f:1:4: no such day or time: `2020-02-30`"),
    Fault("a: 1\n---\nb: 2\n", "f:2:1: expected one YAML document, found a second one"),
    Fault(String(repeating: "[", count: 3000), "f:1:251: nesting too deep: more than 250 levels"),
    Fault("a: \u{1}\n", "f:1:4: invalid YAML: control character in the text"),
  ]

  @Test("A fault names its place, in our words", arguments: faults.indices)
  func fault(index: Int) {
    let row = Self.faults[index]
    do {
      _ = try YAML.load(row.text, file: "f")
      Issue.record("was accepted: \(row.text)")
    } catch {
      #expect("\(error.location?.description ?? ""): \(error.summary)" == row.message)
      #expect(error.hint == row.hint)
    }
  }

  @Test("An alias bomb is refused and plain anchors are shared")
  func bomb() throws {
    var text = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...40 {
      let aliases = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
      text += "l\(level): &l\(level) [\(aliases)]\n"
    }
    do {
      _ = try YAML.load(text, file: "f")
      Issue.record("was accepted")
    } catch {
      #expect(error.summary == "aliases write out to more than 1000000 values")
    }
    #expect(try YAML.load("a: &a [1]\nb: *a\n", file: "f").root.plain == ["a": [1], "b": [1]])
  }

  @Test("A duplicate key is a warning with both places, a merged one is not")
  func duplicates() throws {
    let document = try YAML.load("a: &m {k: 1}\nb: {<<: *m, k: 2}\na: 3\n", file: "f")
    #expect(document.warnings.map(\.summary) == ["duplicate key `a`; the last one is used"])
    #expect(document.warnings.first?.location?.description == "f:3:1")
    #expect(document.warnings.first?.evidence.first?.text == "f:1:1")
    #expect(document.root.plain == ["a": 3, "b": ["k": 2]])
  }

  @Test("Of a list of merged mappings the first that has a key gives it")
  func mergeOrder() throws {
    let text = "a: &a {key: 1}\nb: &b {key: 2, other: 2}\nc: {<<: [*a, *b]}\n"
    #expect(try YAML.load(text, file: "f").root["c"]?.plain == ["key": 1, "other": 2])
  }

  @Test("BOM and CRLF read as if they were not there")
  func lineEnds() throws {
    let document = try YAML.load("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n", file: "f")
    #expect(document.root.plain == ["a": 1, "b": "x\n"])
    #expect(document.root["b"]?.style == .block(indent: 2))
  }

  @Test("Data of unknown origin knows no Ansible tags")
  func foreignTags() {
    #expect(throws: Diagnostic.self) {
      try YAML.load("!unsafe x", file: "f", ansibleTags: false)
    }
  }
}

extension String {
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
