extension Route {
  static let network: [Route] = networks + ports

  private static let networks: [Route] = [
    Route(
      "network/v2.0/networks",
      (
        "GET", "network.list",
        { world, call throws(APIFault) in try world.getNetworks(call.request, call.session) }
      ),
      (
        "POST", "network.create",
        { world, call throws(APIFault) in try world.postNetworks(call.request, call.session) }
      )),
    Route(
      "network/v2.0/networks/detail",
      (
        "GET", "network.list",
        { world, call throws(APIFault) in try world.getNetworks(call.request, call.session) }
      )),
    Route(
      "network/v2.0/networks/*",
      (
        "GET", "network.get",
        { world, call throws(APIFault) in try world.getNetwork(try call.id(), call.session) }
      ),
      (
        "PUT", "network.update",
        { world, call throws(APIFault) in
          try world.putNetwork(call.request, try call.id(), call.session)
        }
      ),
      (
        "DELETE", "network.delete",
        { world, call throws(APIFault) in try world.deleteNetwork(try call.id(), call.session) }
      )),
    Route(
      "network/v2.0/networks/*/action",
      (
        "POST", "network.action",
        { world, call throws(APIFault) in
          try world.actNetwork(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "network/v2.0/subnets",
      ("GET", "subnet.list", { world, call in world.getSubnets(call.session) }),
      (
        "POST", "subnet.create",
        { world, call throws(APIFault) in try world.postSubnets(call.request, call.session) }
      )),
    Route(
      "network/v2.0/subnets/*",
      (
        "GET", "subnet.get",
        { world, call throws(APIFault) in try world.getSubnet(try call.id(), call.session) }
      ),
      (
        "PUT", "subnet.update",
        { world, call throws(APIFault) in
          try world.putSubnet(call.request, try call.id(), call.session)
        }
      ),
      (
        "DELETE", "subnet.delete",
        { world, call throws(APIFault) in try world.deleteSubnet(try call.id()) }
      )),
  ]

  private static let ports: [Route] = [
    Route(
      "network/v2.0/floatingips",
      ("GET", "floatingip.list", { world, call in world.getFloatingIPs(call.session) }),
      (
        "POST", "floatingip.create",
        { world, call throws(APIFault) in try world.postFloatingIPs(call.request, call.session) }
      )),
    Route(
      "network/v2.0/floatingips/*",
      (
        "GET", "floatingip.get",
        { world, call throws(APIFault) in try world.getFloatingIP(try call.id(), call.session) }
      ),
      (
        "PUT", "floatingip.update",
        { _, _ throws(APIFault) in throw .notImplemented("Not supported") }
      ),
      (
        "DELETE", "floatingip.delete",
        { world, call throws(APIFault) in try world.deleteFloatingIP(try call.id(), call.session) }
      )),
    Route(
      "network/v2.0/floatingips/*/action",
      (
        "POST", "floatingip.action",
        { world, call throws(APIFault) in
          try world.actFloatingIP(call.request, try call.id(), call.session)
        }
      )),
    Route(
      "network/v2.0/ports",
      ("GET", "port.list", { world, call in world.getPorts(call.session) }),
      (
        "POST", "port.create",
        { world, call throws(APIFault) in try world.postPorts(call.request, call.session) }
      )),
    Route(
      "network/v2.0/ports/detail",
      ("GET", "port.list", { world, call in world.getPorts(call.session) })),
    Route(
      "network/v2.0/ports/*",
      (
        "GET", "port.get",
        { world, call throws(APIFault) in try world.getPort(try call.id(), call.session) }
      ),
      (
        "PUT", "port.update",
        { world, call throws(APIFault) in
          try world.putPort(call.request, try call.id(), call.session)
        }
      ),
      (
        "DELETE", "port.delete",
        { world, call throws(APIFault) in try world.deletePort(try call.id(), call.session) }
      )),
  ]
}
