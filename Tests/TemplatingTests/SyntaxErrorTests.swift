import Diagnostics
import Templating
import Testing
import Values

/// Whole error texts with their places.
@Suite struct SyntaxErrorTests {
  struct Row: Sendable {
    let text: String
    let error: String
    let column: Int
  }

  static let rows: [Row] = [
    Row(text: "a {{ b", error: "the expression is not closed: `}}` is missing", column: 3),
    Row(text: "{% if x %}y", error: "`if` is not closed: `endif` is missing", column: 4),
    Row(text: "{{ [1, 2 }}", error: "`}` does not close `[`", column: 10),
    Row(
      text: "{{ 1 + }}", error: "expected an expression, found the end of the expression", column: 8
    ),
    Row(text: "{{ 1 2 }}", error: "expected an operator or `}}`, found the number `2`", column: 6),
    Row(text: "{% nosuch %}", error: "unknown statement `nosuch`", column: 4),
    Row(
      text: "{% for %}", error: "expected a name to assign to, found the end of the statement",
      column: 8),
    Row(text: "{{ a ? b }}", error: "unexpected character `?`", column: 6),
    Row(text: "{{ 'abc }}", error: "the string is not closed", column: 4),
    Row(text: "{# x", error: "the comment is not closed: `#}` is missing", column: 1),
    Row(text: "{% endif %}", error: "`endif` without a statement to end", column: 4),
    Row(
      text: "{% for a in b %}{% endif %}", error: "`endif` where `endfor` was expected", column: 20),
    Row(text: "{% set true = 1 %}", error: "`true` cannot be assigned to", column: 8),
    Row(text: "{{ x | uper }}", error: "unknown filter `uper`", column: 8),
    Row(text: "{{ x is definde }}", error: "unknown test `definde`", column: 9),
    Row(
      text: "{{ f(a=1, 2) }}", error: "an argument without a name stands behind a named one",
      column: 11),
    Row(text: "{{ ) }}", error: "`)` closes nothing", column: 4),
  ]

  @Test(arguments: rows) func aSyntaxErrorNamesItsCauseAndPlace(_ row: Row) {
    let place = SourceLocation(file: "t.j2", line: 1, column: 1)
    do {
      _ = try Template.compile(row.text, at: place, options: .jinja, environment: .jinja)
      Issue.record("no error for \(row.text)")
    } catch {
      #expect(error.summary == row.error)
      #expect(error.location == SourceLocation(file: "t.j2", line: 1, column: row.column))
    }
  }

  @Test func aMistypedFilterGetsAHint() {
    let place = SourceLocation(file: "t.j2", line: 1, column: 1)
    #expect(
      throws: Diagnostic.error(
        "unknown filter `uper`", at: SourceLocation(file: "t.j2", line: 1, column: 8), length: 4,
        hint: "did you mean `upper`?")
    ) {
      try Template.compile("{{ x | uper }}", at: place, options: .jinja, environment: .jinja)
    }
  }

  struct Placed: Sendable {
    let style: SourceValue.Style
    let text: String
    let line: Int
    let column: Int
  }

  static let places: [Placed] = [
    Placed(style: .plain, text: "ab {{ nope }}", line: 5, column: 16),
    Placed(style: .quoted, text: "ab {{ nope }}", line: 5, column: 17),
    Placed(style: .block(indent: 4), text: "ab {{ nope }}\n", line: 6, column: 11),
    Placed(style: .block(indent: 4), text: "ab\n\ncd {{ nope }}\n", line: 8, column: 11),
  ]

  @Test(arguments: places) func aPlaceInsideATemplateIsThatInItsFile(_ row: Placed) {
    let source = SourceValue(
      .scalar(.string(row.text)), at: SourceLocation(file: "a.yml", line: 5, column: 10),
      style: row.style)
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable())
    do {
      _ = try evaluator.render(source)
      Issue.record("no error")
    } catch {
      guard case .failed(let diagnostic, let isUndefined) = error else {
        Issue.record("impure")
        return
      }
      #expect(isUndefined)
      #expect(diagnostic.summary == "'nope' is undefined")
      #expect(
        diagnostic.location == SourceLocation(file: "a.yml", line: row.line, column: row.column))
    }
  }
}
