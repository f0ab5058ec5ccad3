import LocalHosts

/// Jobs: what was accepted and has not ended. One at a time for each server; a deletion replaces it.
extension World {
  @discardableResult
  mutating func enqueue(
    _ kind: Job.Kind, server: Int?, seconds: Double, charges: [Charge] = []
  ) -> Int {
    let id = next(.job)
    jobs[id] = Job(
      id: id, kind: kind, server: server, started: now, due: now + seconds, charges: charges)
    agenda.waiting.insert(id)
    if let server { agenda.byServer[server] = id }
    applyFaults(to: id)
    return id
  }

  func activeJob(of server: Int) -> Job? {
    agenda.byServer[server].flatMap { jobs[$0] }
  }

  /// Finds out anew what the jobs wait for: after a restart, and when changes were taken back.
  mutating func readAgenda() {
    agenda = Agenda()
    for job in jobs.rows.values {
      if job.phase == .waiting { agenda.waiting.insert(job.id) }
      if let server = job.server { agenda.byServer[server] = job.id }
    }
  }

  mutating func beginBuild(_ server: Server, _ order: LocalMachineOrder?, broken: String?) {
    let id = enqueue(
      .build, server: server.id, seconds: settings.queueSeconds + settings.buildSeconds)
    jobs.update(id) {
      $0.order = order
      $0.order?.sshDelay = $0.sshDelay
      if $0.failure == nil { $0.failure = broken }
    }
    touch(server.id) { $0.activity = .building }
  }

  /// Has the backend stop a machine although nobody asked the API.
  mutating func halt(_ server: Int) {
    enqueue(.halt(server: server), server: nil, seconds: 0)
  }

  mutating func beginDestroy(_ server: Server) throws(APIFault) {
    for job in jobs.rows.values where job.server == server.id {
      reject(job.charges)
      jobs[job.id] = nil
    }
    let disks = server.volumes.compactMap { volumes[$0] }
    let charges = charges(.destroy, server) + disks.map { charge($0, sign: -1) }
    try issue(charges)
    touch(server.id) { $0.activity = .destroying }
    enqueue(.destroy, server: server.id, seconds: settings.deleteSeconds, charges: charges)
  }

  /// The jobs that the backend is to be asked for now; they are marked so.
  mutating func takeWaiting() -> [Job] {
    guard !agenda.waiting.isEmpty else { return [] }
    agenda.waiting = agenda.waiting.filter { jobs[$0] != nil }
    let ready = agenda.waiting.compactMap { jobs[$0] }.filter { beginning($0) <= now }
    for job in ready {
      jobs.update(job.id) { $0.phase = .calling }
      agenda.waiting.remove(job.id)
    }
    return ready.sorted { $0.id < $1.id }
  }

  /// Builds may wait in a queue before the backend hears of them.
  private func beginning(_ job: Job) -> Double {
    job.started + (job.kind == .build ? settings.queueSeconds : 0)
  }

  /// The backend has answered.
  mutating func noteCalled(_ id: Int, failure: String?) {
    guard let job = jobs[id] else { return }
    jobs.update(id) {
      $0.phase = .called
      if $0.failure == nil { $0.failure = failure }
    }
    agenda.nextEnd = min(agenda.nextEnd, job.due)
    if job.kind == .build, failure == nil, let server = job.server {
      servers.update(server) { $0.hasMachine = true }
    }
  }

  /// Ends the jobs that the backend did and whose time has come, oldest first.
  mutating func finishDue() {
    guard agenda.nextEnd <= now else { return }
    let done = jobs.rows.values.filter { $0.phase == .called && !$0.isStuck && $0.due <= now }
    for job in done.sorted(by: { $0.id < $1.id }) {
      jobs[job.id] = nil
      finish(job)
    }
    agenda.nextEnd =
      jobs.rows.values.filter { $0.phase == .called && !$0.isStuck }.map(\.due).min() ?? .infinity
  }

  /// When something happens next by itself; nil for never.
  var nextDue: Double? {
    let first = agenda.waiting.compactMap { jobs[$0] }.map(beginning).min() ?? .infinity
    let next = min(agenda.nextEnd, first)
    return next == .infinity ? nil : next
  }

  /// After a restart: what was being called is called once more.
  mutating func restartCalls() {
    for job in jobs.rows.values where job.phase == .calling {
      jobs.update(job.id) { $0.phase = .waiting }
    }
    readAgenda()
  }
}

/// What is known of the jobs without looking through all of them.
struct Agenda: Sendable {
  /// Jobs that the backend has not been asked for; may hold some that are gone.
  var waiting: Set<Int> = []
  /// No job ends before this.
  var nextEnd = -Double.infinity
  /// The last job of each server; may be one that has ended.
  var byServer: [Int: Int] = [:]
}
