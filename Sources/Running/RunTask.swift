import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// One task on all hosts of a batch, and what follows from its outcomes.

extension Runner {
  func header(_ task: PlayTask, _ host: String?) async -> TaskHeader {
    var name = await name(of: task, host)
    if name?.isEmpty ?? false { name = nil }
    let role = task.role?.role.name
    var title = name ?? task.action
    if name == nil, task.module == "include_role",
      let included = task.arguments.first(where: { ["name", "role"].contains($0.key.string) })
    {
      title += " : \(await rendered(included.value, of: task, host) ?? "")"
    }
    return TaskHeader(
      id: task.id, name: role.map { "\($0) : \(title)" } ?? title, action: task.action,
      module: task.module, role: role, play: world.play.name, location: task.location,
      isHandler: task.isHandler)
  }

  /// The name rendered for the first host; as written where that cannot be done.
  private func name(of task: PlayTask, _ host: String?) async -> String? {
    guard let source = task.name else { return nil }
    return await rendered(source, of: task, host)
  }

  private func rendered(
    _ source: SourceValue, of task: PlayTask, _ host: String?
  ) async -> String? {
    let scope = scope(of: task, host)
    var evaluation = Evaluation(
      tables: tables.tables(for: task), scope: scope, program: program)
    for _ in 0..<100 {
      do {
        return try evaluation.evaluator().render(source)?.string ?? source.text
      } catch {
        guard case .impure(let call) = error else { break }
        let context = LookupContext(
          search: task.search, scope: scope, files: program.files,
          playbookDirectory: world.run.playbookDirectory)
        evaluation.tape.answers.append((call, await program.lookups(call, context)))
      }
    }
    return source.text
  }

  /// True where tags let the task run.
  func selects(_ task: PlayTask) -> Bool {
    world.run.tags.includes(PlaySetup.tags(of: task, world, program))
  }

  func run(
    _ task: PlayTask, on hosts: [String], upcoming: [PlayTask], inRescue: Bool
  ) async throws(Diagnostic) -> [String] {
    refreshLiveHosts()
    try await readVarsFiles(for: hosts)
    let header = await header(task, hosts.first)
    let start = ContinuousClock.now
    defer { book.times.append((header, ContinuousClock.now - start)) }
    if task.module == "meta", let action = metaAction(task), action == .flushHandlers {
      return try await flush(task, header, hosts, inRescue)
    }
    emit(.taskStarted(header))
    let isForAll = try isRunOnce(task, hosts)
    let isOnce = isForAll || isOnceByItself(task)
    let chosen = isOnce ? Array(hosts.prefix(1)) : hosts
    if task.inclusion != nil {
      try await include(
        task, header, on: chosen, of: hosts, upcoming: upcoming, inRescue: inRescue)
      return hosts.filter(isGoing)
    }
    let outcomes = try await perform(task, header, on: chosen, upcoming: upcoming)
    if world.run.verifiesFacts, let fault = await sessions.check.takeFault() { throw fault }
    await sessions.settle(stepped: outcomes.reduce(into: []) { $0.formUnion($1.stepped) })
    for (host, outcome) in zip(chosen, outcomes) {
      try await use(outcome, of: task, header, host, copiedTo: isForAll ? hosts : [host], inRescue)
    }
    for host in resets { await sessions.reset(host) }
    resets = []
    try stopForErrors(task, hosts, isOnce: isOnce, inRescue)
    return hosts.filter(isGoing)
  }

  /// What keywords that are decided once for all hosts see.
  private func scope(of task: PlayTask, _ host: String?) -> TaskScope {
    TaskScope(world: world, host: host ?? "", tables: tables.tables(for: task))
  }

  private func metaAction(_ task: PlayTask) -> MetaAction? {
    task.freeForm?.text.flatMap(MetaAction.init(rawValue:))
  }

  /// Runs on the first host, and what it leaves behind is for all.
  private func isRunOnce(_ task: PlayTask, _ hosts: [String]) throws(Diagnostic) -> Bool {
    try PlaySetup.flag(
      task.setting(.runOnce), "run_once", world, program, in: scope(of: task, hosts.first))
      ?? false
  }

  /// Runs on the first host whatever its keywords say; what it registers is that host's.
  private func isOnceByItself(_ task: PlayTask) -> Bool {
    if ["add_host", "pause"].contains(task.module) { return true }
    return task.module == "meta" && (metaAction(task)?.isForAll ?? false)
  }

  /// All hosts at once, up to `forks`; outcomes in host order.
  func perform(
    _ task: PlayTask, _ header: TaskHeader, on hosts: [String], upcoming: [PlayTask]
  ) async throws(Diagnostic) -> [HostTask.Outcome] {
    let forks = world.run.forks
    let throttle =
      try PlaySetup.integer(
        task.setting(.throttle), "throttle", world, program, in: scope(of: task, hosts.first))
      ?? 0
    let limit = max(1, throttle > 0 ? min(forks, throttle) : forks)
    var othersSteps: [String: Int] = [:]
    if world.run.verifiesFacts {
      for host in hosts { othersSteps[host] = await sessions.check.steps(besides: host) }
    }
    let works = hosts.map { host in
      HostTask(
        tables: tables.tables(for: task), header: header, host: host, world: world,
        program: program, sessions: sessions, upcoming: upcoming,
        isAlone: hosts.count == 1, ask: ask, othersSteps: othersSteps[host] ?? 0,
        scoutTables: tables, emit: emit)
    }
    return await withTaskGroup(of: (Int, HostTask.Outcome).self) { group in
      var outcomes = [HostTask.Outcome?](repeating: nil, count: works.count)
      var next = 0
      func start() {
        let index = next
        let work = works[index]
        group.addTask { (index, await work.run()) }
        next += 1
      }
      while next < min(limit, works.count) { start() }
      for await (index, outcome) in group {
        outcomes[index] = outcome
        if next < works.count { start() }
      }
      return outcomes.compactMap { $0 }
    }
  }

  // MARK: - Outcomes

  func use(
    _ outcome: HostTask.Outcome, of task: PlayTask, _ header: TaskHeader, _ host: String,
    copiedTo all: [String], _ inRescue: Bool, countsAsFailed: Bool = false
  ) async throws(Diagnostic) {
    var result = outcome.result
    // A file that cannot be included counts as a failure, as with Ansible, though it is rescued.
    result.isRescued = result.status == .failed && inRescue && !countsAsFailed
    if task.module == "meta", result.status != .failed {
      if result.status == .skipped {
        emit(.taskFinished(host: host, header, result))
      } else {
        try await direct(outcome.effects, host, task)
      }
      return
    }
    // What is new in an inventory notifies nobody, as in Ansible.
    let isChanged = result.values["changed"]
    try add(outcome.effects.filter(\.isAddition), &result, of: task)
    for item in result.items ?? [] { emit(.itemFinished(host: host, header, item)) }
    emit(.taskFinished(host: host, header, result))
    count(result, host)
    for other in all {
      if let name = task.register {
        world.hosts[other]?.assigned[name] = .value(result.value)
      }
    }
    for effect in outcome.effects { try carryOut(effect, of: host, all) }
    if result.status != .skipped, let role = task.role, let key = role.duplicateKey {
      book.rolesRun[host, default: [:]][key] = role.id
    }
    let mayBeChanged: Bool =
      if case .unknown? = isChanged { true } else { isChanged == .bool(true) }
    if mayBeChanged, result.status == .changed || result.status == .ok {
      try notify(task, host: host, result)
    }
    switch result.status {
    case .failed:
      book.failed.insert(host)
      // Until the end of the run, as Ansible keeps them.
      if inRescue {
        book.rescuing.insert(host)
        let failed = failedTask(task, header, host)
        world.hosts[host]?.failure = [
          "ansible_failed_task": .value(failed),
          "ansible_failed_result": .value(result.value),
        ]
      }
      if !inRescue { book.hasFailed = true }
    case .unreachable:
      book.unreachable.insert(host)
      book.hasLost = true
    default: break
    }
  }

  /// The task by Ansible's names: its arguments as they were for the host where neither an item of a
  /// loop nor a lookup is needed for that, the rest as written.
  private func failedTask(_ task: PlayTask, _ header: TaskHeader, _ host: String) -> Value {
    let evaluator = Evaluation(
      tables: tables.tables(for: task), scope: scope(of: task, host), program: program
    ).evaluator()
    func rendered(_ source: SourceValue) -> Value {
      ((try? evaluator.render(source)) ?? nil) ?? source.plain
    }
    var arguments = ValueMap()
    for entry in task.arguments { arguments[entry.key] = rendered(entry.value) }
    if let text = task.freeForm { arguments["_raw_params"] = rendered(text) }
    var variables = ValueMap()
    for entry in task.keywords.vars { variables[entry.key] = entry.value.plain }
    func plain(_ keyword: Keyword) -> Value { task.setting(keyword)?.plain ?? .null }
    func list(_ sources: [SourceValue]) -> Value { .list(sources.map(\.plain)) }
    var name = task.name == nil ? "" : header.name
    if let role = header.role, name.hasPrefix(role + " : ") {
      name.removeFirst(role.count + 3)
    }
    var plugin: Value = .null
    if case .lookup(let lookup)? = task.loop?.kind { plugin = .string(lookup) }
    return [
      "name": .string(name), "action": .string(task.action), "args": .map(arguments),
      "loop": task.loop?.value.plain ?? .null, "loop_with": plugin,
      "when": list(task.conditions), "tags": list(task.tags), "notify": list(task.notify),
      "register": task.register.map { .string($0) } ?? .null,
      "until": list(task.until), "retries": task.retries?.plain ?? .null,
      "delay": task.delay?.plain ?? 5, "changed_when": list(task.changedWhen),
      "failed_when": list(task.failedWhen), "async": task.async?.plain ?? 0,
      "poll": task.poll?.plain ?? 15, "delegate_to": plain(.delegateTo),
      "run_once": plain(.runOnce), "ignore_errors": plain(.ignoreErrors),
      "become": plain(.become), "become_user": plain(.becomeUser), "no_log": plain(.noLog),
      "check_mode": plain(.checkMode), "vars": .map(variables),
    ]
  }

  private func count(_ result: TaskResult, _ host: String) {
    book.count(host) { stats in
      switch result.status {
      case .ok: stats.ok += 1
      case .changed:
        stats.ok += 1
        stats.changed += 1
      case .skipped: stats.skipped += 1
      case .failed: if result.isRescued { stats.rescued += 1 } else { stats.failed += 1 }
      case .unreachable: stats.unreachable += 1
      case .ignored:
        stats.ok += 1
        stats.ignored += 1
        if result.values["changed"] == true { stats.changed += 1 }
      }
    }
    if result.rows.isEmpty, result.status == .ok { book.planned.unchanged += 1 }
    for row in result.rows {
      switch row.kind {
      case .change: book.planned.changes += 1
      case .opaque: book.planned.opaque += 1
      case .conditional: book.planned.conditional += 1
      }
    }
  }

  /// - Parameter all: the hosts that share what the task does to its own host.
  private func carryOut(_ effect: Effect, of host: String, _ all: [String]) throws(Diagnostic) {
    switch effect {
    case .assign(_, let target), .learn(_, let target), .include(_, let target):
      for other in target == host ? all : [target] { world.hosts[other]?.take(effect) }
    case .addHost, .groupBy, .meta, .pause: break
    }
  }

  private func direct(
    _ effects: [Effect], _ host: String, _ task: PlayTask
  ) async throws(Diagnostic) {
    for case .meta(let action) in effects {
      switch action {
      case .noop, .flushHandlers: break
      case .refreshInventory: try await refreshInventory()
      case .endPlay: flow.endsPlay = true
      case .endBatch: flow.endsBatch = true
      case .endHost: flow.endedHosts.insert(host)
      case .endRole: flow.endedRoles[host] = task.role?.id
      case .clearFacts:
        for other in world.play.allHosts { world.hosts[other]?.forgetFacts() }
        gathered.subtract(world.play.allHosts)
      case .clearHostErrors:
        book.failed = []
        book.unreachable = []
        book.hasFailed = false
        book.hasLost = false
      case .resetConnection: resets.insert(host)
      }
    }
  }

  /// `any_errors_fatal` and `max_fail_percentage`: all hosts of the batch fail together.
  func stopForErrors(
    _ task: PlayTask, _ hosts: [String], isOnce: Bool, _ inRescue: Bool
  ) throws(Diagnostic) {
    let batch = fullBatch
    let out = batch.filter(book.failed.contains)
    guard hosts.contains(where: book.isOut) else { return }
    var isFatal =
      try PlaySetup.flag(
        task.setting(.anyErrorsFatal), "any_errors_fatal", world, program,
        in: scope(of: task, hosts.first)) ?? world.run.anyErrorsFatal
    // A host that a rescue may take back does not count.
    if !inRescue,
      let limit = try PlaySetup.percentage(
        play?.maxFailPercentage, "max_fail_percentage", world, program)
    {
      let isExceeded = Double(out.count) * 100 / Double(max(1, batch.count)) > limit
      isFatal = isFatal || isExceeded
      if isExceeded { emit(.noMoreHosts) }
    }
    if isFatal {
      for host in hosts { book.failed.insert(host) }
    } else if isOnce {
      // The others are out as well, without a failure of their own and without a rescue.
      for host in hosts where !book.failed.contains(host) { book.dropped.insert(host) }
    }
  }

  /// The hosts that tasks see as those of the play: a host on its way to a rescue is one of them.
  func refreshLiveHosts() {
    func isLive(_ host: String) -> Bool {
      !flow.endedHosts.contains(host) && (!book.isOut(host) || book.rescuing.contains(host))
    }
    let live = world.play.allHosts.filter(isLive)
    if live != world.play.liveHosts { world.play.liveHosts = live }
    let batch = fullBatch.filter(isLive)
    if batch != world.play.batch { world.play.batch = batch }
  }
}
