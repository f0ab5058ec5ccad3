import Values

extension CloudClient {
  package func volumes() async throws(CloudError) -> [Volume] {
    try await ask(.get, .volume, "/volumes/detail") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("volumes") { (fields) throws(BadField) in
        try Volume(fields)
      }
    }
  }

  /// A deleted volume is found, with that status.
  package func volume(_ id: CloudID) async throws(CloudError) -> Volume {
    try await ask(.get, .volume, "/volumes/\(id.inPath)") { (value) throws(BadField) in
      try Volume(Fields(value, path: "answer").object("volume"))
    }
  }

  /// Asks for a volume; only its id is known when this returns.
  package func createVolume(_ request: VolumeRequest) async throws(CloudError) -> CloudID {
    var volume: ValueMap = [
      "display_name": .string(request.name), "size": .int(request.size),
    ]
    if let type = request.type { volume["volume_type"] = type.json }
    if let project = request.project { volume["project"] = .string(project) }
    if let server = request.server { volume["server_id"] = server.json }
    return try await ask(.post, .volume, "/volumes", body: ["volume": .map(volume)]) {
      (value) throws(BadField) in
      try Fields(value, path: "answer").object("volume").id("id")
    }
  }

  package func deleteVolume(_ id: CloudID) async throws(CloudError) {
    try await order(.delete, .volume, "/volumes/\(id.inPath)")
  }

  /// Adds the pairs, in place of those with the same keys. A create request cannot carry them.
  package func setVolumeMetadata(
    _ pairs: [String: String], of id: CloudID
  ) async throws(CloudError) {
    try await order(
      .post, .volume, "/volumes/\(id.inPath)/metadata", ["metadata": .words(pairs)])
  }

  package func reassignVolume(_ id: CloudID, to project: String) async throws(CloudError) {
    try await order(
      .post, .volume, "/volumes/\(id.inPath)/action",
      ["reassign": ["project": .string(project)]])
  }

  package func volumeTypes() async throws(CloudError) -> [VolumeType] {
    try await ask(.get, .volume, "/types") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("volume_types") { (fields) throws(BadField) in
        VolumeType(
          id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
          diskTemplate: try fields.optionalText("SNF:disk_template"),
          isDetachable: try fields.optionalBool("SNF:detachable"),
          isDeleted: try fields.optionalBool("deleted") ?? false)
      }
    }
  }

  /// The volumes of a server, its root volume included.
  package func volumeAttachments(
    of server: CloudID
  ) async throws(CloudError) -> [VolumeAttachment] {
    try await ask(.get, .compute, attachments(server)) { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("volumeAttachments") {
        (fields) throws(BadField) in
        VolumeAttachment(
          volumeID: try fields.id("volumeId", "id"),
          serverID: try fields.optionalID("serverId") ?? server)
      }
    }
  }

  package func attachVolume(_ volume: CloudID, to server: CloudID) async throws(CloudError) {
    try await order(
      .post, .compute, attachments(server), ["volumeAttachment": ["volumeId": volume.json]])
  }

  package func detachVolume(_ volume: CloudID, from server: CloudID) async throws(CloudError) {
    try await order(.delete, .compute, "\(attachments(server))/\(volume.inPath)")
  }

  private func attachments(_ server: CloudID) -> String {
    "/servers/\(server.inPath)/os-volume_attachments"
  }
}

extension Volume {
  init(_ fields: Fields) throws(BadField) {
    id = try fields.id("id")
    name = try fields.optionalText("display_name")
    status = VolumeStatus(try fields.text("status"))
    size = try fields.int("size")
    type = try fields.optionalID("volume_type")
    let own = id
    attachments = try fields.objects("attachments") { (entry) throws(BadField) in
      VolumeAttachment(
        volumeID: try entry.optionalID("volume_id") ?? own, serverID: try entry.id("server_id"))
    }
    metadata = try fields.words("metadata")
    projectID = try fields.optionalText("tenant_id")
    isDeleted = try fields.optionalBool("deleted") ?? false
  }
}
