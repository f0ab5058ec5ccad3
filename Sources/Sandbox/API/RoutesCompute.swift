extension Route {
  static let compute: [Route] =
    servers + [
      Route(
        "compute/v2.0", isOpen: true,
        ("GET", "compute.version", { world, _ in world.getComputeVersion() })),
      Route(
        "compute/v2.0/extensions",
        ("GET", "extension.list", { _, _ in Reply(200, ["extensions": []]) })),
      Route(
        "compute/v2.0/flavors",
        (
          "GET", "flavor.list",
          { world, call in world.getFlavors(call.request, call.session, isDetail: false) }
        )),
      Route(
        "compute/v2.0/flavors/detail",
        (
          "GET", "flavor.list",
          { world, call in world.getFlavors(call.request, call.session, isDetail: true) }
        )),
      Route(
        "compute/v2.0/flavors/*",
        (
          "GET", "flavor.get",
          { world, call throws(APIFault) in try world.getFlavor(try call.id(), call.session) }
        )),
      Route(
        "compute/v2.0/images",
        (
          "GET", "image.list",
          { world, call throws(APIFault) in
            try world.getImages(call.request, call.session, isDetail: false)
          }
        ),
        (
          "POST", "image.create",
          { _, _ throws(APIFault) in throw .notImplemented("Not supported") }
        )),
      Route(
        "compute/v2.0/images/detail",
        (
          "GET", "image.list",
          { world, call throws(APIFault) in
            try world.getImages(call.request, call.session, isDetail: true)
          }
        )),
      Route(
        "compute/v2.0/images/*",
        (
          "GET", "image.get",
          { world, call throws(APIFault) in try world.getImage(call.text(), call.session) }
        ),
        (
          "DELETE", "image.delete",
          { world, call throws(APIFault) in try world.deleteImage(call.text(), call.session) }
        )),
      Route(
        "compute/v2.0/os-keypairs", since: "0.19",
        ("GET", "keypair.list", { world, call in world.getKeypairs(call.session) }),
        (
          "POST", "keypair.create",
          { world, call throws(APIFault) in try world.postKeypairs(call.request, call.session) }
        )),
      Route(
        "compute/v2.0/os-keypairs/*", since: "0.19",
        (
          "GET", "keypair.get",
          { world, call throws(APIFault) in try world.getKeypair(call.text(), call.session) }
        ),
        (
          "DELETE", "keypair.delete",
          { world, call throws(APIFault) in try world.deleteKeypair(call.text(), call.session) }
        )),
    ]

  private static let servers: [Route] = [
    Route(
      "compute/v2.0/servers",
      (
        "GET", "server.list",
        { world, call throws(APIFault) in
          try world.getServers(call.request, call.session, isDetail: false)
        }
      ),
      (
        "POST", "server.create",
        { world, call throws(APIFault) in try world.postServers(call.request, call.session) }
      )),
    Route(
      "compute/v2.0/servers/detail",
      (
        "GET", "server.list",
        { world, call throws(APIFault) in
          try world.getServers(call.request, call.session, isDetail: true)
        }
      )),
    Route(
      "compute/v2.0/servers/*",
      (
        "GET", "server.get",
        { world, call throws(APIFault) in try world.getServer(try call.id(), call.session) }
      ),
      (
        "PUT", "server.rename",
        { world, call throws(APIFault) in
          try world.renameServer(call.request, try call.id(), call.session)
        }
      ),
      (
        "DELETE", "server.delete",
        { world, call throws(APIFault) in try world.deleteServer(try call.id(), call.session) }
      )),
    Route(
      "compute/v2.0/servers/*/action",
      (
        "POST", "server.action",
        { world, call throws(APIFault) in
          try world.actServer(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "compute/v2.0/servers/*/metadata",
      (
        "GET", "metadata.list",
        { world, call throws(APIFault) in try world.getMetadata(try call.id(), call.session) }
      ),
      (
        "POST", "metadata.update",
        { world, call throws(APIFault) in
          try world.postMetadata(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "compute/v2.0/servers/*/metadata/*",
      (
        "GET", "metadata.get",
        { world, call throws(APIFault) in
          try world.getMetadata(try call.id(), key: call.text(1), call.session)
        }
      ),
      (
        "PUT", "metadata.set",
        { world, call throws(APIFault) in
          try world.putMetadata(call.request, try call.id(), key: call.text(1), call.session)
        }
      ),
      (
        "DELETE", "metadata.delete",
        { world, call throws(APIFault) in
          try world.deleteMetadata(try call.id(), key: call.text(1), call.session)
        }
      )),
    Route(
      "compute/v2.0/servers/*/ips",
      (
        "GET", "server.ips",
        { world, call throws(APIFault) in try world.getIPs(try call.id(), call.session) }
      )),
    Route(
      "compute/v2.0/servers/*/ips/*",
      (
        "GET", "server.ips",
        { world, call throws(APIFault) in
          try world.getIPs(try call.id(), network: call.text(1), call.session)
        }
      )),
    Route(
      "compute/v2.0/servers/*/diagnostics",
      (
        "GET", "server.diagnostics",
        { world, call throws(APIFault) in try world.getDiagnostics(try call.id(), call.session) }
      )),
    Route(
      "compute/v2.0/servers/*/password", since: "0.17",
      (
        "GET", "password.get",
        { world, call throws(APIFault) in try world.getPassword(try call.id(), call.session) }
      ),
      (
        "DELETE", "password.delete",
        { world, call throws(APIFault) in try world.deletePassword(try call.id(), call.session) }
      )),
    Route(
      "compute/v2.0/servers/*/os-volume_attachments", since: "0.17",
      (
        "GET", "attachment.list",
        { world, call throws(APIFault) in try world.getAttachments(try call.id(), call.session) }
      ),
      (
        "POST", "attachment.create",
        { world, call throws(APIFault) in
          try world.postAttachments(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "compute/v2.0/servers/*/os-volume_attachments/*", since: "0.17",
      (
        "GET", "attachment.get",
        { world, call throws(APIFault) in
          try world.getAttachment(try call.id(), volume: try call.id(1), call.session)
        }
      ),
      (
        "DELETE", "attachment.delete",
        { world, call throws(APIFault) in
          try world.deleteAttachment(try call.id(), volume: try call.id(1), call.session)
        }
      )),
  ]
}

extension World {
  /// Answers without a token: a probe whether the cloud is there.
  func getComputeVersion() -> Reply {
    Reply(
      200,
      [
        "version": [
          "id": "v2.0", "status": "CURRENT", "updated": "2011-01-21T11:33:21-06:00",
          "links": [["rel": "self", "href": .text("\(base)/compute/v2.0/")]],
          "media-types": [
            [
              "base": "application/json",
              "type": "application/vnd.openstack.compute.v2+json",
            ]
          ],
        ]
      ])
  }
}
