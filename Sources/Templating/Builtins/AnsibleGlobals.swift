import OrderedCollections
import Values

/// The names that Ansible gives to every template besides variables.
enum AnsibleGlobals {
  static let all: [Global] = [
    Global("lookup", "name, *terms, **options", live: { try lookUp($0, asList: false) }),
    Global("query", "name, *terms, **options", live: { try lookUp($0, asList: true) }),
    Global("q", "name, *terms, **options", live: { try lookUp($0, asList: true) }),
    Global("omit", made: { _ in .omit }),
    Global("undef", "hint=None", live: undef),
    Global("now", "utc=False, fmt=None", live: now),
    Global("hostvars", made: hostVariables),
    Global("ansible_delegated_vars", made: delegatedVariables),
    Global(
      "vars", made: { .dict($0.variables(of: $0.main, with: $0.locals.keys.sorted())) }),
  ]

  private static func undef(_ call: LiveCall) throws -> RuntimeValue {
    let hint = call["hint"].isNull ? "a variable is undefined on purpose" : try call.text("hint")
    return .undefined(Undefined(hint, at: call.location))
  }

  private static func now(_ call: LiveCall) throws -> RuntimeValue {
    let frozen = try call.frozen()
    let options: ValueMap = [
      "utc": .bool(frozen.bool("utc")), "fmt": frozen["fmt"],
    ]
    return RuntimeValue(
      try call.evaluator.impure(
        kind: "now", name: "now", options: options, location: call.location))
  }

  private static func hostVariables(_ evaluator: Evaluator) -> RuntimeValue? {
    guard let names = evaluator.main.scope.hosts else { return nil }
    var cells: OrderedDictionary<Value, Cell> = [:]
    for name in names { cells[.string(name)] = .host(name, evaluator.main) }
    return .dict(DictBox(cells: cells))
  }

  /// The variables of the host to which the task is delegated, under its name.
  private static func delegatedVariables(_ evaluator: Evaluator) -> RuntimeValue? {
    let state = evaluator.main
    guard let source = state.scope.delegation,
      let name = try? evaluator.resolve(source, state).string,
      state.scope.scope(ofHost: name) != nil
    else { return nil }
    return .dict(DictBox(cells: [.string(name): .host(name, state)]))
  }

  private static func lookUp(_ call: LiveCall, asList: Bool) throws -> RuntimeValue {
    let evaluator = call.evaluator
    guard let name = call["name"].string else { throw Failure("the name of a lookup is a string") }
    var options = call.keywords
    let wantsList =
      try options.removeValue(forKey: "wantlist").map { try evaluator.truth(of: $0) } ?? asList
    let errors =
      try options.removeValue(forKey: "errors").map { try evaluator.text(of: $0) } ?? "strict"
    guard ["strict", "warn", "ignore"].contains(errors) else {
      throw Failure("`errors` is `strict`, `warn` or `ignore`, not `\(errors)`")
    }
    let results: [RuntimeValue]
    do {
      results = try answers(name, call, options)
    } catch let stop as EvaluationStop {
      guard case .failed(let diagnostic, _) = stop, errors != "strict" else { throw stop }
      if errors == "warn" { evaluator.warn(diagnostic.summary, at: call.location) }
      return wantsList ? .list([RuntimeValue]()) : .null
    } catch let failure as Failure where errors != "strict" {
      if errors == "warn" { evaluator.warn(failure.message, at: call.location) }
      return wantsList ? .list([RuntimeValue]()) : .null
    }
    if wantsList { return .list(results) }
    if results.count == 1 { return results[0] }
    if results.allSatisfy({ $0.string != nil }) {
      return .string(results.compactMap(\.string).joined(separator: ","))
    }
    return results.isEmpty ? .string("") : .list(results)
  }

  private static func answers(
    _ name: String, _ call: LiveCall, _ options: OrderedDictionary<String, RuntimeValue>
  ) throws -> [RuntimeValue] {
    let evaluator = call.evaluator
    if let lookup = evaluator.environment.lookup(name) {
      let inner = LiveCall(
        name: lookup.name, value: .null, bound: [:], rest: call.rest, keywords: options,
        given: [], evaluator: evaluator, location: call.location)
      do {
        return try lookup.body(inner)
      } catch let failure as Failure where !failure.isUndefined {
        throw Failure("lookup `\(name)`: \(failure.message)", hint: failure.hint)
      }
    }
    var words: ValueMap = [:]
    for (word, value) in options { words[.string(word)] = try evaluator.freeze(value) }
    let answer = try evaluator.impure(
      kind: "lookup", name: evaluator.environment.unqualified(name),
      arguments: try call.rest.map { try evaluator.freeze($0) }, options: words,
      location: call.location)
    switch answer {
    case .list(let items): return items.map { RuntimeValue($0) }
    default: return [RuntimeValue(answer)]
    }
  }
}
