import ModuleKit
import Transport
import Values

/// One machine during a run: its connection, what is known of it by each identity, and the imagined
/// effects of a plan.
///
/// Facts are forgotten when something may have changed them: after a step of its own, after a task
/// in which another machine stepped, and 30 seconds after they were asked.
package actor HostSession {
  package nonisolated let name: String
  private let endpoint: Endpoint
  nonisolated var isLocal: Bool { endpoint.kind == .local }
  private let connector: Connector
  private let gate: StepGate
  private var opening: Task<any Connection, any Error>?
  private var tables: [Identity: FactTable] = [:]
  private var oldest: [Identity: ContinuousClock.Instant] = [:]
  private(set) var overlay = Overlay()
  /// Counts steps that were sent: the engine compares it before and after a task.
  private(set) var stepsSent = 0
  private(set) var requestsSent = 0
  /// Changes whenever steps begin or end.
  private var generation = 0
  private var isStepping = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// In a plan: facts as imagined steps leave them, for every identity, and whatever is forgotten.
  private var imagined: [ImaginedFact] = []
  /// The tables with the imagined facts over them, made when they are first looked at.
  private var laidOver: [Identity: FactTable] = [:]
  /// In a plan: something opaque was imagined, so that what is read may no longer hold.
  private(set) var isAssumed = false
  /// In a plan: changes were imagined that what really runs here cannot see.
  private(set) var hasImagined = false
  /// How many evaluations the next look behind a step may cost: few after a change, then more.
  private var reach = 4

  /// - Parameter gate: shared by all sessions of the machine.
  init(name: String, endpoint: Endpoint, connector: Connector, gate: StepGate) {
    self.name = name
    self.endpoint = endpoint
    self.connector = connector
    self.gate = gate
  }

  private func connection() async throws(ConnectionFailure) -> any Connection {
    let task: Task<any Connection, any Error>
    if let opening {
      task = opening
    } else {
      let connector = connector
      let endpoint = endpoint
      task = Task { try await connector.connect(endpoint, prelude: Prelude.text) }
      opening = task
    }
    do {
      return try await task.value
    } catch {
      // Another waiter may have begun a new one.
      if opening == task { opening = nil }
      throw error as? ConnectionFailure
        ?? ConnectionFailure(.connect, .lost, "the connection failed: \(error)")
    }
  }

  /// What is known now; facts older than 30 seconds are forgotten first.
  ///
  /// - Parameter seesImagined: false gives the host's own answers alone, for what really runs there.
  func view(
    _ identity: Identity, seesImagined: Bool = true
  ) -> (table: FactTable, overlay: Overlay) {
    if let asked = oldest[identity], ContinuousClock.now - asked > .seconds(30) {
      tables[identity] = nil
      oldest[identity] = nil
      laidOver[identity] = nil
    }
    var table = tables[identity] ?? FactTable()
    guard seesImagined, !imagined.isEmpty else { return (table, overlay) }
    if let known = laidOver[identity] { return (known, overlay) }
    for fact in imagined { fact.imagine(in: &table) }
    laidOver[identity] = table
    return (table, overlay)
  }

  /// Asks for facts in one round trip.
  ///
  /// - Returns: false if steps of another task ran meanwhile: what was read may be older, and is
  ///   forgotten.
  /// - Parameter limit: the time that the request may take, if the task says so.
  func ask(
    _ facts: [any Fact], identity: Identity, exports: String, limit: Duration? = nil
  ) async throws(ConnectionFailure) -> Bool {
    guard !facts.isEmpty else { return true }
    let began = generation
    var exchange = Exchange(limit: limit)
    let groups = batches(facts)
    let numbers = groups.map { exchange.read($0, exports: exports) }
    let sections = try await send(exchange, identity: identity, isFresh: false).sections
    guard generation == began else { return false }
    // Time was let pass: what was read before is older than what it was waited for.
    if facts.contains(where: { type(of: $0).polls }) { forgetAll() }
    keep(groups, numbers, sections, identity)
    return true
  }

  /// Reads facts into a table of their own; ours stays as it is.
  func readAgain(
    _ facts: [any Fact], identity: Identity, exports: String
  ) async throws(ConnectionFailure) -> FactTable {
    var exchange = Exchange()
    let groups = batches(facts)
    let numbers = groups.map { exchange.read($0, exports: exports) }
    let sections = try await send(exchange, identity: identity, isFresh: false).sections
    var table = FactTable()
    keep(groups, numbers, sections, in: &table)
    return table
  }

  private func beginStep() async {
    guard isStepping else {
      isStepping = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func endStep() {
    if waiting.isEmpty { isStepping = false } else { waiting.removeFirst().resume() }
  }

  /// Takes steps, then asks for facts, in one round trip.
  ///
  /// - Returns: nil if the facts that the steps were planned on no longer hold: nothing was done.
  func take(
    _ steps: [StepScript], deadline: Duration, isFresh: Bool, basis: [any Fact],
    plannedOn table: FactTable, thenAsk facts: [any Fact], identity: Identity, exports: String,
    limit: Duration? = nil
  ) async throws(ConnectionFailure) -> [StepOutput.Known]? {
    var exchange = Exchange(limit: limit)
    // Of the table that was planned on: another task may have emptied ours meanwhile.
    let lines = basis.compactMap { fact in
      type(of: fact).freshness == .local ? table.line(of: fact).map { (fact, $0) } : nil
    }
    let guardSection = exchange.take(
      steps, deadline: deadline, basis: lines, exports: exports)
    let groups = batches(facts)
    let numbers = groups.map { exchange.read($0, exports: exports) }
    // A guard and its steps are one: another task's must not come between them.
    if !lines.isEmpty { await beginStep() }
    defer { if !lines.isEmpty { endStep() } }
    // A command may wait for what another one does; steps on files never do.
    let isGated = !lines.isEmpty && !steps.contains(where: \.isUserCommand)
    if isGated { await gate.enter() }
    defer { if isGated { gate.leave() } }
    stepsSent += 1
    generation += 1
    forgetAll()
    let answer: Answer
    do {
      answer = try await send(exchange, identity: identity, isFresh: isFresh)
    } catch {
      generation += 1
      forgetAll()
      throw error
    }
    // Facts that others asked for while the steps ran may be older than the steps.
    generation += 1
    forgetAll()
    let sections = answer.sections
    keep(groups, numbers, sections, identity)
    guard sections.indices.contains(guardSection), sections[guardSection]?.status == 0 else {
      return nil
    }
    var outputs: [StepOutput.Known] = []
    for section in sections[(guardSection + 1)...].prefix(steps.count) {
      guard let section else {
        // Behind a step that failed none is taken. A step without an end may have done anything:
        // it is never taken again.
        if let last = outputs.last, last.status != 0 { break }
        throw ConnectionFailure(
          .run, .lost, "the shell on the host ended while a step ran",
          hint: "what the step did is not known", isUnreachable: false,
          output: ShellReply(status: answer.status, stdout: [], stderr: []))
      }
      outputs.append(
        .init(
          status: section.status, stdout: StepScript.told(section.stdout),
          stderr: StepScript.told(section.stderr)))
    }
    return outputs
  }

  /// In a plan: as if the steps had been taken.
  func imagine(_ steps: [Step], identity: Identity) {
    hasImagined = true
    for step in steps {
      overlay.imagine(step)
      guard case .run(let run) = step, case .makes(let facts) = run.effect else { continue }
      imagined += facts
      laidOver = [:]
    }
  }

  func assume() { isAssumed = true }

  /// Behind a plan: what was imagined is forgotten.
  func beginAgain() {
    overlay = Overlay()
    imagined = []
    isAssumed = false
    hasImagined = false
    requestsSent = 0
    forgetAsked()
  }

  /// In a plan: an earlier task changes this account, or makes it.
  func hasImagined(user name: String) -> Bool {
    imagined.contains { ($0.fact as? UserFact)?.name == name }
  }

  func nextReach() -> Int {
    reach = min(reach * 2, Scout.fullReach)
    return reach
  }

  func forgetAll() {
    tables = [:]
    oldest = [:]
    laidOver = [:]
  }

  /// Forgets what must be read at its task's turn.
  func forgetAsked() {
    for key in tables.keys { tables[key]?.forgetAsked() }
    laidOver = [:]
  }

  func close() async {
    guard let opening else { return }
    self.opening = nil
    if let connection = try? await opening.value { await connection.close() }
  }

  private func send(
    _ exchange: Exchange, identity: Identity, isFresh: Bool
  ) async throws(ConnectionFailure) -> Answer {
    let connection = try await connection()
    requestsSent += 1
    let reply = try await connection.run(exchange.request(identity: identity, isFresh: isFresh))
    return Answer(sections: exchange.sections(of: reply), status: reply.status)
  }

  private struct Answer {
    var sections: [Exchange.Section?]
    /// Of the whole request: other than 0 where its shell was ended.
    var status: Int32
  }

  private func keep(
    _ groups: [any FactBatch], _ numbers: [Int], _ sections: [Exchange.Section?],
    _ identity: Identity
  ) {
    var table = tables[identity] ?? FactTable()
    tables[identity] = nil
    laidOver[identity] = nil
    keep(groups, numbers, sections, in: &table)
    tables[identity] = table
    if oldest[identity] == nil { oldest[identity] = .now }
  }

  private func keep(
    _ groups: [any FactBatch], _ numbers: [Int], _ sections: [Exchange.Section?],
    in table: inout FactTable
  ) {
    for (group, number) in zip(groups, numbers) {
      let section = sections.indices.contains(number) ? sections[number] : nil
      let text = String(decoding: section?.stdout ?? [], as: UTF8.self)
      if section == nil || !group.keep(text, in: &table) {
        for fact in group.facts { table.setUnreadable(fact) }
      }
    }
  }
}
