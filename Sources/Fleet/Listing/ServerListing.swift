import Cloud
import Values

/// The servers of an account, whoever made them, and what their ids stand for.
package struct ServerListing: Sendable {
  package var cloud: String
  package var servers: [Server] = []
  package var flavors: [Flavor] = []
  package var images: [Image] = []
  package var networks: [Network] = []

  package init(cloud: String) { self.cloud = cloud }

  /// Asks for all of it at once.
  package static func take(
    _ api: any CloudAPI, cloud: String
  ) async throws(CloudError) -> ServerListing {
    _ = try await api.authenticate()
    var listing = ServerListing(cloud: cloud)
    async let servers = result { () async throws(CloudError) in try await api.servers() }
    async let flavors = result { () async throws(CloudError) in try await api.flavors() }
    async let images = result { () async throws(CloudError) in try await api.images() }
    async let networks = result { () async throws(CloudError) in try await api.networks() }
    listing.servers = try await servers.get()
    listing.flavors = try await flavors.get()
    listing.images = try await images.get()
    listing.networks = try await networks.get()
    // Sizes of machines whose flavor is no longer offered.
    let unknown = Set(listing.servers.compactMap(\.flavorID)).subtracting(listing.flavors.map(\.id))
    for id in unknown.sorted(by: { $0.text < $1.text }) {
      if let flavor = try? await api.flavor(id) { listing.flavors.append(flavor) }
    }
    return listing
  }

  private static func result<T: Sendable>(
    _ ask: @Sendable () async throws(CloudError) -> T
  ) async -> Result<T, CloudError> {
    do throws(CloudError) { return .success(try await ask()) } catch { return .failure(error) }
  }

  // MARK: - Choosing

  /// A server under the name that it gets as a host.
  package struct Machine: Sendable {
    package var name: String
    package var server: Server
  }

  /// The servers that are meant, and those that would be but for their state, by name: numbers in
  /// names count as numbers, so that `web-2` comes before `web-10`.
  package func machines(_ choice: ServerChoice) -> (listed: [Machine], left: [Server]) {
    let meant = servers.filter { !$0.isGone && choice.means($0) }
      .sorted(by: Self.isBefore)
    let listed = meant.filter { choice.states?.contains($0.status.description) ?? true }
    // Names in the API are free text: those of two servers tell them apart by their ids.
    var counts: [String: Int] = [:]
    for server in listed { counts[server.name, default: 0] += 1 }
    var taken = Set<String>()
    let machines = listed.map { server -> Machine in
      var name = server.id.text
      if choice.naming == .name, Self.mayNameHost(server.name) {
        name = server.name
        if counts[name] != 1 { name += "-\(server.id)" }
      }
      while !taken.insert(name).inserted { name += "-\(server.id)" }
      return Machine(name: name, server: server)
    }
    return (machines, meant.filter { !(choice.states?.contains($0.status.description) ?? true) })
  }

  private static func isBefore(_ a: Server, _ b: Server) -> Bool {
    let (x, y) = (parts(a.name), parts(b.name))
    return x == y
      ? CloudSnapshot.isOlder(a, b)
      : x.lexicographicallyPrecedes(y) { $0.lexicographicallyPrecedes($1) }
  }

  /// Runs of digits as (length, digits), which sorts them by value; other bytes one by one.
  private static func parts(_ name: String) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var digits: [UInt8] = []
    func close() {
      guard !digits.isEmpty else { return }
      let value = Array(digits.drop { $0 == UInt8(ascii: "0") })
      parts.append([UInt8(ascii: "0"), UInt8(clamping: value.count)] + value)
      digits = []
    }
    for byte in name.utf8 {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.append(byte)
      } else {
        close()
        parts.append([byte])
      }
    }
    close()
    return parts
  }

  private static func mayNameHost(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first else { return false }
    return first != "-"
      && !name.unicodeScalars.contains { $0 == ";" || $0.value < 0x20 || $0.value == 0x7F }
  }

  // MARK: - Facts

  /// How the server is reached: in the preferred network if it has a card there.
  package func address(of server: Server, preferring network: CloudID?) -> MachineAddress? {
    if let network {
      let cards = server.attachments.filter { $0.networkID == network }
      let addresses =
        cards.compactMap(\.ipv4) + cards.compactMap(\.ipv6)
        + server.addresses.filter { $0.networkID == network }.map(\.address)
      if let first = addresses.first(where: { !$0.isEmpty }) {
        return MachineAddress(host: first, port: nil)
      }
    }
    return MachineAddress(server)
  }

  /// What a host knows of its server. No name is one of those that describe a machine.
  package func facts(of server: Server) -> ValueMap {
    let mark = MachineMark(server.metadata)
    let text = { (value: String?) -> Value in value.map { .string($0) } ?? .null }
    var metadata = ValueMap()
    for key in server.metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      metadata[.string(key)] = text(server.metadata[key])
    }
    return [
      "okeanos_server_addresses": .list(addresses(of: server)),
      "okeanos_server_cloud": .string(cloud),
      "okeanos_server_created": text(server.created.map { Moment.text(Moment.of($0)) }),
      "okeanos_server_environment": text(mark?.environment),
      "okeanos_server_flavor": flavor(of: server),
      "okeanos_server_fqdn": text(server.fqdn),
      "okeanos_server_id": .string(server.id.text),
      "okeanos_server_image": image(of: server),
      "okeanos_server_metadata": .map(metadata),
      "okeanos_server_name": .string(server.name),
      "okeanos_server_project": text(server.projectID),
      "okeanos_server_state": .string(server.status.description),
      "okeanos_server_task": .string(server.task),
      "okeanos_server_user": text(images.first { $0.id == server.imageID }?.loginUser),
    ]
  }

  private func flavor(of server: Server) -> Value {
    guard let id = server.flavorID else { return .null }
    guard let flavor = flavors.first(where: { $0.id == id }) else {
      return ["id": .string(id.text)]
    }
    return [
      "id": .string(id.text), "name": .string(flavor.name), "cpus": .int(flavor.cpus),
      "ram": .int(flavor.memory), "disk": .int(flavor.disk),
      "template": .string(flavor.diskTemplate),
    ]
  }

  private func image(of server: Server) -> Value {
    guard let id = server.imageID else { return .null }
    guard let image = images.first(where: { $0.id == id }) else { return ["id": .string(id.text)] }
    return ["id": .string(id.text), "name": .string(image.name)]
  }

  private func addresses(of server: Server) -> [Value] {
    var all: [(text: String, network: CloudID, version: Int, isFloating: Bool)] = []
    func add(_ text: String?, _ network: CloudID, _ version: Int, _ isFloating: Bool) {
      guard let text, !text.isEmpty, !all.contains(where: { $0.text == text }) else { return }
      all.append((text, network, version, isFloating))
    }
    for card in server.attachments {
      add(card.ipv4, card.networkID, 4, card.isFloating)
      add(card.ipv6, card.networkID, 6, false)
    }
    for entry in server.addresses {
      add(entry.address, entry.networkID, entry.version, entry.isFloating)
    }
    return all.map { address in
      let network = networks.first { $0.id == address.network }
      return [
        "address": .string(address.text), "version": .int(address.version),
        "floating": .bool(address.isFloating), "network_id": .string(address.network.text),
        "network": network.map { .string($0.name) } ?? .null,
        "public": network.map { .bool($0.isPublic) } ?? .null,
      ]
    }
  }
}
