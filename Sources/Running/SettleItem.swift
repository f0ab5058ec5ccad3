import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// One item of a task on a host: tries, conditions on the result, and what comes of failures.

extension HostTask {
  /// Where and as whom the item's steps run.
  struct Seat: Sendable {
    var session: HostSession
    var identity: Identity
    var machine: String
    /// Whose facts it finds out.
    var learner: String
    var exports: [(name: String, value: String)]
    /// Steps are imagined instead of taken.
    var imagines: Bool
    /// Imagined effects are laid over the session, as a plan needs; else they are forgotten.
    var keepsImagined: Bool
    /// `ansible_async_dir`; nil is the standard folder.
    var jobFolder: String?
  }

  func settle(
    _ bindings: [String: Variable], label item: Value?, names: LoopNames = LoopNames(),
    loop: Loop? = nil, ready: Ready? = nil
  ) async -> ItemOutcome {
    var evaluation = evaluation(bindings)
    if let ready {
      let shown = self.label(loop, bindings, item)
      let outcome = await tries(evaluation, bindings, ready.switches, label: shown, ready: ready)
      return finished(await softened(outcome, ready.switches), ready.switches, shown)
    }
    do {
      // A condition that is false hides whatever else is wrong with the task.
      let truth = try await answered(&evaluation) {
        (evaluation, evaluator) throws(EvaluationStop) in
        try evaluation.conditionsHold(evaluator)
      }
      let shown = item == nil ? nil : label(loop, bindings, item)
      switch truth {
      case .no(let words): return hiding(skipped(words, label: shown), bindings)
      case .unknown(let reason): return hiding(conditional(reason, label: shown), bindings)
      case .yes: break
      }
      let switches = try await answered(&evaluation) { (_, evaluator) throws(EvaluationStop) in
        try self.switches(evaluator)
      }
      let outcome = await tries(evaluation, bindings, switches, label: shown, ready: nil)
      return finished(await softened(outcome, switches), switches, shown)
    } catch {
      let shown = item == nil ? nil : label(loop, bindings, item)
      var outcome = failure(error, label: shown)
      if let switches = try? switches(evaluation.evaluator()) {
        outcome.result.isHidden = switches.isHidden
        outcome = judged(outcome, switches)
      } else {
        outcome = hiding(outcome, bindings)
      }
      return outcome
    }
  }

  /// In a plan: after what cannot be predicted, a failure is a guess.
  private func softened(_ outcome: ItemOutcome, _ switches: Switches) async -> ItemOutcome {
    guard imagines, outcome.result.status == .failed,
      await sessions.isAssumed(switches.delegate?.name ?? host)
    else { return outcome }
    var soft = conditional(Unknown("after a task that cannot be predicted"), label: nil)
    soft.result.rows = outcome.result.rows + soft.result.rows
    soft.stepped = outcome.stepped
    soft.isOpaque = outcome.isOpaque
    return soft
  }

  func finished(
    _ outcome: ItemOutcome, _ switches: Switches, _ shown: Value?
  ) -> ItemOutcome {
    var outcome = outcome
    outcome.result.label = shown
    outcome.result.isHidden = switches.isHidden
    outcome.result.delegate = switches.delegate
    return judged(outcome, switches)
  }

  /// An end before the keywords were rendered, hidden where `no_log` says so.
  private func hiding(_ outcome: ItemOutcome, _ bindings: [String: Variable]) -> ItemOutcome {
    var outcome = outcome
    outcome.result.isHidden = hidesResults(bindings)
    return outcome
  }

  /// What `no_log` says; a `no_log` that cannot be told hides.
  func hidesResults(_ bindings: [String: Variable] = [:]) -> Bool {
    (try? isHidden(evaluation(bindings).evaluator())) ?? true
  }

  func isHidden(_ evaluator: Evaluator) throws(EvaluationStop) -> Bool {
    guard let source = task.setting(.noLog), let value = try evaluator.render(source) else {
      return world.run.hidesResults
    }
    return ParameterType.boolean(of: value.opened) ?? true
  }

  func judged(_ outcome: ItemOutcome, _ switches: Switches) -> ItemOutcome {
    var outcome = outcome
    if outcome.result.status == .failed, outcome.result.values["exception"] == nil {
      // What ansible-core 2.19 registers where there is nothing to tell of Python.
      outcome.result.values["exception"] = "(traceback unavailable)"
    }
    if outcome.result.status == .failed, switches.ignoresErrors { outcome.result.status = .ignored }
    if outcome.result.status == .unreachable, switches.ignoresUnreachable {
      outcome.result.status = .ignored
      outcome.result.values["unreachable"] = true
    }
    return outcome
  }

  func label(_ loop: Loop?, _ bindings: [String: Variable], _ item: Value?) -> Value? {
    if let source = loop?.control.label,
      let value = try? evaluation(bindings).evaluator().render(source)
    {
      return value
    }
    return item
  }

  // MARK: - Tries

  private func tries(
    _ start: Evaluation, _ bindings: [String: Variable], _ switches: Switches, label: Value?,
    ready: Ready?
  ) async -> ItemOutcome {
    // Arguments are rendered once: later tries read the answers of the first.
    var evaluation = start
    let isRepeated = !task.until.isEmpty || (switches.retries ?? 0) > 0
    let limit = isRepeated ? max(0, min(switches.retries ?? 3, 1_000_000)) + 1 : 1
    var stepped: Set<ObjectIdentifier> = []
    var attempt = 1
    while true {
      var outcome = await attemptOnce(&evaluation, switches, ready: attempt == 1 ? ready : nil)
      stepped.formUnion(outcome.stepped)
      outcome.stepped = stepped
      guard outcome.result.status != .unreachable, outcome.result.status != .skipped else {
        return outcome
      }
      // Conditions may ask how many tries it took.
      if isRepeated { outcome.result.values["attempts"] = .int(attempt) }
      await judge(&outcome, bindings)
      guard isRepeated else { return outcome }
      do {
        switch try await isSettled(outcome.result, bindings) {
        case .yes, .unknown: return outcome
        case .no: break
        }
      } catch {
        // Nothing of the result is left where its `until` cannot be told.
        var failed = failure(error, label: outcome.result.label)
        failed.stepped = stepped
        failed.isOpaque = outcome.isOpaque
        return failed
      }
      if attempt >= limit || imagines {
        outcome.result.values["attempts"] = .int(max(1, attempt - 1))
        if outcome.result.status != .failed {
          outcome.result.status = .failed
          outcome.result.values["failed"] = true
        }
        return outcome
      }
      emit(.retrying(host: host, header, attemptsLeft: limit - attempt, outcome.result))
      try? await Task.sleep(for: .milliseconds(Int64(switches.delay * 1000)))
      await sessions.forgetAll()
      attempt += 1
    }
  }

  private func isSettled(
    _ result: ItemResult, _ bindings: [String: Variable]
  ) async throws -> Evaluation.Truth {
    guard !task.until.isEmpty else { return result.status == .failed ? .no("") : .yes }
    var evaluation = evaluation(judging(result, bindings))
    return try await answered(&evaluation) { (evaluation, evaluator) throws(EvaluationStop) in
      try evaluation.truth(of: task.until, evaluator)
    }
  }

  private func judging(
    _ result: ItemResult, _ bindings: [String: Variable]
  ) -> [String: Variable] {
    var bindings = bindings
    if let name = task.register { bindings[name] = .value(result.value) }
    return bindings
  }

  /// `changed_when`, then `failed_when`, with the registered name at hand.
  private func judge(_ outcome: inout ItemOutcome, _ bindings: [String: Variable]) async {
    for (conditions, key) in [(task.changedWhen, "changed"), (task.failedWhen, "failed")] {
      guard !conditions.isEmpty else { continue }
      var evaluation = evaluation(judging(outcome.result, bindings))
      do {
        let truth = try await answered(&evaluation) {
          (evaluation, evaluator) throws(EvaluationStop) in
          try evaluation.truth(of: conditions, evaluator)
        }
        switch truth {
        case .unknown(let reason):
          outcome.result.values[.string(key)] = .unknown(reason)
          if key == "changed", outcome.result.status == .ok { outcome.result.status = .changed }
        case .yes, .no:
          let holds = if case .yes = truth { true } else { false }
          outcome.result.values[.string(key)] = .bool(holds)
          if key == "failed" {
            outcome.result.values["failed_when_result"] = .bool(holds)
            if holds {
              outcome.result.status = .failed
            } else if outcome.result.status == .failed {
              outcome.result.diagnostic = nil
              outcome.result.status =
                outcome.result.values["changed"] == true ? .changed : .ok
            }
          } else if outcome.result.status != .failed {
            outcome.result.status = holds ? .changed : .ok
          }
        }
      } catch {
        let failed = failure(error, label: outcome.result.label)
        outcome.result.status = .failed
        outcome.result.diagnostic = failed.result.diagnostic
        outcome.result.values["failed"] = true
        outcome.result.values[.string(key + "_when_result")] = failed.result.values["msg"]
        outcome.result.values["msg"] = failed.result.values["msg"]
        return
      }
    }
  }

  private func attemptOnce(
    _ evaluation: inout Evaluation, _ switches: Switches, ready: Ready?
  ) async -> ItemOutcome {
    if let ready {
      switch ready.begun {
      case .ended(let outcome)?: return outcome
      case .running(let progress)?:
        return await rounds(ready.module, ready.seat, switches, begun: progress)
      case nil: return await rounds(ready.module, ready.seat, switches, begun: nil)
      }
    }
    do {
      if let seconds = switches.timeout, !(0...100_000_000).contains(seconds) {
        throw EvaluationStop.failed(
          .error(
            "`timeout` must be between 0 and 100000000 seconds",
            at: task.setting(.timeout)?.location ?? task.location), isUndefined: false)
      }
      if switches.background != nil, Self.foregroundOnly.contains(task.module) {
        throw EvaluationStop.failed(
          .error("module `\(task.module)` does not support `async`", at: task.location),
          isUndefined: false)
      }
      let prepared = try await answered(&evaluation) {
        (evaluation, evaluator) throws(EvaluationStop) -> Evaluation.Prepared in
        try evaluation.prepare(evaluator)
      }
      switch prepared {
      case .skipped(let words): return skipped(words, label: nil)
      case .conditional(let reason): return conditional(reason, label: nil)
      case .action(let action):
        var outcome = try await answered(&evaluation) {
          (evaluation, evaluator) throws(EvaluationStop) in
          try self.act(action, evaluation, evaluator, switches)
        }
        await pause(&outcome, evaluation)
        return outcome
      case .module(let module):
        let seat = try await seat(evaluation, switches)
        if task.module == "async_status", let ended = try await ended(job: evaluation, switches) {
          return ended
        }
        return await rounds(module, seat, switches, begun: nil)
      }
    } catch {
      return failure(error, label: nil)
    }
  }

  /// What the job of an `async_status` came to; nil where the module itself has to tell.
  private func ended(
    job evaluation: Evaluation, _ switches: Switches
  ) async throws -> ItemOutcome? {
    let given = try evaluation.renderedArguments(evaluation.evaluator())
    guard let id = given.last(where: { $0.name == "jid" })?.value.opened.string else { return nil }
    if given.contains(where: { $0.name == "mode" && $0.value.opened == "cleanup" }) {
      await sessions.jobs.remove(id)
      return nil
    }
    return try await ended(job: id, switches)
  }

  func seat(_ evaluation: Evaluation, _ switches: Switches) async throws -> Seat {
    let machine = switches.delegate?.name ?? host
    let scope =
      machine == host
      ? evaluation.scope
      : TaskScope(
        world: world, host: machine, tables: tables, bindings: evaluation.scope.bindings)
    var other = Evaluation(tables: tables, scope: scope, program: program)
    let plan = try await answered(&other) { (_, evaluator) throws(EvaluationStop) in
      try ConnectionPlan.of(
        task, tables.keywords, machine: machine, scope: scope, evaluator)
    }
    let session = await sessions.session(machine, plan.endpoint)
    let imagines = switches.checkMode ?? imagines
    return Seat(
      session: session, identity: plan.identity, machine: machine,
      learner: switches.delegatesFacts ? machine : host, exports: switches.exports,
      imagines: imagines, keepsImagined: self.imagines,
      jobFolder: task.async == nil ? nil : try? other.jobFolder(other.evaluator()))
  }

  private func act(
    _ action: any EngineAction, _ evaluation: Evaluation, _ evaluator: Evaluator,
    _ switches: Switches
  ) throws(EvaluationStop) -> ItemOutcome {
    // The answers of the conditions come first on the tape.
    _ = try evaluation.conditionsHold(evaluator)
    let context = try ActionContext(
      task: task, host: host, world: world, evaluation: evaluation, evaluator: evaluator,
      delegate: switches.delegate?.name, delegatesFacts: switches.delegatesFacts)
    try context.check(type(of: action).specification)
    let done = try action.run(context)
    var result = ItemResult(
      status: done.isFailed ? .failed : done.isSkipped ? .skipped : done.isChanged ? .changed : .ok,
      values: done.values)
    result.values["failed"] = .bool(done.isFailed)
    result.values["changed"] = .bool(done.isChanged)
    if done.isSkipped { result.values["skipped"] = true }
    result.location = task.location
    result.isQuiet = done.isQuiet
    result.diagnostic = done.diagnostic
    return ItemOutcome(result: result, effects: done.effects)
  }
}
