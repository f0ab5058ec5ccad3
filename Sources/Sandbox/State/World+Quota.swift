/// Quota in two holders, as Astakos keeps it: the member's share, and the project as a whole.
extension World {
  /// Charges everything, or nothing: `most` grows at once for what is added, `least` shrinks for what
  /// is given back. `accept` or `reject` settles it.
  ///
  /// - Throws: 413 with the first resource that does not fit; 400 where the user has no part in the
  ///   project.
  mutating func issue(_ charges: [Charge]) throws(APIFault) {
    for charge in charges where charge.amount != 0 {
      for user in [charge.user, nil] {
        let key = try holding(user, charge.project, charge.resource)
        guard let row = holdings[key] else { continue }
        if charge.amount > 0 {
          let (sum, overflow) = row.most.addingReportingOverflow(charge.amount)
          guard !overflow, sum <= row.limit else { throw Self.exceeded(row, charge) }
          holdings.update(key) { $0.most = sum }
        } else {
          holdings.update(key) { $0.least = max(0, $0.least + charge.amount) }
        }
      }
    }
  }

  private static func exceeded(_ row: Holding, _ charge: Charge) -> APIFault {
    let holder = row.user == nil ? "project" : "account"
    return .overLimit(
      "Resource Limit Exceeded for your \(holder).",
      "Limit for resource '\(charge.resource.title)' exceeded for your \(holder). "
        + "Available: \(row.limit - row.most), Requested: \(charge.amount)")
  }

  mutating func accept(_ charges: [Charge]) {
    settle(charges) { row, amount in
      if amount > 0 { row.least += amount } else { row.most = max(0, row.most + amount) }
    }
  }

  mutating func reject(_ charges: [Charge]) {
    settle(charges) { row, amount in
      if amount > 0 { row.most = max(0, row.most - amount) } else { row.least -= amount }
    }
  }

  mutating func charge(_ charges: [Charge]) throws(APIFault) {
    try issue(charges)
    accept(charges)
  }

  private mutating func settle(_ charges: [Charge], _ change: (inout Holding, Int) -> Void) {
    for charge in charges where charge.amount != 0 {
      for user in [charge.user, nil] {
        guard let key = try? holding(user, charge.project, charge.resource) else { continue }
        holdings.update(key) { change(&$0, charge.amount) }
      }
    }
  }

  /// The row of a holder, made from the project's limits at the first need.
  private mutating func holding(
    _ user: String?, _ project: String, _ resource: Resource
  ) throws(APIFault) -> Int {
    let name = "\(user ?? "") \(project) \(resource.rawValue)"
    if let key = holdingIndex[name], holdings[key] != nil { return key }
    guard let owner = self.project(project), user.map(owner.members.contains) ?? true else {
      throw .badRequest("User \(user ?? "") not in project \(project)")
    }
    let limits = limits(owner, resource)
    let key = next(.row)
    holdings[key] = Holding(
      user: user, project: project, resource: resource,
      limit: user == nil ? limits.project : limits.member)
    holdingIndex[name] = key
    return key
  }

  private func limits(_ project: Project, _ resource: Resource) -> Project.Limits {
    guard let limits = project.limits[resource] else {
      let limit = resource.isHidden ? Int.max : 0
      return Project.Limits(member: limit, project: limit)
    }
    return project.state == "active" ? limits : Project.Limits(member: 0, project: 0)
  }

  /// For `GET quotas`: the holder's row, or what it would begin with.
  func use(_ user: String?, _ project: Project, _ resource: Resource) -> Holding {
    let name = "\(user ?? "") \(project.id) \(resource.rawValue)"
    if let key = holdingIndex[name], let row = holdings[key] { return row }
    let limits = limits(project, resource)
    return Holding(
      user: user, project: project.id, resource: resource,
      limit: user == nil ? limits.project : limits.member)
  }

  func project(_ id: String) -> Project? { projects.rows.values.first { $0.id == id } }

  mutating func indexHoldings() {
    holdingIndex = [:]
    for (key, row) in holdings.rows {
      holdingIndex["\(row.user ?? "") \(row.project) \(row.resource.rawValue)"] = key
    }
  }

  /// Gives a holder another limit, or another's use to the project, behind everybody's back.
  mutating func change(
    _ user: String?, _ project: String, _ resource: Resource, _ change: (inout Holding) -> Void
  ) throws(APIFault) {
    let key = try holding(user, project, resource)
    holdings.update(key, change)
  }
}

/// What servers and their parts cost.
extension World {
  enum Cost { case build, start, stop, destroy }

  func charges(_ cost: Cost, _ server: Server) -> [Charge] {
    guard let flavor = flavors[server.flavor] else { return [] }
    let ram = flavor.ram << 20
    let running: [(Resource, Int)] = [(.cpu, flavor.cpus), (.ram, ram)]
    let existing: [(Resource, Int)] = [(.vm, 1), (.totalCPU, flavor.cpus), (.totalRAM, ram)]
    let amounts: [(Resource, Int)]
    switch cost {
    case .build: amounts = existing + running
    case .start: amounts = running
    case .stop: amounts = running.map { ($0.0, -$0.1) }
    case .destroy:
      amounts = (existing + (server.isRunning ? running : [])).map { ($0.0, -$0.1) }
    }
    return amounts.map {
      Charge(user: server.user, project: server.project, resource: $0.0, amount: $0.1)
    }
  }

  func charge(_ volume: Volume, sign: Int) -> Charge {
    Charge(
      user: volume.user, project: volume.project, resource: .disk,
      amount: sign * (volume.size << 30))
  }
}
