import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// The steps of a loop's items sent together. An item by itself costs two round trips, one to step
// and one to look again; a loop of twenty files would cost forty.

extension HostTask {
  /// What was sent of an item together with steps of others.
  enum Begun: Sendable {
    case running(Progress)
    /// A step of it failed.
    case ended(ItemOutcome)
  }

  /// An item evaluated before its turn.
  struct Ready: Sendable {
    var module: any Planner
    var seat: Seat
    var switches: Switches
    var begun: Begun?
  }

  /// What came of sending the steps of several items in one request.
  struct Batch {
    var begun: [Int: Begun] = [:]
    /// The first item that it says nothing of.
    var end: Int
    var stepped: Set<ObjectIdentifier> = []
    /// The connection broke while the steps of this item and of others ran.
    var lost: (index: Int, failure: ConnectionFailure)?
  }

  /// The items that can be evaluated before the first of them has stepped: none where lookups have
  /// to be answered or what an item does may change what the next one is made of.
  func ready(_ loop: Loop, _ bindings: [[String: Variable]]) async -> [Int: Ready] {
    guard bindings.count > 1, !imagines, task.until.isEmpty, task.retries == nil,
      loop.control.breakWhen.isEmpty, loop.control.pause == nil,
      EngineActions.named(task.module) == nil
    else { return [:] }
    var all: [Int: Ready] = [:]
    var first: Seat?
    for (index, bindings) in bindings.enumerated() {
      switch await evaluatedAhead(bindings) {
      case .never: return [:]
      case .atItsTurn: continue
      case .ready(let ready):
        let seat = first ?? ready.seat
        guard seat.session === ready.seat.session, seat.identity == ready.seat.identity,
          seat.exports.elementsEqual(ready.seat.exports, by: ==), !seat.imagines
        else { return [:] }
        first = seat
        all[index] = ready
      }
    }
    return all
  }

  private enum Ahead {
    case ready(Ready)
    /// Skipped, or to fail: it sends nothing.
    case atItsTurn
    case never
  }

  private func evaluatedAhead(_ bindings: [String: Variable]) async -> Ahead {
    let evaluation = evaluation(bindings)
    let evaluator = evaluation.evaluator()
    do {
      guard case .yes = try evaluation.conditionsHold(evaluator) else { return .atItsTurn }
      let switches = try switches(evaluator)
      guard switches.checkMode == nil, switches.retries == nil, switches.timeout == nil,
        switches.background == nil
      else {
        return .never
      }
      let seat = try await seat(evaluation, switches)
      // Steps on the controller may write the files that later items copy.
      if seat.session.isLocal, task.specification?.readsController ?? true { return .never }
      guard case .module(let module) = try evaluation.prepare(evaluator) else { return .atItsTurn }
      return .ready(Ready(module: module, seat: seat, switches: switches))
    } catch {
      if let stop = error as? EvaluationStop, case .impure = stop { return .never }
      return .atItsTurn
    }
  }

  private struct Chosen {
    var index: Int
    var steps: [Step]
    var diff: [Diff]
    var reads: [any Fact]
  }

  /// Plans the items from `start` on, each on what those before it would leave behind, and takes
  /// their steps in one request that first checks what all of them were planned on. It ends before
  /// an item whose plan is not certain.
  ///
  /// - Returns: nil where no two items can step together.
  func batch(_ ready: [Int: Ready], from start: Int, count: Int) async -> Batch? {
    let indices = (start..<count).filter { ready[$0] != nil }
    guard indices.count > 1, let seat = ready[indices[0]]?.seat else { return nil }
    let candidates = indices.compactMap { index in ready[index].map { (index, $0.module) } }
    let exports = Self.exportText(seat.exports)
    for _ in 0..<8 {
      let (table, _) = await seat.session.view(seat.identity)
      let plan = plan(candidates, table, end: count)
      guard !plan.needs.isEmpty else {
        guard plan.chosen.count > 1 else { return nil }
        return await send(plan, seat, table, exports)
      }
      let facts = plan.needs + (await prefetched(seat))
      do {
        _ = try await seat.session.ask(facts, identity: seat.identity, exports: exports)
      } catch {
        // The first item asks by itself and says what is wrong.
        return nil
      }
    }
    return nil
  }

  private struct Plan {
    var chosen: [Chosen] = []
    var reads: [any Fact] = []
    var needs: [any Fact] = []
    var end: Int
  }

  private func plan(_ candidates: [(Int, any Planner)], _ table: FactTable, end: Int) -> Plan {
    var plan = Plan(end: end)
    var table = table
    var overlay = Overlay()
    var imagined: [any Fact] = []
    var seen: Set<String> = []
    for (index, module) in candidates {
      plan.end = index
      let reads = HostView.Reads()
      let view = HostView(table: table, overlay: overlay, reads: reads)
      do throws(Interruption) {
        switch try module.plan(view) {
        case .done: break
        case .steps(let steps, let diff):
          guard steps.allSatisfy(\.isForeseen),
            isCertain(reads, steps, overlay, imagined),
            !steps.contains(where: {
              bringsOrTakes($0, any: seen, view) || undoes($0, plan.chosen.flatMap(\.steps))
            })
          else { return plan }
          plan.chosen.append(
            Chosen(index: index, steps: steps, diff: diff, reads: reads.facts))
          for step in steps {
            overlay.imagine(step)
            if case .run(let run) = step, case .makes(let facts) = run.effect {
              for fact in facts { fact.imagine(in: &table) }
              imagined += facts.map(\.fact)
            }
          }
        }
        plan.reads += reads.facts
        seen.formUnion((reads.facts + reads.imagined).compactMap(\.filePath))
      } catch {
        guard case .needs(let facts) = error,
          facts.allSatisfy({ type(of: $0).freshness == .local })
        else { return plan }
        plan.needs += facts
      }
    }
    plan.end = end
    return plan
  }

  /// Whether what the item was planned on is what the host will have once the items before it are
  /// done. What an earlier item makes has attributes that only the host knows, unless it sets all.
  private func isCertain(
    _ reads: HostView.Reads, _ steps: [Step], _ overlay: Overlay, _ imagined: [any Fact]
  ) -> Bool {
    let touched = Set(steps.compactMap(\.path))
    for fact in reads.facts where imagined.contains(where: { isSame($0, fact) }) { return false }
    for fact in reads.imagined {
      if fact is ContentFact { continue }
      guard let path = (fact as? FileFact)?.path ?? (fact as? FollowedFileFact)?.path else {
        return false
      }
      switch overlay.node(at: path) {
      case .absent: continue
      case .directory(let attributes):
        guard attributes.isComplete || !touched.contains(path) else { return false }
      case .file(.some, let attributes):
        guard attributes.isComplete else { return false }
      default: return false
      }
    }
    return true
  }

  /// Whether what an earlier item was planned on begins or ends to exist by the step. All items are
  /// planned once more when all their steps are done, and that one would undo it.
  private func bringsOrTakes(_ step: Step, any seen: Set<String>, _ view: HostView) -> Bool {
    guard let path = step.path else { return false }
    switch step {
    case .setAttributes, .run: return false
    case .touch(_, _, _, _, let isNew): return isNew && seen.contains(path)
    case .makeDirectory: return seen.contains(path)
    case .remove, .link: return seen.contains { RemotePath.isInside($0, path) }
    case .write:
      guard seen.contains(path) else { return false }
      if case .present? = view.known(FileFact(path)) { return false }
      if case .present? = view.known(FollowedFileFact(path)) { return false }
      return true
    }
  }

  /// Whether the step may undo one of an earlier item under another name: the same file through a link.
  private func undoes(_ step: Step, _ earlier: [Step]) -> Bool {
    switch step {
    case .setAttributes, .run: false
    case .remove: earlier.contains { if case .remove = $0 { false } else { true } }
    case .link: earlier.contains { if case .link = $0 { false } else { true } }
    case .touch, .makeDirectory, .write:
      earlier.contains { if case .remove = $0 { true } else { false } }
    }
  }

  private func isSame(_ one: any Fact, _ other: any Fact) -> Bool {
    AnyHashable(one) == AnyHashable(other)
  }

  private func prefetched(_ seat: Seat) async -> [any Fact] {
    switch world.run.prefetch {
    case .none: []
    case .full: await scouted(seat, limit: nil)
    case .random(let seed): Scout.part(await scouted(seat, limit: nil), seed: seed)
    }
  }

  private func send(
    _ plan: Plan, _ seat: Seat, _ table: FactTable, _ exports: String
  ) async -> Batch? {
    var batch = Batch(end: plan.end, stepped: [ObjectIdentifier(seat.session)])
    let steps = plan.chosen.flatMap(\.steps)
    var behind = plan.reads.filter { type(of: $0).freshness == .local }
    if case .full = world.run.prefetch, isAlone {
      behind += await scouted(seat, limit: await seat.session.nextReach())
    }
    let deadline = steps.reduce(Duration.zero) { $0 + ($1.deadline ?? .seconds(120)) }
    let outputs: [StepOutput.Known]?
    do {
      try await verify(plan.reads, in: table, seat, exports: exports)
      if world.run.verifiesFacts { await sessions.check.noteStep(of: host) }
      outputs = try await seat.session.take(
        steps.map { StepScript($0, environment: seat.exports) },
        deadline: min(deadline, .seconds(7200)),
        isFresh: false, basis: plan.chosen.flatMap(\.reads), plannedOn: table, thenAsk: behind,
        identity: seat.identity, exports: exports)
    } catch {
      batch.lost = (plan.chosen[0].index, error)
      return batch
    }
    guard var rest = outputs?[...] else { return nil }
    for item in plan.chosen {
      let own = Array(rest.prefix(item.steps.count))
      rest = rest.dropFirst(own.count)
      // An earlier item failed: this one has not begun.
      guard !own.isEmpty else {
        batch.end = item.index
        break
      }
      var progress = Progress()
      progress.diffs = item.diff
      progress.stepped = [ObjectIdentifier(seat.session)]
      progress.rounds = 1
      let ended = took(item.steps, item.diff, own, &progress, seat)
      batch.begun[item.index] = ended.map { .ended($0) } ?? .running(progress)
    }
    return batch
  }
}

extension FileAttributes {
  fileprivate var isComplete: Bool { mode != nil && owner != nil && group != nil }
}

extension Fact {
  /// Of which file it tells.
  fileprivate var filePath: String? {
    switch self {
    case let fact as FileFact: fact.path
    case let fact as FollowedFileFact: fact.path
    case let fact as TimedFileFact: fact.path
    case let fact as ContentFact: fact.path
    case let fact as DigestFact: fact.path
    default: nil
    }
  }
}

extension Step {
  /// Its effect is known before it runs.
  fileprivate var isForeseen: Bool {
    guard case .run(let run) = self else { return true }
    if case .makes = run.effect { return !run.isUserCommand }
    return false
  }

  fileprivate var path: String? {
    switch self {
    case .write(let write): write.path
    case .makeDirectory(let path, _), .setAttributes(let path, _, _), .remove(let path),
      .link(let path, _, _), .touch(let path, _, _, _, _):
      path
    case .run: nil
    }
  }
}
