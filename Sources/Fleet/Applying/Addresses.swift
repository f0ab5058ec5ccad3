import Cloud
import Diagnostics

// Networks and floating IPs, one after the other: neither can carry a mark of ours.

extension FleetRun {
  /// The networks that are ready, by name; those that only lack their subnet get it. What fails
  /// keeps only the machines that need it from being made.
  func makeNetworks(
    _ wanted: [NewNetwork], _ cloud: inout CloudSnapshot
  ) async -> (made: [String: CloudID], failed: Diagnostics) {
    var made: [String: CloudID] = [:]
    var failed = Diagnostics()
    for wish in wanted {
      do throws(Diagnostic) { made[wish.name] = try await ready(wish, &cloud) } catch {
        failed.add(error)
      }
    }
    return (made, failed)
  }

  private func ready(
    _ wish: NewNetwork, _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> CloudID {
    try stop.check("network `\(wish.name)` was not made")
    let start = ContinuousClock.now
    let id: CloudID
    if let present = wish.id {
      id = present
    } else {
      emit(.began(name: "network \(wish.name)", .network, id: nil))
      let network = try await makeNetwork(wish, known: Set(cloud.networks.map(\.id)))
      cloud.networks.append(network)
      id = network.id
    }
    try await makeSubnet(wish, id)
    emit(
      .finished(
        name: "network \(wish.name)", .network, elapsed: ContinuousClock.now - start, id: id))
    return id
  }

  /// Each request has an intent of its own: one whose reply was lost may still arrive, also behind
  /// the next one.
  private func makeNetwork(
    _ wish: NewNetwork, known: Set<CloudID>
  ) async throws(Diagnostic) -> Network {
    let request = NetworkRequest(name: wish.name, project: wish.project)
    var attempts = Attempts(count: 5)
    while await attempts.next(stop) {
      let intent = Hex.random(8)
      try journal.append(
        .makeNetwork(
          intent: intent, name: wish.name, known: known.sorted { $0.text < $1.text }))
      switch await answer({ [api] () async throws(CloudError) in
        try await api.createNetwork(request)
      }) {
      case .success(let network):
        try journal.append(.madeNetwork(intent: intent, id: network.id))
        return network
      case .failure(let error):
        attempts.take(error, of: intent)
        if !error.isReplyLost { try journal.append(.notMadeNetwork(intent: intent)) }
      }
      guard let open = attempts.open else { continue }
      let found = await look { [api] () async throws(CloudError) in
        try await api.networks().filter {
          $0.name == wish.name && !$0.isGone && !$0.isPublic && !known.contains($0.id)
        }
      }
      guard let found else { break }
      if let network = found.first {
        try journal.append(.madeNetwork(intent: open, id: network.id))
        return network
      }
    }
    throw attempts.error(.post, "/networks").diagnostic("network `\(wish.name)` was not made")
  }

  private func makeSubnet(_ wish: NewNetwork, _ network: CloudID) async throws(Diagnostic) {
    let cidr = wish.cidr ?? NewNetwork.defaultCIDR
    var attempts = Attempts(count: 5)
    while await attempts.next(stop) {
      do throws(CloudError) {
        if try await api.subnets().contains(where: { $0.networkID == network }) { return }
        _ = try await api.createSubnet(
          SubnetRequest(network: network, cidr: cidr, gateway: .none))
        return
      } catch {
        attempts.take(error, of: cidr)
      }
    }
    throw attempts.error(.post, "/subnets").diagnostic(
      "the subnet `\(cidr)` of network `\(wish.name)` was not made")
  }

  /// Networks that came of a lost request beside the one that machines use, with what arrived since
  /// the run began.
  func removeTwinNetworks(_ cloud: CloudSnapshot) async -> Diagnostics {
    guard
      !journal.sum.networks.isEmpty || !cloud.twinNetworks(owned).isEmpty
        || !cloud.barrenNetworks(owned).isEmpty
    else {
      return Diagnostics()
    }
    var failed = Diagnostics()
    do throws(Diagnostic) {
      var cloud = cloud
      do throws(CloudError) {
        cloud.networks = try await api.networks()
        cloud.servers = try await api.servers()
      } catch {
        throw error.diagnostic("the cloud does not list its networks")
      }
      for case .madeNetwork(let intent, let id) in journal.sum.settled(by: cloud).records {
        try journal.append(.madeNetwork(intent: intent, id: id))
      }
      for twin in cloud.twinNetworks(owned) {
        emit(
          .notice(
            "network \(twin.name): there is another of its name; \(twin.id) is not used and removed"
          ))
        do throws(Diagnostic) { try await deleteNetwork(twin.id) } catch { failed.add(error) }
      }
    } catch {
      failed.add(error)
    }
    return failed
  }

  /// Floating IPs of the environment that no machine uses, as they are now.
  func refreshedAddresses(
    _ plan: FleetPlan, _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> [FloatingIP] {
    do throws(CloudError) { cloud.floatingIPs = try await api.floatingIPs() } catch {
      throw error.diagnostic("the cloud does not list the floating IPs")
    }
    return plan.freeAddresses(cloud)
  }

  /// The network cards of a machine's request, and what of the environment's own they use; addresses
  /// are reserved where none is free.
  func choices(
    _ machine: ResolvedMachine, _ networks: [String: CloudID], _ free: inout [FloatingIP],
    _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> (cards: [NetworkChoice], used: Set<OwnedObject>) {
    var all: [NetworkChoice] = []
    var used: Set<OwnedObject> = []
    for card in machine.cards {
      switch card {
      case .ownAddress(let own): all.append(.network(own.network, address: own.address))
      case .privateNetwork(let id, let address):
        used.insert(.network(id))
        all.append(.network(id, address: address))
      case .newNetwork(let name, let address):
        guard let id = networks[name] else {
          throw .error("machine `\(machine.description.name)` lacks its network `\(name)`")
        }
        used.insert(.network(id))
        all.append(.network(id, address: address))
      case .floating:
        let address: FloatingIP
        let index = free.firstIndex {
          $0.projectID == nil || $0.projectID == machine.project
        }
        if let index {
          address = free.remove(at: index)
        } else {
          address = try await reserve(machine, &cloud)
        }
        used.insert(.address(address.id))
        all.append(.network(address.networkID, address: address.address))
      }
    }
    return (all, used)
  }

  /// Asks for an address that was chosen and journaled before, so that it is known for ours
  /// whatever becomes of the reply; where the cloud hides its pools, or keeps refusing, for any.
  private func reserve(
    _ machine: ResolvedMachine, _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> FloatingIP {
    let pools = cloud.networks.filter { $0.isPublic && $0.isFloatingIPPool && $0.status == .active }
    var refusal: CloudError?
    for attempt in 0..<8 {
      let choice = attempt < 6 ? AddressChoice.random(pools, cloud) : nil
      let network = choice?.network ?? (pools.count == 1 ? pools.first?.id : nil)
      let outcome = try await reserve(
        network, choice?.address, machine, known: Set(cloud.floatingIPs.map(\.id)))
      switch outcome {
      case .success(let address):
        cloud.floatingIPs.append(address)
        return address
      case .failure(let error): refusal = error
      }
      guard refusal?.kind == .conflict, !stop.isMade else { break }
    }
    let error =
      refusal ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/floatingips")
    throw error.diagnostic("no floating IP for machine `\(machine.description.name)`")
  }

  /// Until there is such an address, or none will be. What may have been reserved without an answer
  /// stays open in the journal.
  private func reserve(
    _ network: CloudID?, _ address: String?, _ machine: ResolvedMachine, known: Set<CloudID>
  ) async throws(Diagnostic) -> Result<FloatingIP, CloudError> {
    let project = machine.project
    var attempts = Attempts(count: 4)
    while await attempts.next(stop) {
      let intent = Hex.random(8)
      try journal.append(
        .reserve(intent: intent, address: address, known: known.sorted { $0.text < $1.text }))
      switch await answer({ [api] () async throws(CloudError) in
        try await api.reserveFloatingIP(network: network, address: address, project: project)
      }) {
      case .success(let reserved):
        keep(reserved, intent, machine)
        return .success(reserved)
      case .failure(let error):
        attempts.take(error, of: intent)
        if !error.isReplyLost { try journal.append(.notReserved(intent: intent)) }
      }
      guard let open = attempts.open else { continue }
      let found = await look { [api] () async throws(CloudError) in
        try await api.floatingIPs().filter {
          !$0.isDeleted && !known.contains($0.id) && (address == nil || $0.address == address)
        }
      }
      // Of several that the cloud chose, nothing tells which one is ours.
      guard let found, found.count < 2 else { break }
      if let reserved = found.first, address != nil || reserved.portID == nil {
        keep(reserved, open, machine)
        return .success(reserved)
      }
    }
    return .failure(attempts.error(.post, "/floatingips"))
  }

  private func keep(_ address: FloatingIP, _ intent: String, _ machine: ResolvedMachine) {
    do throws(Diagnostic) {
      try journal.append(.reserved(intent: intent, id: address.id))
    } catch {
      // The intent is on the disk, so the next run finds the address by it.
      emit(.notice("\(machine.description.name): \(error.summary)"))
    }
  }
}

/// An address of a public pool, to be asked for by itself.
enum AddressChoice {
  static func random(
    _ pools: [Network], _ cloud: CloudSnapshot
  ) -> (network: CloudID, address: String)? {
    let ranges = cloud.subnets.filter { subnet in
      subnet.ipVersion == 4 && pools.contains { $0.id == subnet.networkID }
    }.flatMap { subnet in
      subnet.pools.compactMap { range -> (CloudID, ClosedRange<UInt32>)? in
        guard let start = number(range.start), let end = number(range.end), start <= end else {
          return nil
        }
        return (subnet.networkID, start...end)
      }
    }
    guard let (network, range) = ranges.randomElement() else { return nil }
    let taken = Set(cloud.floatingIPs.map(\.address))
    for _ in 0..<20 {
      let address = text(UInt32.random(in: range))
      if !taken.contains(address) { return (network, address) }
    }
    return nil
  }

  static func number(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard let part else { return nil }
      number = number << 8 | UInt32(part)
    }
    return number
  }

  static func text(_ number: UInt32) -> String {
    [24, 16, 8, 0].map { "\(number >> UInt32($0) & 255)" }.joined(separator: ".")
  }
}
