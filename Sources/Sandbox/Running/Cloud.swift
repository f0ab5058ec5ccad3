/// The running cloud: one request after the other changes the world, each in one transaction of the
/// database; jobs go to the backend beside them.
package actor Cloud {
  private(set) var world: World
  private let store: Store
  private let backend: any MachineBackend
  private let token: String
  private let machines: Int
  private let encode = RowEncoder()
  private var counts: [String: Int] = [:]
  private var timer: Task<Void, Never>?
  /// The last call to the backend for each server; calls of one follow each other.
  private var calls: [Int: Task<Void, Never>] = [:]
  private let boots = Turnstile(4)
  private var stopWaiter: CheckedContinuation<Void, Never>?
  private var isStopped = false
  /// While machines are removed nothing else may begin: no request, no job.
  private var isResetting = false

  /// Loads what the database has, or plants a new cloud.
  package init(
    path: String, backend: any MachineBackend, token: String, machines: Int,
    change: @Sendable (inout Settings) -> Void
  ) async throws {
    store = try Store(path: path)
    self.backend = backend
    self.token = token
    self.machines = machines
    var settings = Settings()
    if let note = try store.note("settings"), let kept: Settings = RowDecoder()(note) {
      settings = kept
    }
    var lasting = settings
    change(&settings)
    world = World(settings: settings)
    if let note = try store.note("kind"), let kept: MachineKind = RowDecoder()(note),
      kept != backend.kind
    {
      throw MachineFailure(
        "the machines of this state are \(kept.rawValue), not \(backend.kind.rawValue): `reset` ends them"
      )
    }
    let rows = try store.rows()
    for row in rows {
      guard world.load(row, RowDecoder()) else {
        throw MachineFailure("the state is of another version of this program; reset it")
      }
    }
    world.now = clock
    if rows.isEmpty {
      world.plant(
        Seed(token: token, machines: machines, publicNetwork: try await backend.publicNetwork()))
      lasting.defaultNetworks = world.settings.defaultNetworks
      try store.write(Store.Change(notes: ["settings": encode(lasting) ?? []]))
    }
    world.indexHoldings()
    world.restartCalls()
    world.request = (try store.note("request")).flatMap { RowDecoder()($0) } ?? 0
    try await adopt()
    try store.write(Store.Change(notes: ["kind": encode(backend.kind) ?? []]))
    try persist()
  }

  private func adopt() async throws {
    let known = world.servers.rows.values.filter { !$0.isDeleted }
    let states = try await backend.adopt(known: Set(known.map(\.machineID)))
    // Without real machines the recorded state is all there is.
    guard backend.kind == .real else { return }
    for server in known where server.activity != .destroying {
      switch states[server.machineID] ?? .absent {
      case .running:
        if server.activity == nil, server.status == .stopped { world.halt(server.id) }
      case .stopped:
        if server.activity == nil, server.status == .active { world.noteStopped(server) }
      case .absent:
        // One that is being made is made again.
        if server.hasMachine, server.status != .error { world.noteLost(server) }
      }
    }
  }

  package func listens(at base: String) {
    world.base = base
    world.pictures = Pictures()
    advance()
  }

  private var clock: Double {
    world.settings.frozenAt ?? (Platform.now() + world.settings.clockOffset)
  }

  // MARK: Requests

  func answer(_ request: Request) async -> Delivery {
    world.request += 1
    let path = "/" + request.path.joined(separator: "/")
    let destination: Destination
    do throws(APIFault) {
      destination = try Route.find(request, world.settings)
    } catch {
      counts["unknown", default: 0] += 1
      return .whole(Reply(error))
    }
    counts[destination.operation, default: 0] += 1
    if isResetting, !Self.answeredAtAnyTime.contains(destination.operation) {
      return .whole(Reply(Self.resetting))
    }
    if request.path.first == "sandbox" { return .whole(await control(request, destination)) }
    let rule = world.faults.take(
      method: request.method, path: path, operation: destination.operation)
    guard case .exchange(let fault)? = rule?.action else {
      return .whole(perform(request, destination))
    }
    return await spoil(fault, request, destination)
  }

  private static let resetting = APIFault.unavailable("The sandbox is being reset")
  private static let answeredAtAnyTime: Set = ["sandbox.status", "sandbox.stop"]

  /// Carries out a request under a fault.
  private func spoil(
    _ fault: ExchangeFault, _ request: Request, _ destination: Destination
  ) async -> Delivery {
    switch fault {
    case .dropBefore: return .nothing
    case .dropAfter:
      _ = perform(request, destination)
      return .nothing
    case .status(let code, let retryAfter, let isAfter):
      if isAfter { _ = perform(request, destination) }
      let name = code == 503 ? "serviceUnavailable" : "internalServerError"
      var reply = Reply(APIFault(name, code, "Unexpected error"))
      if let retryAfter { reply.headers.append(("Retry-After", String(retryAfter))) }
      return .whole(reply)
    case .delay(let seconds):
      try? await Task.sleep(for: .seconds(seconds))
      return .whole(perform(request, destination))
    case .html(let code): return .whole(.page(code))
    case .truncate: return .half(perform(request, destination))
    case .wrongType: return .whole(perform(request, destination).wronglyTyped)
    case .slow(let rate): return .slow(perform(request, destination), bytesPerSecond: rate)
    case .endless: return .endless(perform(request, destination))
    case .redirect(let location):
      return .whole(Reply(307, headers: [("Location", location)]))
    case .unknownState(let state):
      return .whole(perform(request, destination).withStatus(state))
    case .effect(let effect):
      try? world.apply(effect)
      return .whole(perform(request, destination))
    }
  }

  /// One transaction: everything the handler changed, or nothing.
  private func perform(_ request: Request, _ destination: Destination) -> Reply {
    // A fault may have held it up until now.
    guard !isResetting else { return Reply(Self.resetting) }
    advance()
    do throws(APIFault) {
      var session = Session(user: "", defaultProject: "")
      if !destination.isOpen { session = try world.session(request) }
      let call = Call(request: request, session: session, arguments: destination.arguments)
      let reply = try destination.handler(&world, call)
      do {
        try persist()
      } catch {
        world.rollback()
        return Reply(.unexpected)
      }
      advance()
      return reply
    } catch {
      world.rollback()
      return Reply(error)
    }
  }

  // MARK: Jobs

  /// Brings the world to the present: jobs that are due end, waiting ones go to the backend.
  private func advance() {
    guard !isResetting else { return }
    world.now = clock
    world.finishDue()
    let jobs = world.takeWaiting()
    do {
      try persist()
    } catch {
      // Nothing was written, so nothing happened; the next turn tries again.
      world.rollback()
      return
    }
    for job in jobs { call(job) }
    arm()
  }

  private func call(_ job: Job) {
    let key = job.kind.machine ?? job.server ?? -job.id
    let earlier = calls[key]
    let request = world.call(for: job)
    // Each boot takes the computer's processors for seconds.
    let turn: Turnstile? = if case .create = request, backend.kind == .real { boots } else { nil }
    calls[key] = Task { [backend] in
      await earlier?.value
      await turn?.enter()
      var failure: String?
      do {
        try await request.perform(on: backend)
      } catch let error as MachineFailure {
        failure = error.message
      } catch {
        failure = "\(error)"
      }
      await turn?.leave()
      self.called(job, failure)
    }
  }

  /// Waits for the backend, so that what the clock has made due has ended.
  private func settle() async {
    for _ in 0..<3 {
      for call in calls.values { await call.value }
      advance()
    }
  }

  private func called(_ job: Job, _ failure: String?) {
    world.noteCalled(job.id, failure: failure)
    advance()
    let key = job.kind.machine ?? job.server ?? -job.id
    if world.activeJob(of: key) == nil { calls[key] = nil }
  }

  private func arm() {
    timer?.cancel()
    timer = nil
    guard !isStopped, world.settings.frozenAt == nil, let due = world.nextDue else { return }
    let wait = max(0.001, min(3600, due - clock))
    timer = Task {
      try? await Task.sleep(for: .seconds(wait))
      if !Task.isCancelled { self.advance() }
    }
  }

  private func persist() throws {
    var change = Store.Change()
    change.records = world.trail.compactMap { encode.plain($0) }
    change.rows = world.changes(encode)
    change.requests = counts
    if !counts.isEmpty { change.notes["request"] = encode(world.request) }
    try store.write(change)
    world.commit()
    counts = [:]
  }

  // MARK: The sandbox's own calls

  private func control(_ request: Request, _ destination: Destination) async -> Reply {
    guard request.headers["x-auth-token"] == token else {
      return Reply(.unauthorized("Access denied: not the token of this sandbox"))
    }
    do {
      switch destination.operation {
      case "sandbox.records": return try records()
      case "sandbox.status": return status()
      case "sandbox.stop":
        Task { self.stop() }
        return Reply(202)
      case "sandbox.reset":
        try await reset()
        return Reply(204)
      default:
        advance()
        let call = Call(
          request: request, session: Session(user: "", defaultProject: ""),
          arguments: destination.arguments)
        let reply = try destination.handler(&world, call)
        try store.write(Store.Change(notes: ["settings": encode(world.settings) ?? []]))
        try persist()
        advance()
        if destination.operation == "sandbox.clock" { await settle() }
        return reply
      }
    } catch let fault as APIFault {
      world.rollback()
      return Reply(fault)
    } catch {
      world.rollback()
      return Reply(APIFault("internalServerError", 500, "\(error)"))
    }
  }

  private func status() -> Reply {
    let living = world.servers.rows.values.filter { !$0.isDeleted }
    return Reply(
      200,
      [
        "auth_url": .text("\(world.base)/identity/v2.0"), "kind": .text(backend.kind.rawValue),
        "machines": .int(living.count),
        "running": .int(living.filter { $0.status == .active }.count),
        "errors": .int(living.filter { $0.status == .error }.count),
        "jobs": .int(world.jobs.rows.count), "requests": .int(world.request),
      ])
  }

  private func records() throws -> Reply {
    try persist()
    let found = try store.records()
    return Reply(
      200,
      [
        "requests": .object(found.requests.map { ($0.0, .int($0.1)) }),
        "records": .list(found.lines.map(Wire.ready)),
      ])
  }

  /// Ends all machines and begins anew. Settings are kept, and numbers go on, so that no machine has the
  /// name of an earlier one, and the user stays the same: what clients remember of theirs is gone, and is
  /// nobody else's.
  ///
  /// - Throws: where a machine cannot be removed; the cloud then is as before, without those that are gone.
  private func reset() async throws {
    isResetting = true
    timer?.cancel()
    defer {
      isResetting = false
      advance()
      if isStopped { stop() }
    }
    for call in calls.values { await call.value }
    let network: PublicNetwork
    do {
      _ = try await backend.adopt(known: [])
      network = try await backend.publicNetwork()
      try store.empty()
    } catch {
      try? await adopt()
      throw error
    }
    calls = [:]
    var fresh = World(settings: world.settings)
    fresh.settings.clockOffset = 0
    fresh.settings.frozenAt = nil
    fresh.settings.hasBackend = true
    fresh.settings.forcedNetworks = []
    fresh.base = world.base
    for (kind, number) in world.counters.rows { fresh.counters[kind] = number }
    let user = world.users.rows.values.first { $0.token == token }?.id
    world = fresh
    world.now = clock
    world.plant(
      Seed(token: token, machines: machines, publicNetwork: network, user: user))
    try store.write(
      Store.Change(notes: [
        "kind": encode(backend.kind) ?? [], "settings": encode(world.settings) ?? [],
      ]))
    try persist()
  }

  package func stop() {
    isStopped = true
    guard !isResetting else { return }
    timer?.cancel()
    try? persist()
    stopWaiter?.resume()
    stopWaiter = nil
  }

  /// Lets go of the database; for the end, when nothing is served any more.
  package func close() {
    timer?.cancel()
    try? store.close()
  }

  /// Returns when somebody asked to stop.
  package func stopped() async {
    guard !isStopped else { return }
    await withCheckedContinuation { stopWaiter = $0 }
  }
}
