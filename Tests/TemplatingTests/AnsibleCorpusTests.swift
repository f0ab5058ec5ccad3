import Diagnostics
import Testing
import Values

import Templating

/// Recorded results of Ansible's templating.
@Suite struct AnsibleCorpusTests {
  @Test func ansibleExprCorpusAgreesWithAnsible() throws {
    guard let cases = try Corpus.cases("ansible_expr.jsonl") else { return }
    var groups: [String: (passed: Int, total: Int)] = [:]
    var failures: [String] = []
    var impure = 0
    for row in cases where row.isPortable {
      let group = row.text("group") ?? ""
      let outcome = evaluate(row)
      if case .impure = outcome {
        impure += 1
        continue
      }
      let isRight = agrees(outcome, row)
      groups[group, default: (0, 0)].total += 1
      if isRight {
        groups[group]?.passed += 1
      } else {
        failures.append("\(row.number) [\(group)] \(describe(outcome, row))")
      }
    }
    let passed = groups.values.reduce(0) { $0 + $1.passed }
    let total = groups.values.reduce(0) { $0 + $1.total }
    print("ansible_expr: \(passed)/\(total) (\(impure) need the engine)")
    if Corpus.isVerbose {
      for (name, group) in groups.sorted(by: { $0.key < $1.key }) {
        print("  \(name): \(group.passed)/\(group.total)")
      }
      for failure in failures { print("  " + failure) }
    }
    #expect(passed * 100 >= total * Self.floor)
  }

  /// Percent of the cases that must agree.
  private static let floor = 40

  private enum Outcome {
    case value(Value)
    case failed(Diagnostic)
    case impure
  }

  private func agrees(_ outcome: Outcome, _ row: CorpusCase) -> Bool {
    let older = row["v2_18"]
    switch outcome {
    case .impure: return false
    case .failed: return row.flag("error")
    case .value(let value):
      if row.flag("error") {
        guard let older, let expected = older["expected"] else { return false }
        return isSame(value, Corpus.decoded(expected), row)
      }
      if row.text("kind") == "template_file" {
        return value.string?.utf8.elementsEqual((row.text("expected") ?? "").utf8) ?? false
      }
      if let repr = row.text("repr"), !row.flag("unordered"), !repr.contains("datetime") {
        return value.pythonRepr.utf8.elementsEqual(repr.utf8)
      }
      return isSame(value, Corpus.decoded(row["expected"] ?? .null), row)
    }
  }

  private func isSame(_ value: Value, _ expected: Value, _ row: CorpusCase) -> Bool {
    if row.flag("unordered"), let a = value.elements, let b = expected.elements {
      return a.map(\.pythonRepr).sorted() == b.map(\.pythonRepr).sorted()
    }
    return value == expected
  }

  private func describe(_ outcome: Outcome, _ row: CorpusCase) -> String {
    let source = row["src"]?.pythonRepr ?? ""
    let wanted =
      row.flag("error")
      ? "an error: \(row["error_message"]?.elements?.last?.pythonText ?? "")"
      : row.text("repr") ?? ""
    switch outcome {
    case .value(let value): return "\(source) gave \(value.pythonRepr), not \(wanted)"
    case .failed(let diagnostic): return "\(source) failed: \(diagnostic.summary), not \(wanted)"
    case .impure: return "\(source) needs the engine"
    }
  }

  private func evaluate(_ row: CorpusCase) -> Outcome {
    var variables: [String: Variable] = [:]
    for (name, value) in row["vars"]?.map ?? [:] {
      variables[name.pythonText] = .source(source(value))
    }
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable(variables))
    let text = source(row["src"] ?? .null)
    do {
      switch row.text("kind") {
      case "conditional": return .value(try evaluator.condition(text))
      case "template_file": return try file(row, evaluator)
      default: return .value(try evaluator.render(text) ?? .null)
      }
    } catch let stop as EvaluationStop {
      switch stop {
      case .failed(let diagnostic, _): return .failed(diagnostic)
      case .impure: return .impure
      }
    } catch let diagnostic as Diagnostic {
      return .failed(diagnostic)
    } catch {
      return .failed(.error("\(error)"))
    }
  }

  private func file(_ row: CorpusCase, _ evaluator: Evaluator) throws -> Outcome {
    let place = SourceLocation(file: "t.j2", line: 1, column: 1)
    var options = TemplateOptions.file
    for (name, value) in row["options"]?.map ?? [:] {
      try options.set(name.pythonText, to: value.pythonText, at: place)
    }
    var text = row.text("src") ?? ""
    if let rest = try options.readHeader(of: text, at: place) { text = rest }
    let template = try Template.compile(
      text, at: place, options: options, environment: .ansible)
    return .value(try evaluator.renderText(template))
  }

  private func source(_ value: Value) -> SourceValue {
    let place = SourceLocation(file: "vars.yml", line: 1, column: 1)
    switch value {
    case .list(let items): return SourceValue(.list(items.map(source)), at: place)
    case .map(let map):
      if map.count == 1, let (key, inner) = map.elements.first {
        if key.string == "$unsafe" { return SourceValue(.unsafe(inner), at: place) }
        if key.string?.hasPrefix("$") ?? false {
          return SourceValue(.scalar(Corpus.decoded(value)), at: place)
        }
      }
      return SourceValue(
        .map(
          map.map { SourceEntry(key: $0.key, keyLocation: place, value: source($0.value)) }),
        at: place)
    default: return SourceValue(.scalar(value), at: place)
    }
  }
}
