/// Networks (`/network/v2.0/networks`).
extension World {
  func getNetworks(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let since = try changesSince(request)
    let shown = networks.inOrder.filter { network in
      guard network.isPublic || network.user == session.user else { return false }
      if let since { return network.updated >= since }
      return network.status != .deleted
    }
    if since != nil, shown.isEmpty { return Reply(304) }
    return Reply(200, ["networks": .list(shown.map(picture))])
  }

  func getNetwork(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["network": picture(try network(id, session))])
  }

  func network(_ id: Int, _ session: Session) throws(APIFault) -> Network {
    guard let network = networks[id], network.isPublic || network.user == session.user else {
      throw .notFound("Network not found.")
    }
    return network
  }

  /// - Throws: as `network`; 403 for a public one, 400 for a deleted one.
  private func ownNetwork(_ id: Int, _ session: Session) throws(APIFault) -> Network {
    let network = try network(id, session)
    guard !network.isPublic else { throw .forbidden("Network is public") }
    guard network.status != .deleted else { throw .badRequest("Network has been deleted.") }
    return network
  }

  mutating func postNetworks(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("network")
    guard let type = body["type"]?.text else { throw .badRequest("Missing network type") }
    let known = ["MAC_FILTERED", "PHYSICAL_VLAN", "CUSTOM", "IP_LESS_ROUTED"]
    guard known.contains(type) else { throw .badRequest("Invalid network type '\(type)'") }
    guard settings.networkTypes.contains(type) else {
      throw .forbidden("Network type '\(type)' is not enabled")
    }
    let name = body["name"]?.text ?? ""
    guard name.unicodeScalars.count <= 128 else { throw .badRequest("Network name is too long") }
    let project = try project(of: body, session)
    guard settings.hasBackend else { throw .unavailable("No resources for the network") }
    try charge([
      Charge(user: session.user, project: project, resource: .network, amount: 1)
    ])
    let id = next(.network)
    networks[id] = Network(
      id: id, name: name, type: type, user: session.user, project: project,
      isShared: body["shared_to_project"]?.bool ?? false, created: now, updated: now)
    trace(.created, "network", id, name)
    return Reply(201, ["network": picture(try network(id, session))])
  }

  mutating func putNetwork(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let name = try request.object("network")["name"]?.text else {
      throw .badRequest("Malformed request: no name")
    }
    _ = try ownNetwork(id, session)
    guard name.unicodeScalars.count <= 128 else { throw .badRequest("Network name is too long") }
    let time = now
    networks.update(id) {
      $0.name = name
      $0.updated = time
    }
    return Reply(200, ["network": picture(try network(id, session))])
  }

  mutating func deleteNetwork(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let network = try ownNetwork(id, session)
    guard !ports.rows.values.contains(where: { $0.network == id }),
      !floatingIPs.rows.values.contains(where: { $0.network == id })
    else { throw .conflict("Network is in use") }
    if network.wasUsed {
      if !isLeaving(id) {
        enqueue(.removeNetwork(id), server: nil, seconds: settings.deleteSeconds)
      }
    } else {
      finishNetwork(id)
    }
    return Reply(204)
  }

  /// Whether the network is being removed; it shows ACTIVE until it is gone.
  func isLeaving(_ id: Int) -> Bool {
    jobs.rows.values.contains { $0.kind == .removeNetwork(id) }
  }

  /// The network is gone: its quota is free, its subnets die with it.
  mutating func finishNetwork(_ id: Int) {
    guard let network = networks[id], network.status != .deleted, let user = network.user,
      let project = network.project
    else { return }
    let time = now
    networks.update(id) {
      $0.status = .deleted
      $0.updated = time
    }
    for subnet in network.subnets {
      subnets.update(subnet) { $0.isDeleted = true }
      trace(.deleted, "subnet", subnet, subnets[subnet]?.name ?? "")
    }
    trace(.deleted, "network", id, network.name)
    let charges = [Charge(user: user, project: project, resource: .network, amount: -1)]
    if (try? issue(charges)) != nil { accept(charges) }
  }

  mutating func actNetwork(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    let body = try request.json()
    guard let inner = body["reassign"] else { throw .badRequest("Action not supported") }
    guard let network = networks[id], network.isPublic || network.user == session.user else {
      throw .notFound("Network not found.")
    }
    guard !network.isPublic else { throw .forbidden("Network is public") }
    let project = try self.project(of: try Self.named(inner), session)
    try move(
      [
        Charge(user: session.user, project: network.project ?? "", resource: .network, amount: 1)
      ], to: project)
    networks.update(id) { $0.project = project }
    return Reply(200)
  }

  /// The argument of `reassign`, which must name a project.
  static func named(_ body: Wire) throws(APIFault) -> Wire {
    guard body["project"]?.text != nil else { throw .badRequest("Missing 'project' attribute.") }
    return body
  }

  /// Charges the new project and frees the old one.
  mutating func move(_ charges: [Charge], to project: String) throws(APIFault) {
    var moved: [Charge] = []
    for var charge in charges where charge.project != project {
      moved.append(
        Charge(
          user: charge.user, project: charge.project, resource: charge.resource,
          amount: -charge.amount))
      charge.project = project
      moved.append(charge)
    }
    try self.charge(moved)
  }

  func picture(_ network: Network) -> Wire {
    var pairs: [(String, Wire)] = [
      ("id", .text(String(network.id))), ("name", .text(network.name)),
      ("status", .text(network.status.rawValue)), ("type", .text(network.type)),
      ("public", .bool(network.isPublic)), ("shared", .bool(network.isPublic)),
      ("router:external", .bool(network.isPublic)),
      ("SNF:floating_ip_pool", .bool(network.isPool)),
      ("subnets", .list(network.subnets.map { .text(String($0)) })),
      ("admin_state_up", true), ("user_id", Wire(network.user)),
      ("tenant_id", Wire(network.project)),
      ("created", .text(Timestamp.text(network.created))),
      ("updated", .text(Timestamp.text(network.updated))),
      ("deleted", .bool(network.status == .deleted)),
      ("links", links("network/v2.0", "networks/\(network.id)")),
    ]
    if settings.has("0.17") { pairs.append(("shared_to_project", .bool(network.isShared))) }
    return .object(pairs)
  }
}
