import Cloud
import Diagnostics
import Synchronization

/// Carries out plans. Each request that makes something is journaled before it is sent, and looked
/// for before it is sent again.
package final class FleetRun: Sendable {
  let api: any CloudAPI
  let journal: Journal
  let environment: String
  let runID: String
  let rounds: ServerRounds
  let gate: Gate
  /// May be made at any time; what is left then is for the next run.
  package let stop = FleetStop()
  /// A request for a machine had no answer: there may be two of it.
  let hasLostReplies = Atomic(false)
  let emit: @Sendable (FleetEvent) -> Void
  /// Seconds since 1970.
  let now: Int
  /// Seconds that each wait for a machine may take, by name, where it is not the usual time.
  private let timeouts: [String: Int]

  /// - Parameter timeouts: `okeanos_timeout` by machine.
  package init(
    api: any CloudAPI, journal: Journal, environment: String, now: Int, parallel: Int = 10,
    interval: Duration = .seconds(3), timeouts: [String: Int] = [:],
    emit: @escaping @Sendable (FleetEvent) -> Void
  ) {
    self.api = api
    self.journal = journal
    self.environment = environment
    self.now = now
    self.timeouts = timeouts
    self.emit = emit
    runID = Hex.random(4)
    rounds = ServerRounds(api, slowest: interval, stop: stop)
    gate = Gate(parallel)
  }

  /// Writes down what became of requests of an earlier run, and what only the marks of machines
  /// know, as these end with the machines; names what it cannot tell.
  ///
  /// - Throws: where the journal is of another cloud, or cannot be written.
  package func settle(_ cloud: CloudSnapshot) throws(Diagnostic) {
    try journal.bind(to: cloud.userID)
    let (records, doubtful) = journal.sum.settled(by: cloud)
    for record in records { try journal.append(record) }
    try journal.adopt(cloud.machines(of: environment).map(\.mark), cloud)
    for address in doubtful {
      emit(
        .notice(
          "the floating IP \(address.address) may have been reserved by a run that was cut off; "
            + "it is left alone: release it if it is not yours"))
    }
  }

  /// - Returns: what failed; the rest was carried out.
  package func apply(_ plan: FleetPlan, _ cloud: CloudSnapshot) async -> FleetFailures {
    var failed = FleetFailures()
    do throws(Diagnostic) {
      try journal.append(.run(id: runID))
      let leaving = plan.rows.filter { if case .remove = $0.action { true } else { false } }
      failed.others = await eachRow(leaving) { (row) throws(Diagnostic) in
        try await self.delete(row)
      }
      failed.others.add(await waitUntilGone(plan.vanishing))
      var state = cloud
      failed.machines = await deleteReplaced(plan.rows)
      let kept = Set(failed.machines.map(\.name))
      let (networks, unmade) = await makeNetworks(plan.newNetworks, &state)
      failed.others.add(unmade)
      var free = try await refreshedAddresses(plan, &state)
      var jobs: [Job] = []
      for row in plan.rows {
        switch row.action {
        case .create, .replace:
          guard let machine = row.machine, !kept.contains(row.name) else { continue }
          do throws(Diagnostic) {
            try stop.check("machine `\(row.name)` was not begun")
            let (cards, used) = try await choices(machine, networks, &free, &state)
            jobs.append(Job(row: row, cards: cards, used: used))
          } catch {
            emit(.failed(name: row.name, error))
            failed.machines.append((row.name, error))
          }
        case .change, .keep:
          let place = row.machine?.description.location
          if let problem = row.server?.suspensionProblem(row.name, at: place) {
            emit(.failed(name: row.name, problem))
            failed.machines.append((row.name, problem))
          } else {
            jobs.append(Job(row: row))
          }
        case .remove, .orphan: break
        }
      }
      let undone = await outcomes(jobs, name: \.row.name) { (job) throws(Diagnostic) in
        try await self.work(job, networks)
      }
      failed.machines += undone.map { (jobs[$0.0].row.name, $0.1) }
      failed.others.add(await removeTwins())
      failed.others.add(await removeTwinNetworks(state))
      failed.others.add(await release(plan.owned.union(owned)))
    } catch {
      failed.others.add(error)
    }
    return failed
  }

  /// Machines of replacements go first, so that their addresses are there for the new ones.
  ///
  /// - Returns: those that are still there, and why.
  private func deleteReplaced(_ rows: [MachineRow]) async -> [(name: String, problem: Diagnostic)] {
    let leaving = rows.filter { if case .replace = $0.action { true } else { false } }
    let problems = await outcomes(leaving, name: \.name) { (row) throws(Diagnostic) in
      try await self.delete(row)
    }
    return problems.map { (leaving[$0.0].name, $0.1) }
  }

  struct Job: Sendable {
    var row: MachineRow
    var cards: [NetworkChoice] = []
    var used: Set<OwnedObject> = []
  }

  private func work(
    _ job: Job, _ networks: [String: CloudID]
  ) async throws(Diagnostic) {
    guard let machine = job.row.machine else { return }
    switch job.row.action {
    case .create, .replace: try await create(machine, job.cards, job.used)
    case .keep, .change:
      guard let server = job.row.server else { return }
      var changes: [MachineRow.Change] = []
      if case .change(let all) = job.row.action { changes = all }
      // A resize looks for itself where an earlier run left the machine.
      if server.status == .build || (changes.isEmpty && !server.isIdle) {
        try await finishBuild(server, machine)
      }
      try await change(job.row, machine, changes, networks)
      if server.status != .build, machine.lacksAddress(server) {
        try await waitForAddress(of: server.id, machine)
      }
    case .remove, .orphan: break
    }
  }

  /// All at once; what fails is collected, in the order of the items.
  func each<T: Sendable>(
    _ items: [T], _ body: @escaping @Sendable (T) async throws(Diagnostic) -> Void
  ) async -> Diagnostics {
    Diagnostics(await outcomes(items, body).map(\.1))
  }

  /// The same for machines: an event tells each failure when it happens.
  func eachRow(
    _ rows: [MachineRow], _ body: @escaping @Sendable (MachineRow) async throws(Diagnostic) -> Void
  ) async -> Diagnostics {
    Diagnostics(await outcomes(rows, name: \.name, body).map(\.1))
  }

  /// The same with the numbers of those that failed, in order.
  private func outcomes<T: Sendable>(
    _ items: [T], name: (@Sendable (T) -> String)? = nil,
    _ body: @escaping @Sendable (T) async throws(Diagnostic) -> Void
  ) async -> [(Int, Diagnostic)] {
    let results = await withTaskGroup(of: (Int, Diagnostic?).self) { group in
      for (index, item) in items.enumerated() {
        group.addTask {
          do throws(Diagnostic) {
            try await body(item)
            return (index, nil)
          } catch {
            if let name { self.emit(.failed(name: name(item), error)) }
            return (index, error)
          }
        }
      }
      var all: [(Int, Diagnostic)] = []
      for await (index, problem) in group { if let problem { all.append((index, problem)) } }
      return all
    }
    return results.sorted { $0.0 < $1.0 }
  }

  var owned: Set<OwnedObject> { journal.sum.owned }

  /// How long one wait for a machine may take.
  func patience(for name: String) -> Int { timeouts[name] ?? MachineDescription.usualTimeout }
}

/// What did not come about.
package struct FleetFailures: Sendable {
  /// Of machines that the plan has, in its order: the others are as planned.
  package internal(set) var machines: [(name: String, problem: Diagnostic)] = []
  /// Of the environment as a whole, and of what was to be removed.
  package internal(set) var others = Diagnostics()

  package var all: Diagnostics { Diagnostics(machines.map(\.problem) + others.all) }
}

/// How many requests that make something are under way at once.
actor Gate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = max(1, count) }

  func enter() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() { if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() } }
}
