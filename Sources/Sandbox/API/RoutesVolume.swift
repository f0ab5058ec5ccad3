extension Route {
  static let volume: [Route] = [
    Route(
      "volume/v2.0/volumes",
      (
        "GET", "volume.list",
        { world, call in world.getVolumes(call.session, isDetail: false) }
      ),
      (
        "POST", "volume.create",
        { world, call throws(APIFault) in try world.postVolumes(call.request, call.session) }
      )),
    Route(
      "volume/v2.0/volumes/detail",
      ("GET", "volume.list", { world, call in world.getVolumes(call.session, isDetail: true) })),
    Route(
      "volume/v2.0/volumes/*",
      (
        "GET", "volume.get",
        { world, call throws(APIFault) in try world.getVolume(try call.id(), call.session) }
      ),
      (
        "PUT", "volume.update",
        { world, call throws(APIFault) in
          try world.putVolume(call.request, try call.id(), call.session)
        }
      ),
      (
        "DELETE", "volume.delete",
        { world, call throws(APIFault) in try world.deleteVolume(try call.id(), call.session) }
      )),
    Route(
      "volume/v2.0/volumes/*/metadata",
      (
        "GET", "volume.metadata",
        { world, call throws(APIFault) in try world.getVolumeMetadata(try call.id(), call.session) }
      ),
      (
        "POST", "volume.metadata",
        { world, call throws(APIFault) in
          try world.setVolumeMetadata(call.request, try call.id(), call.session, merges: true)
        }
      ),
      (
        "PUT", "volume.metadata",
        { world, call throws(APIFault) in
          try world.setVolumeMetadata(call.request, try call.id(), call.session, merges: false)
        }
      )),
    Route(
      "volume/v2.0/volumes/*/action",
      (
        "POST", "volume.action",
        { world, call throws(APIFault) in
          try world.actVolume(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "volume/v2.0/types",
      ("GET", "volumetype.list", { world, _ in world.getVolumeTypes() })),
    Route(
      "volume/v2.0/types/*",
      (
        "GET", "volumetype.get",
        { world, call throws(APIFault) in try world.getVolumeType(try call.id()) }
      )),
  ]

  static let image: [Route] = [
    Route(
      "image/v1.0/images",
      (
        "GET", "plankton.list",
        { world, call in world.getPlanktonImages(call.session, isDetail: false) }
      ),
      (
        "POST", "plankton.create",
        { world, call throws(APIFault) in try world.postPlanktonImage(call.request, call.session) }
      )),
    Route(
      "image/v1.0/images/detail",
      (
        "GET", "plankton.list",
        { world, call in world.getPlanktonImages(call.session, isDetail: true) }
      )),
    Route(
      "image/v1.0/images/*",
      (
        "HEAD", "plankton.get",
        { world, call throws(APIFault) in try world.headPlanktonImage(call.text(), call.session) }
      ),
      (
        "DELETE", "plankton.delete",
        { world, call throws(APIFault) in try world.deleteImage(call.text(), call.session) }
      )),
  ]
}
