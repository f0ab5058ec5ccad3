extension World {
  /// - Throws: 404 where there is no such server, 400 for a project that is not there.
  mutating func apply(_ effect: Effect) throws(APIFault) {
    switch effect {
    case .stopMachine(let name):
      let server = try server(name)
      noteStopped(server)
      halt(server.id)
    case .suspend(let name, let isSuspended):
      touch(try server(name).id) { $0.isSuspended = isSuspended }
    case .deleteMachine(let name):
      try beginDestroy(try server(name))
      if let job = activeJob(of: try server(name).id) { jobs.update(job.id) { $0.due = 0 } }
      agenda.nextEnd = -.infinity
    case .expireToken(let after):
      faults.tokenEndsAt = request + max(0, min(after, 1_000_000_000)) + 1
    case .renewToken: faults.tokenEndsAt = nil
    case .poolEmpty(let network, let isEmpty):
      let pools = networks.rows.values.filter { $0.isPool }.map(\.id)
      let ids = Set(network.map { [$0] } ?? pools)
      if isEmpty { faults.emptyPools.formUnion(ids) } else { faults.emptyPools.subtract(ids) }
    case .stealQuota(let resource, let project, let amount, let leave):
      let own = projects.inOrder.first { !$0.isSystem }?.id ?? ""
      var taken = 0
      try change(nil, project ?? own, resource) { row in
        let room = max(0, row.limit - row.most)
        taken = min(room, max(0, amount ?? room - max(0, leave)))
        row.most += taken
        row.least += taken
      }
      faults.stolen.append(
        Charge(user: "", project: project ?? own, resource: resource, amount: taken))
    case .noBackend(let isOn): settings.hasBackend = !isOn
    }
  }

  /// All rules end, and what was taken or switched off is back.
  mutating func endFaults() {
    for theft in faults.stolen {
      try? change(nil, theft.project, theft.resource) { row in
        row.most = max(0, row.most - theft.amount)
        row.least = max(0, row.least - theft.amount)
      }
    }
    faults.clear()
    settings.hasBackend = true
  }

  /// A running machine was found stopped: the status says so, and its cpu and ram are free.
  mutating func noteStopped(_ server: Server) {
    let charges = charges(.stop, server)
    if server.isRunning, (try? issue(charges)) != nil { accept(charges) }
    touch(server.id) { $0.status = .stopped }
  }

  /// A machine that was there is not: the server is in ERROR, and what was under way fails.
  mutating func noteLost(_ server: Server) {
    let cause = "the machine is gone"
    note(server.id, "ERROR", "backend", cause)
    touch(server.id) { $0.status = .error }
    if let job = activeJob(of: server.id), job.failure == nil {
      jobs.update(job.id) { $0.failure = cause }
    }
  }

  private func server(_ name: Effect.Name) throws(APIFault) -> Server {
    let living = servers.rows.values.filter { !$0.isDeleted }
    let found =
      switch name {
      case .number(let id): living.first { $0.id == id }
      case .name(let text): living.sorted { $0.id < $1.id }.first { $0.name == text }
      }
    guard let found else { throw .notFound("Server not found.") }
    return found
  }
}
