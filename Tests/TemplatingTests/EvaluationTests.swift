import Diagnostics
import Templating
import Testing
import Values

/// Unknown and secret values, laziness, cycles, the tape and the limits.
@Suite struct EvaluationTests {
  private static let place = SourceLocation(file: "a.yml", line: 1, column: 1)

  private static func source(_ text: String, line: Int = 1) -> SourceValue {
    SourceValue(.scalar(.string(text)), at: SourceLocation(file: "a.yml", line: line, column: 1))
  }

  private static let variables: [String: Variable] = [
    "u": .value(.unknown(Unknown("a task has not run"))),
    "r": .value(.partial(["changed": true, "failed": false], rest: Unknown("not run"))),
    "deep": .value(["a": ["b": .unknown(Unknown("deep"))], "c": 1]),
    "pw": .value(.secret(Secret("hunter2"))),
    "creds": .value(["user": "root", "password": .secret(Secret("hunter2"))]),
    "mixed": .source(
      SourceValue(
        .map([
          SourceEntry(key: "good", keyLocation: place, value: source("{{ 1 + 1 }}")),
          SourceEntry(key: "bad", keyLocation: place, value: source("{{ nope }}")),
          SourceEntry(key: "worse", keyLocation: place, value: source("{{ 1 / 0 }}")),
        ]), at: place)),
    "plain": .value("{{ 1 }}"),
    "x": .source(source("{{ y }}", line: 2)),
    "y": .source(source("{{ x | default(1) }}", line: 3)),
  ]

  private func evaluator(_ tape: Tape = Tape()) -> Evaluator {
    Evaluator(environment: .ansible, scope: VariableTable(Self.variables), tape: tape)
  }

  struct Row: Sendable {
    let text: String
    let value: Value
  }

  private static let unknown = Value.unknown(Unknown("a task has not run"))

  static let rows: [Row] = [
    Row(text: "{{ u }}", value: unknown),
    Row(text: "{{ u + 1 }}", value: unknown),
    Row(text: "a{{ u }}", value: unknown),
    Row(text: "{{ u | upper }}", value: unknown),
    Row(text: "{{ u.a.b }}", value: unknown),
    Row(text: "{{ u is string }}", value: unknown),
    Row(text: "{{ u is defined }}", value: true),
    Row(text: "{{ u is undefined }}", value: false),
    Row(text: "{{ u | default('d') }}", value: unknown),
    Row(text: "{{ 1 | default(u) }}", value: 1),
    Row(text: "{{ false and u }}", value: false),
    Row(text: "{{ true or u }}", value: true),
    Row(text: "{{ u and false }}", value: unknown),
    Row(text: "{{ 'a' if true else u }}", value: "a"),
    Row(text: "{{ 'a' if u else 'b' }}", value: unknown),
    Row(text: "{% if u %}x{% endif %}", value: unknown),
    Row(text: "{% for i in u %}x{% endfor %}", value: unknown),
    Row(text: "{{ [1, u] | length }}", value: unknown),
    Row(text: "{{ [1, u][0] }}", value: 1),
    Row(text: "{{ deep.c }}", value: 1),
    Row(text: "{{ deep | dict2items }}", value: .unknown(Unknown("deep"))),
    Row(text: "{{ r.changed }}", value: true),
    Row(text: "{{ r.stdout }}", value: .unknown(Unknown("not run"))),
    Row(text: "{{ r.get('rc', 0) }}", value: .unknown(Unknown("not run"))),
    Row(text: "{{ mixed.good }}", value: 2),
    Row(text: "{{ mixed.bad | default('d') }}", value: "d"),
    Row(text: "{{ mixed.bad is defined }}", value: false),
    Row(text: "{{ mixed.bad.deeper | upper | default('d') }}", value: "d"),
    Row(text: "{{ plain }}", value: "{{ 1 }}"),
    Row(text: "{{ '{{ 1 }}' }}", value: "{{ 1 }}"),
    Row(text: "no tags", value: "no tags"),
  ]

  @Test(arguments: rows) func unknownSpreadsAndLazinessHolds(_ row: Row) throws {
    #expect(try evaluator().render(Self.source(row.text)) == row.value)
  }

  static let secrets: [Row] = [
    Row(text: "{{ pw }}", value: "hunter2"),
    Row(text: "p={{ pw }}", value: "p=hunter2"),
    Row(text: "{{ pw | upper }}", value: "HUNTER2"),
    Row(text: "{{ pw ~ 'x' }}", value: "hunter2x"),
    Row(text: "{{ pw.upper() }}", value: "HUNTER2"),
    Row(text: "{{ pw | length }}", value: 7),
    Row(text: "{{ pw[0] }}", value: "h"),
    Row(text: "{{ creds.password }}", value: "hunter2"),
    Row(text: "{{ creds | to_json }}", value: #"{"user": "root", "password": "hunter2"}"#),
    Row(text: "{{ '%s' % pw }}", value: "hunter2"),
    Row(text: "{{ pw == 'hunter2' }}", value: true),
    Row(text: "{{ [pw, 'b'] | join(',') }}", value: "hunter2,b"),
  ]

  @Test(arguments: secrets) func whatIsMadeOfASecretIsSecret(_ row: Row) throws {
    let value = try #require(try evaluator().render(Self.source(row.text)))
    guard case .secret(let secret) = value else {
      Issue.record("\(row.text) is not secret")
      return
    }
    #expect(secret.open() == row.value)
  }

  @Test func onlyTheSecretPartOfAMappingIsSecret() throws {
    #expect(try evaluator().render(Self.source("{{ creds.user }}")) == "root")
  }

  @Test func anErrorAboutASecretDoesNotShowIt() {
    #expect(
      error("{{ pw.index('zz') }}")?.summary == "the operation failed on a secret value")
  }

  private func error(_ text: String) -> Diagnostic? {
    do {
      _ = try evaluator().render(Self.source(text))
      return nil
    } catch {
      guard case .failed(let diagnostic, _) = error else { return nil }
      return diagnostic
    }
  }

  @Test func aCycleOfVariablesIsNamedWhereItCloses() {
    let diagnostic = error("{{ x }}")
    #expect(diagnostic?.summary == "variable `x` refers to itself: x -> y -> x")
    #expect(diagnostic?.location == SourceLocation(file: "a.yml", line: 3, column: 4))
    #expect(diagnostic?.evidence == [])
  }

  struct Fault: Sendable {
    let text: String
    let error: String
  }

  static let faults: [Fault] = [
    Fault(text: "{{ nope }}", error: "'nope' is undefined"),
    Fault(text: "{{ {'a': 1}.b }}", error: "'dict' object has no attribute 'b'"),
    Fault(text: "{{ 1 / 0 }}", error: "division by zero"),
    Fault(text: "{{ 1 + 'a' }}", error: "unsupported operand types for `+`: 'int' and 'str'"),
    Fault(text: "{{ 'x' | replace('a') }}", error: "filter `replace`: needs the argument `new`"),
    Fault(
      text: "{{ 'x' | truncate(lenght=3) }}", error: "filter `truncate`: has no parameter `lenght`"),
    Fault(text: "{{ 9 ** (9 ** (9 ** 9)) }}", error: "the power is too large"),
    Fault(
      text: "{{ 'a' * 100000000000 }}",
      error: "the result would be too large: 100000000000 elements"),
    Fault(
      text: "{{ range(99999999999) | list }}",
      error: "filter `list`: the result would be too large: 99999999999 elements"),
    Fault(
      text: "{% set l = [] %}{% set _ = l.append(l) %}{{ l | string }}",
      error: "filter `string`: the value is nested too deeply"),
    Fault(text: "{{ mixed.worse }}", error: "division by zero"),
    Fault(
      text: "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      error: "the evaluation is nested too deeply"),
  ]

  @Test(arguments: faults) func aFaultIsAnErrorAndNeverATrap(_ row: Fault) {
    #expect(error(row.text)?.summary == row.error)
  }

  @Test func aTemplateThatDoesNotEndIsStopped() {
    let evaluator = evaluator()
    evaluator.limits.steps = 1000
    do {
      _ = try evaluator.render(
        Self.source(
          "{% for i in range(999) %}{% for j in range(999) %}{{ j }}{% endfor %}{% endfor %}"))
      Issue.record("no error")
    } catch {
      guard case .failed(let diagnostic, _) = error else { return }
      #expect(diagnostic.summary == "the template does not come to an end: it took too many steps")
    }
  }

  static let nested = [
    "{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = [ns.x] %}{% endfor %}done",
    "{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}done",
    "{% set h = [] %}{% set ns = namespace(t=h) %}{% for i in range(20000) %}{% set n = [] %}"
      + "{% set _ = ns.t.append(n) %}{% set ns.t = n %}{% endfor %}done",
    "{% set ns = namespace(x=()) %}{% for i in range(20000) %}{% set ns.x = ([ns.x],) %}{% endfor %}done",
  ]

  @Test(arguments: nested) func containersNestedByALoopAreFreedWithoutATrap(_ text: String) throws {
    #expect(try evaluator().render(Self.source(text)) == "done")
  }

  @Test func aChainOfVariablesWithDeepExpressionsIsAnError() {
    var table: [String: Variable] = [:]
    for index in 0..<400 {
      let open = String(repeating: "[", count: 80)
      let close = String(repeating: "]", count: 80)
      table["v\(index)"] = .source(
        Self.source("{{ \(open)v\(index + 1) | length\(close) | length }}"))
    }
    let evaluator = Evaluator(environment: .ansible, scope: VariableTable(table))
    #expect(throws: EvaluationStop.self) { try evaluator.render(Self.source("{{ v0 }}")) }
  }

  @Test func deepNestingOfExpressionsIsAnError() {
    let text =
      "{{ " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
      + " }}"
    #expect(error(text)?.summary == "the template is nested too deeply")
  }

  @Test func anImpureCallIsAskedForAndReadFromTheTape() throws {
    let source = Self.source("{{ lookup('env', 'HOME') }}-{{ lookup('pipe', 'date') }}")
    var tape = Tape()
    var asked: [String] = []
    for answer in [Value.list(["/root"]), .list(["today"])] {
      do {
        _ = try evaluator(tape).render(source)
        Issue.record("nothing was asked")
      } catch {
        guard case .impure(let call) = error else { throw error }
        asked.append("\(call.kind) \(call.name) \(call.arguments.map(\.pythonText))")
        tape.answers.append((call, .success(answer)))
      }
    }
    #expect(asked == [#"lookup env ["HOME"]"#, #"lookup pipe ["date"]"#])
    #expect(try evaluator(tape).render(source) == "/root-today")
  }

  @Test func omitLeavesEntriesOut() throws {
    let source = SourceValue(
      .map([
        SourceEntry(
          key: "a", keyLocation: Self.place, value: Self.source("{{ nope | default(omit) }}")),
        SourceEntry(
          key: "l", keyLocation: Self.place,
          value: SourceValue(
            .list([Self.source("{{ omit }}"), Self.source("{{ 1 }}")]), at: Self.place)),
      ]), at: Self.place)
    #expect(try evaluator().render(source) == ["l": [1]])
    #expect(try evaluator().render(Self.source("{{ omit }}")) == nil)
  }

  @Test func localsHideTheScopeAndMayChange() throws {
    let evaluator = evaluator()
    evaluator.locals = ["plain": .value(1)]
    #expect(try evaluator.render(Self.source("{{ plain }}")) == 1)
    evaluator.locals = ["plain": .value(2)]
    #expect(try evaluator.render(Self.source("{{ plain }}")) == 2)
  }

  @Test func conditionsStopAtTheFirstFalse() throws {
    let list = SourceValue(.list([Self.source("1 == 2"), Self.source("nope")]), at: Self.place)
    #expect(try evaluator().condition(list) == false)
    #expect(try evaluator().condition(Self.source("u")) == Self.unknown)
    #expect(try evaluator().condition(Self.source("")) == true)
    #expect(try evaluator().condition(SourceValue(.scalar(.null), at: Self.place)) == true)
  }

  @Test func bracesInAConditionAreAWarning() throws {
    let evaluator = evaluator()
    #expect(try evaluator.condition(Self.source("{{ 1 == 1 }}")) == true)
    #expect(
      evaluator.warnings == [
        .warning(
          "a condition has no `{{ }}`: it is an expression already", at: Self.place,
          hint: "leave the braces out")
      ])
  }

  private struct Fleet: Scope {
    let table: [String: [String: Variable]]
    let own: String
    func variable(_ name: String) -> Variable? { table[own]?[name] }
    var names: [String] { table[own]?.keys.sorted() ?? [] }
    var hosts: [String]? { table.keys.sorted() }
    func scope(ofHost name: String) -> (any Scope)? {
      table[name] == nil ? nil : Fleet(table: table, own: name)
    }
  }

  @Test func hostvarsRendersInTheScopeOfTheOtherHost() throws {
    let address = Variable.source(Self.source("10.0.0.{{ number }}"))
    let fleet = Fleet(
      table: [
        "h1": ["number": .value(1), "address": address],
        "h2": ["number": .value(2), "address": address],
      ], own: "h1")
    let evaluator = Evaluator(environment: .ansible, scope: fleet)
    #expect(
      try evaluator.render(
        Self.source("{{ address }} {{ hostvars['h2'].address }} {{ hostvars | list }}"))
        == "10.0.0.1 10.0.0.2 ['h1', 'h2']")
    #expect(
      try evaluator.render(Self.source("{{ ['h2'] | map('extract', hostvars, 'number') | list }}"))
        == [2])
    #expect(
      try evaluator.render(Self.source("{{ hostvars.h3.address | default('none') }}")) == "none")
  }
}
