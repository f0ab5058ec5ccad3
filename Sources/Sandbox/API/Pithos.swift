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
    try refuseUnplayed(request, isContainer: arguments.count == 2)
    return Destination(
      operation: "\(word).\(request.method.lowercased())", isOpen: false, arguments: arguments,
      handler: { (world, call) throws(APIFault) in try world.pithos(call) })
  }

  /// What would change the outcome and is not played is no silent success.
  private static func refuseUnplayed(_ request: Request, isContainer: Bool) throws(APIFault) {
    var queries: Set = ["until", "path", "meta", "shared", "public"]
    // So kamaki deletes an empty container: what it keeps of the past goes with it here in any case.
    if isContainer, request.method == "DELETE" { queries.remove("until") }
    if let name = request.query.map(\.0).first(where: queries.contains) {
      throw .notImplemented("`\(name)` is not supported here")
    }
    guard request.query("version") != "list" else {
      throw .notImplemented("A list of versions is not supported here")
    }
    let headers: Set = [
      "x-copy-from", "x-move-from", "x-source-object", "x-object-manifest", "x-object-sharing",
      "x-object-public",
    ]
    if let name = headers.intersection(request.headers.keys).min() {
      throw .notImplemented("`\(name)` is not supported here")
    }
  }
}

extension World {
  static let blockSize = 4_194_304
  /// Entries of a listing at most, and where the client says nothing.
  static let pageSize = 10_000

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
      case "POST": return try postContainer(name, call)
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

  func container(_ name: String, _ session: Session) throws(APIFault) -> Container {
    let found = containers.rows.values.first { $0.account == session.user && $0.name == name }
    guard let found else { throw .notFound("Container does not exist") }
    return found
  }

  /// The objects of a container as they are now, in the order of their names.
  func contents(_ container: Int) -> [StoredObject] {
    objects.rows.values.filter { $0.container == container && $0.isPast != true }
      .sorted { Self.precedes($0.name, $1.name) }
  }

  /// Bytes of all that a container keeps, past versions as well: what it costs.
  func stored(_ container: Int) -> Int {
    objects.rows.values.reduce(0) { $0 + ($1.container == container ? $1.contents.count : 0) }
  }

  /// The order of listings: that of the bytes.
  static func precedes(_ one: String, _ other: String) -> Bool {
    Array(one.utf8).lexicographicallyPrecedes(Array(other.utf8))
  }

  /// `limit` of a listing.
  static func limit(_ request: Request) -> Int {
    guard let limit = request.query("limit").flatMap({ Int($0) }), limit > 0 else {
      return pageSize
    }
    return min(limit, pageSize)
  }

  /// A listing as lines of text: what is not asked for as JSON.
  static func lines(_ names: [String], _ headers: [(String, String)]) -> Reply {
    let text = names.map { $0 + "\n" }.joined()
    return Reply(
      text.isEmpty ? 204 : 200, headers: headers + [("Content-Type", "text/plain; charset=UTF-8")],
      bytes: Array(text.utf8))
  }

  private func getAccount(_ call: Call) -> Reply {
    let own = containers.inOrder.filter { $0.account == call.session.user }
      .sorted { Self.precedes($0.name, $1.name) }
    let used = own.reduce(0) { $0 + stored($1.id) }
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
    let marker = call.request.query("marker") ?? ""
    let page = own.filter { Self.precedes(marker, $0.name) }.prefix(Self.limit(call.request))
    guard call.request.query("format") == "json" else {
      return Self.lines(page.map(\.name), headers)
    }
    let list = page.map { container -> Wire in
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
}
