/// Metadata of servers: at once, in any state but deleted and suspended.
extension World {
  func getMetadata(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["metadata": texts(try server(id, session).metadata)])
  }

  func getMetadata(_ id: Int, key: String, _ session: Session) throws(APIFault) -> Reply {
    guard let value = try server(id, session).metadata[key] else {
      throw .notFound("Metadata key not found.")
    }
    return Reply(200, ["meta": .object([(key, .text(value))])])
  }

  mutating func postMetadata(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    let added = try Self.texts(try request.object("metadata"))
    let server = try living(id, session)
    let merged = try merge(server, added)
    return Reply(201, ["metadata": texts(merged)])
  }

  mutating func putMetadata(
    _ request: Request, _ id: Int, key: String, _ session: Session
  ) throws(APIFault) -> Reply {
    let meta = try request.object("meta")
    guard meta.pairs?.count == 1, meta[key] != nil else {
      throw .badRequest("Malformed request: `meta` must hold \(key) and nothing else.")
    }
    let added = try Self.texts(meta)
    let server = try living(id, session)
    _ = try merge(server, added)
    return Reply(201, ["meta": .object([(key, .text(added[key] ?? ""))])])
  }

  mutating func deleteMetadata(
    _ id: Int, key: String, _ session: Session
  ) throws(APIFault) -> Reply {
    let server = try living(id, session)
    guard server.metadata[key] != nil else { throw .notFound("Metadata key not found.") }
    touch(id) { $0.metadata[key] = nil }
    return Reply(204)
  }

  private mutating func merge(
    _ server: Server, _ added: [String: String]
  ) throws(APIFault) -> [String: String] {
    let merged = server.metadata.merging(added) { $1 }
    try checkCount(merged)
    try Self.checkLengths(added)
    touch(server.id) { $0.metadata = merged }
    return merged
  }

  /// - Throws: 500 for values that are not text, as the real server does.
  static func texts(_ object: Wire) throws(APIFault) -> [String: String] {
    var map: [String: String] = [:]
    for (key, value) in object.pairs ?? [] {
      guard let text = value.text else { throw .unexpected }
      map[key] = text
    }
    return map
  }

  func checkCount(_ metadata: [String: String]) throws(APIFault) {
    guard metadata.count <= settings.maxMetadata else {
      throw .badRequest("Virtual machines cannot have more than \(settings.maxMetadata) metadata")
    }
  }

  static func checkLengths(_ metadata: [String: String]) throws(APIFault) {
    for (key, value) in metadata {
      guard key.unicodeScalars.count <= 50 else { throw .badRequest("Metadata key is too long") }
      guard value.unicodeScalars.count <= 500 else {
        throw .badRequest("Metadata value is too long")
      }
    }
  }
}
