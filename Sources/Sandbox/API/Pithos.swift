import FoundationEssentials

/// Containers and objects (`/object-store/v1/<account>/<container>/<object>`).
extension Route {
  static func pithos(_ request: Request) throws(APIFault) -> Destination {
    let parts = Array(request.path.dropFirst(2))
    let name = parts.dropFirst(2).joined(separator: "/")
    let arguments = Array(parts.prefix(2)) + (name.isEmpty ? [] : [name])
    guard (1...3).contains(arguments.count) else { throw .badRequest("No account") }
    let word = ["account", "container", "object"][arguments.count - 1]
    let methods = [
      ["GET", "HEAD"], ["GET", "HEAD", "PUT", "POST", "DELETE"], ["GET", "HEAD", "PUT", "DELETE"],
    ][arguments.count - 1]
    guard methods.contains(request.method) else { throw .notAllowed(methods) }
    return Destination(
      operation: "\(word).\(request.method.lowercased())", isOpen: false, arguments: arguments,
      handler: { (world, call) throws(APIFault) in try world.pithos(call) })
  }
}

extension World {
  static let blockSize = 4_194_304

  mutating func pithos(_ call: Call) throws(APIFault) -> Reply {
    let account = call.arguments[0]
    guard account == call.session.user else { throw .forbidden("Not allowed") }
    guard call.arguments.count > 1 else { return getAccount(call) }
    let name = call.arguments[1]
    guard name.utf8.count <= 256 else { throw .badRequest("Container name too long") }
    if call.arguments.count == 2 {
      switch call.request.method {
      case "PUT": return try putContainer(name, call)
      case "DELETE": return try deleteContainer(name, call)
      case "POST":
        _ = try container(name, call)
        return try postBlocks(call)
      default: return try getContainer(name, call)
      }
    }
    let object = call.arguments[2]
    guard object.utf8.count <= 1024 else { throw .badRequest("Object name too long") }
    switch call.request.method {
    case "PUT": return try putObject(object, container: name, call)
    case "DELETE": return try deleteObject(object, container: name, call)
    default: return try getObject(object, container: name, call)
    }
  }

  private func container(_ name: String, _ call: Call) throws(APIFault) -> Container {
    let found = containers.rows.values.first {
      $0.account == call.session.user && $0.name == name
    }
    guard let found else { throw .notFound("Container does not exist") }
    return found
  }

  private func contents(_ container: Int) -> [StoredObject] {
    objects.rows.values.filter { $0.container == container }
      .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
  }

  private func getAccount(_ call: Call) -> Reply {
    let own = containers.inOrder.filter { $0.account == call.session.user }
    let used = own.flatMap { contents($0.id) }.reduce(0) { $0 + $1.contents.count }
    var headers = [
      ("X-Account-Bytes-Used", String(used)), ("X-Account-Container-Count", String(own.count)),
    ]
    var sum = 0
    for project in projects.inOrder where project.members.contains(call.session.user) {
      let limit = project.limits[.storage]?.member ?? 0
      sum = sum.addingReportingOverflow(limit).overflow ? Int.max : sum + limit
      headers.append(("X-Account-Policy-Quota-\(project.id)", String(limit)))
    }
    headers.append(("X-Account-Policy-Quota", String(sum)))
    guard call.request.method == "GET" else { return Reply(204, headers: headers) }
    guard call.request.query("format") == "json" else {
      let names = own.map { $0.name + "\n" }.joined()
      return Reply(names.isEmpty ? 204 : 200, headers: headers, bytes: Array(names.utf8))
    }
    let list = own.map { container -> Wire in
      let inside = contents(container.id)
      return [
        "name": .text(container.name), "count": .int(inside.count),
        "bytes": .int(inside.reduce(0) { $0 + $1.contents.count }),
        "last_modified": .text(Timestamp.text(container.modified)),
        "x_container_policy": [
          "quota": .text(String(container.quota)), "versioning": .text(container.versioning),
          "project": .text(container.project),
        ],
      ]
    }
    return Reply(200, headers: headers, bytes: Wire.list(list).bytes)
  }

  private mutating func putContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let headers = call.request.headers
    let policies = headers.filter { $0.key.hasPrefix("x-container-policy-") }
    let known: Set = ["project", "quota", "versioning"]
    for (key, value) in policies {
      let word = String(key.dropFirst("x-container-policy-".count))
      guard known.contains(word) else { throw .badRequest("Unknown policy \(word)") }
      if word == "quota", Int(value).map({ $0 < 0 }) ?? true { throw .badRequest("Bad quota") }
      if word == "versioning", value != "auto", value != "none" {
        throw .badRequest("Bad versioning")
      }
    }
    let found = try? container(name, call)
    var row =
      found
      ?? Container(
        id: next(.container), account: call.session.user, name: name,
        project: call.session.defaultProject, modified: now)
    let oldProject = row.project
    row.project = policies["x-container-policy-project"] ?? row.project
    row.quota = policies["x-container-policy-quota"].flatMap { Int($0) } ?? row.quota
    row.versioning = policies["x-container-policy-versioning"] ?? row.versioning
    for (key, value) in headers where key.hasPrefix("x-container-meta-") {
      row.metadata[String(key.dropFirst("x-container-meta-".count))] = value
    }
    let used = contents(row.id).reduce(0) { $0 + $1.contents.count }
    if row.project != oldProject, used > 0 {
      try move(
        [
          Charge(user: row.account, project: oldProject, resource: .storage, amount: used)
        ], to: row.project)
    }
    containers[row.id] = row
    return Reply(found == nil ? 201 : 202)
  }

  private mutating func deleteContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try container(name, call)
    let inside = contents(row.id)
    if call.request.query("delimiter") == "/" {
      for object in inside { try remove(object, row) }
      return Reply(204)
    }
    guard inside.isEmpty else { throw .conflict("Container is not empty") }
    containers[row.id] = nil
    return Reply(204)
  }

  private func getContainer(_ name: String, _ call: Call) throws(APIFault) -> Reply {
    let row = try container(name, call)
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
    let prefix = call.request.query("prefix") ?? ""
    let marker = Array((call.request.query("marker") ?? "").utf8)
    let limit = min(10_000, call.request.query("limit").flatMap { Int($0) } ?? 10_000)
    let cut = call.request.query("delimiter")
    var entries: [Wire] = []
    var names: [String] = []
    for object in all where object.name.hasPrefix(prefix) && names.count < limit {
      guard marker.lexicographicallyPrecedes(Array(object.name.utf8)) else { continue }
      if let cut, let end = object.name.dropFirst(prefix.count).range(of: cut) {
        let folder = String(object.name[..<end.upperBound])
        if names.last != folder {
          entries.append(["subdir": .text(folder)])
          names.append(folder)
        }
        continue
      }
      entries.append(Self.entry(object))
      names.append(object.name)
    }
    guard call.request.query("format") == "json" else {
      let text = names.map { $0 + "\n" }.joined()
      return Reply(text.isEmpty ? 204 : 200, headers: headers, bytes: Array(text.utf8))
    }
    return Reply(200, headers: headers, bytes: Wire.list(entries).bytes)
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
