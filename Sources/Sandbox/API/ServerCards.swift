import LocalHosts

/// What `networks` of a create request asks for.
enum CardRequest {
  case network(Int, address: String?)
  case port(Int)
}

extension World {
  /// nil where the request leaves it to the operator.
  ///
  /// - Throws: 400 for what is no list of objects with `uuid` or `port`, 500 for `fixed_ip: null`
  ///   on a public network.
  func cards(_ body: Wire?) throws(APIFault) -> [CardRequest]? {
    guard let body, !body.isNull else { return nil }
    guard let items = body.items else { throw .badRequest("Malformed request: networks") }
    var cards: [CardRequest] = []
    for item in items {
      guard item.pairs != nil else { throw .badRequest("Malformed request: networks") }
      if let port = item["port"] {
        guard let id = port.id else { throw .badRequest("Malformed port id") }
        cards.append(.port(id))
      } else if let uuid = item["uuid"] {
        guard let id = uuid.id else { throw .badRequest("Malformed network id") }
        let address = item["fixed_ip"]
        if let address, address.isNull, networks[id]?.isPublic ?? false { throw .unexpected }
        if let address, !address.isNull, address.text == nil {
          throw .badRequest("Malformed fixed_ip")
        }
        cards.append(.network(id, address: address?.text))
      } else {
        throw .badRequest("Malformed request: neither uuid nor port")
      }
    }
    return cards
  }

  /// Forced networks first, then those of the request, or the operator's.
  mutating func openCards(
    _ cards: [CardRequest]?, _ server: Server, _ session: Session
  ) throws(APIFault) -> [Int] {
    var ids: [Int] = []
    for network in settings.forcedNetworks {
      ids.append(try openForced(network, server))
    }
    let wanted = cards ?? settings.defaultNetworks.map { .network($0, address: nil) }
    for card in wanted {
      switch card {
      case .network(let id, let address):
        let port = try openPort(
          network: id, address: address, name: "", session, picksFloating: true)
        ports.update(port) {
          $0.server = server.id
          $0.status = .build
        }
        markUsed(id)
        ids.append(port)
      case .port(let id):
        guard let port = ports[id], port.user == session.user else {
          throw .notFound("Port not found.")
        }
        guard port.server == nil else { throw .conflict("Port is already in use") }
        ports.update(id) {
          $0.server = server.id
          $0.status = .build
        }
        markUsed(port.network)
        ids.append(id)
      }
    }
    return ids
  }

  private mutating func openForced(_ network: Int, _ server: Server) throws(APIFault) -> Int {
    guard let row = networks[network], row.status == .active, !isLeaving(network) else {
      throw .unavailable("Cannot connect to the network \(network)")
    }
    let lease: (Subnet, IPv4)?
    do throws(APIFault) {
      lease = try row.subnets.isEmpty ? nil : takeAddress(row, nil)
    } catch {
      throw .unavailable("Cannot connect to the network \(network): it is full")
    }
    let id = next(.port)
    ports[id] = Port(
      id: id, name: "", network: network, user: server.user, server: server.id, status: .build,
      mac: nextMAC(), ipv4: lease?.1.description, subnet: lease?.0.id, created: now, updated: now)
    trace(.created, "port", id, "", ["network": String(network)])
    return id
  }

  mutating func markUsed(_ network: Int) {
    networks.update(network) { $0.wasUsed = true }
  }

  mutating func nextMAC() -> String {
    let number = next(.mac)
    let bytes = [number >> 16 & 255, number >> 8 & 255, number & 255]
    let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    return "aa:0c:f5:\(text)"
  }

  /// The card as the machine has it.
  func interface(_ port: Port) -> LocalInterface {
    let subnet = port.subnet.flatMap { subnets[$0] }
    let length = subnet?.cidr.split(separator: "/").last ?? "32"
    let isPublic = networks[port.network]?.isPublic ?? false
    return LocalInterface(
      network: isPublic ? .public : .private(String(port.network)), mac: port.mac ?? "",
      address: port.ipv4.map { "\($0)/\(length)" }, gateway: subnet?.gateway)
  }
}
