import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// The rounds of a module: evaluate, ask, evaluate again; steps, and again, until it is done.

extension HostTask {
  /// How often a module may ask or step before that is called a bug of the module.
  private static let roundLimit = 24
  /// Hosts that delegate to one machine make each other's steps stale: more tries than hosts
  /// would need, fewer than for ever.
  private static let staleLimit = 200

  /// What one item's module has behind it.
  struct Progress {
    var outputs: [StepOutput] = []
    var rows: [ChangeRow] = []
    var diffs: [Diff] = []
    var stepped: Set<ObjectIdentifier> = []
    var staleCount = 0
    var rounds = 0
    /// When the task's `timeout` is over.
    var end: ContinuousClock.Instant?
    var timeLeft: Duration? { end.map { max(.zero, $0 - .now) } }
    var isOpaque = false
    /// A step that changes the host has succeeded.
    var hasChanged = false
    /// Imagined effects of a task that imagines on its own in `apply`.
    var ownOverlay: Overlay?
    var ownFacts: [ImaginedFact] = []
    /// What results of a job in the background tell besides.
    var jobValues = ValueMap()
  }

  static func exportText(_ exports: [(name: String, value: String)]) -> String {
    exports.map { StepScript.export($0.name, $0.value, isForUser: false).text }.joined()
  }

  /// - Parameter begun: what has run already, together with steps of the loop's other items.
  func rounds(
    _ module: any Planner, _ seat: Seat, _ switches: Switches, begun: Progress?
  ) async -> ItemOutcome {
    var progress = begun ?? Progress()
    // What a loop's batch took counts.
    progress.end = progress.end ?? switches.timeout.map { .now + .seconds($0) }
    let exports = Self.exportText(seat.exports)
    do {
      for _ in 0..<(Self.roundLimit + 2 * Self.staleLimit) {
        guard progress.rounds < Self.roundLimit else { break }
        progress.rounds += 1
        var (table, overlay) = await seat.session.view(
          seat.identity, seesImagined: seat.imagines)
        for fact in progress.ownFacts { fact.imagine(in: &table) }
        let reads = HostView.Reads()
        let view = HostView(
          table: table, overlay: progress.ownOverlay ?? overlay, outputs: progress.outputs,
          reads: reads)
        let outcome: Planned
        do throws(Interruption) {
          outcome = .plan(try module.plan(view))
        } catch {
          outcome = .stop(error)
        }
        if case .plan = outcome, !seat.imagines {
          try await verify(reads.facts, in: table, seat, exports: exports)
        }
        switch outcome {
        case .plan(.done(let result)):
          if let background = switches.background, !seat.imagines, progress.outputs.isEmpty {
            progress.jobValues = ["started": true, "finished": true]
            // Nothing is to be done: still there is a job to ask for.
            if background.poll == 0,
              case .ended(let outcome) = try await runInBackground(
                [], background, module: module, reads: [], plannedOn: table, seat, exports,
                isFresh: false, progress)
            {
              return outcome
            }
          }
          // They are large and for this task alone; a loop's items share them.
          if task.loop == nil, seat.machine == host,
            reads.facts.contains(where: { type(of: $0).freshness == .asked })
          {
            await seat.session.forgetAsked()
          }
          let outcome = done(result, progress, seat)
          // What `check_mode: false` really runs in a plan may fail only for what is imagined.
          if outcome.result.status == .failed, imagines, !seat.imagines,
            await seat.session.hasImagined
          {
            return known(
              later: Unknown("it needs changes that come before it"), Progress(), seat)
          }
          return outcome
        case .plan(.steps(let steps, let diff)):
          progress.diffs += diff
          if seat.imagines {
            await imagine(steps, diff, seat, overlay, &progress)
          } else if let failed = try await take(
            steps, diff, of: module, reads: reads.facts, plannedOn: table, seat, exports, &progress,
            switches)
          {
            return failed
          }
        case .stop(.needs(let facts)):
          // What waits for something that is only imagined would wait in vain.
          if seat.imagines, facts.contains(where: { type(of: $0).polls }),
            await seat.session.hasImagined
          {
            return known(
              later: Unknown("it waits for what changes before it"), progress, seat)
          }
          var all = facts
          if case .full = world.run.prefetch { all += await scouted(seat, limit: nil) }
          if case .random(let seed) = world.run.prefetch {
            all += Scout.part(await scouted(seat, limit: nil), seed: seed)
          }
          let isKept = try await seat.session.ask(
            all, identity: seat.identity, exports: exports, limit: progress.timeLeft)
          if facts.contains(where: { type(of: $0).polls }) {
            await sessions.forgetAll(but: seat.session)
          }
          if !isKept, progress.staleCount < Self.staleLimit {
            progress.staleCount += 1
            progress.rounds -= 1
          }
        case .stop(.unknown(let reason)): return known(later: reason, progress, seat)
        case .stop(.failed(let failure)):
          return failed(failure, progress, seat)
        }
      }
    } catch let failure as ConnectionFailure {
      if seat.imagines, failure.phase == .escalate, case .become(let become) = seat.identity,
        await seat.session.hasImagined(user: become.user)
      {
        return known(
          later: Unknown("it runs as `\(become.user)`, whom a task before it makes or changes"),
          progress, seat
        )
      }
      var outcome =
        if let seconds = switches.timeout, failure.phase == .run, failure.cause == .deadline {
          timedOut(after: seconds)
        } else {
          lost(failure, label: nil)
        }
      outcome.stepped = progress.stepped
      return outcome
    } catch {
      var outcome = failure(error, label: nil)
      outcome.stepped = progress.stepped
      return outcome
    }
    return failed(
      ModuleKit.Failure("this is a bug of module `\(task.module)`: it does not come to an end"),
      progress,
      seat)
  }

  private enum Planned {
    case plan(ModuleKit.Outcome)
    case stop(Interruption)
  }

  // MARK: - Steps

  private func imagine(
    _ steps: [Step], _ diff: [Diff], _ seat: Seat, _ overlay: Overlay, _ progress: inout Progress
  ) async {
    let isOpaque = steps.contains(where: \.isOpaque)
    if !steps.allSatisfy(\.isQuiet) { progress.rows.append(row(steps, diff, isOpaque: isOpaque)) }
    progress.isOpaque = progress.isOpaque || isOpaque
    if seat.keepsImagined {
      await seat.session.imagine(steps, identity: seat.identity)
      if isOpaque { await seat.session.assume() }
    } else {
      var own = progress.ownOverlay ?? overlay
      for step in steps {
        own.imagine(step)
        if case .run(let run) = step, case .makes(let facts) = run.effect {
          progress.ownFacts += facts
        }
      }
      progress.ownOverlay = own
    }
    progress.outputs += steps.map { step in
      step.isOpaque
        ? .unknown(Unknown("output of \(task.module)")) : .known(step.imaginedOutput)
    }
  }

  /// Takes the steps, and asks in the same round trip for what the next rounds need.
  ///
  /// - Returns: the item's end if a step failed.
  private func take(
    _ steps: [Step], _ diff: [Diff], of module: any Planner, reads: [any Fact],
    plannedOn table: FactTable, _ seat: Seat, _ exports: String, _ progress: inout Progress,
    _ switches: Switches
  ) async throws -> ItemOutcome? {
    let scripts = steps.map { StepScript($0, environment: seat.exports) }
    let deadline = steps.compactMap(\.deadline).max() ?? .seconds(120)
    let isFresh = steps.contains(where: \.isUserCommand) && seat.identity != .login
    var behind = reads.filter { type(of: $0).freshness == .local }
    if case .full = world.run.prefetch, isAlone {
      behind += await scouted(seat, limit: await seat.session.nextReach())
    }
    // Until the host says that it did nothing, it may have changed.
    let before = progress.stepped
    progress.stepped.insert(ObjectIdentifier(seat.session))
    if world.run.verifiesFacts { await sessions.check.noteStep(of: host) }
    let taken: [StepOutput.Known]?
    if let background = switches.background {
      switch try await runInBackground(
        scripts, background, module: module, reads: reads, plannedOn: table, seat, exports,
        isFresh: isFresh, progress)
      {
      case .stale: taken = nil
      case .ended(let outcome): return outcome
      case .outputs(let outputs, let path, let id):
        taken = outputs
        progress.jobValues = Self.jobValues(id, path)
      }
    } else {
      taken = try await seat.session.take(
        scripts, deadline: deadline, isFresh: isFresh, basis: reads, plannedOn: table,
        thenAsk: behind, identity: seat.identity, exports: exports, limit: progress.timeLeft)
    }
    guard let outputs = taken
    else {
      progress.stepped = before
      progress.staleCount += 1
      // Neither the look that is behind us nor the one to come counts.
      progress.rounds -= 2
      guard progress.staleCount <= Self.staleLimit else {
        return failed(
          ModuleKit.Failure("the host kept changing between looking and acting"), progress, seat)
      }
      progress.diffs.removeLast(diff.count)
      return nil
    }
    return took(steps, diff, outputs, &progress, seat)
  }

  /// What steps that were taken leave behind for the next round; there are fewer outputs than steps
  /// where one failed.
  ///
  /// - Returns: the item's end if a step failed that no module judges.
  func took(
    _ steps: [Step], _ diff: [Diff], _ outputs: [StepOutput.Known], _ progress: inout Progress,
    _ seat: Seat
  ) -> ItemOutcome? {
    progress.isOpaque = progress.isOpaque || steps.contains(where: \.isOpaque)
    if !steps.allSatisfy(\.isQuiet) {
      progress.rows.append(row(steps, diff, isOpaque: steps.contains(where: \.isOpaque)))
    }
    progress.outputs += outputs.map { .known($0) }
    for (step, output) in zip(steps, outputs) {
      if output.status == 0 { progress.hasChanged = progress.hasChanged || !step.isQuiet }
      if output.status == 0 { continue }
      if case .run = step { continue }
      let words = output.errorText.split(separator: "\n").joined(separator: "; ")
      let message = "\(step.label) failed: \(words.isEmpty ? "status \(output.status)" : words)"
      var outcome = failed(
        ModuleKit.Failure(
          message, ["rc": .int(Int(output.status)), "stderr": .string(output.errorText)]),
        progress, seat)
      outcome.result.diagnostic = .error(message, at: task.location)
      return outcome
    }
    return nil
  }

  private func row(_ steps: [Step], _ diff: [Diff], isOpaque: Bool) -> ChangeRow {
    ChangeRow(
      kind: isOpaque ? .opaque : .change, item: nil, diffs: diff, labels: steps.map(\.label),
      reason: nil)
  }

  func scouted(_ seat: Seat, limit: Int?) async -> [any Fact] {
    let (table, overlay) = await seat.session.view(seat.identity)
    var scout = Scout(
      world: world, host: host, program: program, identity: seat.identity, table: table,
      overlay: overlay, tables: scoutTables, limit: limit ?? Scout.fullReach)
    return scout.missing([task] + upcoming)
  }
}
