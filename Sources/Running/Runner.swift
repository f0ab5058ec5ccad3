import Diagnostics
import Inventories
import ModuleKit
import OrderedCollections
import Playbooks
import Templating
import Transport
import Values

/// The plain loop: plays in order, tasks in order, all hosts at one task. The only place where
/// outcomes are used, in host order. Owned by one task.
package final class Runner {
  let program: Program
  let sessions: Sessions
  let loader: Loader
  let emit: @Sendable (Event) -> Void
  /// The plan before this run.
  let rehearsed: Rehearsal?
  /// This is a plan behind which the same will be run: connections stay open.
  package var isRehearsal = false
  var answersGiven: [SourceLocation: [Variable]] = [:]
  let tables: TaskTablesCache
  /// Nil without a terminal.
  package var ask: Asking?
  /// Reads the inventory anew, for `meta: refresh_inventory`.
  package var reload: (@Sendable () async throws(Diagnostics) -> Inventory)?
  /// Makes the run end behind the task that is under way, with the recap and status 99.
  package let stop = StopRequest()
  var world: World
  var inventory: Inventory
  var book = RunBook()
  /// The play that runs.
  var play: Play?
  var handlers = HandlerBook()
  var flow = Flow()
  /// The hosts whose facts a play gathered.
  var gathered: Set<String> = []
  /// The hosts with which the batch began.
  var fullBatch: [String] = []
  /// How deep includes are nested.
  var depth = 0
  /// Reads `vars_files` of the play that runs.
  var varsFiles: VarsFilesReader?
  /// What tasks added to the inventory, in order.
  var additions: [Effect] = []
  /// Hosts whose connections are to be made anew.
  var resets: Set<String> = []

  package init(
    program: Program, connector: Connector, loader: Loader, world: World, inventory: Inventory,
    after rehearsal: Rehearsal? = nil, emit: @escaping @Sendable (Event) -> Void
  ) {
    self.program = program
    self.loader = loader
    tables = TaskTablesCache(told: loader.warnings)
    self.world = world
    self.inventory = inventory
    self.emit = emit
    rehearsed = rehearsal
    sessions = rehearsal?.sessions ?? Sessions(connector: connector)
  }

  /// Runs all plays.
  ///
  /// - Throws: what ends a run as an error in a file would: an unknown handler, a bad include.
  package func run(_ playbooks: [Playbook]) async -> Recap {
    let start = ContinuousClock.now
    emit(
      .runStarted(
        RunHeader(
          mode: world.run.mode, playbooks: playbooks.map(\.path),
          isDiffShown: world.run.isDiffShown)))
    if let rehearsed { await sessions.beginAgain(after: rehearsed) }
    var stopped: Diagnostic?
    for host in inventory.hostNames { learn(host) }
    refreshGroups()
    do {
      for playbook in playbooks {
        for play in playbook.plays {
          guard !flow.endsRun else { break }
          try await run(play)
        }
      }
    } catch {
      stopped = error
      emit(.diagnostic(error))
    }
    if stopped == nil, !stop.isMade, let warning = book.missedStart(world) {
      emit(.diagnostic(warning))
    }
    let recap = await recap(start, stopped)
    if !isRehearsal { await sessions.close() }
    emit(.runFinished(recap))
    return recap
  }

  private func recap(_ start: ContinuousClock.Instant, _ stopped: Diagnostic?) async -> Recap {
    let code: Int32 =
      if let stopped { stopped.exitCode ?? 1 } else if stop.isMade { 99 } else if book.hasLost {
        4
      } else if book.hasFailed {
        2
      } else {
        0
      }
    return Recap(
      hosts: book.hosts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      slowest: book.times.sorted { $0.elapsed > $1.elapsed },
      roundTrips: await sessions.roundTrips(), elapsed: ContinuousClock.now - start,
      planned: book.planned, exitCode: code)
  }

  // MARK: - Plays

  private func run(_ play: Play) async throws(Diagnostic) {
    self.play = play
    book.rescuing = []
    world.play = PlayContext()
    world.play.directory = play.directory
    world.run.playbookDirectory = play.directory
    world.play.vars = RankTable(
      play.keywords.vars.table.merging(play.vars.table) { $1 })
    varsFiles = VarsFilesReader(play)
    let pattern = try PlaySetup.pattern(play, world, program)
    world.play.name = try PlaySetup.name(play, world, program) ?? pattern
    for scope in play.roleScopes { world.play.see(scope) }
    world.play.prompted = RankTable(try await answers(to: play.varsPrompt))
    let matching = try inventory.hosts(matching: pattern, limit: world.run.limit)
    let all = try PlaySetup.ordered(matching, play, world, program)
    for host in all where world.hosts[host] == nil { learnHost(host) }
    var header = PlayHeader(name: world.play.name, hosts: all, location: play.location)
    guard !all.isEmpty else {
      emit(.playSkipped(header))
      return
    }
    let batches = try PlaySetup.batches(all, play, world, program)
    world.play.allHosts = matching
    for batch in batches {
      let live = batch.filter { !book.isOut($0) }
      header.hosts = live
      emit(.playStarted(header))
      guard !live.isEmpty else { continue }
      try await run(batch: live, of: play)
      if flow.endsPlay || flow.endsRun { break }
      // A batch that was whole and of which nothing is left ends the run, not only the play.
      if live.count == batch.count, live.allSatisfy({ book.isOut($0) }) {
        flow.endsRun = true
        break
      }
    }
    flow.endsPlay = false
    flow.endedHosts = []
  }

  private func run(batch: [String], of play: Play) async throws(Diagnostic) {
    fullBatch = batch
    refreshLiveHosts()
    handlers = HandlerBook(play, world, program)
    flow = Flow()
    let factsTask =
      try PlaySetup.gathers(play, world, program) ? loader.factsTask(of: play) : nil
    try await readVarsFiles(for: batch, isQuiet: factsTask != nil)
    var alive = batch
    if let task = factsTask {
      // Under `smart` a host is asked once in a run.
      let known = world.run.gathering == .smart ? alive.filter(gathered.contains) : []
      let due = alive.filter { !known.contains($0) }
      if !due.isEmpty {
        let asked = try await run(
          task, on: due, upcoming: flat(play.sections.flatMap(\.nodes)), inRescue: false)
        gathered.formUnion(asked)
        alive = alive.filter { known.contains($0) || asked.contains($0) }
      }
    }
    for (index, section) in play.sections.enumerated() {
      let later = play.sections[(index + 1)...].flatMap(\.nodes)
      alive = try await run(
        section.nodes, on: alive.filter(isGoing), following: flat(later), rescued: false)
      heedStop()
      guard !flow.endsPlay, !flow.endsBatch else { return }
      try await flushHandlers(batch, isForced: try forces(play))
    }
  }

  private func forces(_ play: Play) throws(Diagnostic) -> Bool {
    if world.run.forcesHandlers { return true }
    return try PlaySetup.flag(play.forceHandlers, "force_handlers", world, program) ?? false
  }

  private func heedStop() {
    guard stop.isMade else { return }
    flow.endsPlay = true
    flow.endsRun = true
  }

  /// Neither failed nor ended.
  func isGoing(_ host: String) -> Bool {
    !book.isOut(host) && !flow.endedHosts.contains(host) && flow.endedRoles[host] == nil
      && !flow.endsPlay && !flow.endsBatch
  }

  // MARK: - Nodes

  func flat(_ nodes: [TaskNode]) -> [PlayTask] {
    nodes.flatMap { node -> [PlayTask] in
      switch node {
      case .task(let task): selects(task) ? [task] : []
      case .block(let block): flat(block.body + block.always)
      }
    }
  }

  /// Runs nodes in order; gives the hosts that are still going.
  func run(
    _ nodes: [TaskNode], on hosts: [String], following: [PlayTask], rescued: Bool
  ) async throws(Diagnostic) -> [String] {
    var alive = hosts
    for (index, node) in nodes.enumerated() {
      heedStop()
      alive = alive.filter(isGoing)
      guard !alive.isEmpty else { return [] }
      let rest = flat(Array(nodes[(index + 1)...])) + following
      switch node {
      case .task(let task):
        guard selects(task), book.startsAt(task, world) else { continue }
        alive = try await run(task, on: alive, upcoming: rest, inRescue: rescued)
      case .block(let block):
        alive = try await run(block, on: alive, following: rest, rescued: rescued)
      }
    }
    return alive.filter(isGoing)
  }

  private func run(
    _ block: Block, on hosts: [String], following: [PlayTask], rescued: Bool
  ) async throws(Diagnostic) -> [String] {
    var entering = hosts
    if case .role(let scope) = block.kind, let key = scope.duplicateKey {
      entering = hosts.filter { !(book.rolesRun[$0]?[key].map { $0 != scope.id } ?? false) }
    }
    let standing = hosts.filter { !entering.contains($0) }
    let after = flat(block.always) + following
    var alive = try await run(
      block.body, on: entering, following: after, rescued: rescued || !block.rescue.isEmpty)
    var failed = entering.filter { book.failed.contains($0) && !book.unreachable.contains($0) }
    if !block.rescue.isEmpty, !failed.isEmpty {
      for host in failed {
        book.failed.remove(host)
        book.rescuing.remove(host)
      }
      let saved = try await run(
        block.rescue, on: failed, following: after, rescued: rescued)
      failed = failed.filter { book.failed.contains($0) }
      alive = entering.filter { alive.contains($0) || saved.contains($0) }
    }
    if !block.always.isEmpty {
      for host in failed { book.failed.remove(host) }
      let all = entering.filter { alive.contains($0) || failed.contains($0) }
      let through = try await run(block.always, on: all, following: following, rescued: rescued)
      book.failed.formUnion(failed)
      alive = through.filter { !failed.contains($0) }
    }
    if case .role(let scope) = block.kind {
      let ended = entering.filter { flow.endedRoles[$0] == scope.id }
      for host in ended { flow.endedRoles[host] = nil }
      alive += ended
    }
    return hosts.filter { (standing.contains($0) || alive.contains($0)) && isGoing($0) }
  }

  // MARK: - Hosts

  func learnHost(_ host: String) {
    learn(host)
    refreshGroups()
  }

  private func learn(_ host: String) {
    var layers = inventory.layers(ofHost: host)
    // The made-up localhost is this machine; one that the inventory names is reached as any host.
    if !inventory.hasHost(host) { layers.insert(["ansible_connection": .value("local")], at: 0) }
    world.hosts[host] = HostVariables(
      inventory: layers, groupNames: inventory.groupNames(ofHost: host))
  }

  func refreshGroups() {
    world.groups = OrderedDictionary(
      inventory.hostsByGroup.map { ($0.group, $0.hosts) }, uniquingKeysWith: { $1 })
  }
}

/// Where the flow of a play stands.
struct Flow {
  var endsRun = false
  var endsPlay = false
  var endsBatch = false
  var endedHosts: Set<String> = []
  /// The use of a role that `end_role` has ended, by host.
  var endedRoles: [String: Int] = [:]
}

/// What is counted and remembered of hosts over the whole run.
struct RunBook {
  private(set) var hosts: [String: HostStats] = [:]
  var failed: Set<String> = []
  var unreachable: Set<String> = []
  /// Failed in a block whose rescue is still to come.
  var rescuing: Set<String> = []
  /// Out because a task that ran once failed on another host.
  var dropped: Set<String> = []
  /// The uses of roles of which a task has run, by duplicate key.
  var rolesRun: [String: [String: Int]] = [:]
  var times: [(task: TaskHeader, elapsed: Duration)] = []
  var planned = PlanCounts()
  var hasFailed = false
  /// A host was unreachable, and no task has taken it back.
  var hasLost = false

  func isOut(_ host: String) -> Bool {
    failed.contains(host) || unreachable.contains(host) || dropped.contains(host)
  }

  /// The task of `--start-at-task` was met, or none was named.
  var hasStarted = false

  /// The names of tasks that stood before it.
  private var passed: [String] = []

  /// The task of `--start-at-task` was not among those that the run came by.
  func missedStart(_ world: World) -> Diagnostic? {
    guard !hasStarted, !passed.isEmpty, let pattern = world.run.startAtTask else { return nil }
    let hint = suggestion(for: pattern, among: passed).map { "did you mean `\($0)`?" }
    return .warning(
      "there is no task `\(pattern)` to start at: none has run",
      hint: hint ?? "`--list-tasks` lists them; those of files that a task includes are not found")
  }

  /// False for what stands before the task of `--start-at-task`.
  mutating func startsAt(_ task: PlayTask, _ world: World) -> Bool {
    guard !hasStarted else { return true }
    guard let pattern = world.run.startAtTask, !task.isStart(pattern) else {
      hasStarted = true
      return true
    }
    if task.module == "setup", task.name?.text == "Gathering Facts" { return true }
    passed += [task.writtenName, task.fullName].compactMap { $0 }
    return false
  }

  mutating func count(_ host: String, _ change: (inout HostStats) -> Void) {
    change(&hosts[host, default: HostStats()])
  }
}
