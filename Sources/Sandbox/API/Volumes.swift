/// Volumes and their types (`/volume/v2.0`).
extension World {
  func getVolumes(_ session: Session, isDetail: Bool) -> Reply {
    let shown = volumes.inOrder.filter { $0.user == session.user && $0.status != .deleted }
    return Reply(200, ["volumes": .list(shown.map { isDetail ? picture($0) : brief($0) })])
  }

  func getVolume(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["volume": picture(try volume(id, session))])
  }

  func volume(_ id: Int, _ session: Session) throws(APIFault) -> Volume {
    guard let volume = volumes[id], volume.user == session.user else {
      throw .notFound("Volume not found.")
    }
    return volume
  }

  private func existing(_ id: Int, _ session: Session) throws(APIFault) -> Volume {
    let volume = try volume(id, session)
    guard volume.status != .deleted else { throw .badRequest("Volume has been deleted.") }
    return volume
  }

  /// The reply is short; metadata of the request is dropped, as the real server does.
  mutating func postVolumes(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("volume")
    guard let name = body["display_name"]?.text else { throw .badRequest("Missing display_name") }
    guard let size = body["size"]?.id, size > 0 else { throw .badRequest("Missing or bad size") }
    guard size <= settings.maxVolumeSize else { throw .badRequest("Volume is too large") }
    if body["delete_on_termination"]?.bool == false {
      throw .notImplemented("delete_on_termination must be true")
    }
    let project = try project(of: body, session)
    var server: Server?
    if let reference = body["server_id"], !reference.isNull {
      guard let id = reference.id, let owner = servers[id], owner.user == session.user else {
        throw .badRequest("No server \(body["server_id"]?.text ?? "with that id")")
      }
      server = try idle(id, "ATTACH_VOLUME", session)
    }
    let type = try type(of: body, server)
    if let server { try checkDisks(server) }
    var volume = Volume(
      id: next(.volume), name: name, about: body["display_description"]?.text,
      status: server == nil ? .available : .creating, size: size, type: type.id,
      user: session.user, project: project, created: now)
    volume.server = server?.id
    volume.index = server?.volumes.count
    try charge([charge(volume, sign: 1)])
    volumes[volume.id] = volume
    trace(.created, "volume", volume.id, name)
    if let server {
      touch(server.id) {
        $0.volumes.append(volume.id)
        $0.activity = .attachingVolume
      }
      enqueue(.createVolume(volume.id), server: server.id, seconds: settings.actionSeconds)
    }
    return Reply(202, ["volume": brief(volume)])
  }

  private func type(of body: Wire, _ server: Server?) throws(APIFault) -> VolumeType {
    let own = server.flatMap { flavors[$0.flavor]?.volumeType }
    let named = body["volume_type"].flatMap { $0.isNull ? nil : $0 }
    guard named != nil || own != nil else { throw .badRequest("Missing volume_type") }
    guard let id = named?.id ?? (named == nil ? own : nil), let type = volumeTypes[id] else {
      throw .badRequest("Invalid volume_type")
    }
    if let own, let template = volumeTypes[own]?.template, template != type.template {
      throw .badRequest("The volume's template differs from the server's")
    }
    if server == nil, !settings.detachableTemplates.contains(type.template) {
      throw .badRequest("A volume of this type needs a server")
    }
    return type
  }

  private func checkDisks(_ server: Server) throws(APIFault) {
    guard server.volumes.count < settings.maxDisks else {
      throw .badRequest("Maximum volumes per server limit reached")
    }
  }

  mutating func putVolume(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    let body = try request.object("volume")
    _ = try existing(id, session)
    volumes.update(id) {
      if let name = body["display_name"]?.text { $0.name = name }
      if let about = body["display_description"]?.text { $0.about = about }
    }
    return Reply(200, ["volume": picture(try volume(id, session))])
  }

  mutating func deleteVolume(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let volume = try existing(id, session)
    guard volume.index != 0 else { throw .badRequest("The root volume cannot be deleted") }
    let charges = [charge(volume, sign: -1)]
    var server: Int?
    switch volume.status {
    case .available:
      // The real operator needs a helper server to remove a disk that a server has written on.
      guard !volume.wasUsed else { throw .notFound("No helper server found") }
    case .inUse, .error:
      guard let owner = volume.server else { throw .badRequest("Volume is not attached") }
      server = try idle(owner, "DELETE_VOLUME", session).id
    case .creating, .attaching, .detaching, .deleting, .deleted:
      throw .badRequest("Volume is in status \(volume.status.rawValue)")
    }
    try issue(charges)
    volumes.update(id) { $0.status = .deleting }
    if let server { touch(server) { $0.activity = .detachingVolume } }
    let job = enqueue(
      .deleteVolume(id), server: server, seconds: settings.actionSeconds, charges: charges)
    jobs.update(job) { $0.volumeWas = volume.status }
    return Reply(202)
  }

  mutating func finishVolume(_ id: Int) {
    guard let volume = volumes[id] else { return }
    volumes.update(id) {
      $0.status = .deleted
      $0.server = nil
    }
    if let server = volume.server {
      touch(server) {
        $0.volumes.removeAll { $0 == id }
        $0.activity = nil
      }
    }
    trace(.deleted, "volume", id, volume.name ?? "")
  }

  func getVolumeMetadata(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    Reply(200, ["metadata": texts(try volume(id, session).metadata)])
  }

  mutating func setVolumeMetadata(
    _ request: Request, _ id: Int, _ session: Session, merges: Bool
  ) throws(APIFault) -> Reply {
    let given = try Self.texts(try request.object("metadata"))
    let volume = try existing(id, session)
    let all = merges ? volume.metadata.merging(given) { $1 } : given
    guard all.count <= 10 else { throw .badRequest("Too many metadata") }
    guard
      given.allSatisfy({
        $0.key.unicodeScalars.count <= 64 && $0.value.unicodeScalars.count <= 255
      })
    else { throw .badRequest("Metadata are too long") }
    volumes.update(id) { $0.metadata = all }
    return Reply(200, ["metadata": texts(all)])
  }

  mutating func actVolume(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let inner = try request.json()["reassign"] else {
      throw .badRequest("Action not supported")
    }
    let volume = try existing(id, session)
    guard volume.index != 0 else { throw .conflict("The root volume follows its server") }
    let project = try self.project(of: try Self.named(inner), session)
    try move([charge(volume, sign: 1)], to: project)
    volumes.update(id) { $0.project = project }
    return Reply(200)
  }

  func getVolumeTypes() -> Reply {
    Reply(200, ["volume_types": .list(volumeTypes.inOrder.map(picture))])
  }

  func getVolumeType(_ id: Int) throws(APIFault) -> Reply {
    guard let type = volumeTypes[id] else { throw .notFound("Volume type not found.") }
    return Reply(200, ["volume_type": picture(type)])
  }

  private func picture(_ type: VolumeType) -> Wire {
    [
      "id": .int(type.id), "name": .text(type.name), "SNF:disk_template": .text(type.template),
      "SNF:detachable": .bool(type.isDetachable), "deleted": false,
    ]
  }

  private func brief(_ volume: Volume) -> Wire {
    [
      "id": .text(String(volume.id)), "display_name": Wire(volume.name),
      "links": links("volume/v2.0", "volumes/\(volume.id)"),
    ]
  }

  private func picture(_ volume: Volume) -> Wire {
    let attachments: [Wire] =
      volume.server.map {
        [
          [
            "server_id": .int($0), "volume_id": .int(volume.id),
            "device_index": Wire(volume.index),
          ]
        ]
      } ?? []
    var pairs: [(String, Wire)] = [
      ("id", .text(String(volume.id))), ("display_name", Wire(volume.name)),
      ("display_description", Wire(volume.about)), ("status", .text(volume.status.rawValue)),
      ("size", .int(volume.size)), ("volume_type", .int(volume.type)),
      ("attachments", .list(attachments)), ("image_id", Wire(volume.image)),
      ("snapshot_id", nil), ("source_volid", nil), ("metadata", texts(volume.metadata)),
      ("delete_on_termination", true), ("user_id", .text(volume.user)),
      ("tenant_id", .text(volume.project)), ("deleted", .bool(volume.status == .deleted)),
      ("created_at", .text(Timestamp.text(volume.created))),
      ("links", links("volume/v2.0", "volumes/\(volume.id)")),
    ]
    if settings.has("0.17") { pairs.append(("shared_to_project", .bool(volume.isShared))) }
    return .object(pairs)
  }
}
