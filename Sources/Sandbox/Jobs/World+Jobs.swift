/// Jobs: what was accepted and has not ended. One at a time for each server; a deletion replaces it.
extension World {
  @discardableResult
  mutating func enqueue(
    _ kind: Job.Kind, server: Int?, seconds: Double, charges: [Charge] = []
  ) -> Int {
    let id = next(.job)
    jobs[id] = Job(
      id: id, kind: kind, server: server, started: now, due: now + seconds, charges: charges)
    applyFaults(to: id)
    return id
  }

  func activeJob(of server: Int) -> Job? { jobs.rows.values.first { $0.server == server } }

  mutating func beginBuild(_ server: Server, _ order: MachineOrder, broken: String?) {
    let id = enqueue(
      .build, server: server.id, seconds: settings.queueSeconds + settings.buildSeconds)
    jobs.update(id) {
      $0.order = order
      $0.order?.sshDelay = $0.sshDelay
      if $0.failure == nil { $0.failure = broken }
    }
    touch(server.id) { $0.activity = .building }
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
    let ready = jobs.rows.values.filter { job in
      job.phase == .waiting && job.started + (job.kind == .build ? settings.queueSeconds : 0) <= now
    }
    for job in ready { jobs.update(job.id) { $0.phase = .calling } }
    return ready.sorted { $0.id < $1.id }
  }

  /// The backend has answered.
  mutating func noteCalled(_ id: Int, failure: String?) {
    guard let job = jobs[id] else { return }
    jobs.update(id) {
      $0.phase = .called
      if $0.failure == nil { $0.failure = failure }
    }
    if job.kind == .build, failure == nil, let server = job.server {
      servers.update(server) { $0.hasMachine = true }
    }
  }

  /// Ends the jobs that the backend did and whose time has come, oldest first.
  mutating func finishDue() {
    for id in jobs.ids {
      guard let job = jobs[id], job.phase == .called, !job.isStuck, job.due <= now else { continue }
      jobs[id] = nil
      finish(job)
    }
  }

  /// When something happens next by itself; nil for never.
  var nextDue: Double? {
    jobs.rows.values.compactMap { job -> Double? in
      switch job.phase {
      case .waiting: job.started + (job.kind == .build ? settings.queueSeconds : 0)
      case .calling: nil
      case .called: job.isStuck ? nil : job.due
      }
    }.min()
  }

  /// After a restart: what was being called is called once more.
  mutating func restartCalls() {
    for job in jobs.rows.values where job.phase == .calling {
      jobs.update(job.id) { $0.phase = .waiting }
    }
  }
}
