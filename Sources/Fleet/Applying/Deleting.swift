import Cloud
import Diagnostics

extension FleetRun {
  func delete(_ row: MachineRow) async throws(Diagnostic) {
    guard let server = row.server else { return }
    try await delete(server.id, name: row.name)
  }

  /// Ends when the server is gone.
  func delete(_ id: CloudID, name: String) async throws(Diagnostic) {
    let start = ContinuousClock.now
    try stop.check("machine `\(name)` (server \(id)) was not deleted")
    emit(.began(name: name, .destroy, id: id))
    try journal.append(.delete(server: id, name: name))
    var last: CloudError?
    var isAccepted = false
    for attempt in 0..<8 {
      do throws(CloudError) {
        try await api.deleteServer(id)
        isAccepted = true
      } catch {
        last = error
        if error.isAlreadyGone {
          isAccepted = true
        } else {
          guard error.isReplyLost || error.mayComeBack, !stop.isMade else { break }
          await stop.sleep(.milliseconds(min(8000, 250 << attempt)))
        }
      }
      if isAccepted { break }
    }
    guard isAccepted else {
      let error = last ?? CloudError(.cancelled(.send), method: .delete, origin: "", path: "")
      throw error.diagnostic("machine `\(name)` (server \(id)) was not deleted")
    }
    await rounds.hurry()
    try await waitUntilGone(id, name, since: start)
    try journal.append(.deleted(server: id))
    emit(.finished(name: name, .destroy, elapsed: ContinuousClock.now - start, id: id))
  }

  private func waitUntilGone(
    _ id: CloudID, _ name: String, since start: ContinuousClock.Instant
  ) async throws(Diagnostic) {
    var told = 0
    while true {
      guard let server = try await list().first(where: { $0.id == id }), !server.isGone else {
        return
      }
      let elapsed = ContinuousClock.now - start
      let tens = Int(elapsed.components.seconds) / 10
      if tens > told {
        told = tens
        emit(.goesOn(name: name, .destroy, elapsed: .seconds(tens * 10)))
      }
      try stop.check("machine `\(name)` (server \(id)) is still being deleted")
      let limit = patience(for: name)
      guard elapsed < .seconds(limit) else {
        throw .error(
          "machine `\(name)` (server \(id)) is still there after \(limit) s",
          evidence: [.init("state", "\(server.status) \(server.task)")],
          hint: "run the same command again")
      }
    }
  }

  func waitUntilGone(_ servers: [Server]) async -> Diagnostics {
    await each(servers) { (server) throws(Diagnostic) in
      try await self.waitUntilGone(server.id, server.name, since: .now)
    }
  }

  /// Everything of the environment: machines, then addresses, then networks.
  ///
  /// - Returns: what failed. What is left is for the caller to list, from the cloud.
  package func destroy(
    _ machines: [(server: Server, mark: MachineMark)], others owned: Set<OwnedObject>
  ) async -> Diagnostics {
    let rows = machines.map {
      MachineRow(name: $0.mark.name, action: .keep, server: $0.server, mark: $0.mark)
    }
    var failed = await eachRow(rows) { (row) throws(Diagnostic) in try await self.delete(row) }
    let all = owned.union(self.owned)
    failed.add(await release(all))
    for case .network(let id) in all.sorted(by: { $0.text < $1.text }) {
      do throws(Diagnostic) { try await deleteNetwork(id) } catch { failed.add(error) }
    }
    journal.tidy()
    return failed
  }

  /// These machines, and what nobody uses then of the addresses that the journal and `owned` name.
  package func remove(
    _ machines: [(server: Server, mark: MachineMark)], others owned: Set<OwnedObject> = []
  ) async -> Diagnostics {
    let rows = machines.map {
      MachineRow(name: $0.mark.name, action: .keep, server: $0.server, mark: $0.mark)
    }
    var failed = await eachRow(rows) { (row) throws(Diagnostic) in try await self.delete(row) }
    failed.add(await release(owned.union(self.owned)))
    return failed
  }

  /// Those of these addresses that no machine uses; one that the cloud holds on to keeps no other.
  func release(_ owned: Set<OwnedObject>) async -> Diagnostics {
    let ids = owned.compactMap { if case .address(let id) = $0 { id } else { nil } }
    guard !ids.isEmpty else { return Diagnostics() }
    var problems: [CloudID: Diagnostic] = [:]
    var refused: Set<CloudID> = []
    do throws(Diagnostic) {
      for attempt in 0..<8 {
        if attempt > 1 { await stop.sleep(.milliseconds(250 << min(attempt, 3))) }
        let unused = try await unusedAddresses(ids)
        problems = problems.filter { id, _ in unused.contains { $0.id == id } }
        if unused.allSatisfy({ refused.contains($0.id) }) { break }
        for address in unused where !refused.contains(address.id) {
          try stop.check("the floating IP \(address.address) was not released")
          try journal.append(.release(id: address.id))
          do throws(CloudError) {
            try await api.releaseFloatingIP(address.id)
            journalReleased(address)
          } catch {
            if error.kind == .notFound { continue }
            problems[address.id] = error.diagnostic(
              "the floating IP \(address.address) was not released")
            let mayPass = error.kind == .conflict || error.isReplyLost || error.mayComeBack
            if !mayPass { refused.insert(address.id) }
          }
        }
      }
    } catch {
      return Diagnostics(problems.values.sorted { $0.summary < $1.summary } + [error])
    }
    return Diagnostics(problems.values.sorted { $0.summary < $1.summary })
  }

  /// Those of these that no machine uses, as the cloud has them now.
  private func unusedAddresses(_ ids: [CloudID]) async throws(Diagnostic) -> [FloatingIP] {
    let present: [FloatingIP]
    do throws(CloudError) { present = try await api.floatingIPs() } catch {
      throw error.diagnostic("the cloud does not list the floating IPs")
    }
    let mine = present.filter { ids.contains($0.id) && !$0.isDeleted }
    for id in ids where !mine.contains(where: { $0.id == id }) {
      if self.owned.contains(.address(id)) { try journal.append(.released(id: id)) }
    }
    return mine.filter { $0.portID == nil && $0.serverID == nil }
  }

  private func journalReleased(_ address: FloatingIP) {
    // A record that is missing is made up for by the next run, which sees that it is gone.
    try? journal.append(.released(id: address.id))
    emit(.notice("\(address.address): released"))
  }

  /// Ends when the network is gone: one that machines used is still listed for a while.
  func deleteNetwork(_ id: CloudID) async throws(Diagnostic) {
    try stop.check("network \(id) was not deleted")
    try journal.append(.deleteNetwork(id: id))
    let start = ContinuousClock.now
    var last: CloudError?
    var isAccepted = false
    var pause = Duration.milliseconds(100)
    while ContinuousClock.now - start < .seconds(120) {
      do throws(CloudError) {
        guard try await api.networks().contains(where: { $0.id == id && !$0.isGone }) else {
          try? journal.append(.deletedNetwork(id: id))
          emit(.notice("network \(id): deleted"))
          return
        }
        if !isAccepted { try await api.deleteNetwork(id) }
        isAccepted = true
      } catch {
        last = error
        guard
          error.kind == .conflict || error.kind == .notFound || error.isReplyLost
            || error.mayComeBack
        else { break }
      }
      try stop.check("network \(id) is still there")
      await stop.sleep(pause)
      pause = min(.seconds(3), pause * 1.5)
    }
    if let last, !isAccepted { throw last.diagnostic("network \(id) was not deleted") }
    throw .error("network \(id) is still there 120 s after its deletion")
  }
}
