/// Ports: network cards, in a server or free (`/network/v2.0/ports`).
extension World {
  func getPorts(_ session: Session) -> Reply {
    let shown = ports.inOrder.filter { $0.user == session.user }
    return Reply(200, ["ports": .list(shown.map(picture))])
  }

  func getPort(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["port": picture(try port(id, session))])
  }

  private func port(_ id: Int, _ session: Session) throws(APIFault) -> Port {
    guard let port = ports[id], port.user == session.user else {
      throw .notFound("Port not found.")
    }
    return port
  }

  mutating func postPorts(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("port")
    guard let networkID = body["network_id"]?.id else {
      throw .badRequest("Malformed request: no network_id")
    }
    let name = body["name"]?.text ?? ""
    guard name.unicodeScalars.count <= 255 else { throw .badRequest("Port name is too long") }
    let address = try Self.address(body["fixed_ips"])
    let network = try network(networkID, session)
    var server: Server?
    if let device = body["device_id"], !device.isNull {
      guard let id = device.id else { throw .badRequest("Malformed device_id") }
      server = try idle(id, "CONNECT", session)
      try checkHotplug(server)
    }
    if network.isPublic, address == nil {
      throw .badRequest("A port on a public network needs one of your floating IPs")
    }
    let id = try openPort(
      network: networkID, address: address, name: name, session, picksFloating: false)
    if let server { try connect(id, to: server) }
    return Reply(201, ["port": picture(try port(id, session))])
  }

  /// `fixed_ips` holds one IPv4 address or nothing.
  private static func address(_ body: Wire?) throws(APIFault) -> String? {
    guard let body, !body.isNull else { return nil }
    guard let items = body.items else { throw .badRequest("Malformed fixed_ips") }
    guard items.count <= 1 else { throw .badRequest("More than one address") }
    guard let first = items.first else { return nil }
    guard let text = first["ip_address"]?.text else { throw .badRequest("Malformed fixed_ips") }
    guard IPv4(text) != nil else { throw .badRequest("Not an IPv4 address: \(text)") }
    return text
  }

  func checkHotplug(_ server: Server?) throws(APIFault) {
    if let server, server.status == .active, !settings.hasHotplug {
      throw .badRequest("Cards cannot be added to a running server")
    }
  }

  /// Plugs a free port into a server; the job ends later.
  mutating func connect(_ id: Int, to server: Server) throws(APIFault) {
    guard server.ports.count < settings.maxNICs else {
      throw .badRequest("Maximum ports per server limit reached")
    }
    ports.update(id) {
      $0.server = server.id
      $0.status = .build
    }
    if let port = ports[id] { markUsed(port.network) }
    touch(server.id) {
      $0.ports.append(id)
      $0.activity = .connecting
    }
    enqueue(.connect(port: id), server: server.id, seconds: settings.actionSeconds)
  }

  /// A port with its address, in no server yet.
  ///
  /// `picksFloating`: on a public network any unused floating IP of the user serves.
  mutating func openPort(
    network id: Int, address: String?, name: String, _ session: Session, picksFloating: Bool
  ) throws(APIFault) -> Int {
    let network = try network(id, session)
    guard network.status != .deleted else { throw .badRequest("Network has been deleted.") }
    guard network.isPublic || !isLeaving(id) else {
      throw .conflict("Network \(id) is being removed")
    }
    var lease: (subnet: Int, address: String)?
    var floating: Int?
    if network.isPublic {
      guard network.subnets.contains(where: { subnets[$0]?.version == 4 }) else {
        throw .forbidden("Cannot connect to public network \(id)")
      }
      let found: FloatingIP
      if let address {
        guard
          let row = floatingIPs.rows.values.first(where: {
            $0.address == address && $0.user == session.user
          })
        else {
          throw .notFound("Floating IP \(address) does not exist.")
        }
        guard row.network == id else {
          throw .conflict("Floating IP \(address) belongs to another network")
        }
        guard row.port == nil else { throw .conflict("Floating IP \(address) is in use") }
        found = row
      } else {
        guard picksFloating,
          let row = floatingIPs.inOrder.first(where: {
            $0.user == session.user && $0.network == id && $0.port == nil
          })
        else { throw .conflict("Cannot find an unused floating IP in network \(id)") }
        found = row
      }
      floating = found.id
      lease = (network.subnets.first { subnets[$0]?.version == 4 } ?? 0, found.address)
    } else if let address {
      guard let parsed = IPv4(address) else { throw .badRequest("Malformed address \(address)") }
      let (subnet, taken) = try takeAddress(network, parsed)
      lease = (subnet.id, taken.description)
    } else if network.subnets.contains(where: { subnets[$0]?.version == 4 }) {
      let (subnet, taken) = try takeAddress(network, nil)
      lease = (subnet.id, taken.description)
    }
    let port = next(.port)
    ports[port] = Port(
      id: port, name: name, network: id, user: session.user, status: .down, mac: nextMAC(),
      ipv4: lease?.address, subnet: lease?.subnet, floatingIP: floating, created: now, updated: now)
    if let floating { floatingIPs.update(floating) { $0.port = port } }
    trace(.created, "port", port, name, ["network": String(id)])
    return port
  }

  mutating func putPort(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let name = try request.object("port")["name"]?.text else {
      throw .badRequest("Malformed request: no name")
    }
    _ = try port(id, session)
    ports.update(id) { $0.name = name }
    return Reply(200, ["port": picture(try port(id, session))])
  }

  mutating func deletePort(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let port = try port(id, session)
    if networks[port.network]?.isPublic ?? false, port.floatingIP == nil {
      throw .forbidden("Cannot disconnect from a public network")
    }
    guard let serverID = port.server else {
      closePort(id)
      return Reply(204)
    }
    if jobs.rows.values.contains(where: { $0.kind == .disconnect(port: id) }) { return Reply(204) }
    let server = try idle(serverID, "DISCONNECT", session)
    try checkHotplug(server)
    touch(server.id) { $0.activity = .disconnecting }
    enqueue(.disconnect(port: id), server: server.id, seconds: settings.actionSeconds)
    return Reply(204)
  }

  /// The port is gone: a fixed address is free again, a floating IP waits for its next use.
  mutating func closePort(_ id: Int) {
    guard let port = ports[id] else { return }
    if let floating = port.floatingIP {
      floatingIPs.update(floating) { $0.port = nil }
    } else if let address = port.ipv4 {
      release(address, of: port.network)
    }
    ports[id] = nil
    if let server = port.server { touch(server) { $0.ports.removeAll { $0 == id } } }
    trace(.deleted, "port", id, port.name)
  }

  func picture(_ port: Port) -> Wire {
    let isShown = port.status == .active
    let addresses: [Wire] =
      port.ipv4.map {
        [["ip_address": .text($0), "subnet": Wire(port.subnet.map(String.init))]]
      } ?? []
    return [
      "id": .text(String(port.id)), "name": .text(port.name),
      "status": .text(port.status.rawValue), "network_id": .text(String(port.network)),
      "device_id": Wire(port.server.map(String.init)),
      "device_owner": port.server == nil ? nil : "vm",
      "mac_address": isShown ? Wire(port.mac) : nil, "fixed_ips": .list(addresses),
      "security_groups": [], "admin_state_up": true, "user_id": .text(port.user),
      "tenant_id": .text(port.user), "created": .text(Timestamp.text(port.created)),
      "updated": .text(Timestamp.text(port.updated)),
      "links": links("network/v2.0", "ports/\(port.id)"),
    ]
  }
}
