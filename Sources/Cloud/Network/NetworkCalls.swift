import Values

// Networks and subnets.

extension CloudClient {
  /// Own, shared and public networks.
  package func networks() async throws(CloudError) -> [Network] {
    try await ask(.get, .network, "/networks") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("networks") { (fields) throws(BadField) in
        try Network(fields)
      }
    }
  }

  package func network(_ id: CloudID) async throws(CloudError) -> Network {
    try await ask(.get, .network, "/networks/\(id.inPath)") { (value) throws(BadField) in
      try Network(Fields(value, path: "answer").object("network"))
    }
  }

  package func createNetwork(_ request: NetworkRequest) async throws(CloudError) -> Network {
    var network: ValueMap = ["type": .string(request.type), "name": .string(request.name)]
    if let project = request.project { network["project"] = .string(project) }
    return try await ask(.post, .network, "/networks", body: ["network": .map(network)]) {
      (value) throws(BadField) in
      try Network(Fields(value, path: "answer").object("network"))
    }
  }

  package func renameNetwork(_ id: CloudID, to name: String) async throws(CloudError) {
    try await order(
      .put, .network, "/networks/\(id.inPath)", ["network": ["name": .string(name)]])
  }

  /// Asks for the end of a network, with its subnets.
  ///
  /// - Throws: `.conflict` while it has a port.
  package func deleteNetwork(_ id: CloudID) async throws(CloudError) {
    try await order(.delete, .network, "/networks/\(id.inPath)")
  }

  package func reassignNetwork(_ id: CloudID, to project: String) async throws(CloudError) {
    try await order(
      .post, .network, "/networks/\(id.inPath)/action",
      ["reassign": ["project": .string(project)]])
  }

  package func subnets() async throws(CloudError) -> [Subnet] {
    try await ask(.get, .network, "/subnets") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("subnets") { (fields) throws(BadField) in
        try Subnet(fields)
      }
    }
  }

  package func subnet(_ id: CloudID) async throws(CloudError) -> Subnet {
    try await ask(.get, .network, "/subnets/\(id.inPath)") { (value) throws(BadField) in
      try Subnet(Fields(value, path: "answer").object("subnet"))
    }
  }

  package func createSubnet(_ request: SubnetRequest) async throws(CloudError) -> Subnet {
    try await ask(.post, .network, "/subnets", body: ["subnet": request.json]) {
      (value) throws(BadField) in
      try Subnet(Fields(value, path: "answer").object("subnet"))
    }
  }
}

extension Network {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
      status: NetworkStatus(try fields.optionalText("status") ?? "ACTIVE"),
      type: try fields.optionalText("type") ?? "",
      isPublic: try fields.optionalBool("public", "router:external") ?? false,
      isFloatingIPPool: try fields.optionalBool("SNF:floating_ip_pool") ?? false,
      subnets: try fields.ids("subnets"), userID: try fields.optionalText("user_id"),
      projectID: try fields.optionalText("tenant_id"), created: try fields.time("created"),
      isDeleted: try fields.optionalBool("deleted") ?? false)
  }
}

extension Subnet {
  init(_ fields: Fields) throws(BadField) {
    id = try fields.id("id")
    name = try fields.optionalText("name") ?? ""
    networkID = try fields.id("network_id")
    cidr = try fields.text("cidr")
    ipVersion = try fields.optionalInt("ip_version") ?? 4
    gateway = try fields.optionalText("gateway_ip")
    hasDHCP = try fields.optionalBool("enable_dhcp") ?? true
    pools = try fields.objects("allocation_pools") { (pool) throws(BadField) in
      AddressRange(start: try pool.text("start"), end: try pool.text("end"))
    }
    isPublic = try fields.optionalBool("public") ?? false
    isDeleted = try fields.optionalBool("deleted") ?? false
  }
}

extension SubnetRequest {
  var json: Value {
    var subnet: ValueMap = [
      "network_id": network.json, "cidr": .string(cidr), "ip_version": .int(ipVersion),
      "enable_dhcp": .bool(hasDHCP),
    ]
    if let name { subnet["name"] = .string(name) }
    switch gateway {
    case .first: break
    case .none: subnet["gateway_ip"] = .null
    case .address(let address): subnet["gateway_ip"] = .string(address)
    }
    if !pools.isEmpty {
      subnet["allocation_pools"] = .list(
        pools.map { ["start": .string($0.start), "end": .string($0.end)] })
    }
    return .map(subnet)
  }
}
