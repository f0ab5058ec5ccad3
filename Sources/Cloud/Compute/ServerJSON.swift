import Values

extension Server {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
      status: ServerStatus(try fields.text("status")),
      task: try fields.optionalText("SNF:task_state") ?? "",
      progress: try fields.optionalInt("progress"),
      userID: try fields.optionalText("user_id"),
      projectID: try fields.optionalText("tenant_id"),
      created: try fields.time("created"), updated: try fields.time("updated"),
      flavorID: try fields.optionalObject("flavor")?.optionalID("id"),
      imageID: try fields.optionalObject("image")?.optionalID("id"),
      metadata: try fields.words("metadata"),
      attachments: try fields.objects("attachments") { (nic) throws(BadField) in
        try ServerNIC(nic)
      },
      addresses: try Server.addresses(fields), volumes: try fields.ids("volumes"),
      fqdn: try fields.optionalText("SNF:fqdn"),
      portForwarding: try Server.forwarding(fields),
      isSuspended: try fields.optionalBool("suspended") ?? false,
      isDeleted: try fields.optionalBool("deleted") ?? false,
      diagnostics: try fields.objects("diagnostics") { (entry) throws(BadField) in
        try ServerDiagnostic(entry)
      },
      keyNames: try Server.keyNames(fields),
      adminPassword: try fields.optionalText("adminPass").map { SecretText($0) })
  }

  private static func addresses(_ fields: Fields) throws(BadField) -> [ServerAddress] {
    guard let networks = try fields.optionalObject("addresses") else { return [] }
    var all: [ServerAddress] = []
    for network in networks.names {
      all += try networks.objects(network) { (entry) throws(BadField) in
        ServerAddress(
          networkID: CloudID(network), version: try entry.optionalInt("version") ?? 4,
          address: try entry.text("addr"),
          isFloating: try entry.optionalText("OS-EXT-IPS:type") == "floating")
      }
    }
    return all
  }

  private static func forwarding(_ fields: Fields) throws(BadField) -> [Int: ForwardedPort] {
    guard let ports = try fields.optionalObject("SNF:port_forwarding") else { return [:] }
    var all: [Int: ForwardedPort] = [:]
    for name in ports.names {
      guard let inside = Int(name) else { continue }
      let outside = try ports.object(name)
      all[inside] = ForwardedPort(host: try outside.text("host"), port: try outside.int("port"))
    }
    return all
  }

  /// The list is newer than the single name.
  private static func keyNames(_ fields: Fields) throws(BadField) -> [String] {
    if fields.value("SNF:key_names") != nil { return try fields.texts("SNF:key_names") }
    return try fields.optionalText("key_name").map { [$0] } ?? []
  }
}

extension ServerNIC {
  init(_ fields: Fields) throws(BadField) {
    func address(_ key: String) throws(BadField) -> String? {
      let text = try fields.optionalText(key)
      return text == "" ? nil : text
    }
    self.init(
      id: try fields.id("id"), networkID: try fields.id("network_id"),
      macAddress: try fields.optionalText("mac_address"), ipv4: try address("ipv4"),
      ipv6: try address("ipv6"),
      isFloating: try fields.optionalText("OS-EXT-IPS:type") == "floating")
  }
}

extension ServerDiagnostic {
  init(_ fields: Fields) throws(BadField) {
    level = try fields.optionalText("level") ?? ""
    source = try fields.optionalText("source") ?? ""
    message = try fields.optionalText("message") ?? ""
    details = try fields.optionalText("details")
    created = try fields.time("created")
  }
}

extension ServerRequest {
  var json: Value {
    var server: ValueMap = [
      "name": .string(name), "flavorRef": flavor.json, "imageRef": image.json,
      "networks": .list(networks.map(\.json)),
    ]
    if let project { server["project"] = .string(project) }
    if !metadata.isEmpty { server["metadata"] = .words(metadata) }
    if !keyNames.isEmpty { server["SNF:key_names"] = .list(keyNames.map { .string($0) }) }
    if !files.isEmpty { server["personality"] = .list(files.map(\.json)) }
    return .map(server)
  }
}

extension NetworkChoice {
  /// Never a null address, which Cyclades answers with 500.
  var json: Value {
    switch self {
    case .network(let id, let address?): ["uuid": id.json, "fixed_ip": .string(address)]
    case .network(let id, nil): ["uuid": id.json]
    case .port(let id): ["port": id.json]
    }
  }
}

extension PersonalityFile {
  var json: Value {
    [
      "path": .string(path), "contents": .string(Base64.text(content)), "owner": .string(owner),
      "group": .string(group), "mode": .int(mode),
    ]
  }
}
