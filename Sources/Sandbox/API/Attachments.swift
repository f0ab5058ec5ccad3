/// Volumes of servers (`servers/<id>/os-volume_attachments`). All ids are numbers here.
extension World {
  func getAttachments(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try server(id, session)
    return Reply(
      200, ["volumeAttachments": .list(server.volumes.map { Self.attachment($0, server.id) })])
  }

  func getAttachment(_ id: Int, volume: Int, _ session: Session) throws(APIFault) -> Reply {
    let server = try server(id, session)
    guard server.volumes.contains(volume) else { throw .notFound("Volume not found.") }
    return Reply(200, ["volumeAttachment": Self.attachment(volume, id)])
  }

  mutating func postAttachments(
    _ request: Request, _ id: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let volumeID = try request.object("volumeAttachment")["volumeId"]?.id else {
      throw .badRequest("Malformed request: volumeId")
    }
    let server = try idle(id, "ATTACH_VOLUME", session)
    let volume = try volume(volumeID, session)
    guard volume.status == .available else {
      throw .badRequest("Volume is in status \(volume.status.rawValue)")
    }
    let own = flavors[server.flavor].flatMap { volumeTypes[$0.volumeType]?.template }
    guard volumeTypes[volume.type]?.template == own else {
      throw .badRequest("The volume's template differs from the server's")
    }
    guard server.volumes.count < settings.maxDisks else {
      throw .badRequest("Maximum volumes per server limit reached")
    }
    volumes.update(volumeID) {
      $0.status = .attaching
      $0.server = id
      $0.index = server.volumes.count
    }
    touch(id) {
      $0.volumes.append(volumeID)
      $0.activity = .attachingVolume
    }
    enqueue(.attachVolume(volumeID), server: id, seconds: settings.actionSeconds)
    return Reply(202, ["volumeAttachment": Self.attachment(volumeID, id)])
  }

  mutating func deleteAttachment(
    _ id: Int, volume volumeID: Int, _ session: Session
  ) throws(APIFault) -> Reply {
    let server = try idle(id, "DETACH_VOLUME", session)
    let volume = try volume(volumeID, session)
    guard server.volumes.contains(volumeID), volume.status == .inUse else {
      throw .badRequest("Volume is not attached to this server")
    }
    guard volume.index != 0 else { throw .badRequest("The root volume cannot be detached") }
    volumes.update(volumeID) { $0.status = .detaching }
    touch(id) { $0.activity = .detachingVolume }
    enqueue(.detachVolume(volumeID), server: id, seconds: settings.actionSeconds)
    return Reply(202)
  }

  private static func attachment(_ volume: Int, _ server: Int) -> Wire {
    ["id": .int(volume), "volumeId": .int(volume), "serverId": .int(server), "device": ""]
  }
}
