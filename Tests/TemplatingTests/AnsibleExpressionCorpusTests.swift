import Diagnostics
@preconcurrency import Glibc
import Templating
import TestKit
import Testing
import Values

@Suite struct AnsibleExpressionCorpusTests {
  /// Prints the score; with `OMTD_VERBOSE` also each difference and the score of each group.
  @Test("recorded expressions evaluate as they did in ansible-core")
  func recordedExpressions() throws {
    let rows = try CorpusCase.all("ansible_expr.jsonl")
    let scratch = CaseFolders()
    var passed: [String: Int] = [:]
    var total: [String: Int] = [:]
    for row in rows {
      let recorded = RecordedExpression(row)
      guard recorded.isPortable else { continue }
      total[recorded.group, default: 0] += 1
      let folder = scratch.folder(for: recorded.files)
      let outcome = Evaluation(recorded, folder).run()
      if recorded.accepts(outcome.value, folder: folder) {
        passed[recorded.group, default: 0] += 1
      } else if Corpus.isVerbose {
        print("\(recorded.id) \(recorded.kind) \(recorded.source.pythonRepr)")
        print("   want \(recorded.repr ?? recorded.expected?.pythonRepr ?? "error")")
        print("   got  \(outcome.text)")
      }
    }
    for group in total.keys.sorted() where Corpus.isVerbose {
      print("ansible_expr \(group): \(passed[group] ?? 0)/\(total[group] ?? 0)")
    }
    let (right, all) = (passed.values.reduce(0, +), total.values.reduce(0, +))
    print("ansible_expr: \(right)/\(all)")
    #expect(right * 100 >= all * 98)
  }

  /// Folders with the files of cases, one for each set of files.
  private final class CaseFolders {
    private let root = ScratchFolder()
    private var folders: [ValueMap: String] = [:]

    func folder(for files: ValueMap) -> String {
      if let known = folders[files] { return known }
      let name = "\(folders.count)"
      Files.makeFolders(above: "\(root.path)/\(name)/.")
      for (file, content) in files {
        root.write(
          "\(name)/\(file.string ?? "")", content.string ?? content["content"]?.string ?? "")
      }
      folders[files] = "\(root.path)/\(name)"
      return "\(root.path)/\(name)"
    }
  }
}

/// One recorded expression, evaluated again until all its impure calls are answered.
struct Evaluation {
  let recorded: RecordedExpression
  let folder: String
  let scope: VariableTable

  struct Outcome {
    var value: Value?
    var text: String
  }

  init(_ recorded: RecordedExpression, _ folder: String) {
    self.recorded = recorded
    self.folder = folder
    var table: [String: Variable] = [:]
    for (name, value) in recorded.variables {
      table[name.string ?? ""] = .source(written(value, folder: folder))
    }
    scope = VariableTable(table)
  }

  func run() -> Outcome {
    let answers = ControllerAnswers(
      folder: folder, environment: recorded.environment, scope: scope)
    var tape = Tape()
    for _ in 0..<50 {
      let evaluator = Evaluator(environment: .ansible, scope: scope, tape: tape)
      do {
        // What is omitted has no value, which the recorder's call took for an error.
        let value = try evaluate(evaluator)
        return Outcome(value: value, text: value?.pythonRepr ?? "omit")
      } catch EvaluationStop.impure(let call) {
        tape.answers.append((call, answers.answer(call)))
      } catch EvaluationStop.failed(let diagnostic, _) {
        return Outcome(value: nil, text: "error: \(diagnostic.summary)")
      } catch {
        return Outcome(value: nil, text: "error: \(error)")
      }
    }
    return Outcome(value: nil, text: "error: too many impure calls")
  }

  private func evaluate(_ evaluator: Evaluator) throws -> Value? {
    let source = written(recorded.source, folder: folder)
    switch recorded.kind {
    case "conditional": return try evaluator.condition(source)
    case "template_file":
      var options = TemplateOptions.file
      let place = SourceLocation(file: "case", line: 1, column: 1)
      var text = source.text ?? ""
      for (name, value) in recorded.options {
        try options.set(name.string ?? "", to: value.pythonText, at: place)
      }
      if let rest = try options.readHeader(of: text, at: place) { text = rest }
      let template = try Template.compile(
        text, at: place, style: .plain, options: options, environment: .ansible)
      return try evaluator.renderText(template)
    default: return try evaluator.render(source)
    }
  }
}
