/// The server object. Its cards show once they work, so a server in BUILD has none.
extension World {
  func brief(_ server: Server) -> Wire {
    [
      "id": .int(server.id), "name": .text(server.name),
      "links": links("compute/v2.0", "servers/\(server.id)"),
    ]
  }

  /// Kept as text while nothing changes it; a running build has a progress, so it is written anew.
  mutating func picture(_ server: Server) -> Wire {
    if let ready = pictures.servers[server.id] { return .ready(ready) }
    let bytes = Wire.object(pairs(server)).bytes
    if server.status != .build { pictures.servers[server.id] = bytes }
    return .ready(bytes)
  }

  func pairs(_ server: Server) -> [(String, Wire)] {
    var pairs: [(String, Wire)] = [
      ("id", .int(server.id)), ("name", .text(server.name)),
      ("status", .text(server.status.rawValue)),
      ("SNF:task_state", .text(server.activity?.rawValue ?? "")),
      ("progress", .int(progress(server))),
      ("user_id", .text(server.user)), ("tenant_id", .text(server.project)),
      ("created", .text(Timestamp.text(server.created))),
      ("updated", .text(Timestamp.text(server.updated))),
      (
        "flavor",
        [
          "id": .int(server.flavor), "links": links("compute/v2.0", "flavors/\(server.flavor)"),
        ]
      ),
      (
        "image",
        ["id": .text(server.image), "links": links("compute/v2.0", "images/\(server.image)")]
      ),
      ("metadata", texts(server.metadata)),
      ("attachments", .list(attachments(server))), ("addresses", addresses(server)),
      ("SNF:fqdn", fqdn(server)), ("SNF:port_forwarding", forwarding(server)),
      ("suspended", .bool(server.isSuspended)), ("deleted", .bool(server.isDeleted)),
      ("diagnostics", .list(server.notes.prefix(1).map(note))),
      ("hostId", ""), ("accessIPv4", ""), ("accessIPv6", ""), ("config_drive", ""),
      ("security_groups", [["name": "default"]]),
      ("links", links("compute/v2.0", "servers/\(server.id)")),
    ]
    if settings.has("0.16") { pairs.append(("volumes", .list(server.volumes.map(Wire.int)))) }
    if settings.has("0.17") { pairs.append(("shared_to_project", .bool(server.isShared))) }
    if settings.has("0.19") { pairs.append(("key_name", Wire(server.keyNames.first))) }
    if settings.has("0.20") {
      pairs.append(("SNF:key_names", .list(server.keyNames.map(Wire.text))))
      pairs.append(("SNF:rescue", .bool(server.isRescued)))
    }
    if settings.has("0.21") { pairs.append(("tags", [])) }
    return pairs
  }

  private func progress(_ server: Server) -> Int {
    guard server.status == .build else { return server.progress }
    guard let job = activeJob(of: server.id), job.kind == .build else { return 0 }
    let length = max(0.001, job.due - job.started - settings.queueSeconds)
    let share = (now - job.started - settings.queueSeconds) / length
    return Int(max(0, min(1, share)) * 100)
  }

  private func fqdn(_ server: Server) -> Wire {
    Wire(settings.fqdnDomain.map { "\(server.machineID).\($0)" })
  }

  private func forwarding(_ server: Server) -> Wire {
    guard let rule = settings.portForwarding,
      let port = shownPorts(server).first(where: { networks[$0.network]?.isPublic ?? false }),
      let address = port.ipv4.flatMap({ IPv4($0) })
    else { return [:] }
    let number = rule.port + Int(address.bits & 0xffff)
    return ["22": ["host": .text(rule.host), "port": .text(String(number))]]
  }

  private func shownPorts(_ server: Server) -> [Port] {
    server.ports.compactMap { ports[$0] }.filter { $0.status == .active }
  }

  func attachments(_ server: Server) -> [Wire] {
    shownPorts(server).map { port in
      var pairs: [(String, Wire)] = [
        ("id", .int(port.id)), ("network_id", .text(String(port.network))),
        ("mac_address", .text(port.mac ?? "")), ("ipv4", .text(port.ipv4 ?? "")), ("ipv6", ""),
      ]
      if port.ipv4 != nil {
        pairs.append(("OS-EXT-IPS:type", .text(port.floatingIP == nil ? "fixed" : "floating")))
      }
      if let profile = port.firewall { pairs.append(("firewallProfile", .text(profile))) }
      return .object(pairs)
    }
  }

  func addresses(_ server: Server) -> Wire {
    var found: [(String, Wire)] = []
    for port in shownPorts(server) {
      let address: [Wire] =
        port.ipv4.map {
          [
            [
              "version": 4, "addr": .text($0),
              "OS-EXT-IPS:type": .text(port.floatingIP == nil ? "fixed" : "floating"),
            ]
          ]
        } ?? []
      let key = String(port.network)
      if let at = found.firstIndex(where: { $0.0 == key }) {
        found[at].1 = .list((found[at].1.items ?? []) + address)
      } else {
        found.append((key, .list(address)))
      }
    }
    return .object(found)
  }

  func note(_ note: Server.Note) -> Wire {
    let time = Wire.text(Timestamp.text(note.created))
    return [
      "level": .text(note.level), "source": .text(note.source), "message": .text(note.message),
      "details": Wire(note.details), "created": time, "source_date": time,
    ]
  }
}
