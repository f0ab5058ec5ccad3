import Cloud
import Diagnostics
import Fleet

/// How the machines of one group change in number.
struct MachineScaling {
  /// Hosts whose machines go. Where there are some, nothing else is done.
  var leaving: Set<String>
  /// Those of them that the inventory says are protected.
  var protected: Set<String>
  /// Hosts that the group then has.
  var members: [String]
  /// Asks whether this is wanted.
  var ask: (_ plan: FleetPlan) throws -> Void
  /// Puts the change into the inventory. Comes before machines are made, and behind the removal of
  /// others, so that there never is a machine without its line, and the same command goes on where it
  /// was cut off.
  var write: () throws(Diagnostic) -> Void
}

extension Machines {
  /// Plans, shows, asks, and then carries out just what was shown.
  func scale(_ scaling: MachineScaling, _ out: Output) async throws {
    let lock = try EnvironmentLock(folder, wait: arguments.lockTimeout, now: options.now)
    defer { withExtendedLifetime(lock) {} }
    let journal = try Journal(
      folder, killAfter: Platform.variable("OMTD_JOURNAL_KILL").flatMap { Int($0) })
    let run = fleetRun(journal, out)
    let cloud = try await snapshot()
    try run.settle(cloud)
    try check(scaling, cloud)
    let plan = plan(cloud, journal.sum, of: scaling)
    show(plan, out)
    try plan.problems.throwIfErrors()
    try scaling.ask(plan)
    if scaling.leaving.isEmpty { try scaling.write() }
    let failures = await Self.interruptible(run.stop) { await run.apply(plan, cloud).all }
    if !scaling.leaving.isEmpty {
      // What failed may be of addresses alone.
      let left = failures.hasErrors ? try? await snapshot().machines(of: environment.text) : []
      if let left, !left.contains(where: { scaling.leaving.contains($0.mark.name) }) {
        try scaling.write()
      }
    }
    try await carryOut(run, journal, out) { failures }
    if plan.hasChanges { say(plan.summary(isDone: true)) }
  }

  private func check(_ scaling: MachineScaling, _ cloud: CloudSnapshot) throws(Diagnostic) {
    let marked = cloud.machines(of: environment.text).filter {
      scaling.leaving.contains($0.mark.name) && $0.mark.isProtected
    }
    let names = scaling.protected.union(marked.map(\.mark.name))
    guard names.isEmpty else {
      throw .error(
        "protected machines are not removed: \(names.sorted().joined(separator: ", "))")
    }
  }

  /// Only machines that go or come are in it, those that an earlier run did not make among them.
  private func plan(
    _ cloud: CloudSnapshot, _ journal: JournalState, of scaling: MachineScaling
  ) -> FleetPlan {
    var options = options
    options.owned = journal.owned
    options.pruned = scaling.leaving
    options.limit = scaling.leaving
    if scaling.leaving.isEmpty {
      let ready = cloud.machines(of: environment.text).filter { $0.server.status != .build }
      options.limit = Set(scaling.members).subtracting(ready.map(\.mark.name))
    }
    return FleetPlan.make(described, cloud, options)
  }
}
