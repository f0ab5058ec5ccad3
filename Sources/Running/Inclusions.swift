import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

// What an include brings in on one host, decided at its turn, item by item.

extension HostTask {
  /// A file or a role with the variables that its tasks shall see.
  struct Wanted {
    var name: String
    var parts: [RolePart: String]
    var bindings: [String: Value]
    var label: Value?
    var isHidden = false

    /// True where two hosts go through it together.
    func includesSame(as other: Wanted) -> Bool {
      name == other.name && parts == other.parts && bindings == other.bindings
    }
  }

  struct Inclusions {
    /// The end of the task where nothing is included.
    var result: TaskResult?
    var wanted: [Wanted] = []
    /// The items whose condition is false, where others are included.
    var skipped: [ItemResult] = []
    /// What `register` keeps.
    var registered: Value = .null
  }

  func inclusions() async -> Inclusions {
    guard let loop = task.loop else {
      return await inclusion([:], nil, loop: nil).0
    }
    do {
      let names = try loopNames(loop)
      switch try await items(of: loop) {
      case .failed(let outcome): return Inclusions(result: ended(outcome).result)
      case .unknown(let reason):
        return Inclusions(result: ended(conditional(reason, label: nil)).result)
      case .items(let all): return await inclusions(all, loop, names)
      }
    } catch {
      return Inclusions(result: ended(failure(error, label: nil)).result)
    }
  }

  private func inclusions(_ items: [Value], _ loop: Loop, _ names: LoopNames) async -> Inclusions {
    guard !items.isEmpty else { return Inclusions(result: emptyLoop.result) }
    var all = Inclusions()
    var results: [ItemResult] = []
    for (index, item) in items.enumerated() {
      let bindings = loopBindings(item, index, items, names)
      var (one, result) = await inclusion(bindings, item, loop: loop)
      if let end = one.result, end.status != .skipped { return one }
      result.item = item
      results.append(result)
      if result.status == .skipped { all.skipped.append(result) }
      all.wanted += one.wanted
    }
    let combined = combine(results, names)
    if all.wanted.isEmpty { all.result = combined }
    all.registered = combined.value
    return all
  }

  /// One item: what it includes, or how it ends.
  private func inclusion(
    _ bindings: [String: Variable], _ item: Value?, loop: Loop?
  ) async -> (Inclusions, ItemResult) {
    func end(_ outcome: ItemOutcome) -> (Inclusions, ItemResult) {
      let result = ended(outcome).result
      var item = outcome.result
      item.isHidden = result.isHidden
      return (Inclusions(result: result), item)
    }
    let shown = item == nil ? nil : label(loop, bindings, item)
    do {
      var evaluation = evaluation(bindings)
      let truth = try await answered(&evaluation) {
        (evaluation, evaluator) throws(EvaluationStop) in
        try evaluation.conditionsHold(evaluator)
      }
      switch truth {
      case .no(let words): return end(skipped(words, label: shown))
      case .unknown(let reason): return end(conditional(reason, label: shown))
      case .yes: break
      }
      let wanted = try await answered(&evaluation) { (_, evaluator) throws(EvaluationStop) in
        try self.wanted(evaluator, bindings)
      }
      guard var wanted else {
        return end(conditional(Unknown("what is included"), label: shown))
      }
      wanted.label = shown
      wanted.isHidden = hidesResults(bindings)
      let values: ValueMap = ["include": .string(wanted.name), "include_args": .map([:])]
      var registered = values
      registered["changed"] = false
      return (
        Inclusions(wanted: [wanted], registered: .map(registered)),
        ItemResult(status: .ok, values: values, label: shown)
      )
    } catch {
      return end(failure(error, label: shown))
    }
  }

  private func wanted(
    _ evaluator: Evaluator, _ bindings: [String: Variable]
  ) throws(EvaluationStop) -> Wanted? {
    guard let inclusion = task.inclusion else { return nil }
    let source: SourceValue =
      switch inclusion.target {
      case .tasks(let file): file
      case .role(let name): name
      }
    guard let value = try evaluator.render(source), !value.containsUnknown else { return nil }
    guard let name = value.opened.string else {
      throw .failed(
        .error("the name of what is included must be a string", at: source.location),
        isUndefined: false)
    }
    var parts: [RolePart: String] = [:]
    for (part, source) in inclusion.parts {
      if let text = try evaluator.render(source)?.opened.string { parts[part] = text }
    }
    var all: [String: Value] = [:]
    for case (let name, .value(let value)) in bindings { all[name] = value }
    // What an outer include bound stays seen inside.
    for layer in task.layers { all.merge(layer.bindings) { own, _ in own } }
    return Wanted(name: name, parts: parts, bindings: all)
  }
}
