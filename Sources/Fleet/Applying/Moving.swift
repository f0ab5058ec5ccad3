import Cloud
import Diagnostics

extension FleetRun {
  /// Gives a machine a card on another network, and takes the old one away. A run that is cut off
  /// between them leaves both; the next one goes on.
  func move(
    _ row: MachineRow, from old: CloudID, to card: ResolvedMachine.Card,
    _ networks: [String: CloudID]
  ) async throws(Diagnostic) {
    guard let server = row.server else { return }
    let start = ContinuousClock.now
    let network: CloudID
    let address: String?
    switch card {
    case .privateNetwork(let id, let wish): (network, address) = (id, wish)
    case .newNetwork(let name, let wish):
      guard let id = networks[name] else {
        throw .error("machine `\(row.name)` lacks its network `\(name)`")
      }
      (network, address) = (id, wish)
    case .floating, .ownAddress: return
    }
    emit(.began(name: row.name, .move, id: server.id))
    _ = try await waitUntilIdle(server.id, row.name)
    do throws(CloudError) {
      let ports = try await api.ports().filter { $0.serverID == server.id }
      if !ports.contains(where: { $0.networkID == network }) {
        _ = try await api.createPort(
          PortRequest(network: network, server: server.id, address: address))
        await rounds.hurry()
      }
    } catch {
      throw error.diagnostic("machine `\(row.name)` (server \(server.id)) did not join \(network)")
    }
    // A cloud does one thing with a machine at a time.
    _ = try await waitUntilIdle(server.id, row.name)
    try await leave(old, server.id, row.name)
    try await remark(row, server.id, lacking: old, with: network)
    emit(
      .finished(name: row.name, .move, elapsed: ContinuousClock.now - start, id: server.id))
  }

  /// Ends when no card of the machine is on the network.
  private func leave(_ network: CloudID, _ id: CloudID, _ name: String) async throws(Diagnostic) {
    let start = ContinuousClock.now
    let limit = patience(for: name)
    var refusal: CloudError?
    while ContinuousClock.now - start < .seconds(limit) {
      do throws(CloudError) {
        let ports = try await api.ports().filter {
          $0.serverID == id && $0.networkID == network
        }
        if ports.isEmpty { return }
        if try await rounds.next().first(where: { $0.id == id })?.isIdle ?? false {
          for port in ports { try await api.deletePort(port.id) }
        }
      } catch {
        refusal = error
        guard error.kind == .notFound || error.kind == .conflict || error.mayComeBack else { break }
      }
      try stop.check("machine `\(name)` (server \(id)) has not left network \(network)")
      await stop.sleep(.milliseconds(500))
    }
    let summary = "machine `\(name)` (server \(id)) has not left network \(network)"
    throw refusal?.diagnostic(summary) ?? .error("\(summary) after \(limit) s")
  }

  /// Has the machine's mark name the networks that it uses now.
  private func remark(
    _ row: MachineRow, _ id: CloudID, lacking old: CloudID, with new: CloudID
  ) async throws(Diagnostic) {
    guard var mark = row.mark, let description = row.machine?.description else { return }
    mark.isProtected = description.isProtected
    mark.described = MachineMark.digests(of: description.metadata.keys)
    mark.owned.remove(.network(old))
    mark.owned.insert(.network(new))
    mark.used = [.network(new)]
    guard let text = mark.metadata["omtd-mark"] else { return }
    do throws(CloudError) { try await api.setServerMetadata(["omtd-mark": text], of: id) } catch {
      throw error.diagnostic("the mark of machine `\(row.name)` was not updated")
    }
  }
}
