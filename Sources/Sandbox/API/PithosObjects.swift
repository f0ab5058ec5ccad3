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
    let row = try self.container(named: container, call.session)
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
    let old = object(name, in: row.id)
    let others = objects.rows.values.filter { $0.container == row.id }
      .reduce(-(old?.contents.count ?? 0)) { $0 + $1.contents.count }
    let grown = contents.count - (old?.contents.count ?? 0)
    if row.quota > 0, others + contents.count > row.quota {
      throw APIFault("requestEntityTooLarge", 413, "Quota of the container exceeded")
    }
    do throws(APIFault) {
      try charge([
        Charge(user: row.account, project: row.project, resource: .storage, amount: grown)
      ])
    } catch {
      throw APIFault("requestEntityTooLarge", 413, "Quota exceeded", error.details)
    }
    let id = next(.object)
    if let old { objects[old.id] = nil }
    objects[id] = StoredObject(
      id: id, container: row.id, name: name, type: type, contents: contents, hash: hash,
      uuid: old?.uuid ?? Platform.randomUUID(), modified: now)
    return Reply(201, headers: [("ETag", hash), ("X-Object-Version", String(id))])
  }

  func getObject(_ name: String, container: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try self.container(named: container, call.session)
    guard let object = object(name, in: row.id) else {
      throw .notFound("Object does not exist")
    }
    var headers = [
      ("Content-Type", object.type), ("ETag", object.hash), ("X-Object-Hash", object.hash),
      ("X-Object-UUID", object.uuid), ("X-Object-Version", String(object.id)),
      ("Accept-Ranges", "bytes"),
    ]
    guard call.request.method == "GET" else {
      headers.append(("Content-Length", String(object.contents.count)))
      return Reply(200, headers: headers)
    }
    if call.request.query("hashmap") != nil {
      return Reply(200, headers: headers, bytes: Self.hashmap(object).bytes)
    }
    guard let text = call.request.headers["range"] else {
      return Reply(200, headers: headers, bytes: object.contents)
    }
    let parts = text.replacing("bytes=", with: "").split(
      separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Int(parts[0]), first < object.contents.count else {
      throw APIFault("rangeNotSatisfiable", 416, "Requested range exceeds object limits")
    }
    let last = min(object.contents.count - 1, Int(parts[1]) ?? Int.max)
    guard first <= last else {
      throw APIFault("rangeNotSatisfiable", 416, "Requested range exceeds object limits")
    }
    headers.append(("Content-Range", "bytes \(first)-\(last)/\(object.contents.count)"))
    return Reply(206, headers: headers, bytes: Array(object.contents[first...last]))
  }

  mutating func deleteObject(
    _ name: String, container: String, _ call: Call
  ) throws(APIFault) -> Reply {
    let row = try self.container(named: container, call.session)
    guard let object = object(name, in: row.id) else {
      throw .notFound("Object does not exist")
    }
    try remove(object, row)
    return Reply(204)
  }

  /// With versioning `auto` the old version stays and counts.
  mutating func remove(_ object: StoredObject, _ container: Container) throws(APIFault) {
    objects[object.id] = nil
    guard container.versioning == "none" else { return }
    try charge([
      Charge(
        user: container.account, project: container.project, resource: .storage,
        amount: -object.contents.count)
    ])
  }

  private func container(named name: String, _ session: Session) throws(APIFault) -> Container {
    let found = containers.rows.values.first { $0.account == session.user && $0.name == name }
    guard let found else { throw .notFound("Container does not exist") }
    return found
  }

  private func object(_ name: String, in container: Int) -> StoredObject? {
    objects.rows.values.first { $0.container == container && $0.name == name }
  }
}
