/// Images as Compute shows them (`/compute/v2.0/images`) and as Plankton does (`/image/v1.0`).
extension World {
  func getImages(
    _ request: Request, _ session: Session, isDetail: Bool
  ) throws(APIFault) -> Reply {
    // `changes-since` with nothing new is an empty list here, not 304.
    let since = try changesSince(request)
    let shown = visibleImages(session).filter { since == nil || $0.updated >= (since ?? 0) }
    return Reply(200, ["images": .list(shown.map { picture($0, isDetail: isDetail) })])
  }

  func getImage(_ id: String, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["image": picture(try image(id, session), isDetail: true)])
  }

  func image(_ id: String, _ session: Session) throws(APIFault) -> Image {
    guard let image = visibleImages(session).first(where: { $0.id == id }) else {
      throw .notFound("Image '\(id)' not found.")
    }
    return image
  }

  private func visibleImages(_ session: Session) -> [Image] {
    images.inOrder.filter { !$0.isDeleted && ($0.isPublic || $0.owner == session.user) }
  }

  mutating func deleteImage(_ id: String, _ session: Session) throws(APIFault) -> Reply {
    let image = try image(id, session)
    guard image.owner == session.user else { throw .forbidden("Not the owner of the image") }
    for (key, row) in images.rows where row.id == id { images.update(key) { $0.isDeleted = true } }
    return Reply(204)
  }

  private func picture(_ image: Image, isDetail: Bool) -> Wire {
    let pairs: [(String, Wire)] = [
      ("id", .text(image.id)), ("name", .text(image.name)),
      ("links", links("compute/v2.0", "images/\(image.id)")),
    ]
    guard isDetail else { return .object(pairs) }
    return .object(
      pairs + [
        ("status", .text(image.status)), ("progress", .int(image.status == "ACTIVE" ? 100 : 0)),
        ("user_id", .text(image.owner)), ("tenant_id", .text(image.owner)),
        ("public", .bool(image.isPublic)), ("is_snapshot", .bool(image.isSnapshot)),
        ("created", .text(Timestamp.text(image.created))),
        ("updated", .text(Timestamp.text(image.updated))),
        ("metadata", texts(image.properties)),
      ])
  }

  func texts(_ map: [String: String]) -> Wire {
    .object(map.keys.sorted().map { ($0, .text(map[$0] ?? "")) })
  }

  // MARK: Plankton

  func getPlanktonImages(_ session: Session, isDetail: Bool) -> Reply {
    let newest = visibleImages(session).reversed().map { planktonPicture($0, isDetail: isDetail) }
    // kamaki 0.16, of the time of 0.19, reads the list itself.
    return Reply(200, settings.has("0.20") ? ["images": .list(newest)] : .list(newest))
  }

  func headPlanktonImage(_ id: String, _ session: Session) throws(APIFault) -> Reply {
    let image = try image(id, session)
    var headers: [(String, String)] = [
      ("X-Image-Meta-Id", image.id), ("X-Image-Meta-Name", image.name),
      ("X-Image-Meta-Size", String(image.size)), ("X-Image-Meta-Status", Self.status(image)),
      ("X-Image-Meta-Owner", image.owner), ("X-Image-Meta-Location", image.location),
      ("X-Image-Meta-Disk-Format", image.diskFormat),
    ]
    for key in image.properties.keys.sorted() {
      headers.append(("X-Image-Meta-Property-\(key)", image.properties[key] ?? ""))
    }
    return Reply(200, headers: headers)
  }

  private static func status(_ image: Image) -> String {
    image.status == "ACTIVE" ? "AVAILABLE" : image.status
  }

  private func planktonPicture(_ image: Image, isDetail: Bool) -> Wire {
    let pairs: [(String, Wire)] = [
      ("id", .text(image.id)), ("name", .text(image.name)), ("size", .int(image.size)),
      ("status", .text(Self.status(image))), ("disk_format", .text(image.diskFormat)),
      ("container_format", "bare"),
    ]
    guard isDetail else { return .object(pairs) }
    return .object(
      pairs + [
        ("owner", .text(image.owner)), ("is_public", .bool(image.isPublic)),
        ("is_snapshot", .bool(image.isSnapshot)), ("checksum", ""),
        ("location", .text(image.location)), ("properties", texts(image.properties)),
        ("created_at", .text(Timestamp.text(image.created))),
        ("updated_at", .text(Timestamp.text(image.updated))), ("deleted_at", ""),
        ("description", ""),
      ])
  }

  /// Registers an object of Pithos as an image.
  mutating func postPlanktonImage(
    _ request: Request, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let name = request.headers["x-image-meta-name"], !name.isEmpty else {
      throw .badRequest("Header X-Image-Meta-Name is required")
    }
    guard let location = request.headers["x-image-meta-location"],
      location.hasPrefix("pithos://")
    else { throw .badRequest("Header X-Image-Meta-Location is required") }
    let parts = location.dropFirst("pithos://".count).split(separator: "/", maxSplits: 2)
    guard parts.count == 3, String(parts[0]) == session.user,
      let container = containers.rows.values.first(where: {
        $0.account == session.user && $0.name == String(parts[1])
      }),
      let object = objects.rows.values.first(where: {
        $0.container == container.id && $0.name == String(parts[2])
      })
    else { throw .notFound("No object at \(location)") }
    let prefix = "x-image-meta-property-"
    var properties: [String: String] = [:]
    for (key, value) in request.headers where key.hasPrefix(prefix) {
      properties[String(key.dropFirst(prefix.count)).replacing("-", with: "_")] = value
    }
    let image = Image(
      id: object.uuid, name: name, owner: session.user,
      isPublic: request.headers["x-image-meta-is-public"]?.lowercased() == "true",
      size: object.contents.count, location: location,
      diskFormat: request.headers["x-image-meta-disk-format"] ?? "diskdump",
      properties: properties, created: now, updated: now)
    images[next(.row)] = image
    return Reply(200, ["image": planktonPicture(image, isDetail: true)])
  }
}
