import Cloud
import Diagnostics

// Networks and floating IPs, one after the other: neither can carry a mark of ours.

extension FleetRun {
  /// The networks that were made, by name.
  func makeNetworks(
    _ wanted: [NewNetwork], _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> [String: CloudID] {
    var made: [String: CloudID] = [:]
    for wish in wanted {
      try stop.check("network `\(wish.name)` was not made")
      let intent = Hex.random(8)
      let start = ContinuousClock.now
      emit(.began(name: "network \(wish.name)", .network, id: nil))
      try journal.append(
        .makeNetwork(intent: intent, name: wish.name, known: cloud.networks.map(\.id)))
      let network = try await makeNetwork(wish, intent, known: Set(cloud.networks.map(\.id)))
      try journal.append(.madeNetwork(intent: intent, id: network.id))
      cloud.networks.append(network)
      made[wish.name] = network.id
      try await makeSubnet(wish, network.id)
      emit(
        .finished(
          name: "network \(wish.name)", .network, elapsed: ContinuousClock.now - start,
          id: network.id))
    }
    return made
  }

  private func makeNetwork(
    _ wish: NewNetwork, _ intent: String, known: Set<CloudID>
  ) async throws(Diagnostic) -> Network {
    var last: CloudError?
    for attempt in 0..<5 {
      do throws(CloudError) {
        if attempt > 0 {
          let found = try await api.networks().first {
            $0.name == wish.name && !$0.isGone && !$0.isPublic && !known.contains($0.id)
          }
          if let found { return found }
        }
        return try await api.createNetwork(NetworkRequest(name: wish.name, project: wish.project))
      } catch {
        last = error
        guard error.isReplyLost || error.mayComeBack, !stop.isMade else { break }
        await stop.sleep(.milliseconds(250 << attempt))
      }
    }
    if last?.isReplyLost == false { try journal.append(.notMadeNetwork(intent: intent)) }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/networks")
    throw error.diagnostic("network `\(wish.name)` was not made")
  }

  private func makeSubnet(_ wish: NewNetwork, _ network: CloudID) async throws(Diagnostic) {
    let cidr = wish.cidr ?? NewNetwork.defaultCIDR
    var last: CloudError?
    for attempt in 0..<5 {
      do throws(CloudError) {
        if attempt > 0, try await api.subnets().contains(where: { $0.networkID == network }) {
          return
        }
        _ = try await api.createSubnet(
          SubnetRequest(network: network, cidr: cidr, gateway: .none))
        return
      } catch {
        last = error
        guard error.isReplyLost || error.mayComeBack, !stop.isMade else { break }
        await stop.sleep(.milliseconds(250 << attempt))
      }
    }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/subnets")
    throw error.diagnostic("the subnet `\(cidr)` of network `\(wish.name)` was not made")
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

  /// The network cards of a machine's request; addresses are reserved where none is free.
  func choices(
    _ machine: ResolvedMachine, _ networks: [String: CloudID], _ free: inout [FloatingIP],
    _ cloud: inout CloudSnapshot
  ) async throws(Diagnostic) -> [NetworkChoice] {
    var all: [NetworkChoice] = []
    for card in machine.cards {
      switch card {
      case .ownAddress(let own): all.append(.network(own.network, address: own.address))
      case .privateNetwork(let id, let address): all.append(.network(id, address: address))
      case .newNetwork(let name, let address):
        guard let id = networks[name] else { throw .error("network `\(name)` was not made") }
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
        all.append(.network(address.networkID, address: address.address))
      }
    }
    return all
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
      let known = Set(cloud.floatingIPs.map(\.id))
      let intent = Hex.random(8)
      try journal.append(
        .reserve(
          intent: intent, address: choice?.address, known: known.sorted { $0.text < $1.text }))
      do throws(CloudError) {
        let address = try await reserve(
          network, choice?.address, machine.project, known: known)
        cloud.floatingIPs.append(address)
        do throws(Diagnostic) {
          try journal.append(.reserved(intent: intent, id: address.id))
        } catch {
          // The intent is on the disk, so the next run finds the address by it.
          emit(.notice("\(machine.description.name): \(error.summary)"))
        }
        return address
      } catch {
        refusal = error
        if !error.isReplyLost { try journal.append(.notReserved(intent: intent)) }
        guard error.kind == .conflict, !stop.isMade else { break }
      }
    }
    let error =
      refusal ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/floatingips")
    throw error.diagnostic("no floating IP for machine `\(machine.description.name)`")
  }

  private func reserve(
    _ network: CloudID?, _ address: String?, _ project: String, known: Set<CloudID>
  ) async throws(CloudError) -> FloatingIP {
    for attempt in 0..<4 {
      do throws(CloudError) {
        return try await api.reserveFloatingIP(
          network: network, address: address, project: project)
      } catch {
        guard error.isReplyLost || error.mayComeBack || error.kind == .conflict && attempt > 0
        else { throw error }
        let new = try await api.floatingIPs().filter { !$0.isDeleted && !known.contains($0.id) }
        if let address {
          if let found = new.first(where: { $0.address == address }) { return found }
        } else if error.isReplyLost, new.count == 1, new[0].portID == nil {
          return new[0]
        }
        if error.kind == .conflict || attempt == 3 || (address == nil && !new.isEmpty)
          || stop.isMade
        {
          throw error
        }
        await stop.sleep(.milliseconds(250 << attempt))
      }
    }
    throw CloudError(.cancelled(.send), method: .post, origin: "", path: "/floatingips")
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
