import FoundationEssentials

/// Containers of the user's account.
extension World {
  private static let policyPrefix = "x-container-policy-"
  private static let metadataPrefix = "x-container-meta-"

  mutating func putContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let found = try? container(name, call.session)
    var row =
      found
      ?? Container(
        id: next(.container), account: call.session.user, name: name,
        project: call.session.defaultProject, modified: now)
    try setPolicies(&row, call.request)
    Self.setMetadata(&row, call.request)
    containers[row.id] = row
    return Reply(found == nil ? 201 : 202)
  }

  /// Blocks, or policies and metadata; without `update` the old metadata goes.
  mutating func postContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    var row = try container(name, call.session)
    if let blocks = takeBlocks(call.request) { return blocks }
    try setPolicies(&row, call.request)
    if call.request.query("update") == nil { row.metadata = [:] }
    Self.setMetadata(&row, call.request)
    containers[row.id] = row
    return Reply(202)
  }

  /// Another project takes over what the container holds.
  ///
  /// - Throws: 400 for policies that are none, 413 where it does not fit into the project.
  private mutating func setPolicies(_ row: inout Container, _ request: Request) throws(APIFault) {
    let oldProject = row.project
    for (key, value) in request.headers where key.hasPrefix(Self.policyPrefix) {
      let word = key.dropFirst(Self.policyPrefix.count)
      switch word {
      case "project": row.project = value
      case "quota":
        guard let quota = Int(value), quota >= 0 else { throw .badRequest("Bad quota") }
        row.quota = quota
      case "versioning":
        guard value == "auto" || value == "none" else { throw .badRequest("Bad versioning") }
        row.versioning = value
      default: throw .badRequest("Unknown policy \(word)")
      }
    }
    let used = stored(row.id)
    guard row.project != oldProject, used > 0 else { return }
    try move(
      [Charge(user: row.account, project: oldProject, resource: .storage, amount: used)],
      to: row.project)
  }

  /// An empty value takes a key away.
  private static func setMetadata(_ row: inout Container, _ request: Request) {
    for (key, value) in request.headers where key.hasPrefix(metadataPrefix) {
      row.metadata[String(key.dropFirst(metadataPrefix.count))] = value.isEmpty ? nil : value
    }
  }

  /// Past versions go with their container.
  mutating func deleteContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try container(name, call.session)
    let inside = contents(row.id)
    if call.request.query("delimiter") == "/" {
      for object in inside { try remove(object, row) }
      return Reply(204)
    }
    guard inside.isEmpty else { throw .conflict("Container is not empty") }
    try charge([
      Charge(
        user: row.account, project: row.project, resource: .storage, amount: -stored(row.id))
    ])
    for id in objects.ids where objects[id]?.container == row.id { objects[id] = nil }
    containers[row.id] = nil
    return Reply(204)
  }

  func getContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try container(name, call.session)
    let all = contents(row.id)
    var headers = [
      ("X-Container-Object-Count", String(all.count)),
      ("X-Container-Bytes-Used", String(all.reduce(0) { $0 + $1.contents.count })),
      ("X-Container-Block-Size", String(Self.blockSize)), ("X-Container-Block-Hash", "sha256"),
      ("X-Container-Policy-Quota", String(row.quota)),
      ("X-Container-Policy-Versioning", row.versioning),
      ("X-Container-Policy-Project", row.project),
    ]
    for key in row.metadata.keys.sorted() {
      headers.append(("X-Container-Meta-\(key)", row.metadata[key] ?? ""))
    }
    guard call.request.method == "GET" else { return Reply(204, headers: headers) }
    let (names, entries) = Self.page(all, call.request)
    guard call.request.query("format") == "json" else { return Self.lines(names, headers) }
    return Reply(200, headers: headers, bytes: Wire.list(entries).bytes)
  }

  /// What `prefix`, `delimiter`, `marker` and `limit` leave of the objects; folders are one entry.
  private static func page(
    _ all: [StoredObject], _ request: Request
  ) -> (names: [String], entries: [Wire]) {
    let prefix = request.query("prefix") ?? ""
    let marker = request.query("marker") ?? ""
    let limit = limit(request)
    let cut = request.query("delimiter")
    var entries: [Wire] = []
    var names: [String] = []
    for object in all where object.name.hasPrefix(prefix) && names.count < limit {
      guard precedes(marker, object.name) else { continue }
      if let cut, let end = object.name.dropFirst(prefix.count).range(of: cut) {
        let folder = String(object.name[..<end.upperBound])
        if names.last != folder {
          entries.append(["subdir": .text(folder)])
          names.append(folder)
        }
        continue
      }
      entries.append(entry(object))
      names.append(object.name)
    }
    return (names, entries)
  }

  private static func entry(_ object: StoredObject) -> Wire {
    [
      "name": .text(object.name), "bytes": .int(object.contents.count),
      "hash": .text(object.hash), "content_type": .text(object.type),
      "last_modified": .text(Timestamp.text(object.modified)),
      "x_object_hash": .text(object.hash), "x_object_uuid": .text(object.uuid),
      "x_object_version": .int(object.id),
    ]
  }
}
