/// One entry of `block_device_mapping_v2`.
struct DiskRequest {
  var source: String
  var uuid: String?
  /// GiB
  var size: Int?
}

extension World {
  func disks(_ body: Wire?) throws(APIFault) -> [DiskRequest] {
    guard let body, !body.isNull else { return [] }
    guard let items = body.items else { throw .badRequest("Malformed block devices") }
    var disks: [DiskRequest] = []
    for item in items {
      guard let source = item["source_type"]?.text,
        ["image", "snapshot", "volume", "blank"].contains(source)
      else { throw .badRequest("Invalid source_type of a block device") }
      guard disks.count > 0 || source != "blank" else {
        throw .badRequest("The first block device must not be blank")
      }
      if item["delete_on_termination"]?.bool == false {
        throw .notImplemented("delete_on_termination must be true")
      }
      let uuid = item["uuid"].flatMap { $0.text ?? $0.int.map(String.init) }
      guard source == "blank" || uuid != nil else {
        throw .badRequest("A block device needs a uuid")
      }
      if source == "blank", item["volume_size"]?.id == nil {
        throw .badRequest("A blank block device needs volume_size")
      }
      disks.append(DiskRequest(source: source, uuid: uuid, size: item["volume_size"]?.id))
    }
    return disks
  }

  mutating func makeDisks(
    _ disks: [DiskRequest], _ server: Server, _ flavor: Flavor, _ image: Image
  ) throws(APIFault) -> [Int] {
    let wanted = disks.isEmpty ? [DiskRequest(source: "image", uuid: image.id)] : disks
    var ids: [Int] = []
    for (index, disk) in wanted.enumerated() {
      if disk.source == "volume" {
        guard let id = disk.uuid.flatMap({ Int($0) }), let volume = volumes[id],
          volume.user == server.user, volume.status == .available
        else { throw .badRequest("Volume is not available") }
        volumes.update(id) {
          $0.server = server.id
          $0.index = index
          $0.status = .attaching
        }
        ids.append(id)
        continue
      }
      let size = disk.size ?? flavor.disk
      if index == 0 {
        guard image.status == "ACTIVE" else { throw .badRequest("Image is not available") }
        guard image.size <= size << 30 else {
          throw .badRequest("Image is larger than the disk: \(image.size) bytes")
        }
      }
      let id = next(.volume)
      volumes[id] = Volume(
        id: id, name: nil, status: .creating, size: size, type: flavor.volumeType,
        user: server.user, project: server.project, server: server.id, index: index,
        image: index == 0 ? image.id : nil, created: now)
      ids.append(id)
    }
    return ids
  }
}
