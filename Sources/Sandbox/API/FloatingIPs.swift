/// Floating IPs (`/network/v2.0/floatingips`).
extension World {
  func getFloatingIPs(_ session: Session) -> Reply {
    let shown = floatingIPs.inOrder.filter { $0.user == session.user }
    return Reply(200, ["floatingips": .list(shown.map(picture))])
  }

  func getFloatingIP(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["floatingip": picture(try floatingIP(id, session))])
  }

  private func floatingIP(_ id: Int, _ session: Session) throws(APIFault) -> FloatingIP {
    guard let row = floatingIPs[id], row.user == session.user else {
      throw .notFound("Floating IP does not exist.")
    }
    return row
  }

  /// Reserves an address; the reply is 200, not 201.
  mutating func postFloatingIPs(
    _ request: Request, _ session: Session
  ) throws(APIFault) -> Reply {
    let json = try request.json()
    guard let body = json["floatingip"], body.pairs != nil else {
      throw .badRequest("Malformed request: no `floatingip` object.")
    }
    let project = try project(of: body, session)
    var network: Network
    var address: IPv4?
    if let reference = body["floating_network_id"], !reference.isNull {
      guard let id = reference.id else { throw .badRequest("Malformed floating_network_id") }
      network = try self.network(id, session)
      guard network.isPool, network.status == .active else {
        throw .conflict("Network is not a floating IP pool")
      }
      if let text = body["floating_ip_address"], !text.isNull {
        guard let parsed = text.text.flatMap({ IPv4($0) }) else {
          throw .badRequest("Malformed floating_ip_address")
        }
        address = parsed
      }
    } else {
      network = try freePool()
    }
    let (subnet, taken) = try takeAddress(network, address)
    try charge([
      Charge(user: session.user, project: project, resource: .floatingIP, amount: 1)
    ])
    let id = next(.floatingIP)
    let row = FloatingIP(
      id: id, address: taken.description, network: subnet.network, user: session.user,
      project: project, isShared: body["shared_to_project"]?.bool ?? false)
    floatingIPs[id] = row
    trace(.created, "floating_ip", id, row.address)
    return Reply(200, ["floatingip": picture(row)])
  }

  private func freePool() throws(APIFault) -> Network {
    let pools = networks.inOrder.filter { $0.isPool && $0.status == .active }
    guard let pool = pools.first(where: { hasRoom($0) }) else {
      throw .conflict("No more IP addresses available in the pools")
    }
    return pool
  }

  mutating func deleteFloatingIP(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let row = try floatingIP(id, session)
    guard row.port == nil else { throw .conflict("Floating IP is attached to a port") }
    floatingIPs[id] = nil
    release(row.address, of: row.network)
    trace(.deleted, "floating_ip", id, row.address)
    try charge([
      Charge(user: row.user, project: row.project, resource: .floatingIP, amount: -1)
    ])
    return Reply(204)
  }

  mutating func actFloatingIP(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let inner = try request.json()["reassign"] else {
      throw .badRequest("Action not supported")
    }
    let row = try floatingIP(id, session)
    let project = try self.project(of: try Self.named(inner), session)
    try move(
      [
        Charge(user: row.user, project: row.project, resource: .floatingIP, amount: 1)
      ], to: project)
    floatingIPs.update(id) { $0.project = project }
    return Reply(200)
  }

  private func picture(_ row: FloatingIP) -> Wire {
    let server = row.port.flatMap { ports[$0]?.server }
    var pairs: [(String, Wire)] = [
      ("id", .text(String(row.id))), ("floating_ip_address", .text(row.address)),
      ("floating_network_id", .text(String(row.network))),
      ("port_id", Wire(row.port.map(String.init))),
      ("instance_id", Wire(server.map(String.init))), ("fixed_ip_address", nil),
      ("user_id", .text(row.user)), ("tenant_id", .text(row.project)), ("deleted", false),
    ]
    if settings.has("0.17") { pairs.append(("shared_to_project", .bool(row.isShared))) }
    return .object(pairs)
  }

  // MARK: Addresses of networks

  private func hasRoom(_ network: Network) -> Bool { (try? freeAddress(network)) != nil }

  /// The address that is asked for, or the first free one of the network's pools.
  ///
  /// - Throws: 409 where it is taken or none is free, 400 where it lies outside.
  mutating func takeAddress(
    _ network: Network, _ wanted: IPv4?
  ) throws(APIFault) -> (Subnet, IPv4) {
    guard let wanted else {
      let (subnet, range, found) = try freeAddress(network)
      firstFree[Lease.key(network.id, IPv4(range.first))] = found.bits
      leases[Lease.key(network.id, found)] = Lease(network: network.id, address: found.bits)
      return (subnet, found)
    }
    let rows = network.subnets.compactMap { subnets[$0] }.filter { $0.version == 4 }
    guard let subnet = rows.first else { throw .badRequest("The network has no IPv4 subnet") }
    guard subnet.pools.contains(where: { ($0.first...$0.last).contains(wanted.bits) }) else {
      throw .badRequest("Address \(wanted) does not belong to the network")
    }
    let key = Lease.key(network.id, wanted)
    guard leases[key] == nil, !faults.emptyPools.contains(network.id) else {
      throw .conflict("Address \(wanted) is in use")
    }
    leases[key] = Lease(network: network.id, address: wanted.bits)
    return (subnet, wanted)
  }

  /// Pools are used up in their order.
  private func freeAddress(
    _ network: Network
  ) throws(APIFault) -> (Subnet, Subnet.Range, IPv4) {
    guard !faults.emptyPools.contains(network.id) else { throw Self.noAddress }
    for subnet in network.subnets.compactMap({ subnets[$0] }) where subnet.version == 4 {
      for range in subnet.pools {
        var next = firstFree[Lease.key(network.id, IPv4(range.first))] ?? range.first
        while next <= range.last {
          if leases[Lease.key(network.id, IPv4(next))] == nil {
            return (subnet, range, IPv4(next))
          }
          let (sum, overflow) = next.addingReportingOverflow(1)
          if overflow { break }
          next = sum
        }
      }
    }
    throw Self.noAddress
  }

  private static let noAddress = APIFault.conflict("No IP addresses available in the network")

  mutating func release(_ address: String, of network: Int) {
    guard let parsed = IPv4(address) else { return }
    leases[Lease.key(network, parsed)] = nil
    let ranges = (networks[network]?.subnets ?? []).flatMap { subnets[$0]?.pools ?? [] }
    for range in ranges where (range.first...range.last).contains(parsed.bits) {
      let key = Lease.key(network, IPv4(range.first))
      if let known = firstFree[key] { firstFree[key] = min(known, parsed.bits) }
    }
  }
}
