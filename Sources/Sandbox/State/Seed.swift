/// What a new cloud begins with.
package struct Seed: Sendable {
  static let year = 365.0 * 86_400

  package var token: String
  /// How many machines the project has room for.
  package var machines: Int
  package var publicNetwork: PublicNetwork
  /// The number of the user; nil for a new one.
  package var user: String?

  package init(
    token: String, machines: Int, publicNetwork: PublicNetwork, user: String? = nil
  ) {
    self.user = user
    self.token = token
    self.machines = machines
    self.publicNetwork = publicNetwork
  }
}

extension World {
  /// One user, one project, two images, four flavors, one pool of addresses.
  mutating func plant(_ seed: Seed) {
    let user = seed.user ?? Platform.randomUUID()
    let project = makeProject("sandbox", members: [user], machines: seed.machines)
    users[next(.row)] = User(
      id: user, name: "Sandbox User", token: seed.token, tokenExpires: now + 10 * Seed.year,
      defaultProject: project)
    volumeTypes[1] = VolumeType(id: 1, name: "ext_vlmc", template: "ext_vlmc", isDetachable: true)
    volumeTypes[2] = VolumeType(id: 2, name: "drbd", template: "drbd", isDetachable: false)
    let sizes = [(1, 512, 5), (1, 1024, 10), (2, 2048, 20), (4, 4096, 40)]
    for (index, size) in sizes.enumerated() {
      flavors[index + 1] = Flavor(
        id: index + 1, cpus: size.0, ram: size.1, disk: size.2, template: "ext_vlmc",
        volumeType: 1)
    }
    let names = [("debian-12", 1_610_612_736), ("debian-12-python", 2_147_483_648)]
    for (name, size) in names {
      images[next(.row)] = Image(
        id: Platform.randomUUID(), name: name, owner: user, isPublic: true, size: size,
        location: "pithos://\(user)/images/\(name)",
        properties: [
          "os": "debian", "osfamily": "linux", "users": "root", "root_partition": "1",
          "description": "Debian 12",
        ], created: now, updated: now)
    }
    let network = makePublicNetwork("Public IPv4 Network", seed.publicNetwork, isPool: true)
    settings.defaultNetworks = [network]
  }

  mutating func makeProject(_ name: String, members: [String], machines: Int) -> String {
    let id = Platform.randomUUID()
    let count = max(0, min(machines, 1_000_000))
    let limits: [Resource: Int] = [
      .vm: count, .cpu: count * 4, .ram: count << 32, .disk: (count * 60) << 30,
      .floatingIP: count, .network: count, .storage: 50 << 30,
    ]
    projects[next(.row)] = Project(
      id: id, name: name, owner: members.first, members: members, created: now,
      ends: now + Seed.year,
      limits: limits.mapValues { Project.Limits(member: $0, project: $0) })
    return id
  }

  mutating func makePublicNetwork(
    _ name: String, _ network: PublicNetwork?, isPool: Bool
  ) -> Int {
    let id = next(.network)
    var row = Network(
      id: id, name: name, type: "IP_LESS_ROUTED", isPublic: true, isPool: isPool, user: nil,
      project: nil, created: now, updated: now)
    if let network, let first = IPv4(network.first), let last = IPv4(network.last) {
      let subnet = next(.subnet)
      subnets[subnet] = Subnet(
        id: subnet, network: id, name: "", user: nil, project: nil, version: 4,
        cidr: network.cidr, gateway: network.gateway,
        pools: Self.ranges(first, last, without: IPv4(network.gateway)))
      row.subnets = [subnet]
    }
    networks[id] = row
    return id
  }
}
