/// Servers: listing, looking, renaming, deleting (`/compute/v2.0/servers`).
extension World {
  /// Oldest time that `changes-since` may name, in seconds before now.
  private static let pollLimit = 3600.0

  /// - Throws: 400 for what is no time with a zone, lies ahead, or too far back.
  func changesSince(_ request: Request) throws(APIFault) -> Double? {
    guard let text = request.query("changes-since") else { return nil }
    // A `+` of a zone that was not encoded arrives as a blank.
    guard let time = Timestamp.seconds(text.replacing(" ", with: "+")) else {
      throw .badRequest("Invalid changes-since parameter")
    }
    guard time <= now else { throw .badRequest("changes-since value set in the future") }
    guard now - time <= Self.pollLimit else { throw .badRequest("Too old changes-since value") }
    return time
  }

  mutating func getServers(
    _ request: Request, _ session: Session, isDetail: Bool
  ) throws(APIFault) -> Reply {
    let since = try changesSince(request)
    var shown: [Wire] = []
    for id in servers.ids {
      guard let server = servers[id], server.user == session.user else { continue }
      if let since {
        guard server.updated >= since else { continue }
      } else if server.isDeleted {
        continue
      }
      shown.append(isDetail ? picture(server) : brief(server))
    }
    if since != nil, shown.isEmpty { return Reply(304) }
    return Reply(200, ["servers": .list(shown)])
  }

  mutating func getServer(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["server": picture(try server(id, session))])
  }

  /// - Throws: 404 where it never was, or is another user's.
  func server(_ id: Int, _ session: Session) throws(APIFault) -> Server {
    guard let server = servers[id], server.user == session.user else {
      throw .notFound("Server not found.")
    }
    return server
  }

  /// A server that is to change.
  ///
  /// - Throws: as `server`; 400 where it is deleted, 403 where it is suspended.
  func living(_ id: Int, _ session: Session) throws(APIFault) -> Server {
    let server = try server(id, session)
    guard !server.isDeleted else { throw .badRequest("Server has been deleted.") }
    guard !server.isSuspended else { throw .forbidden("Administratively Suspended VM") }
    return server
  }

  mutating func renameServer(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let name = try request.object("server")["name"]?.text else {
      throw .badRequest("Malformed request.")
    }
    guard name.unicodeScalars.count <= 255 else { throw Self.longName }
    _ = try living(id, session)
    touch(id) { $0.name = name }
    return Reply(204)
  }

  static let longName = APIFault.badRequest("Server name is too long")

  mutating func deleteServer(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try living(id, session)
    if server.activity == .destroying { return Reply(204) }
    if server.activity == .building, let job = activeJob(of: id), isQueued(job) {
      throw .building()
    }
    try beginDestroy(server)
    return Reply(204)
  }

  /// A build that the backend has not begun.
  private func isQueued(_ job: Job) -> Bool {
    job.kind == .build && now < job.started + settings.queueSeconds
  }

  /// Changes a server, notes the time, and forgets its written picture.
  mutating func touch(_ id: Int, _ change: (inout Server) -> Void) {
    let time = now
    servers.update(id) {
      change(&$0)
      $0.updated = time
    }
    pictures.servers[id] = nil
  }

  func getIPs(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try server(id, session)
    return Reply(
      200, ["addresses": addresses(server), "attachments": .list(attachments(server))])
  }

  func getIPs(_ id: Int, network: String, _ session: Session) throws(APIFault) -> Reply {
    let server = try server(id, session)
    guard let found = addresses(server)[network] else {
      throw .notFound("Server is not connected to network \(network)")
    }
    return Reply(200, ["network": .object([(network, found)])])
  }

  func getDiagnostics(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, .list(try server(id, session).notes.map(note)))
  }

  func getPassword(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    guard let password = try server(id, session).password else {
      throw .notFound("Password not found")
    }
    return Reply(200, ["password": .text(password)])
  }

  mutating func deletePassword(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    guard try server(id, session).password != nil else { throw .notFound("Password not found") }
    touch(id) { $0.password = nil }
    return Reply(204)
  }
}
