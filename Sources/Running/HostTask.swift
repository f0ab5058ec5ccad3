import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

/// One task on one host: its loop, its retries, its module's rounds. Works on an immutable snapshot
/// of the world; what it changes comes back as an outcome, used in host order.
final class HostTask: Sendable {
  let header: TaskHeader
  let host: String
  let world: World
  let tables: TaskTables
  let program: Program
  let sessions: Sessions
  /// The tasks that come after this one on this host: what the scout walks.
  let upcoming: [PlayTask]
  /// The only host at this task: what it reads behind its own steps stays fresh.
  let isAlone: Bool
  /// Nil without a terminal.
  let ask: Asking?
  /// With `--verify-facts`: the steps of other hosts before this task.
  let othersSteps: Int
  let scoutTables: TaskTablesCache
  let emit: @Sendable (Event) -> Void
  /// The task's variables, without those of an item.
  private let scope: TaskScope

  init(
    tables: TaskTables, header: TaskHeader, host: String, world: World, program: Program,
    sessions: Sessions, upcoming: [PlayTask], isAlone: Bool = false, ask: Asking? = nil,
    othersSteps: Int = 0, scoutTables: TaskTablesCache, emit: @escaping @Sendable (Event) -> Void
  ) {
    self.tables = tables
    self.header = header
    self.host = host
    self.world = world
    self.program = program
    self.sessions = sessions
    self.upcoming = upcoming
    self.isAlone = isAlone
    self.ask = ask
    self.othersSteps = othersSteps
    self.scoutTables = scoutTables
    self.emit = emit
    scope = TaskScope(world: world, host: host, tables: tables)
  }

  /// The same in a world that one of its items has changed.
  private func seeing(_ world: World) -> HostTask {
    HostTask(
      tables: tables, header: header, host: host, world: world, program: program,
      sessions: sessions, upcoming: upcoming, isAlone: isAlone, ask: ask,
      othersSteps: othersSteps, scoutTables: scoutTables, emit: emit)
  }

  var task: PlayTask { _read { yield tables.task } }

  struct Outcome: Sendable {
    var result: TaskResult
    var effects: [Effect] = []
    /// Sessions over which steps were sent.
    var stepped: Set<ObjectIdentifier> = []
    /// Something opaque ran or was imagined: later rows are assumed.
    var isOpaque = false
  }

  /// The outcome of one item.
  struct ItemOutcome: Sendable {
    var result: ItemResult
    var effects: [Effect] = []
    var stepped: Set<ObjectIdentifier> = []
    var isOpaque = false
  }

  var imagines: Bool { world.run.mode.imagines }

  func run() async -> Outcome {
    if !asksOnTerminal { emit(.hostStarted(host: host, header)) }
    let start = ContinuousClock.now
    var outcome = await runLoop()
    outcome.result.elapsed = ContinuousClock.now - start
    return outcome
  }

  private func runLoop() async -> Outcome {
    guard let loop = task.loop else {
      let item = await settle([:], label: nil)
      return single(item)
    }
    var names = LoopNames()
    do {
      names = try loopNames(loop)
      switch try await items(of: loop) {
      case .failed(let outcome): return ended(outcome)
      case .unknown(let reason): return ended(conditional(reason, label: nil))
      case .items(let all): return await runItems(all, loop, names)
      }
    } catch {
      return ended(failure(error, label: nil))
    }
  }

  /// An end of the whole task before its first item.
  func ended(_ outcome: ItemOutcome) -> Outcome {
    var outcome = outcome
    outcome.result.isHidden = hidesResults()
    if let switches = try? switches(evaluation().evaluator()) {
      outcome = judged(outcome, switches)
    }
    return single(outcome)
  }

  // MARK: - Loops

  struct LoopNames: Sendable {
    var item = "item"
    var index: String?
    var isExtended = false
  }

  enum Items {
    case items([Value])
    case unknown(Unknown)
    case failed(ItemOutcome)
  }

  func evaluation(_ bindings: [String: Variable] = [:]) -> Evaluation {
    var scope = scope
    scope.bindings = bindings
    return Evaluation(tables: tables, scope: scope, program: program)
  }

  func loopNames(_ loop: Loop) throws(EvaluationStop) -> LoopNames {
    let evaluator = evaluation().evaluator()
    var names = LoopNames()
    if let source = loop.control.loopVar, let name = try evaluator.render(source)?.string {
      names.item = name
    }
    if let source = loop.control.indexVar { names.index = try evaluator.render(source)?.string }
    if let source = loop.control.extended {
      names.isExtended = try evaluator.render(source)?.opened == .bool(true)
    }
    return names
  }

  /// The items, or why there are none. A condition that is false without an item hides a loop that
  /// cannot be evaluated.
  func items(of loop: Loop) async throws -> Items {
    let list: Value
    do {
      var evaluation = evaluation()
      list = try await answered(&evaluation) { (_, evaluator) throws(EvaluationStop) in
        try LoopItems.list(loop, evaluator)
      }
    } catch let stop {
      let evaluation = evaluation()
      if case .no(let words)? = try? evaluation.conditionsHold(evaluation.evaluator()) {
        return .failed(skipped(words, label: nil))
      }
      throw stop
    }
    if let reason = list.firstUnknown { return .unknown(reason) }
    guard let all = list.opened.elements else {
      throw EvaluationStop.failed(
        .error("`loop` must be a list, not \(list.opened.kindName)", at: loop.value.location),
        isUndefined: false)
    }
    return .items(list.containsSecret ? all.map { .secret(Secret($0)) } : all)
  }

  private func runItems(_ items: [Value], _ loop: Loop, _ names: LoopNames) async -> Outcome {
    guard !items.isEmpty else { return emptyLoop }
    var outcome = emptyLoop
    var results: [ItemResult] = []
    // What one item sets, the next one sees.
    var work = self
    let literals = LoopItems.literals(loop, evaluation().evaluator(), count: items.count)
    let allBindings = items.enumerated().map { index, item in
      var bindings = loopBindings(item, index, items, names)
      if let literal = literals?[index] ?? nil, literal.plain == item {
        bindings[names.item] = .source(literal)
      }
      return bindings
    }
    let ready = await ready(loop, allBindings)
    var batch = Batch(end: ready.isEmpty ? items.count : 0)
    for (index, item) in items.enumerated() {
      if index > 0, !imagines, let pause = pause(after: loop) {
        try? await Task.sleep(for: pause)
        await sessions.forgetAll()
      }
      if index == batch.end {
        // Where no two items can step together, all that follow are settled one by one.
        batch = await self.batch(ready, from: index, count: items.count) ?? Batch(end: items.count)
        outcome.stepped.formUnion(batch.stepped)
      }
      let bindings = allBindings[index]
      var one: ItemOutcome
      if let lost = batch.lost, lost.index == index {
        one = finished(
          self.lost(lost.failure, label: item), ready[index]?.switches ?? Switches(),
          label(loop, bindings, item))
      } else {
        var own = ready[index]
        own?.begun = batch.begun[index]
        one = await work.settle(bindings, label: item, names: names, loop: loop, ready: own)
      }
      one.result.item = item
      one.result.loop = bindings["ansible_loop"]
      if !one.effects.isEmpty {
        var world = work.world
        for effect in one.effects {
          if let target = effect.target { world.hosts[target]?.take(effect) }
        }
        work = work.seeing(world)
      }
      outcome.effects += one.effects
      outcome.stepped.formUnion(one.stepped)
      outcome.isOpaque = outcome.isOpaque || one.isOpaque
      results.append(one.result)
      if one.result.status == .unreachable { break }
      if !loop.control.breakWhen.isEmpty, breaks(loop, bindings, one.result) { break }
    }
    outcome.result = combine(results, names)
    return outcome
  }

  /// The end of a task with an empty loop.
  var emptyLoop: Outcome {
    Outcome(
      result: TaskResult(
        status: .skipped,
        values: [
          "changed": false, "skipped": true, "skipped_reason": "No items in the list",
          "results": [],
        ]))
  }

  /// `loop_control.pause`, in seconds.
  private func pause(after loop: Loop) -> Duration? {
    guard let source = loop.control.pause,
      let value = try? evaluation().evaluator().render(source)?.opened,
      case .double(let seconds)? = ParameterType.convert(value, to: .float), seconds > 0
    else { return nil }
    return .milliseconds(Int64(min(seconds, 86_400) * 1000))
  }

  private func breaks(
    _ loop: Loop, _ bindings: [String: Variable], _ result: ItemResult
  ) -> Bool {
    var bindings = bindings
    if let name = task.register { bindings[name] = .value(result.value) }
    let evaluation = evaluation(bindings)
    if case .yes? = try? evaluation.truth(of: loop.control.breakWhen, evaluation.evaluator()) {
      return true
    }
    return false
  }

  func loopBindings(
    _ item: Value, _ index: Int, _ items: [Value], _ names: LoopNames
  ) -> [String: Variable] {
    var bindings: [String: Variable] = [
      names.item: .value(item), "ansible_loop_var": .value(.string(names.item)),
    ]
    if let name = names.index {
      bindings[name] = .value(.int(index))
      bindings["ansible_index_var"] = .value(.string(name))
    }
    if names.isExtended {
      var map: ValueMap = [
        "index": .int(index + 1), "index0": .int(index), "first": .bool(index == 0),
        "last": .bool(index == items.count - 1), "length": .int(items.count),
        "revindex": .int(items.count - index), "revindex0": .int(items.count - index - 1),
        "allitems": .list(items),
      ]
      if index > 0 { map["previtem"] = items[index - 1] }
      if index + 1 < items.count { map["nextitem"] = items[index + 1] }
      bindings["ansible_loop"] = .value(.map(map))
    }
    return bindings
  }

  func combine(_ items: [ItemResult], _ names: LoopNames) -> TaskResult {
    let isChanged = items.contains { $0.status == .changed || $0.values["changed"] == true }
    let isUnreachable = items.contains { $0.status == .unreachable }
    let failed = items.filter { $0.status == .failed }
    let ignored = items.filter { $0.status == .ignored }
    let allSkipped = items.allSatisfy { $0.status == .skipped }
    var values: ValueMap = [
      "results": .list(
        items.map { item in
          var all = item.values
          all[.string(names.item)] = item.item ?? .null
          all["ansible_loop_var"] = .string(names.item)
          if let index = names.index { all["ansible_index_var"] = .string(index) }
          if case .value(let loop)? = item.loop { all["ansible_loop"] = loop }
          return item.rest.map { .partial(all, rest: $0) } ?? .map(all)
        }),
      "changed": .bool(isChanged),
    ]
    var status: Status = isChanged ? .changed : .ok
    if allSkipped {
      status = .skipped
      values["skipped"] = true
      values["msg"] = "All items skipped"
    } else if !failed.isEmpty || !ignored.isEmpty {
      status = failed.isEmpty ? .ignored : .failed
      values["failed"] = true
      values["msg"] = "One or more items failed"
    } else {
      values["msg"] = "All items completed"
    }
    if isUnreachable || items.contains(where: { $0.values["unreachable"] == true }) {
      values["unreachable"] = true
    }
    if isUnreachable { status = .unreachable }
    if values["skipped"] == nil { values["skipped"] = false }
    return TaskResult(
      status: status, values: values, rest: nil, items: items, rows: items.flatMap(\.rows),
      warnings: items.flatMap(\.warnings), isHidden: items.contains(where: \.isHidden),
      delegate: items.last?.delegate, elapsed: .zero,
      diagnostic: (items.filter { $0.status == .unreachable } + failed + ignored).first?.diagnostic)
  }

  private func single(_ item: ItemOutcome) -> Outcome {
    var result = TaskResult(
      status: item.result.status, values: item.result.values, rest: item.result.rest,
      items: nil, rows: item.result.rows, warnings: item.result.warnings,
      isHidden: item.result.isHidden, delegate: item.result.delegate, elapsed: .zero,
      diagnostic: item.result.diagnostic)
    result.isQuiet = item.result.isQuiet
    return Outcome(
      result: result, effects: item.effects, stepped: item.stepped, isOpaque: item.isOpaque)
  }

  // MARK: - Impure calls

  /// Runs an evaluation until its tape has every answer; the answers stay on it.
  func answered<T>(
    _ evaluation: inout Evaluation,
    _ body: (Evaluation, Evaluator) throws(EvaluationStop) -> T
  ) async throws -> T {
    for _ in 0..<1000 {
      do {
        let evaluator = evaluation.evaluator()
        let value = try body(evaluation, evaluator)
        for warning in evaluator.warnings where scoutTables.isNew(warning) {
          emit(.diagnostic(warning))
        }
        return value
      } catch {
        guard case .impure(let call) = error else { throw error }
        let context = LookupContext(
          search: task.search, scope: evaluation.scope, files: program.files,
          playbookDirectory: world.run.playbookDirectory)
        evaluation.tape.answers.append((call, await program.lookups(call, context)))
        // A command on the controller may change what is known of this machine.
        if call.name == "pipe" { await sessions.forgetLocal() }
      }
    }
    throw EvaluationStop.failed(
      .error("more than 1000 lookups in one task", at: task.location), isUndefined: false)
  }
}

extension Value {
  /// What people call this kind of value.
  var kindName: String {
    switch self {
    case .null: "nothing"
    case .bool: "a boolean"
    case .int, .bigInt, .double: "a number"
    case .string, .bytes: "a string"
    case .date, .datetime: "a date"
    case .list, .tuple: "a list"
    case .map, .partial: "a mapping"
    case .secret: "a secret"
    case .unknown: "unknown"
    }
  }
}
