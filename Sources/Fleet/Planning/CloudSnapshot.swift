import Cloud

/// What a cloud has at one moment, as far as plans look at it.
package struct CloudSnapshot: Sendable {
  package var userID: String
  package var defaultProject: String
  package var servers: [Server] = []
  package var flavors: [Flavor] = []
  package var images: [Image] = []
  /// With sizes; empty where the registry does not answer.
  package var imageRecords: [ImageRecord] = []
  package var networks: [Network] = []
  package var subnets: [Subnet] = []
  package var floatingIPs: [FloatingIP] = []
  package var volumes: [Volume] = []
  package var keyPairs: [KeyPair] = []
  package var projects: [Project] = []
  package var quotas: [ProjectQuotas] = []

  package init(userID: String, defaultProject: String) {
    self.userID = userID
    self.defaultProject = defaultProject
  }

  /// The machines of an environment that are not gone, oldest first, with their marks.
  package func machines(of environment: String) -> [(server: Server, mark: MachineMark)] {
    marked.filter { $0.mark.environment == environment }
  }

  /// The addresses that these servers use and these marks name as made for the environment.
  package func addresses(
    of servers: [Server], among marks: [MachineMark]
  ) -> Set<OwnedObject> {
    let ids = Set(servers.map(\.id))
    let known = marks.reduce(into: Set<OwnedObject>()) { $0.formUnion($1.owned) }
    return Set(
      floatingIPs.filter { $0.serverID.map(ids.contains) ?? false }.map { .address($0.id) }
    ).intersection(known)
  }

  /// Of networks of one name that were made for the environment, those without a machine but the
  /// first: they came of a request whose reply was lost.
  func twinNetworks(_ owned: Set<OwnedObject>) -> [Network] {
    let used = Set(servers.flatMap(\.attachments).map(\.networkID))
    let barren = barrenNetworks(owned)
    let mine = networks.filter {
      owned.contains(.network($0.id)) && !$0.isGone && !$0.isPublic && !barren.contains($0.id)
    }
    return Dictionary(grouping: mine, by: \.name).values.flatMap { group -> [Network] in
      let kept =
        group.first { used.contains($0.id) && hasSubnet($0) } ?? group.first(where: hasSubnet)
        ?? group.first { used.contains($0.id) } ?? group.first
      return group.filter { $0.id != kept?.id && !used.contains($0.id) }
    }.sorted { $0.id.text < $1.id.text }
  }

  func hasSubnet(_ network: Network) -> Bool {
    !network.subnets.isEmpty
      || subnets.contains { $0.networkID == network.id && !$0.isDeleted }
  }

  /// Networks made for the environment which machines joined before there was a subnet: the cloud
  /// gives them none any more, so the machines have no addresses there and must move to another.
  func barrenNetworks(_ owned: Set<OwnedObject>) -> Set<CloudID> {
    let used = Set(servers.filter { !$0.isGone }.flatMap(\.attachments).map(\.networkID))
    return Set(
      networks.filter {
        owned.contains(.network($0.id)) && !$0.isGone && !$0.isPublic && !hasSubnet($0)
          && used.contains($0.id)
      }.map(\.id))
  }

  /// All machines that omtd-setup made.
  package var marked: [(server: Server, mark: MachineMark)] {
    servers.filter { !$0.isGone }.compactMap { server in
      MachineMark(server.metadata).map { (server, $0) }
    }.sorted { Self.isOlder($0.server, $1.server) }
  }

  /// The volumes that end with a machine, its boot disk left out. Empty where volumes were not asked for.
  func volumes(of server: Server) -> [Volume] {
    volumes.filter { volume in
      !volume.isDeleted && volume.id != server.volumes.first
        && volume.attachments.contains { $0.serverID == server.id }
    }
  }

  /// Those of these networks and addresses that are still there.
  package func existing(_ owned: Set<OwnedObject>) -> Set<OwnedObject> {
    owned.filter { object in
      switch object {
      case .network(let id): networks.contains { $0.id == id && !$0.isGone && !$0.isPublic }
      case .address(let id): floatingIPs.contains { $0.id == id && !$0.isDeleted }
      }
    }
  }

  /// True for a network, and for an address that a machine has.
  package func isUsed(_ object: OwnedObject) -> Bool {
    guard case .address(let id) = object else { return true }
    return floatingIPs.contains { $0.id == id && ($0.portID != nil || $0.serverID != nil) }
  }

  /// Ids grow with time.
  static func isOlder(_ a: Server, _ b: Server) -> Bool {
    if let x = Int(a.id.text), let y = Int(b.id.text) { return x < y }
    return a.id.text.utf8.lexicographicallyPrecedes(b.id.text.utf8)
  }
}

extension Server {
  /// The API takes it down, or took it.
  package var isVanishing: Bool { isGone || task == "DESTROYING" }
}

/// How a machine is reached.
package struct MachineAddress: Hashable, Sendable {
  package var host: String
  package var port: Int?

  /// A forwarded port, else the floating IP, else any IPv4 address, else an IPv6 one.
  package init?(_ server: Server) {
    if let forwarded = server.portForwarding[22] {
      self.init(host: forwarded.host, port: forwarded.port)
      return
    }
    let cards = server.attachments
    let ipv4 =
      cards.first { $0.isFloating && $0.ipv4?.isEmpty == false }?.ipv4
      ?? server.addresses.first { $0.isFloating && $0.version == 4 }?.address
      ?? cards.lazy.compactMap(\.ipv4).first { !$0.isEmpty }
      ?? server.addresses.first { $0.version == 4 }?.address
    if let ipv4 {
      self.init(host: ipv4, port: nil)
    } else if let ipv6 = cards.lazy.compactMap(\.ipv6).first(where: { !$0.isEmpty }) {
      self.init(host: ipv6, port: nil)
    } else {
      return nil
    }
  }

  package init(host: String, port: Int?) {
    self.host = host
    self.port = port
  }
}
