/// `POST servers/<id>/action`.
extension World {
  mutating func actServer(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let pairs = try request.json().pairs, pairs.count == 1, let (verb, body) = pairs.first
    else { throw .badRequest("Malformed request: one action, please") }
    guard body.isNull || body.pairs != nil else {
      throw .badRequest("Malformed request: the argument of an action is an object")
    }
    switch verb {
    case "start", "os-start": return try startServer(id, session)
    case "shutdown", "os-stop": return try stopServer(id, session)
    case "reboot": return try rebootServer(id, body, session)
    case "resize": return try resizeServer(id, body, session)
    case "reassign": return try reassignServer(id, body, session)
    case "firewallProfile": return try setFirewall(id, body, session)
    case "addFloatingIp": return try addFloatingIP(id, body, session)
    case "removeFloatingIp": return try removeFloatingIP(id, body, session)
    case "console", "os-getVNCConsole": return try console(id, body, session)
    case "rescue", "unrescue":
      _ = try living(id, session)
      throw APIFault("featureNotEnabled", 404, "Rescue mode is not enabled")
    case "suspend":
      _ = try living(id, session)
      throw .forbidden("Administrative action")
    case "stop", "delete", "destroy", "create": throw .unexpected
    default:
      _ = try living(id, session)
      throw .badRequest("Action '\(verb)' not supported")
    }
  }

  /// A server that may begin `verb`: not deleted, not suspended, nothing pending, not in ERROR or BUILD.
  func idle(_ id: Int, _ verb: String, _ session: Session) throws(APIFault) -> Server {
    let server = try unoccupied(id, verb, session)
    if server.status == .error { throw .badRequest("Cannot perform '\(verb)': server is in ERROR") }
    if server.status == .build { throw .building() }
    return server
  }

  private func unoccupied(_ id: Int, _ verb: String, _ session: Session) throws(APIFault) -> Server
  {
    let server = try living(id, session)
    if let pending = server.activity {
      if pending == .building { throw .building() }
      throw .badRequest(
        "Cannot perform '\(verb)' action while there is a pending '\(pending.verb)'.")
    }
    return server
  }

  private func wrongState(_ verb: String, _ server: Server) -> APIFault {
    .badRequest("Cannot perform '\(verb)' action while server is '\(server.status.rawValue)'.")
  }

  private mutating func startServer(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try idle(id, "START", session)
    guard server.status == .stopped else { throw wrongState("START", server) }
    let charges = charges(.start, server)
    try issue(charges)
    begin(.start, .starting, server, charges)
    return Reply(202)
  }

  private mutating func stopServer(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try idle(id, "STOP", session)
    guard server.status == .active else { throw wrongState("STOP", server) }
    let charges = charges(.stop, server)
    try issue(charges)
    begin(.stop, .stopping, server, charges)
    return Reply(202)
  }

  private mutating func rebootServer(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    guard body.pairs != nil else { throw .unexpected }
    guard let type = body["type"]?.text, type == "SOFT" || type == "HARD" else {
      throw .badRequest("Malformed request: reboot type")
    }
    let server = try idle(id, "REBOOT", session)
    let charges = server.status == .stopped ? charges(.start, server) : []
    try issue(charges)
    begin(.reboot(isHard: type == "HARD"), .rebooting, server, charges)
    return Reply(202)
  }

  private mutating func resizeServer(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    guard body["flavorRef"] != nil else { throw .badRequest("Missing 'flavorRef' attribute.") }
    let owner = try server(id, session)
    let flavor = try flavor(body["flavorRef"], for: owner.project, session)
    let server = try idle(id, "RESIZE", session)
    guard server.status == .stopped else { throw wrongState("RESIZE", server) }
    guard let old = flavors[server.flavor], old.id != flavor.id else {
      throw .badRequest("Server has this flavor already")
    }
    guard old.disk == flavor.disk, old.volumeType == flavor.volumeType else {
      throw .badRequest("Cannot resize to a flavor with another disk")
    }
    let changes: [(Resource, Int)] = [
      (.totalCPU, flavor.cpus - old.cpus), (.totalRAM, (flavor.ram - old.ram) << 20),
    ]
    let charges = changes.map {
      Charge(user: server.user, project: server.project, resource: $0.0, amount: $0.1)
    }
    try issue(charges)
    begin(.resize(flavor: flavor.id), .resizing, server, charges)
    return Reply(202)
  }

  /// At once, in any status without a pending task.
  private mutating func reassignServer(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    let named = try Self.named(body)
    let server = try unoccupied(id, "REASSIGN", session)
    let project = try self.project(of: named, session)
    guard let flavor = flavors[server.flavor] else { throw .unexpected }
    guard flavor.isPublic || flavor.access.contains(project) else {
      throw .forbidden("Flavor is not for project \(project)")
    }
    let root = server.volumes.compactMap { volumes[$0] }.filter { $0.index == 0 }
    // A stopped server holds neither cpu nor ram.
    let amounts = charges(.destroy, server).map { charge in
      Charge(
        user: charge.user, project: charge.project, resource: charge.resource,
        amount: -charge.amount)
    }
    try move(amounts + root.map { charge($0, sign: 1) }, to: project)
    for volume in root { volumes.update(volume.id) { $0.project = project } }
    touch(id) { $0.project = project }
    return Reply(200)
  }

  private mutating func setFirewall(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let profile = body["profile"]?.text,
      ["ENABLED", "DISABLED", "PROTECTED"].contains(profile), let nic = body["nic"]?.id
    else { throw .badRequest("Malformed request: profile and nic") }
    let server = try unoccupied(id, "FIREWALL", session)
    if server.status == .error { throw .badRequest("Server is in ERROR") }
    guard server.ports.contains(nic) else { throw .notFound("Server has no card \(nic)") }
    ports.update(nic) { $0.firewall = profile }
    touch(id) { _ in }
    return Reply(202)
  }

  private mutating func addFloatingIP(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let address = body["address"]?.text else {
      throw .badRequest("Missing 'address' attribute")
    }
    let server = try idle(id, "CONNECT", session)
    try checkHotplug(server)
    guard
      let row = floatingIPs.rows.values.first(where: {
        $0.user == session.user && $0.address == address
      })
    else { throw .notFound("Floating IP \(address) does not exist.") }
    let port = try openPort(
      network: row.network, address: address, name: "", session, picksFloating: false)
    try connect(port, to: server)
    return Reply(202)
  }

  private mutating func removeFloatingIP(
    _ id: Int, _ body: Wire, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let address = body["address"]?.text else {
      throw .badRequest("Missing 'address' attribute")
    }
    let owner = try server(id, session)
    guard
      let row = floatingIPs.rows.values.first(where: {
        $0.user == session.user && $0.address == address
      })
    else { throw .notFound("Floating IP \(address) does not exist.") }
    guard let port = row.port, owner.ports.contains(port) else {
      throw .badRequest("Floating IP is not attached to this server")
    }
    _ = try deletePort(port, session)
    return Reply(202)
  }

  private func console(_ id: Int, _ body: Wire, _ session: Session) throws(APIFault) -> Reply {
    guard let type = body["type"]?.text else { throw .badRequest("Missing console type") }
    guard ["vnc", "vnc-ws", "vnc-wss"].contains(type) else {
      throw .badRequest("Unknown console type")
    }
    let server = try idle(id, "CONSOLE", session)
    guard server.status == .active else { throw wrongState("CONSOLE", server) }
    return Reply(
      200,
      [
        "console": [
          "type": .text(type), "host": "127.0.0.1", "port": 1,
          "password": .text(Platform.randomText(8)),
        ]
      ])
  }

  private mutating func begin(
    _ kind: Job.Kind, _ activity: Server.Activity, _ server: Server, _ charges: [Charge]
  ) {
    touch(server.id) { $0.activity = activity }
    enqueue(kind, server: server.id, seconds: settings.actionSeconds, charges: charges)
  }
}
