import Cloud
@preconcurrency import Glibc
import Sandbox
import Testing

/// Every call of the client against the sandbox, which was written from the API's description by
/// other hands.
@Suite struct CloudAgainstSandboxTests {
  private struct Failure: Error { var reason: String }

  /// The sandbox's own calls.
  private struct Control {
    let transport = CurlTransport()
    let url: String
    let token: String

    func post(_ path: String, _ body: String = "{}") async throws {
      let response = try await transport.send(
        HTTPRequest(
          .post, "\(url)/sandbox/\(path)",
          headers: [HTTPHeader("Content-Type", "application/json")], token: Token(token),
          body: Array(body.utf8)))
      try #require(response.status < 300, "\(String(decoding: response.body, as: UTF8.self))")
    }
  }

  /// Runs `body` with a client of a fresh sandbox whose jobs take a tenth of a second.
  private func withCloud(
    version: String = "0.21",
    _ body: (CloudClient, Control) async throws -> Void
  ) async throws {
    let directory = StateDirectory("/tmp/omtd-cloud-test-\(Platform.randomText(12))")
    let serving = Serving(
      directory: directory, port: 0, machines: 16, backend: SimulatedBackend()
    ) { settings in
      settings.buildSeconds = 0.1
      settings.actionSeconds = 0.1
      settings.deleteSeconds = 0.1
      settings.apiVersion = version
    }
    let server = Task { try await serving.run() }
    let announced = try await wait("sandbox") { directory.announced() }
    let control = Control(
      url: "http://127.0.0.1:\(announced.port)", token: announced.token)
    let client = CloudClient(
      settings: CloudSettings(
        name: "sandbox", authURL: announced.authURL, tokens: [Token(announced.token)]))
    var failed: (any Error)?
    do { try await body(client, control) } catch { failed = error }
    try await control.post("stop")
    try? await server.value
    directory.empty()
    for name in ["lock", "identity.json", "sandbox.json"] { unlink("\(directory.path)/\(name)") }
    rmdir(directory.path)
    if let failed { throw failed }
  }

  /// Asks until there is an answer, for thirty seconds.
  private func wait<T>(_ what: String, _ look: () async throws -> T?) async throws -> T {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      if let found = try await look() { return found }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw Failure(reason: "waited in vain for \(what)")
  }

  private func idle(
    _ client: CloudClient, _ id: CloudID, _ status: ServerStatus
  ) async throws -> ClientServer {
    try await wait("\(status)") {
      let server = try await client.server(id)
      return server.status == status && server.isIdle ? server : nil
    }
  }

  private func create(
    _ client: CloudClient, _ name: String = "web", networks: [NetworkChoice] = [],
    metadata: [String: String] = [:]
  ) async throws -> ClientServer {
    let image = try #require(await client.images().first)
    let flavor = try #require(await client.flavors().first)
    return try await client.createServer(
      ServerRequest(
        name: name, flavor: flavor.id, image: image.id, metadata: metadata, networks: networks))
  }

  private func failure<T>(
    _ call: () async throws(CloudError) -> T
  ) async -> CloudError? {
    do throws(CloudError) {
      _ = try await call()
      return nil
    } catch { return error }
  }

  @Test func accountsFlavorsAndImages() async throws {
    try await withCloud { client, _ in
      let session = try await client.authenticate()
      #expect(Set(session.endpoints.keys) == Set(ServiceKind.allCases))
      let projects = try await client.projects()
      #expect(projects.map(\.id).contains(session.defaultProject))
      let project = try #require(projects.first { $0.id == session.defaultProject })
      #expect(project.isActive)
      #expect(project.resources[ClientResource.servers]?.member == 16)
      let quotas = try #require(
        await client.quotas().first { $0.projectID == session.defaultProject })
      #expect(quotas.resources[ClientResource.servers]?.available == 16)
      let flavors = try await client.flavors()
      let first = try #require(flavors.first)
      #expect(first.cpus > 0 && first.memory > 0 && first.disk > 0 && first.allowsCreation)
      #expect(try await client.flavor(first.id) == first)
      let images = try await client.images()
      let image = try #require(images.first)
      #expect(image.loginUser == "root" && image.status == .active)
      #expect(try await client.image(image.id) == image)
      let records = try await client.imageRecords()
      #expect(Set(records.map(\.id)) == Set(images.map(\.id)))
      #expect(records.allSatisfy { ($0.size ?? 0) > 0 && $0.owner == image.owner })
    }
  }

  @Test func keyPairs() async throws {
    try await withCloud { client, _ in
      let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFa t"
      let made = try await client.createKeyPair(name: "my key", publicKey: key)
      #expect(made.publicKey == key)
      let taken = await failure { () async throws(CloudError) in
        try await client.createKeyPair(name: "my key", publicKey: key)
      }
      #expect(taken?.kind == .conflict)
      #expect(try await client.keyPairs().map(\.name) == ["my key"])
      try await client.deleteKeyPair("my key")
      #expect(try await client.keyPairs().isEmpty)
      let gone = await failure { () async throws(CloudError) in
        try await client.deleteKeyPair("my key")
      }
      #expect(gone?.kind == .notFound)
    }
  }

  @Test func aServerFromItsCreationToItsEnd() async throws {
    try await withCloud { client, control in
      // Its build does not end meanwhile, however busy this computer is.
      try await control.post("clock", #"{"frozen": true}"#)
      let made = try await create(client, metadata: ["a": "1"])
      #expect(made.status == .build && !made.isIdle && made.adminPassword != nil)
      let early = await failure { () async throws(CloudError) in
        try await client.perform(.shutdown, on: made.id)
      }
      #expect(early?.kind == .buildInProgress)
      try await control.post("clock", #"{"frozen": false}"#)
      let active = try await idle(client, made.id, .active)
      #expect(active.metadata == ["a": "1"] && active.adminPassword == nil)
      #expect(active.created != nil && active.flavorID == made.flavorID)

      try await client.setServerMetadata(["b": "2"], of: made.id)
      try await client.deleteServerMetadata("a", of: made.id)
      #expect(try await client.serverMetadata(made.id) == ["b": "2"])
      try await client.renameServer(made.id, to: "renamed")
      #expect(try await client.servers().map(\.name) == ["renamed"])
      _ = try await client.diagnostics(of: made.id)

      try await client.perform(.reboot(isHard: false), on: made.id)
      _ = try await idle(client, made.id, .active)
      try await client.perform(.shutdown, on: made.id)
      let busy = await failure { () async throws(CloudError) in
        try await client.perform(.start, on: made.id)
      }
      #expect(busy?.kind == .buildInProgress)
      _ = try await idle(client, made.id, .stopped)
      let flavors = try await client.flavors()
      let now = try #require(flavors.first { $0.id == made.flavorID })
      if let larger = flavors.first(where: { $0.id != now.id && $0.disk == now.disk }) {
        try await client.perform(.resize(flavor: larger.id), on: made.id)
        #expect(try await idle(client, made.id, .stopped).flavorID == larger.id)
      }
      try await client.perform(.start, on: made.id)
      _ = try await idle(client, made.id, .active)

      try await client.deleteServer(made.id)
      let record = try await wait("the end") {
        let server = try await client.server(made.id)
        return server.isGone ? server : nil
      }
      #expect(record.isDeleted)
      #expect(try await client.servers().isEmpty)
      let never = await failure { () async throws(CloudError) in try await client.server("99999") }
      #expect(never?.kind == .notFound)
    }
  }

  @Test func networksPortsAndAddresses() async throws {
    try await withCloud { client, _ in
      let pool = try #require(await client.networks().first { $0.isFloatingIPPool })
      #expect(pool.isPublic && pool.status == .active)
      let lan = try await client.createNetwork(NetworkRequest(name: "lan"))
      let subnet = try await client.createSubnet(
        SubnetRequest(network: lan.id, name: "s", cidr: "192.168.10.0/24", gateway: .none))
      #expect(subnet.cidr == "192.168.10.0/24" && subnet.gateway == nil && !subnet.pools.isEmpty)
      #expect(try await client.subnet(subnet.id) == subnet)
      #expect(try await client.subnets().contains(subnet))
      try await client.renameNetwork(lan.id, to: "renamed")
      let renamed = try await client.network(lan.id)
      #expect(renamed.name == "renamed" && renamed.subnets == [subnet.id])

      let address = try await client.reserveFloatingIP(network: pool.id)
      #expect(try await client.floatingIPs() == [address])
      let server = try await create(
        client,
        networks: [
          .network(lan.id, address: nil), .network(pool.id, address: address.address),
        ])
      let active = try await idle(client, server.id, .active)
      #expect(Set(active.attachments.map(\.networkID)) == [lan.id, pool.id])
      let card = try #require(active.attachments.first { $0.networkID == pool.id })
      #expect(card.ipv4 == address.address && card.isFloating)
      #expect(active.addresses.contains { $0.address == address.address && $0.isFloating })
      let attached = try await client.floatingIP(address.id)
      #expect(attached.serverID == server.id && attached.portID != nil)
      let inUse = await failure { () async throws(CloudError) in
        try await client.releaseFloatingIP(address.id)
      }
      #expect(inUse?.kind == .conflict)
      let full = await failure { () async throws(CloudError) in
        try await client.deleteNetwork(lan.id)
      }
      #expect(full?.kind == .conflict)

      try await client.perform(.removeFloatingIP(address: address.address), on: server.id)
      try await wait("a free address") { () async throws -> Void? in
        try await client.floatingIP(address.id).portID == nil ? () : nil
      }
      _ = try await idle(client, server.id, .active)
      try await client.perform(.addFloatingIP(address: address.address), on: server.id)
      _ = try await idle(client, server.id, .active)
      let port = try #require(
        await client.ports().first { $0.addresses == [address.address] })
      #expect(port.serverID == server.id && port.status == .active && port.macAddress != nil)
      try await client.deletePort(port.id)
      try await wait("the port's end") { () async throws -> Void? in
        let error = await failure { () async throws(CloudError) in try await client.port(port.id) }
        return error?.kind == .notFound ? () : nil
      }
      _ = try await idle(client, server.id, .active)
      try await client.releaseFloatingIP(address.id)
      #expect(try await client.floatingIPs().isEmpty)

      let free = try await client.createPort(PortRequest(network: lan.id, name: "free"))
      #expect(free.serverID == nil && free.status == .down)
      let second = try await create(client, "second", networks: [.port(free.id)])
      let built = try await idle(client, second.id, .active)
      #expect(built.attachments.map(\.id) == [free.id])
      for id in [server.id, second.id] { try await client.deleteServer(id) }
      try await wait("no servers") { () async throws -> Void? in
        try await client.servers().isEmpty ? () : nil
      }
      try await client.deleteNetwork(lan.id)
      try await wait("the network's end") { () async throws -> Void? in
        try await client.network(lan.id).isGone ? () : nil
      }
    }
  }

  @Test func volumes() async throws {
    try await withCloud { client, _ in
      let server = try await create(client)
      _ = try await idle(client, server.id, .active)
      let type = try #require(await client.volumeTypes().first { $0.isDetachable == true })
      let id = try await client.createVolume(VolumeRequest(name: "data", size: 3, type: type.id))
      _ = try await wait("the volume") {
        try await client.volume(id).status == .available ? id : nil
      }
      try await client.setVolumeMetadata(["k": "v"], of: id)
      let volume = try await client.volume(id)
      #expect(volume.name == "data" && volume.size == 3 && volume.metadata == ["k": "v"])
      #expect(try await client.volumes().contains { $0.id == id })
      try await client.attachVolume(id, to: server.id)
      try await wait("attaching") { () async throws -> Void? in
        try await client.volume(id).status == .inUse ? () : nil
      }
      let all = try await client.volumeAttachments(of: server.id)
      #expect(all.count == 2 && all.contains(VolumeAttachment(volumeID: id, serverID: server.id)))
      _ = try await idle(client, server.id, .active)
      try await client.detachVolume(id, from: server.id)
      try await wait("detaching") { () async throws -> Void? in
        try await client.volume(id).status == .available ? () : nil
      }
      let extra = try await client.createVolume(
        VolumeRequest(name: "extra", size: 1, server: server.id))
      try await wait("the second volume") { () async throws -> Void? in
        try await client.volume(extra).status == .inUse ? () : nil
      }
      _ = try await idle(client, server.id, .active)
      try await client.deleteVolume(extra)
      try await wait("the second volume's end") { () async throws -> Void? in
        try await client.volume(extra).status == .deleted ? () : nil
      }
    }
  }

  @Test func containersAndObjects() async throws {
    try await withCloud { client, _ in
      let project = try await client.authenticate().defaultProject
      try await client.createContainer("my files", project: project)
      try await client.createContainer("my files")
      let content = Array("héllo\n".utf8)
      try await client.putObject(content, at: "a/b ?.txt", in: "my files")
      try await client.putObject([], at: "empty", in: "my files", contentType: "text/plain")
      #expect(try await client.object(at: "a/b ?.txt", in: "my files") == content)
      let all = try await client.objects(in: "my files")
      #expect(all.map(\.name) == ["a/b ?.txt", "empty"])
      #expect(all.map(\.size) == [content.count, 0])
      #expect(try await client.objects(in: "my files", prefix: "a/").count == 1)
      let container = try #require(await client.containers().first { $0.name == "my files" })
      #expect(container.objectCount == 2 && container.size == content.count)
      #expect(container.project == project)
      let full = await failure { () async throws(CloudError) in
        try await client.deleteContainer("my files")
      }
      #expect(full?.kind == .conflict)
      try await client.deleteObject("empty", in: "my files")
      try await client.deleteContainer("my files", emptying: true)
      #expect(try await !client.containers().contains { $0.name == "my files" })
      let gone = await failure { () async throws(CloudError) in
        try await client.object(at: "x", in: "my files")
      }
      #expect(gone?.kind == .notFound)
    }
  }

  @Test func whatAnotherProjectPaysFor() async throws {
    try await withCloud { client, control in
      try await control.post("projects", #"{"name": "second"}"#)
      let other = try #require(await client.projects().first { $0.name == "second" }).id
      let lan = try await client.createNetwork(NetworkRequest(name: "lan"))
      try await client.reassignNetwork(lan.id, to: other)
      #expect(try await client.network(lan.id).projectID == other)
      let address = try await client.reserveFloatingIP(project: other)
      #expect(address.projectID == other)
      let own = try await client.authenticate().defaultProject
      try await client.reassignFloatingIP(address.id, to: own)
      #expect(try await client.floatingIP(address.id).projectID == own)
      let server = try await create(client)
      _ = try await idle(client, server.id, .active)
      try await client.perform(.reassign(project: other), on: server.id)
      #expect(try await client.server(server.id).projectID == other)
      let type = try #require(await client.volumeTypes().first { $0.isDetachable == true })
      let volume = try await client.createVolume(VolumeRequest(name: "d", size: 1, type: type.id))
      try await client.reassignVolume(volume, to: other)
      #expect(try await client.volume(volume).projectID == other)
    }
  }

  @Test func aLostReplyLeavesAServerThatItsMetadataFinds() async throws {
    try await withCloud { client, control in
      try await fault(
        control, #"{"match": {"method": "POST", "path": "/servers$"}, "do": "drop-after"}"#)
      let error = await failure { () async throws(CloudError) in
        let image = try await client.images()[0]
        let flavor = try await client.flavors()[0]
        return try await client.createServer(
          ServerRequest(
            name: "web", flavor: flavor.id, image: image.id, metadata: ["omtd-id": "x1"]))
      }
      #expect(error?.isReplyLost == true)
      let found = try await client.servers().filter { $0.metadata["omtd-id"] == "x1" }
      #expect(found.count == 1)
    }
  }

  @Test(arguments: [
    (#"{"status": 503, "retry_after": 1}"#, true), (#""html""#, true), (#""drop-before""#, true),
    (#""truncate""#, true), (#""wrong-type""#, false), (#"{"status": 413}"#, false),
  ])
  func readingSurvivesWhatPassesAndReportsWhatDoesNot(order: String, survives: Bool) async throws {
    try await withCloud { client, control in
      try await client.authenticate()
      try await fault(
        control, #"{"match": {"method": "GET", "path": "/servers/detail"}, "do": \#(order)}"#)
      let error = await failure { () async throws(CloudError) in try await client.servers() }
      #expect((error == nil) == survives, "\(order): \(String(describing: error))")
    }
  }

  @Test func aQuotaThatIsFullIsToldInTheCloudsWords() async throws {
    try await withCloud { client, control in
      try await fault(control, #"{"do": "steal-quota", "resource": "cyclades.vm", "leave": 0}"#)
      var error: CloudError?
      do { _ = try await create(client) } catch let failure as CloudError { error = failure }
      #expect(error?.kind == .overLimit && error?.fault == "overLimit")
      #expect(error?.details?.isEmpty == false)
      #expect(try await client.servers().isEmpty)
    }
  }

  @Test func anExpiredTokenIsFinal() async throws {
    try await withCloud { client, control in
      _ = try await client.servers()
      try await fault(control, #"{"do": "expire-token"}"#)
      let error = await failure { () async throws(CloudError) in try await client.servers() }
      #expect(error?.kind == .unauthorized)
    }
  }

  @Test func anOldCloudIsReadWithoutWhatItLacks() async throws {
    try await withCloud(version: "0.15") { client, _ in
      let server = try await create(client)
      let active = try await idle(client, server.id, .active)
      #expect(active.keyNames.isEmpty)
      #expect(try await client.imageRecords().isEmpty == false)
      let none = await failure { () async throws(CloudError) in try await client.keyPairs() }
      #expect(none?.kind == .badRequest)
    }
  }

  private func fault(_ control: Control, _ json: String) async throws {
    try await control.post("faults", json)
  }
}
