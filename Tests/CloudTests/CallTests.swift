import Cloud
import Testing
import Values

/// What each call sends: method, path below the service's address, and body, as the API wants them.
@Suite struct CallTests {
  struct Row: Sendable {
    var sends: String
    var body: String?
    var answer = Row.nothing
    var call: @Sendable (CloudClient) async throws(CloudError) -> Void

    /// Every listing, with nothing in it.
    static let nothing =
      "{"
      + [
        "servers", "flavors", "images", "keypairs", "volumeAttachments", "networks", "subnets",
        "ports", "floatingips", "volumes", "volume_types",
      ].map { #""\#($0)": []"# }.joined(separator: ", ") + "}"

    init(
      _ sends: String, body: String? = nil, answer: String = Row.nothing,
      _ call: @escaping @Sendable (CloudClient) async throws(CloudError) -> Void
    ) {
      self.sends = sends
      self.body = body
      self.answer = answer
      self.call = call
    }
  }

  static let server = #"{"server": {"id": 1, "name": "w", "status": "BUILD"}}"#
  static let network = #"{"network": {"id": "12", "name": "n", "status": "ACTIVE", "type": "T"}}"#
  static let port = #"{"port": {"id": "678", "status": "BUILD", "network_id": "12"}}"#
  static let address =
    #"{"floatingip": {"id": "9", "floating_ip_address": "1.2.3.4", "floating_network_id": "12"}}"#
  static let subnet = #"{"subnet": {"id": "7", "network_id": "12", "cidr": "10.0.0.0/24"}}"#

  static let compute: [Row] = [
    Row("GET compute/v2.0/servers/detail") { (c) throws(CloudError) in _ = try await c.servers() },
    Row("GET compute/v2.0/servers/1", answer: server) { (c) throws(CloudError) in
      _ = try await c.server("1")
    },
    Row(
      "POST compute/v2.0/servers",
      body: """
        {"server":{"name":"w","flavorRef":"42","imageRef":"I1","networks":[]}}
        """, answer: server
    ) { (c) throws(CloudError) in
      _ = try await c.createServer(ServerRequest(name: "w", flavor: "42", image: "I1"))
    },
    Row(
      "POST compute/v2.0/servers",
      body: """
        {"server":{"name":"w","flavorRef":"42","imageRef":"I1","networks":[{"uuid":"12",\
        "fixed_ip":"83.212.0.10"},{"uuid":"345"},{"port":"678"}],"project":"P","metadata":\
        {"a":"1","b":"é"},"SNF:key_names":["deploy"],"personality":[{"path":"/etc/x","contents":\
        "aGVsbG8=","owner":"root","group":"root","mode":384}]}}
        """, answer: server
    ) { (c) throws(CloudError) in
      _ = try await c.createServer(
        ServerRequest(
          name: "w", flavor: "42", image: "I1", project: "P", metadata: ["b": "é", "a": "1"],
          keyNames: ["deploy"],
          files: [PersonalityFile(path: "/etc/x", content: Array("hello".utf8))],
          networks: [
            .network("12", address: "83.212.0.10"), .network("345", address: nil), .port("678"),
          ]))
    },
    Row("DELETE compute/v2.0/servers/1") { (c) throws(CloudError) in
      try await c.deleteServer("1")
    },
    Row("PUT compute/v2.0/servers/1", body: #"{"server":{"name":"n"}}"#) {
      (c) throws(CloudError) in
      try await c.renameServer("1", to: "n")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"start":{}}"#) { (c) throws(CloudError) in
      try await c.perform(.start, on: "1")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"shutdown":{}}"#) {
      (c) throws(CloudError) in
      try await c.perform(.shutdown, on: "1")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"reboot":{"type":"SOFT"}}"#) {
      (c) throws(CloudError) in
      try await c.perform(.reboot(isHard: false), on: "1")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"reboot":{"type":"HARD"}}"#) {
      (c) throws(CloudError) in
      try await c.perform(.reboot(isHard: true), on: "1")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"resize":{"flavorRef":"43"}}"#) {
      (c) throws(CloudError) in
      try await c.perform(.resize(flavor: "43"), on: "1")
    },
    Row(
      "POST compute/v2.0/servers/1/action", body: #"{"addFloatingIp":{"address":"1.2.3.4"}}"#
    ) { (c) throws(CloudError) in
      try await c.perform(.addFloatingIP(address: "1.2.3.4"), on: "1")
    },
    Row(
      "POST compute/v2.0/servers/1/action", body: #"{"removeFloatingIp":{"address":"1.2.3.4"}}"#
    ) { (c) throws(CloudError) in
      try await c.perform(.removeFloatingIP(address: "1.2.3.4"), on: "1")
    },
    Row("POST compute/v2.0/servers/1/action", body: #"{"reassign":{"project":"P"}}"#) {
      (c) throws(CloudError) in
      try await c.perform(.reassign(project: "P"), on: "1")
    },
    Row("GET compute/v2.0/servers/1/metadata") { (c) throws(CloudError) in
      _ = try await c.serverMetadata("1")
    },
    Row("POST compute/v2.0/servers/1/metadata", body: #"{"metadata":{"a":"1"}}"#) {
      (c) throws(CloudError) in
      try await c.setServerMetadata(["a": "1"], of: "1")
    },
    Row("DELETE compute/v2.0/servers/1/metadata/a%20b%2F") { (c) throws(CloudError) in
      try await c.deleteServerMetadata("a b/", of: "1")
    },
    Row("GET compute/v2.0/servers/1/diagnostics", answer: "[]") { (c) throws(CloudError) in
      _ = try await c.diagnostics(of: "1")
    },
    Row("GET compute/v2.0/flavors/detail") { (c) throws(CloudError) in _ = try await c.flavors() },
    Row(
      "GET compute/v2.0/flavors/42",
      answer: #"{"flavor": {"id": 42, "vcpus": 1, "ram": 1, "disk": 1}}"#
    ) { (c) throws(CloudError) in _ = try await c.flavor("42") },
    Row("GET compute/v2.0/images/detail") { (c) throws(CloudError) in _ = try await c.images() },
    Row("GET compute/v2.0/images/I1", answer: #"{"image": {"id": "I1"}}"#) {
      (c) throws(CloudError) in
      _ = try await c.image("I1")
    },
    Row("GET image/v1.0/images/detail") { (c) throws(CloudError) in
      _ = try await c.imageRecords()
    },
    Row("GET compute/v2.0/os-keypairs") { (c) throws(CloudError) in _ = try await c.keyPairs() },
    Row(
      "POST compute/v2.0/os-keypairs",
      body: #"{"keypair":{"name":"k","public_key":"ssh-ed25519 A c"}}"#,
      answer: #"{"keypair": {"name": "k", "public_key": "ssh-ed25519 A c"}}"#
    ) { (c) throws(CloudError) in
      _ = try await c.createKeyPair(name: "k", publicKey: "ssh-ed25519 A c")
    },
    Row("DELETE compute/v2.0/os-keypairs/my%20key") { (c) throws(CloudError) in
      try await c.deleteKeyPair("my key")
    },
    Row("GET compute/v2.0/servers/1/os-volume_attachments") { (c) throws(CloudError) in
      _ = try await c.volumeAttachments(of: "1")
    },
    Row(
      "POST compute/v2.0/servers/1/os-volume_attachments",
      body: #"{"volumeAttachment":{"volumeId":"77"}}"#
    ) { (c) throws(CloudError) in try await c.attachVolume("77", to: "1") },
    Row("DELETE compute/v2.0/servers/1/os-volume_attachments/77") { (c) throws(CloudError) in
      try await c.detachVolume("77", from: "1")
    },
  ]

  static let others: [Row] = [
    Row("GET account/v1.0/quotas", answer: "{}") { (c) throws(CloudError) in
      _ = try await c.quotas()
    },
    Row("GET account/v1.0/projects?mode=member", answer: "[]") { (c) throws(CloudError) in
      _ = try await c.projects()
    },
    Row("GET network/v2.0/networks") { (c) throws(CloudError) in _ = try await c.networks() },
    Row("GET network/v2.0/networks/12", answer: network) { (c) throws(CloudError) in
      _ = try await c.network("12")
    },
    Row(
      "POST network/v2.0/networks",
      body: #"{"network":{"type":"MAC_FILTERED","name":"lan","project":"P"}}"#, answer: network
    ) { (c) throws(CloudError) in
      _ = try await c.createNetwork(NetworkRequest(name: "lan", project: "P"))
    },
    Row("PUT network/v2.0/networks/12", body: #"{"network":{"name":"x"}}"#) {
      (c) throws(CloudError) in
      try await c.renameNetwork("12", to: "x")
    },
    Row("DELETE network/v2.0/networks/12") { (c) throws(CloudError) in
      try await c.deleteNetwork("12")
    },
    Row("POST network/v2.0/networks/12/action", body: #"{"reassign":{"project":"P"}}"#) {
      (c) throws(CloudError) in
      try await c.reassignNetwork("12", to: "P")
    },
    Row("GET network/v2.0/subnets") { (c) throws(CloudError) in _ = try await c.subnets() },
    Row("GET network/v2.0/subnets/7", answer: subnet) { (c) throws(CloudError) in
      _ = try await c.subnet("7")
    },
    Row(
      "POST network/v2.0/subnets",
      body: """
        {"subnet":{"network_id":"12","cidr":"10.0.0.0/24","ip_version":4,"enable_dhcp":true,\
        "name":"s","gateway_ip":null,"allocation_pools":[{"start":"10.0.0.5","end":"10.0.0.9"}]}}
        """, answer: subnet
    ) { (c) throws(CloudError) in
      _ = try await c.createSubnet(
        SubnetRequest(
          network: "12", name: "s", cidr: "10.0.0.0/24", gateway: .none,
          pools: [AddressRange(start: "10.0.0.5", end: "10.0.0.9")]))
    },
    Row(
      "POST network/v2.0/subnets",
      body: """
        {"subnet":{"network_id":"12","cidr":"10.0.0.0/24","ip_version":4,"enable_dhcp":true}}
        """, answer: subnet
    ) { (c) throws(CloudError) in
      _ = try await c.createSubnet(SubnetRequest(network: "12", cidr: "10.0.0.0/24"))
    },
    Row("GET network/v2.0/ports") { (c) throws(CloudError) in _ = try await c.ports() },
    Row("GET network/v2.0/ports/678", answer: port) { (c) throws(CloudError) in
      _ = try await c.port("678")
    },
    Row(
      "POST network/v2.0/ports",
      body: """
        {"port":{"network_id":"12","device_id":"1","name":"p","fixed_ips":[{"ip_address":\
        "83.212.0.10"}]}}
        """, answer: port
    ) { (c) throws(CloudError) in
      _ = try await c.createPort(
        PortRequest(network: "12", server: "1", name: "p", address: "83.212.0.10"))
    },
    Row("POST network/v2.0/ports", body: #"{"port":{"network_id":"12"}}"#, answer: port) {
      (c) throws(CloudError) in
      _ = try await c.createPort(PortRequest(network: "12"))
    },
    Row("DELETE network/v2.0/ports/678") { (c) throws(CloudError) in
      try await c.deletePort("678")
    },
    Row("GET network/v2.0/floatingips") { (c) throws(CloudError) in
      _ = try await c.floatingIPs()
    },
    Row("GET network/v2.0/floatingips/9", answer: address) { (c) throws(CloudError) in
      _ = try await c.floatingIP("9")
    },
    Row("POST network/v2.0/floatingips", body: #"{"floatingip":{}}"#, answer: address) {
      (c) throws(CloudError) in
      _ = try await c.reserveFloatingIP()
    },
    Row(
      "POST network/v2.0/floatingips",
      body: """
        {"floatingip":{"project":"P","floating_network_id":"12","floating_ip_address":"1.2.3.4"}}
        """, answer: address
    ) { (c) throws(CloudError) in
      _ = try await c.reserveFloatingIP(network: "12", address: "1.2.3.4", project: "P")
    },
    Row("DELETE network/v2.0/floatingips/9") { (c) throws(CloudError) in
      try await c.releaseFloatingIP("9")
    },
    Row("POST network/v2.0/floatingips/9/action", body: #"{"reassign":{"project":"P"}}"#) {
      (c) throws(CloudError) in
      try await c.reassignFloatingIP("9", to: "P")
    },
    Row("GET volume/v2.0/volumes/detail") { (c) throws(CloudError) in _ = try await c.volumes() },
    Row(
      "GET volume/v2.0/volumes/77",
      answer: #"{"volume": {"id": "77", "status": "in_use", "size": 20}}"#
    ) { (c) throws(CloudError) in _ = try await c.volume("77") },
    Row(
      "POST volume/v2.0/volumes",
      body: """
        {"volume":{"display_name":"d","size":20,"volume_type":"1","project":"P","server_id":"5"}}
        """, answer: #"{"volume": {"id": "77", "display_name": "d", "links": []}}"#
    ) { (c) throws(CloudError) in
      _ = try await c.createVolume(
        VolumeRequest(name: "d", size: 20, type: "1", server: "5", project: "P"))
    },
    Row("DELETE volume/v2.0/volumes/77") { (c) throws(CloudError) in
      try await c.deleteVolume("77")
    },
    Row("POST volume/v2.0/volumes/77/metadata", body: #"{"metadata":{"a":"1"}}"#) {
      (c) throws(CloudError) in
      try await c.setVolumeMetadata(["a": "1"], of: "77")
    },
    Row("POST volume/v2.0/volumes/77/action", body: #"{"reassign":{"project":"P"}}"#) {
      (c) throws(CloudError) in
      try await c.reassignVolume("77", to: "P")
    },
    Row("GET volume/v2.0/types") { (c) throws(CloudError) in _ = try await c.volumeTypes() },
    Row("GET object-store/v1/U1?format=json&limit=1000", answer: "[]") {
      (c) throws(CloudError) in
      _ = try await c.containers()
    },
    Row("PUT object-store/v1/U1/my%20files", body: "") { (c) throws(CloudError) in
      try await c.createContainer("my files", project: "P")
    },
    Row("DELETE object-store/v1/U1/c") { (c) throws(CloudError) in
      try await c.deleteContainer("c")
    },
    Row("GET object-store/v1/U1/c?format=json&limit=1000&prefix=a%2F%26", answer: "") {
      (c) throws(CloudError) in
      _ = try await c.objects(in: "c", prefix: "a/&")
    },
    Row("PUT object-store/v1/U1/c/a/b%3F.txt", body: "content") { (c) throws(CloudError) in
      try await c.putObject(Array("content".utf8), at: "a/b?.txt", in: "c")
    },
    Row("GET object-store/v1/U1/c/o") { (c) throws(CloudError) in
      _ = try await c.object(at: "o", in: "c")
    },
    Row("DELETE object-store/v1/U1/c/o") { (c) throws(CloudError) in
      try await c.deleteObject("o", in: "c")
    },
  ]

  @Test(arguments: compute.indices)
  func aComputeCallSendsWhatTheAPIWants(_ index: Int) async throws {
    try await check(Self.compute[index])
  }

  @Test(arguments: others.indices)
  func aCallOfAnotherServiceSendsWhatTheAPIWants(_ index: Int) async throws {
    try await check(Self.others[index])
  }

  private func check(_ row: Row) async throws {
    let transport = ScriptedTransport(200, row.answer)
    try await row.call(CloudClient(transport))
    let request = try #require(transport.requests.first)
    #expect(transport.requests.count == 1)
    #expect("\(request.method.rawValue) \(request.url)" == absolute(row.sends))
    #expect(request.body.map { String(decoding: $0, as: UTF8.self) } == row.body)
    #expect(request.token == Token("T0K3N-VALUE"))
    let types = request.headers.filter { $0.name == "Content-Type" }.map(\.value)
    let isObject = row.sends.contains("object-store")
    #expect(
      types == (row.body == nil ? [] : [isObject ? "application/octet-stream" : "application/json"])
    )
  }

  private func absolute(_ sends: String) -> String {
    let words = sends.split(separator: " ")
    return "\(words[0]) https://cloud.example.org/\(words[1])"
  }

  @Test func aContainerNamesWhoPays() async throws {
    let transport = ScriptedTransport(201)
    try await CloudClient(transport).createContainer("c", project: "P")
    #expect(
      transport.requests[0].headers.contains(HTTPHeader("X-Container-Policy-Project", "P")))
  }

  @Test func aLongListingIsReadPageByPage() async throws {
    let transport = ScriptedTransport { (_, number) throws(CloudError) in
      let count = number < 2 ? 1000 : 1
      let names = (0..<count).map { "{\"name\": \"o\(number)-\($0)\", \"bytes\": \($0)}" }
      return HTTPResponse(200, "[" + names.joined(separator: ",") + "]")
    }
    let objects = try await CloudClient(transport).objects(in: "c")
    #expect(objects.count == 2001)
    #expect(objects.last?.name == "o2-0")
    let marks = transport.requests.map { $0.url.split(separator: "marker=").dropFirst().first }
    #expect(marks == [nil, "o0-999", "o1-999"])
  }

  @Test func aContainerIsEmptiedFirstWhereAsked() async throws {
    let transport = ScriptedTransport(204)
    try await CloudClient(transport).deleteContainer("c", emptying: true)
    #expect(
      transport.requests.map(\.url) == [
        "https://cloud.example.org/object-store/v1/U1/c?delimiter=%2F",
        "https://cloud.example.org/object-store/v1/U1/c",
      ])
  }

  static let unsafe: [Row] = [
    Row("nothing") { (c) throws(CloudError) in try await c.deleteServerMetadata("..", of: "1") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteServerMetadata("", of: "1") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteServer("") },
    Row("nothing") { (c) throws(CloudError) in try await c.deletePort(".") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteKeyPair("..") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteObject("", in: "c") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteObject("a/../../other", in: "c") },
    Row("nothing") { (c) throws(CloudError) in try await c.deleteContainer("") },
  ]

  @Test(arguments: unsafe.indices)
  func aNameThatWouldLeadToAnotherObjectIsNotSent(_ index: Int) async {
    let transport = ScriptedTransport(204)
    let client = CloudClient(transport)
    let error = await failure { () async throws(CloudError) in
      try await Self.unsafe[index].call(client)
    }
    #expect(error?.kind == .badRequest)
    #expect(transport.requests.isEmpty)
  }

  @Test func aServiceThatTheCatalogLacksIsAnError() async {
    struct Bare: HTTPTransport {
      func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse {
        HTTPResponse(200, #"{"access": {"user": {"id": "U"}, "serviceCatalog": []}}"#)
      }
    }
    let client = CloudClient(Bare())
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(
      error?.kind == .badAnswer(reason: "the catalog has no service of type `compute`"))
  }
}
