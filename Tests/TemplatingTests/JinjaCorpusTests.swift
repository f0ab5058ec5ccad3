import Diagnostics
import Templating
import TestKit
import Testing
import Values

/// Recorded outputs of Jinja2 with strict undefined values.
@Suite struct JinjaCorpusTests {
  @Test func jinjaCorpusAgreesWithJinja2() throws {
    let cases = try CorpusCase.all("jinja.jsonl")
    var passed = 0
    var total = 0
    var failures: [String] = []
    for row in cases where row.isPortable {
      total += 1
      let (isRight, note) = check(row)
      if isRight { passed += 1 } else { failures.append("\(row.number): \(note)") }
    }
    print("jinja: \(passed)/\(total)")
    if Corpus.isVerbose { for failure in failures { print("  " + failure) } }
    #expect(passed * 100 >= total * 92)
  }

  private func check(_ row: CorpusCase) -> (Bool, String) {
    let template = row.text("template") ?? ""
    let expected = row.text("expected")
    let result = render(row)
    switch result {
    case .success(let text):
      let isRight = expected.map { $0.utf8.elementsEqual(text.utf8) } ?? false
      return (
        isRight,
        "\(quoted(template)) gave \(quoted(text)), not \(expected.map(quoted) ?? "an error: \(row["error_message"]?.pythonText ?? "")")"
      )
    case .failure(let diagnostic):
      return (
        row.flag("error"),
        "\(quoted(template)) failed: \(diagnostic.summary), not \(quoted(expected ?? ""))"
      )
    }
  }

  private func render(_ row: CorpusCase) -> Result<String, Diagnostic> {
    var options = TemplateOptions.jinja
    let given = row["options"]
    func flag(_ name: String) -> Bool { given?[name]?.bool ?? false }
    options.trimBlocks = flag("trim_blocks")
    options.lstripBlocks = flag("lstrip_blocks")
    options.keepTrailingNewline = flag("keep_trailing_newline")
    options.autoescape = flag("autoescape")
    if let sequence = given?["newline_sequence"]?.string { options.newlineSequence = sequence }
    for name in given?["extensions"]?.elements ?? [] {
      if name.string == "do" { options.allowsDo = true }
      if name.string == "loopcontrols" { options.allowsLoopControls = true }
    }
    let templates = row["templates"]
    var variables: [String: Value] = [:]
    for (name, value) in row["context"]?.map ?? [:] {
      variables[name.pythonText] = Corpus.decoded(value)
    }
    let evaluator = Evaluator(
      environment: .jinja, scope: VariableTable(values: variables),
      loader: { name in templates?[name]?.string.map { ($0, name) } })
    let template: Template
    do {
      template = try Template.compile(
        row.text("template") ?? "", at: SourceLocation(file: "t.j2", line: 1, column: 1),
        options: options, environment: .jinja)
    } catch {
      return .failure(error)
    }
    do {
      return .success(try evaluator.renderText(template).string ?? "")
    } catch {
      switch error {
      case .failed(let diagnostic, _): return .failure(diagnostic)
      case .impure(let call): return .failure(.error("impure call \(call.name)"))
      }
    }
  }
}
