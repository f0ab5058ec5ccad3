/// Subnets (`/network/v2.0/subnets`).
extension World {
  func getSubnets(_ session: Session) -> Reply {
    let shown = subnets.inOrder.filter {
      !$0.isDeleted && ($0.user == session.user || $0.user == nil)
    }
    return Reply(200, ["subnets": .list(shown.map(picture))])
  }

  func getSubnet(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["subnet": picture(try subnet(id, session))])
  }

  private func subnet(_ id: Int, _ session: Session) throws(APIFault) -> Subnet {
    guard let subnet = subnets[id], subnet.user == nil || subnet.user == session.user else {
      throw .notFound("Subnet not found.")
    }
    return subnet
  }

  mutating func postSubnets(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("subnet")
    guard let networkID = body["network_id"]?.id, let text = body["cidr"]?.text else {
      throw .badRequest("Malformed request: network_id and cidr are needed")
    }
    let network = try network(networkID, session)
    guard network.user == session.user else { throw .forbidden("Not your network") }
    guard network.status != .deleted else { throw .badRequest("Network has been deleted.") }
    guard !network.wasUsed else { throw .badRequest("Network has been used by servers") }
    let version = body["ip_version"]?.id ?? 4
    guard version == 4 || version == 6 else { throw .badRequest("Malformed IP version") }
    guard !network.subnets.contains(where: { subnets[$0]?.version == version }) else {
      throw .badRequest("The network has an IPv\(version) subnet already")
    }
    let name = body["name"]?.text ?? ""
    guard name.unicodeScalars.count <= 128 else { throw .badRequest("Subnet name is too long") }
    var subnet = Subnet(
      id: 0, network: networkID, name: name, user: session.user, project: network.project,
      version: version, cidr: text, gateway: nil)
    if version == 4 {
      try layOut(&subnet, text, body)
    } else {
      guard text.hasSuffix("/64") else { throw .badRequest("An IPv6 subnet must be a /64") }
      subnet.gateway = body["gateway_ip"]?.text
    }
    subnet.hasDHCP = body["enable_dhcp"]?.bool ?? true
    subnet.nameservers = (body["dns_nameservers"]?.items ?? []).compactMap(\.text)
    for route in body["host_routes"]?.items ?? [] {
      guard route.text != nil || route.pairs != nil else {
        throw .badRequest("Malformed host route")
      }
      subnet.routes.append(String(decoding: route.bytes, as: UTF8.self))
    }
    subnet.id = next(.subnet)
    subnets[subnet.id] = subnet
    networks.update(networkID) { $0.subnets.append(subnet.id) }
    trace(.created, "subnet", subnet.id, name)
    return Reply(201, ["subnet": picture(subnet)])
  }

  /// Size, gateway and pools of an IPv4 subnet.
  private func layOut(_ subnet: inout Subnet, _ text: String, _ body: Wire) throws(APIFault) {
    guard let cidr = CIDR(text), !cidr.hasHostBits else { throw .badRequest("Malformed CIDR") }
    guard (settings.maxSubnetPrefix...29).contains(cidr.length) else {
      throw .overLimit("Unsupported network size")
    }
    var gateway: IPv4?
    switch body["gateway_ip"] {
    case nil: gateway = cidr.firstHost
    case .null?: gateway = nil
    case let value?:
      guard let address = value.text.flatMap({ IPv4($0) }), cidr.contains(address) else {
        throw .badRequest("Malformed gateway")
      }
      gateway = address
    }
    subnet.gateway = gateway?.description
    guard let items = body["allocation_pools"]?.items, !items.isEmpty else {
      subnet.pools = Self.ranges(cidr.firstHost, cidr.lastHost, without: gateway)
      return
    }
    for item in items {
      guard let first = item["start"]?.text.flatMap({ IPv4($0) }),
        let last = item["end"]?.text.flatMap({ IPv4($0) })
      else { throw .badRequest("Malformed allocation pool") }
      guard first <= last, cidr.contains(first), cidr.contains(last), first != cidr.network,
        last != cidr.broadcast
      else { throw .conflict("Allocation pool is out of the subnet") }
      guard gateway.map({ $0 < first || $0 > last }) ?? true else {
        throw .conflict("The gateway lies in an allocation pool")
      }
      guard !subnet.pools.contains(where: { first.bits <= $0.last && last.bits >= $0.first }) else {
        throw .conflict("Allocation pools overlap")
      }
      subnet.pools.append(Subnet.Range(first: first.bits, last: last.bits))
    }
  }

  static func ranges(_ first: IPv4, _ last: IPv4, without hole: IPv4?) -> [Subnet.Range] {
    guard let hole, first <= hole, hole <= last else {
      return [Subnet.Range(first: first.bits, last: last.bits)]
    }
    var ranges: [Subnet.Range] = []
    if first < hole { ranges.append(Subnet.Range(first: first.bits, last: hole.bits - 1)) }
    if hole < last { ranges.append(Subnet.Range(first: hole.bits + 1, last: last.bits)) }
    return ranges
  }

  mutating func putSubnet(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    let body = try request.object("subnet")
    guard let name = body["name"]?.text, body.pairs?.count == 1 else {
      throw .badRequest("Only the name of a subnet can be updated.")
    }
    guard try subnet(id, session).user == session.user else {
      throw .forbidden("Subnet is public")
    }
    subnets.update(id) { $0.name = name }
    return Reply(200, ["subnet": picture(try subnet(id, session))])
  }

  func deleteSubnet(_ id: Int) throws(APIFault) -> Reply {
    throw .badRequest("Deletion of a subnet is not supported")
  }

  private func picture(_ subnet: Subnet) -> Wire {
    var pairs: [(String, Wire)] = [
      ("id", .text(String(subnet.id))), ("network_id", .text(String(subnet.network))),
      ("name", .text(subnet.name)), ("tenant_id", Wire(subnet.project)),
      ("user_id", Wire(subnet.user)), ("public", .bool(subnet.user == nil)),
      ("gateway_ip", Wire(subnet.gateway)), ("ip_version", .int(subnet.version)),
      ("cidr", .text(subnet.cidr)), ("enable_dhcp", .bool(subnet.hasDHCP)),
      ("dns_nameservers", .list(subnet.nameservers.map(Wire.text))),
      ("host_routes", .list(subnet.routes.map { .ready(Array($0.utf8)) })),
      (
        "allocation_pools",
        .list(
          subnet.pools.map {
            [
              "start": .text(IPv4($0.first).description), "end": .text(IPv4($0.last).description),
            ]
          })
      ),
      ("deleted", .bool(subnet.isDeleted)),
      ("links", links("network/v2.0", "subnets/\(subnet.id)")),
    ]
    if subnet.version == 6 { pairs.append(("enable_slaac", true)) }
    return .object(pairs)
  }
}
