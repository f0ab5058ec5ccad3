import FoundationEssentials
import LocalHosts

/// `POST servers`. The order of the checks is the real server's: it decides which fault is told.
extension World {
  mutating func postServers(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("server")
    guard let name = body["name"]?.text else { throw .badRequest("Malformed request: no name") }
    guard body["imageRef"] != nil else { throw .badRequest("Malformed request: no imageRef") }
    let metadataBody = body["metadata"].flatMap { $0.isNull ? nil : $0 } ?? [:]
    guard metadataBody.pairs != nil else { throw .badRequest("Malformed metadata") }
    let cards = try cards(body["networks"])
    let disks = try disks(body["block_device_mapping_v2"])
    let files = try personality(body["personality"])
    if settings.has("0.20") { try Self.checkUserData(body["user_data"]) }
    let project = try namedProject(body, session)
    let flavor = try flavor(body["flavorRef"], for: project, session)
    guard flavor.allowsCreate else {
      throw .forbidden("It is not allowed to create a server from flavor \(flavor.id)")
    }
    let password = try password(body["adminPass"])
    let keyNames = try keyNames(body)
    guard name.unicodeScalars.count <= 255 else { throw Self.longName }
    let imageID = try Self.imageID(body["imageRef"], disks)
    let metadata = try Self.texts(metadataBody)
    try checkCount(metadata)
    let image = try image(imageID, session)
    guard settings.hasBackend else {
      throw .unavailable("No backend available for new servers")
    }
    let keys = try keyNames.map { (name) throws(APIFault) in try keypair(name, session) }

    let id = next(.server)
    var server = Server(
      id: id, name: name, user: session.user, project: project,
      isShared: body["shared_to_project"]?.bool ?? false, created: now, updated: now,
      flavor: flavor.id, image: image.id, metadata: metadata,
      keyNames: settings.has("0.20") ? keyNames : Array(keyNames.prefix(1)), password: password)
    servers[id] = server
    server.ports = try openCards(cards, server, session)
    guard server.ports.count <= settings.maxNICs else {
      throw .badRequest("Maximum ports per server limit reached")
    }
    server.volumes = try makeDisks(disks, server, flavor, image)
    try Self.checkLengths(metadata)
    let fresh = server.volumes.compactMap { volumes[$0] }.filter { $0.status == .creating }
    try charge(charges(.build, server) + fresh.map { charge($0, sign: 1) })
    servers[id] = server
    trace(.created, "server", id, name, metadata)
    let order = order(server, flavor, image, files, keys.map(\.publicKey))
    let broken = order == nil ? "there is no image `\(image.name)`" : nil
    beginBuild(server, order, broken: files.compactMap(\.fault).first ?? broken)
    var shown = pairs(servers[id] ?? server)
    shown.append(("adminPass", .text(password)))
    return Reply(202, ["server": .object(shown)])
  }

  private static func checkUserData(_ data: Wire?) throws(APIFault) {
    guard let data, !data.isNull else { return }
    guard let text = data.text, text.utf8.count % 4 == 0, !text.contains("\n"),
      Data(base64Encoded: text) != nil
    else { throw .badRequest("Invalid user_data: not base64") }
  }

  private func password(_ wanted: Wire?) throws(APIFault) -> String {
    guard settings.has("0.21"), let wanted, !wanted.isNull else {
      return Platform.randomText(12)
    }
    let scalars = Array((wanted.text ?? "").utf8)
    let isStrong =
      scalars.count >= 10 && scalars.contains { (97...122).contains($0) }
      && scalars.contains { (65...90).contains($0) } && scalars.contains { (48...57).contains($0) }
    guard isStrong else { throw .badRequest("adminPass is not strong enough") }
    return wanted.text ?? ""
  }

  private func keyNames(_ body: Wire) throws(APIFault) -> [String] {
    guard settings.has("0.19") else { return [] }
    let one = body["key_name"].flatMap { $0.isNull ? nil : $0 }
    let many =
      settings.has("0.20") ? body["SNF:key_names"].flatMap { $0.isNull ? nil : $0 } : nil
    guard one == nil || many == nil else {
      throw .badRequest("key_name and SNF:key_names exclude each other")
    }
    if let one {
      guard let name = one.text else { throw .badRequest("Malformed key_name") }
      return [name]
    }
    var names: [String] = []
    guard let items = many?.items ?? (many == nil ? [] : nil) else {
      throw .badRequest("Malformed SNF:key_names")
    }
    for item in items {
      guard let name = item.text else { throw .badRequest("Malformed SNF:key_names") }
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  private static func imageID(_ reference: Wire?, _ disks: [DiskRequest]) throws(APIFault) -> String
  {
    let named = reference?.text.flatMap { $0.isEmpty ? nil : $0 }
    let first = disks.first.flatMap { $0.source == "image" ? $0.uuid : nil }
    if let named, let first, named != first {
      throw .badRequest("imageRef and the first block device differ")
    }
    guard let id = named ?? first else { throw .badRequest("No image is given") }
    return id
  }

  /// What the backend is to make of it; nil where it has no such image.
  private func order(
    _ server: Server, _ flavor: Flavor, _ image: Image, _ files: [PersonalityFile],
    _ keys: [String]
  ) -> LocalMachineOrder? {
    guard let disk = LocalImage(rawValue: image.name) else { return nil }
    let users = (image.properties["users"] ?? "root").split(separator: " ").map(String.init)
    return LocalMachineOrder(
      id: server.machineID, image: disk, hostname: server.machineID,
      interfaces: server.ports.compactMap { ports[$0] }.map(interface),
      keys: keys.isEmpty ? [] : users.map { LocalKeys(user: $0, lines: keys) },
      files: files.map(\.file), password: server.password, cpus: flavor.cpus,
      memory: flavor.ram)
  }
}
