extension World {
  /// - Throws: 404 where there is no such server, 400 for a project that is not there.
  mutating func apply(_ effect: Effect) throws(APIFault) {
    switch effect {
    case .stopMachine(let name):
      let server = try server(name)
      // The operator's reconciliation has found out: quota follows.
      let charges = charges(.stop, server)
      try issue(charges)
      accept(charges)
      touch(server.id) { $0.status = .stopped }
      stopped.append(server.machineID)
    case .suspend(let name, let isSuspended):
      touch(try server(name).id) { $0.isSuspended = isSuspended }
    case .deleteMachine(let name):
      try beginDestroy(try server(name))
      if let job = activeJob(of: try server(name).id) { jobs.update(job.id) { $0.due = 0 } }
    case .expireToken(let after): faults.tokenEndsAt = request + after + 1
    case .renewToken: faults.tokenEndsAt = nil
    case .poolEmpty(let network, let isEmpty):
      let pools = networks.rows.values.filter { $0.isPool }.map(\.id)
      let ids = Set(network.map { [$0] } ?? pools)
      if isEmpty { faults.emptyPools.formUnion(ids) } else { faults.emptyPools.subtract(ids) }
    case .stealQuota(let resource, let project, let amount, let leave):
      let own = projects.inOrder.first { !$0.isSystem }?.id ?? ""
      try change(nil, project ?? own, resource) { row in
        let room = max(0, row.limit - row.most)
        let taken = min(room, amount ?? max(0, room - leave))
        row.most += taken
        row.least += taken
      }
    case .noBackend(let isOn): settings.hasBackend = !isOn
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
