/// The sandbox's own calls (`/sandbox/…`): faults, clock, settings, other users. Only the token of
/// `sandbox.json` opens them, also when the API refuses it as expired.
extension Route {
  static let control: [Route] = [
    Route(
      "sandbox/faults",
      ("GET", "sandbox.faults", { world, _ in world.getFaults() }),
      (
        "POST", "sandbox.faults",
        { world, call throws(APIFault) in try world.postFaults(call.request) }
      ),
      (
        "DELETE", "sandbox.faults",
        { world, _ in
          world.endFaults()
          return Reply(204)
        }
      )),
    Route(
      "sandbox/clock",
      (
        "POST", "sandbox.clock",
        { world, call throws(APIFault) in try world.postClock(call.request) }
      )),
    Route(
      "sandbox/settings",
      ("GET", "sandbox.settings", { world, _ throws(APIFault) in try world.getSettings() }),
      (
        "POST", "sandbox.settings",
        { world, call throws(APIFault) in try world.postSettings(call.request) }
      )),
    Route(
      "sandbox/users",
      (
        "POST", "sandbox.users",
        { world, call throws(APIFault) in try world.postUsers(call.request) }
      )),
    Route(
      "sandbox/projects",
      (
        "POST", "sandbox.projects",
        { world, call throws(APIFault) in try world.postProjects(call.request) }
      )),
    Route(
      "sandbox/flavors",
      (
        "POST", "sandbox.flavors",
        { world, call throws(APIFault) in try world.postFlavors(call.request) }
      )),
    Route(
      "sandbox/networks",
      (
        "POST", "sandbox.networks",
        { world, call throws(APIFault) in try world.postPublicNetworks(call.request) }
      )),
    // These need more than the state; the cloud answers them itself.
    Route("sandbox/records", ("GET", "sandbox.records", elsewhere)),
    Route("sandbox/status", ("GET", "sandbox.status", elsewhere)),
    Route("sandbox/reset", ("POST", "sandbox.reset", elsewhere)),
    Route("sandbox/stop", ("POST", "sandbox.stop", elsewhere)),
  ]

  private static let elsewhere: Handler = { _, _ throws(APIFault) in throw .unknownPath }
}

extension World {
  func getFaults() -> Reply {
    Reply(
      200,
      [
        "faults": .list(
          faults.rules.map {
            ["id": .int($0.id), "seen": .int($0.seen), "done": .int($0.done)]
          })
      ])
  }

  /// `{"match": {...}, "do": ...}` is a rule; what changes the state happens at once without `match`.
  mutating func postFaults(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    let order = try FaultOrder(body)
    if case .effect(let effect) = order.action, body["match"] == nil {
      try apply(effect)
      return Reply(200, ["id": nil])
    }
    let match = body["match"] ?? [:]
    var rule = FaultRule(action: try order.ruleAction())
    rule.method = match["method"]?.text
    rule.path = match["path"]?.text ?? match["path-regex"]?.text
    rule.operation = match["operation"]?.text
    rule.server = match["server"]?.text ?? match["name"]?.text
    rule.nth = max(1, min(1_000_000_000, match["nth"]?.int ?? 1))
    rule.times = min(1_000_000_000, match["times"]?.int ?? 1)
    for pattern in [rule.path, rule.server].compactMap({ $0 }) where (try? Regex(pattern)) == nil {
      throw .badRequest("Not a regular expression: \(pattern)")
    }
    if case .job = rule.action, rule.operation == nil, order.isBuildOnly {
      rule.operation = "build"
    }
    return Reply(201, ["id": .int(faults.add(rule))])
  }

  /// `advance` moves the clock, `frozen` stops it or lets it run again.
  mutating func postClock(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    if let seconds = body["advance"]?.number {
      guard seconds >= 0, settings.clockOffset + seconds < 1e9 else {
        throw .badRequest("`advance` is seconds ahead")
      }
      if let frozen = settings.frozenAt { settings.frozenAt = frozen + seconds }
      settings.clockOffset += seconds
      now += seconds
    }
    if let isFrozen = body["frozen"]?.bool { settings.frozenAt = isFrozen ? now : nil }
    var changed = settings
    if let seconds = body["build_seconds"]?.number { changed.buildSeconds = seconds }
    if let seconds = body["action_seconds"]?.number { changed.actionSeconds = seconds }
    if let seconds = body["delete_seconds"]?.number { changed.deleteSeconds = seconds }
    guard changed.isSound else { throw .badRequest("Seconds are 0 to 1,000,000") }
    settings = changed
    return Reply(
      200,
      ["now": .text(Timestamp.text(now)), "frozen": .bool(settings.frozenAt != nil)])
  }

  func getSettings() throws(APIFault) -> Reply {
    guard let bytes = RowEncoder()(settings) else { throw .unexpected }
    return Reply(200, try Wire.parse(bytes)[0] ?? .null)
  }

  /// Changes the settings that the body names.
  mutating func postSettings(_ request: Request) throws(APIFault) -> Reply {
    guard let bytes = RowEncoder()(settings), case .object(var pairs)? = try Wire.parse(bytes)[0]
    else { throw .unexpected }
    for (key, value) in try request.json().pairs ?? [] {
      pairs.removeAll { $0.0 == key }
      pairs.append((key, value))
    }
    guard let changed: Settings = RowDecoder()(Wire.list([.object(pairs)]).bytes) else {
      throw .badRequest("A setting has the wrong type")
    }
    guard changed.isSound else { throw .badRequest("A setting is out of its range") }
    settings = changed
    pictures = Pictures()
    return try getSettings()
  }

  /// Another user, of the projects that are named; for tests of what is not one's own.
  mutating func postUsers(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    let name = body["name"]?.text ?? "Somebody Else"
    let user = User(
      id: Platform.randomUUID(), name: name, token: Platform.randomText(32),
      tokenExpires: now + Seed.year, defaultProject: "")
    let key = next(.row)
    users[key] = user
    var ids = (body["projects"]?.items ?? []).compactMap(\.text)
    if ids.isEmpty { ids = [makeProject(name, members: [], machines: 64)] }
    for (row, project) in projects.rows where ids.contains(project.id) {
      projects.update(row) { $0.members.append(user.id) }
    }
    users.update(key) { $0.defaultProject = ids[0] }
    return Reply(
      201, ["id": .text(user.id), "token": .text(user.token), "project": .text(ids[0])])
  }

  /// A project of the sandbox's user with the limits that are given, each `[member, project]`.
  mutating func postProjects(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    let owner = users.inOrder.first?.id ?? ""
    let id = makeProject(
      body["name"]?.text ?? "project", members: [owner], machines: body["machines"]?.int ?? 64)
    for (row, project) in projects.rows where project.id == id {
      projects.update(row) {
        for (name, limits) in body["limits"]?.pairs ?? [] {
          guard let resource = Resource(rawValue: name) else { continue }
          let member = limits[0]?.int ?? limits.int ?? 0
          $0.limits[resource] = Project.Limits(member: member, project: limits[1]?.int ?? member)
        }
        if let state = body["state"]?.text { $0.state = state }
      }
    }
    return Reply(201, ["id": .text(id)])
  }

  mutating func postFlavors(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    let id = (flavors.ids.last ?? 0) + 1
    let sizes = ["cpus", "ram", "disk"].compactMap { body[$0]?.int }
    guard sizes.allSatisfy({ (1...1_000_000).contains($0) }) else {
      throw .badRequest("Sizes are 1 to 1,000,000")
    }
    var flavor = Flavor(
      id: id, cpus: body["cpus"]?.int ?? 1, ram: body["ram"]?.int ?? 512,
      disk: body["disk"]?.int ?? 5, template: body["template"]?.text ?? "ext_vlmc",
      volumeType: body["volume_type"]?.int ?? 1)
    flavor.allowsCreate = body["allow_create"]?.bool ?? true
    flavor.isPublic = body["public"]?.bool ?? true
    flavor.access = (body["access"]?.items ?? []).compactMap(\.text)
    flavors[id] = flavor
    return Reply(201, ["id": .int(id)])
  }

  /// Another public network; without `cidr` one that has no IPv4 address.
  mutating func postPublicNetworks(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    var network: PublicNetwork?
    if let text = body["cidr"]?.text {
      guard let cidr = CIDR(text), !cidr.hasHostBits, cidr.length <= 29 else {
        throw .badRequest("Malformed CIDR")
      }
      network = PublicNetwork(
        cidr: text, gateway: cidr.firstHost.description,
        first: IPv4(cidr.firstHost.bits + 1).description, last: cidr.lastHost.description)
    }
    let id = makePublicNetwork(
      body["name"]?.text ?? "Public Network", network, isPool: body["pool"]?.bool ?? true)
    return Reply(201, ["id": .text(String(id))])
  }
}
