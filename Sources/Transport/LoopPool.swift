/// The loops of one connection and the requests that wait for them. Lives on the I/O queue.
final class LoopPool {
  private let endpoint: Endpoint
  private let prelude: String
  private let sent: RequestCounter
  private let open: @Sendable (String) -> any ByteStream
  private let explain: LoopConnection.Explanation
  private let end: @Sendable () -> Void

  private var loops: [Loop] = []
  private var waiting: [Job] = []
  /// Those whose password has been right on this host.
  private var verified: Set<Become> = []
  /// How many commands the host lets run at once, once it has refused one.
  private var streamLimit = Int.max
  private var isClosed = false
  private var cancelled: Set<UInt64> = []

  private static let refusalLimit = 40
  private static let refusalPause: Duration = .milliseconds(150)
  private static let killTime: Duration = .seconds(15)

  init(
    endpoint: Endpoint, prelude: String, sent: RequestCounter,
    open: @escaping @Sendable (String) -> any ByteStream,
    explain: @escaping LoopConnection.Explanation, end: @escaping @Sendable () -> Void
  ) {
    self.endpoint = endpoint
    self.prelude = prelude
    self.sent = sent
    self.open = open
    self.explain = explain
    self.end = end
  }

  // MARK: Requests

  func submit(_ job: Job) {
    if cancelled.remove(job.id) != nil || isClosed {
      job.fail(ConnectionFailure(.run, .cancelled, "the connection is closed"))
    } else if job.request.script.utf8.contains(0) {
      job.fail(
        ConnectionFailure(.run, .refused, "a script holds a NUL byte", isUnreachable: false))
    } else {
      job.way = way(for: job.request)
      waiting.append(job)
      schedule()
    }
  }

  func cancel(_ id: UInt64) {
    if let index = waiting.firstIndex(where: { $0.id == id }) {
      waiting.remove(at: index).fail(
        ConnectionFailure(.run, .cancelled, "cancelled before it was sent", isUnreachable: false))
    } else if let loop = loops.first(where: { $0.job?.id == id }) {
      stop(loop, .cancelled, "cancelled; what ran on the host was killed")
    } else {
      // Cancelled before it came here, or after its end.
      cancelled.insert(id)
    }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    let failure = ConnectionFailure(.run, .cancelled, "the connection is closed")
    for job in waiting { job.fail(failure) }
    waiting = []
    let all = loops
    loops = []
    for loop in all {
      loop.job?.fail(failure)
      loop.close()
    }
    end()
  }

  private func way(for request: ShellRequest) -> Job.Way {
    let within = Job.Way.within(nonce: Platform.nonce())
    switch request.identity {
    case .login: return request.isFresh ? within : .lasting
    case .become(let become):
      if become.user == "root" && !request.isFresh { return .lasting }
      // `su` as another user than root always asks, so only a password that was right before
      // may go to it without a question.
      let asksNothing = become.method == .sudo && become.password == nil
      return asksNothing || verified.contains(become) ? within : .single
    }
  }

  // MARK: Loops

  private func schedule() {
    guard !isClosed else { return }
    var left: [Job] = []
    let jobs = waiting
    waiting = []
    for job in jobs where !place(job) { left.append(job) }
    waiting = left + waiting
  }

  private func place(_ job: Job) -> Bool {
    // While it waited, its password may have proved right.
    if job.way == .single { job.way = way(for: job.request) }
    let carrier = job.carrier
    let isSingle = job.way == .single
    if !isSingle, let loop = loops.first(where: { $0.isIdle && $0.identity == carrier }) {
      start(job, on: loop)
      return true
    }
    let alike = loops.count { $0.identity == carrier && $0.isSingle == isSingle }
    guard alike < endpoint.loopLimit else { return false }
    if loops.count >= streamLimit {
      guard let idle = loops.firstIndex(where: { $0.isIdle }) else { return false }
      loops.remove(at: idle).close()
    }
    openLoop(for: job, carrier: carrier, isSingle: isSingle)
    return true
  }

  private func openLoop(for job: Job, carrier: Identity, isSingle: Bool) {
    let loop = makeLoop(carrier, isSingle: isSingle)
    loop.job = job
    loops.append(loop)
    loop.receiver = { [weak self, weak loop] event in
      if let self, let loop { self.receive(event, from: loop) }
    }
    loop.open()
  }

  private func makeLoop(_ identity: Identity, isSingle: Bool) -> Loop {
    let shell = FramedShell(
      identity: identity, shell: endpoint.shellExecutable, prelude: prelude)
    return Loop(
      identity: identity, isSingle: isSingle, shell: shell, stream: open(shell.command),
      timeouts: endpoint.timeouts, explain: explain)
  }

  private func start(_ job: Job, on loop: Loop) {
    loop.job = job
    sent.increment()
    let request = job.request
    loop.send(
      job.frame(prelude: prelude, shell: endpoint.shellExecutable),
      outputLimit: request.outputLimit, mayLeaveProcesses: request.mayLeaveProcesses,
      deadline: request.deadline)
  }

  private func receive(_ event: Loop.Event, from loop: Loop) {
    switch event {
    case .ready:
      if case .become(let become) = loop.identity, become.password != nil {
        verified.insert(become)
      }
      if let job = loop.job { start(job, on: loop) }
    case .replied(let reply, let isFree):
      let job = loop.job
      loop.job = nil
      if !isFree || loop.isSingle { drop(loop) }
      if let job { job.finish(job.read(reply)) }
    case .overdue:
      let time = loop.job?.request.deadline ?? .zero
      stop(loop, .deadline, "no end within \(time.inWords); what ran on the host was killed")
    case .refused(let words): refuse(loop, words)
    case .failed(var failure):
      let job = loop.job
      if let job, loop.hasStarted { failure.output = job.trim(loop.partial) }
      drop(loop)
      job?.fail(failure)
    }
    schedule()
  }

  /// The host has no room for this loop: its request waits until another is over.
  private func refuse(_ loop: Loop, _ words: String) {
    let job = loop.job
    drop(loop)
    guard let job else { return }
    job.refusals += 1
    guard job.refusals < Self.refusalLimit else {
      job.fail(ConnectionFailure(.loginShell, .refused, "no room for a shell", detail: words))
      return
    }
    // What was just closed may still count on the host, hence the pause.
    streamLimit = max(1, loops.count)
    let held = Confined(job)
    let pool = Confined(WeakPool(self))
    IOQueue.after(Self.refusalPause) {
      guard let pool = pool.value.pool, !pool.isClosed else {
        held.value.fail(ConnectionFailure(.run, .cancelled, "the connection is closed"))
        return
      }
      pool.waiting.insert(held.value, at: 0)
      pool.schedule()
    }
  }

  private func drop(_ loop: Loop) {
    loops.removeAll { $0 === loop }
    loop.close()
  }

  // MARK: Killing

  /// Kills what a loop runs, over another one; then its request fails and the loop is dropped.
  private func stop(_ loop: Loop, _ cause: ConnectionFailure.Cause, _ summary: String) {
    guard let job = loop.job else { return drop(loop) }
    let partial = loop.partial
    var targets: [(Identity, Int32)] = []
    if case .within(let nonce) = job.way,
      let group = Job.find(nonce, in: partial.stderr)?.processGroup
    {
      targets.append((job.request.identity, group))
    }
    if let group = loop.processGroup {
      if job.request.identity != loop.identity { targets.append((job.request.identity, group)) }
      targets.append((loop.identity, group))
    }
    kill(targets) { [weak self] in
      self?.drop(loop)
      job.fail(
        ConnectionFailure(.run, cause, summary, isUnreachable: false, output: job.trim(partial)))
      self?.schedule()
    }
    // Its end is expected now, and is not news; the killers' end decides.
    loop.receiver = { _ in }
  }

  private func kill(_ targets: [(Identity, Int32)], then done: @escaping () -> Void) {
    guard let (identity, group) = targets.first else { return done() }
    let killer = makeLoop(identity, isSingle: true)
    let alarm = Alarm()
    let next: () -> Void = { [weak self] in
      guard killer.receiver != nil else { return }
      alarm.clear()
      killer.close()
      guard let self else { return done() }
      self.kill(Array(targets.dropFirst()), then: done)
    }
    killer.receiver = { [weak killer] event in
      guard case .ready = event else { return next() }
      killer?.send(
        (LoopText.kill(processGroup: group), []), outputLimit: 4096, mayLeaveProcesses: false,
        deadline: Self.killTime)
    }
    alarm.set(after: Self.killTime, next)
    killer.open()
  }

  private final class WeakPool {
    weak var pool: LoopPool?
    init(_ pool: LoopPool) { self.pool = pool }
  }
}
