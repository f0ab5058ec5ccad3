/// Objects of containers.
extension World {
  mutating func putObject(
    _ name: String, container: String, _ call: Call
  ) throws(APIFault) -> Reply {
    let request = call.request
    let isSized =
      request.headers["content-length"] != nil || request.headers["transfer-encoding"] != nil
    guard isSized, let type = request.headers["content-type"] else {
      throw APIFault("lengthRequired", 411, "Missing Content-Type or Content-Length header")
    }
    let row = try self.container(container, call.session)
    let old = object(name, in: row.id)
    _ = try Self.conditions(request, old)
    var contents = request.body
    if request.query("hashmap") != nil {
      switch try assembled(request) {
      case .lacks(let hashes): return Reply(409, .list(hashes.map(Wire.text)))
      case .whole(let bytes): contents = bytes
      }
    }
    let hash = Digest.merkle(contents, block: Self.blockSize)
    if let tag = request.headers["etag"], tag != hash {
      throw APIFault("unprocessableEntity", 422, "Object hash does not match ETag")
    }
    let others = self.contents(row.id).reduce(-(old?.contents.count ?? 0)) {
      $0 + $1.contents.count
    }
    if row.quota > 0, others + contents.count > row.quota {
      throw APIFault("requestEntityTooLarge", 413, "Quota of the container exceeded")
    }
    if let old { try remove(old, row) }
    do throws(APIFault) {
      try charge([
        Charge(
          user: row.account, project: row.project, resource: .storage, amount: contents.count)
      ])
    } catch {
      throw APIFault("requestEntityTooLarge", 413, "Quota exceeded", error.details)
    }
    let id = next(.object)
    objects[id] = StoredObject(
      id: id, container: row.id, name: name, type: type, contents: contents, hash: hash,
      uuid: old?.uuid ?? Platform.randomUUID(), modified: now, metadata: Self.metadata(request))
    return Reply(201, headers: [("ETag", hash), ("X-Object-Version", String(id))])
  }

  private static func metadata(_ request: Request) -> [String: String] {
    let prefix = "x-object-meta-"
    let pairs = request.headers.filter { $0.key.hasPrefix(prefix) && !$0.value.isEmpty }
    return Dictionary(
      pairs.map { (String($0.key.dropFirst(prefix.count)), $0.value) }, uniquingKeysWith: { $1 })
  }

  func getObject(_ name: String, container: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try self.container(container, call.session)
    let object = try version(call.request, name, in: row.id)
    if let unchanged = try Self.conditions(call.request, object) { return unchanged }
    var headers = [
      ("Content-Type", object.type), ("ETag", object.hash), ("X-Object-Hash", object.hash),
      ("X-Object-UUID", object.uuid), ("X-Object-Version", String(object.id)),
      ("Accept-Ranges", "bytes"),
    ]
    for (key, value) in (object.metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
      headers.append(("X-Object-Meta-\(key)", value))
    }
    let size = object.contents.count
    guard call.request.method == "GET" else {
      headers.append(("Content-Length", String(size)))
      return Reply(200, headers: headers)
    }
    if call.request.query("hashmap") != nil {
      return Reply(200, headers: headers, bytes: Self.hashmap(object).bytes)
    }
    guard let range = try ByteRange.asked(call.request.headers["range"], of: size) else {
      return Reply(200, headers: headers, bytes: object.contents)
    }
    headers.append(("Content-Range", "bytes \(range.first)-\(range.last)/\(size)"))
    return Reply(206, headers: headers, bytes: Array(object.contents[range.first...range.last]))
  }

  /// The version that a request names, or the present one.
  private func version(
    _ request: Request, _ name: String, in container: Int
  ) throws(APIFault) -> StoredObject {
    guard let text = request.query("version") else {
      guard let object = object(name, in: container) else {
        throw .notFound("Object does not exist")
      }
      return object
    }
    guard let id = Int(text) else { throw .badRequest("Invalid version") }
    guard let object = objects[id], object.container == container, object.name == name else {
      throw .notFound("Version does not exist")
    }
    return object
  }

  mutating func deleteObject(
    _ name: String, container: String, _ call: Call
  ) throws(APIFault) -> Reply {
    let row = try self.container(container, call.session)
    let found = object(name, in: row.id)
    _ = try Self.conditions(call.request, found)
    guard let found else { throw .notFound("Object does not exist") }
    try remove(found, row)
    return Reply(204)
  }

  /// With versioning `auto` the old version stays and counts.
  mutating func remove(_ object: StoredObject, _ container: Container) throws(APIFault) {
    guard container.versioning == "none" else {
      objects.update(object.id) { $0.isPast = true }
      return
    }
    objects[object.id] = nil
    try charge([
      Charge(
        user: container.account, project: container.project, resource: .storage,
        amount: -object.contents.count)
    ])
  }

  private func object(_ name: String, in container: Int) -> StoredObject? {
    objects.rows.values.first {
      $0.container == container && $0.name == name && $0.isPast != true
    }
  }
}
