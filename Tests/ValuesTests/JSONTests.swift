import Diagnostics
import Testing
import Values

@Suite struct JSONTests {
  struct Row: Sendable {
    var text: String
    var compact: String
    init(_ text: String, _ compact: String) {
      self.text = text
      self.compact = compact
    }
  }
  // Right: json.dumps(json.loads(left)) of CPython 3.11.
  static let rows: [Row] = [
    Row("1", "1"), Row(" [1, 2.50, -0.0, 1e5] ", "[1, 2.5, -0.0, 100000.0]"),
    Row(
      "[1e16, 1e15, 123456789012345678, 1e-4, 1e-5, 0.00012]",
      "[1e+16, 1000000000000000.0, 123456789012345678, 0.0001, 1e-05, 0.00012]"),
    Row(
      "[5e-324, 1.7976931348623157e308, 1e400, -1E+2]",
      "[5e-324, 1.7976931348623157e+308, Infinity, -100.0]"),
    Row("123456789012345678901234567890", "123456789012345678901234567890"),
    Row(#"{"b": 1, "a": 2, "b": 3}"#, #"{"b": 3, "a": 2}"#),
    Row(
      "[NaN, Infinity, -Infinity, null, true, false]",
      "[NaN, Infinity, -Infinity, null, true, false]"),
    Row(
      #""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\\u007f""#,
      #""\u00e9\ud83d\ude00/\b\f\n\r\t\"\\\u007f""#),
    Row("[[], {}, \"\"]", "[[], {}, \"\"]"),
    Row("0.1", "0.1"), Row("12345.678e3", "12345678.0"), Row("[100, 10.0]", "[100, 10.0]"),
    Row("1.5e300", "1.5e+300"), Row("2.0e-7", "2e-07"), Row("-0", "0"),
  ]

  @Test("Texts read and write as Python's do", arguments: rows.indices)
  func roundTrip(index: Int) throws {
    let row = Self.rows[index]
    #expect(JSON.text(try JSON.parse(row.text)) == row.compact)
  }

  static let faults: [Row] = [
    Row("", "f:1:1: expected a JSON value, found the end"),
    Row("[1,]", "f:1:4: expected a JSON value"),
    Row("{\n  \"é\": x}", "f:2:8: expected a JSON value"),
    Row("[1] 2", "f:1:5: unexpected text after the JSON value"),
    Row("01", "f:1:2: unexpected text after the JSON value"),
    Row("\"a\nb\"", "f:1:3: control character inside a JSON string"),
    Row("{1: 2}", "f:1:2: expected a key in double quotes in a JSON object"),
    Row(#""\x""#, "f:1:3: unknown escape in a JSON string"),
    Row(#""\u12"#, "f:1:3: unknown escape in a JSON string"),
    Row("\"abc", "f:1:5: JSON string without its closing quote"),
    Row("'a'", "f:1:1: expected a JSON value"),
    Row(String(repeating: "[", count: 3000), "f:1:301: nesting too deep: more than 300 levels"),
  ]

  @Test("A fault names its place", arguments: faults.indices)
  func fault(index: Int) {
    let row = Self.faults[index]
    do {
      _ = try JSON.parse(row.text, file: "f")
      Issue.record("was accepted: \(row.text)")
    } catch {
      #expect("\(error.location?.description ?? ""): \(error.summary)" == row.compact)
    }
  }

  @Test("Styles follow json.dumps")
  func styles() throws {
    let value = try JSON.parse(#"{"b": [1, {"c": "é"}], "a": {}, "n": []}"#)
    let nice = JSONStyle(indent: 4, sortKeys: true)
    let expected = """
      {
          "a": {},
          "b": [
              1,
              {
                  "c": "\\u00e9"
              }
          ],
          "n": []
      }
      """
    #expect(JSON.text(value, style: nice) == expected)
    #expect(JSON.text(value, style: .compact) == #"{"b":[1,{"c":"é"}],"a":{},"n":[]}"#)
  }

  @Test("Secrets and unknown parts never show")
  func hidden() {
    let value: Value = [.secret(Secret("pw")), .unknown(Unknown("later"))]
    #expect(JSON.text(value) == #"["(redacted)", "(known after apply)"]"#)
  }

  @Test("Located reading keeps the place of keys and values")
  func located() throws {
    let root = try JSON.parseLocated("{\"é\": [1,\n \"x\"]}", file: "f")
    let entry = try #require(root.entries?.first)
    #expect(entry.keyLocation.column == 2)
    #expect(entry.value.location.column == 7)
    #expect(entry.value.items?.last?.location == SourceLocation(file: "f", line: 2, column: 2))
  }
}
