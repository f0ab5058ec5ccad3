import Values

// Ports and floating IPs.

extension CloudClient {
  package func ports() async throws(CloudError) -> [Port] {
    try await ask(.get, .network, "/ports") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("ports") { (fields) throws(BadField) in
        try Port(fields)
      }
    }
  }

  /// - Throws: `.notFound` once the port is gone.
  package func port(_ id: CloudID) async throws(CloudError) -> Port {
    try await ask(.get, .network, "/ports/\(id.inPath)") { (value) throws(BadField) in
      try Port(Fields(value, path: "answer").object("port"))
    }
  }

  /// Asks for a port; on a server it is built when this returns, and the server is busy with it.
  package func createPort(_ request: PortRequest) async throws(CloudError) -> Port {
    var port: ValueMap = ["network_id": request.network.json]
    if let server = request.server { port["device_id"] = server.json }
    if let name = request.name { port["name"] = .string(name) }
    if let address = request.address {
      port["fixed_ips"] = [["ip_address": .string(address)]]
    }
    return try await ask(.post, .network, "/ports", body: ["port": .map(port)]) {
      (value) throws(BadField) in
      try Port(Fields(value, path: "answer").object("port"))
    }
  }

  package func deletePort(_ id: CloudID) async throws(CloudError) {
    try await order(.delete, .network, "/ports/\(id.inPath)")
  }

  package func floatingIPs() async throws(CloudError) -> [FloatingIP] {
    try await ask(.get, .network, "/floatingips") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("floatingips") { (fields) throws(BadField) in
        try FloatingIP(fields)
      }
    }
  }

  package func floatingIP(_ id: CloudID) async throws(CloudError) -> FloatingIP {
    try await ask(.get, .network, "/floatingips/\(id.inPath)") { (value) throws(BadField) in
      try FloatingIP(Fields(value, path: "answer").object("floatingip"))
    }
  }

  /// Takes an address: any of any pool, any of one network's, or that one of that network.
  ///
  /// - Throws: `.conflict` where the pool is empty or the address is taken.
  package func reserveFloatingIP(
    network: CloudID? = nil, address: String? = nil, project: String? = nil
  ) async throws(CloudError) -> FloatingIP {
    var wanted = ValueMap()
    if let project { wanted["project"] = .string(project) }
    if let network {
      wanted["floating_network_id"] = network.json
      if let address { wanted["floating_ip_address"] = .string(address) }
    }
    return try await ask(.post, .network, "/floatingips", body: ["floatingip": .map(wanted)]) {
      (value) throws(BadField) in
      try FloatingIP(Fields(value, path: "answer").object("floatingip"))
    }
  }

  /// - Throws: `.conflict` while it is attached.
  package func releaseFloatingIP(_ id: CloudID) async throws(CloudError) {
    try await order(.delete, .network, "/floatingips/\(id.inPath)")
  }

  package func reassignFloatingIP(_ id: CloudID, to project: String) async throws(CloudError) {
    try await order(
      .post, .network, "/floatingips/\(id.inPath)/action",
      ["reassign": ["project": .string(project)]])
  }
}

extension Port {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
      status: PortStatus(try fields.optionalText("status") ?? ""),
      networkID: try fields.id("network_id"), serverID: try fields.optionalID("device_id"),
      macAddress: try fields.optionalText("mac_address"),
      addresses: try fields.objects("fixed_ips") { (entry) throws(BadField) in
        try entry.optionalText("ip_address")
      }.compactMap { $0 })
  }
}

extension FloatingIP {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), address: try fields.text("floating_ip_address"),
      networkID: try fields.id("floating_network_id"), portID: try fields.optionalID("port_id"),
      serverID: try fields.optionalID("instance_id"),
      projectID: try fields.optionalText("tenant_id"),
      isDeleted: try fields.optionalBool("deleted") ?? false)
  }
}
