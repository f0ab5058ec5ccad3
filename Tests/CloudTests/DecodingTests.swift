import Cloud
import Testing
import Values

/// Answers in the shapes that Synnefo sends, old and new, into types.
@Suite struct DecodingTests {
  private func client(_ body: String) -> CloudClient { CloudClient(ScriptedTransport(200, body)) }

  @Test func aServerWithEverything() async throws {
    let body = #"""
      {"server": {"id": 1234, "name": "web1", "status": "ACTIVE", "SNF:task_state": "",
        "progress": 100, "user_id": "U1", "tenant_id": "P1", "shared_to_project": false,
        "created": "2026-01-31T10:00:00.123456+00:00", "updated": "2026-01-31T10:00:05+00:00",
        "flavor": {"id": 42, "links": []}, "image": {"id": "I1", "links": []},
        "metadata": {"users": "root", "os": "debian"}, "tags": [], "volumes": [9, 10],
        "attachments": [
          {"id": 5, "network_id": "12", "mac_address": "aa:00:00:00:00:01", "ipv4": "83.212.0.10",
           "ipv6": "", "OS-EXT-IPS:type": "floating", "firewallProfile": "ENABLED"},
          {"id": 6, "network_id": "345", "mac_address": "aa:00:00:00:00:02", "ipv4": "",
           "ipv6": "2001:db8::1"}],
        "addresses": {"12": [{"version": 4, "addr": "83.212.0.10", "OS-EXT-IPS:type": "floating"}],
          "345": [{"version": 6, "addr": "2001:db8::1"}]},
        "SNF:fqdn": "snf-1234.vm.okeanos.grnet.gr",
        "SNF:port_forwarding": {"22": {"host": "gate.example.org", "port": "10022"}},
        "suspended": false, "deleted": false, "key_name": "old", "SNF:key_names": ["a", "b"],
        "diagnostics": [{"level": "ERROR", "source": "image-info", "message": "m", "details": null,
          "created": "2026-01-31T10:00:00+00:00"}],
        "SNF:rescue": false, "hostId": "", "accessIPv4": "", "security_groups": [{"name": "x"}],
        "a-field-of-the-future": {"x": [1]}}}
      """#
    let server = try await client(body).server("1234")
    #expect(server.id == "1234")
    #expect(server.status == .active)
    #expect(server.isIdle && !server.isGone && !server.isSuspended)
    #expect(server.projectID == "P1")
    #expect(server.flavorID == "42")
    #expect(server.imageID == "I1")
    #expect(server.metadata == ["users": "root", "os": "debian"])
    #expect(server.volumes == ["9", "10"])
    #expect(
      server.attachments == [
        ServerNIC(
          id: "5", networkID: "12", macAddress: "aa:00:00:00:00:01", ipv4: "83.212.0.10",
          isFloating: true),
        ServerNIC(
          id: "6", networkID: "345", macAddress: "aa:00:00:00:00:02", ipv6: "2001:db8::1"),
      ])
    #expect(server.addresses.map(\.address) == ["83.212.0.10", "2001:db8::1"])
    #expect(server.addresses.map(\.isFloating) == [true, false])
    #expect(server.fqdn == "snf-1234.vm.okeanos.grnet.gr")
    #expect(server.portForwarding == [22: ForwardedPort(host: "gate.example.org", port: 10022)])
    #expect(server.keyNames == ["a", "b"])
    #expect(server.diagnostics.map(\.level) == ["ERROR"])
    #expect(server.created?.microsecond == 123456)
    #expect(server.updated?.microsecond == 0)
    #expect(server.updated?.second == 5)
    #expect(server.adminPassword == nil)
  }

  @Test func aServerOfAnOldCloudThatIsBeingBuilt() async throws {
    let body = #"""
      {"server": {"id": "77", "name": "x", "status": "BUILD", "SNF:task_state": "BUILDING",
        "progress": 0, "attachments": [], "addresses": {}, "SNF:fqdn": null, "key_name": null,
        "SNF:port_forwarding": {}, "diagnostics": [], "metadata": {}, "adminPass": "pa55w0rd"}}
      """#
    let server = try await client(body).createServer(
      ServerRequest(name: "x", flavor: "1", image: "I"))
    #expect(server.id == "77")
    #expect(server.status == .build)
    #expect(server.task == "BUILDING" && !server.isIdle)
    #expect(server.fqdn == nil && server.keyNames == [] && server.volumes == [])
    #expect(server.adminPassword?.open() == "pa55w0rd")
    var dumped = ""
    dump(server, to: &dumped)
    #expect(!dumped.contains("pa55w0rd") && !"\(server)".contains("pa55w0rd"))
  }

  @Test(
    arguments: [
      ("ACTIVE", .active), ("STOPPED", .stopped), ("ERROR", .error), ("DELETED", .deleted),
      ("REBOOT", .reboot), ("RESIZE", .resize), ("UNKNOWN", .unknown),
      ("MIGRATING", .other("MIGRATING")), ("active", .other("active")),
    ] as [(String, ServerStatus)])
  func aStatusThatIsNotKnownStaysAsItIs(text: String, status: ServerStatus) async throws {
    let server = try await client(#"{"server": {"id": 1, "status": "\#(text)"}}"#).server("1")
    #expect(server.status == status)
    #expect("\(server.status)" == text)
  }

  @Test func aDeletedServerIsGone() async throws {
    for part in [#""status": "DELETED""#, #""status": "ACTIVE", "deleted": true"#] {
      let server = try await client("{\"server\": {\"id\": 1, \(part)}}").server("1")
      #expect(server.isGone)
    }
  }

  @Test(
    arguments: [
      ("2026-01-31T10:00:00.123456+00:00", [10, 0, 123456, 0]),
      ("2026-01-31T10:00:00+00:00", [10, 0, 0, 0]),
      ("2026-01-31T10:00:07.5Z", [10, 7, 500000, 0]),
      ("2026-01-31 10:00:00", [10, 0, 0, 0]),
      ("2026-01-31T10:00:00+0200", [10, 0, 0, 7200]),
      ("2026-01-31T10:00:00-05:30", [10, 0, 0, -19800]),
      ("yesterday", nil), ("2026-13-31T10:00:00Z", nil), ("2026-01-31T10:00:00+xx:00", nil),
      ("", nil),
    ] as [(String, [Int]?)])
  func aTimeIsReadWithAndWithoutItsFraction(text: String, parts: [Int]?) async throws {
    let body = #"{"server": {"id": 1, "status": "ACTIVE", "created": "\#(text)"}}"#
    let time = try await client(body).server("1").created
    #expect(
      time.map { [$0.hour, $0.second, $0.microsecond, $0.utcOffset ?? -1] } == parts)
  }

  @Test func flavorsOfOldAndNewClouds() async throws {
    let flavors = try await client(
      #"""
      {"flavors": [{"id": 42, "name": "C2R2048D20ext_vlmc", "vcpus": 2, "ram": 2048, "disk": 20,
        "SNF:disk_template": "ext_vlmc", "SNF:volume_type": 1, "SNF:allow_create": false,
        "os-flavor-access:is_public": false, "SNF:flavor-access": ["P1"], "links": []},
       {"id": "7", "name": "C1R512D5drbd", "vcpus": 1, "ram": 512, "disk": 5,
        "SNF:disk_template": "drbd"}]}
      """#
    ).flavors()
    #expect(
      flavors == [
        Flavor(
          id: "42", name: "C2R2048D20ext_vlmc", cpus: 2, memory: 2048, disk: 20,
          diskTemplate: "ext_vlmc", volumeType: "1", allowsCreation: false, isPublic: false,
          projects: ["P1"]),
        Flavor(
          id: "7", name: "C1R512D5drbd", cpus: 1, memory: 512, disk: 5, diskTemplate: "drbd"),
      ])
  }

  @Test(
    arguments: [
      (#"{"users": "root"}"#, ["root"], "root"),
      (#"{"USERS": "debian root"}"#, ["debian", "root"], "root"),
      (#"{"users": " user  admin "}"#, ["user", "admin"], "user"), (#"{}"#, [], "root"),
      (#"{"users": ""}"#, [], "root"),
    ] as [(String, [String], String)])
  func anImageSaysWhoLogsIn(metadata: String, users: [String], login: String) async throws {
    let body = #"{"image": {"id": "I", "name": "Debian", "metadata": \#(metadata)}}"#
    let image = try await client(body).image("I")
    #expect(image.users == users)
    #expect(image.loginUser == login)
  }

  @Test func imagesWithOwnersAndSizes() async throws {
    let image = try await client(
      #"""
      {"images": [{"id": "I1", "name": "Debian Base", "status": "ACTIVE", "progress": 100,
        "user_id": "OWNER", "tenant_id": "OWNER", "public": true, "is_snapshot": false,
        "created": "2026-01-31T10:00:00+00:00", "metadata": {"OS": "debian", "root_partition": 1}}]}
      """#
    ).images()[0]
    #expect(image.owner == "OWNER" && image.isPublic && image.status == .active)
    #expect(image.properties == ["os": "debian", "root_partition": "1"])
    let record = #"""
      {"id": "I1", "name": "Debian Base", "size": 474066944, "status": "AVAILABLE",
       "owner": "OWNER", "is_public": true, "disk_format": "diskdump", "checksum": "c",
       "location": "pithos://a/c/p", "properties": {"OS": "debian"}}
      """#
    let wrapped = try await client("{\"images\": [\(record)]}").imageRecords()
    let bare = try await client("[\(record)]").imageRecords()
    #expect(wrapped == bare)
    #expect(wrapped.first?.size == 474_066_944)
    #expect(wrapped.first?.owner == "OWNER")
    #expect(wrapped.first?.properties == ["os": "debian"])
  }

  @Test func keyPairs() async throws {
    let pairs = try await client(
      #"""
      {"keypairs": [{"keypair": {"name": "deploy", "fingerprint": "unknown fingerprint",
        "public_key": "ssh-ed25519 AAAA c"}}]}
      """#
    ).keyPairs()
    #expect(
      pairs == [
        KeyPair(
          name: "deploy", publicKey: "ssh-ed25519 AAAA c", fingerprint: "unknown fingerprint")
      ])
  }

  @Test func networksPortsAndAddresses() async throws {
    let networks = try await client(
      #"""
      {"networks": [{"id": "12", "name": "Public", "status": "SNF:DRAINED", "type": "IP_LESS_ROUTED",
        "public": true, "shared": true, "router:external": true, "SNF:floating_ip_pool": true,
        "subnets": ["7", 8], "user_id": null, "tenant_id": null, "deleted": false}]}
      """#
    ).networks()
    #expect(
      networks == [
        Network(
          id: "12", name: "Public", status: .drained, type: "IP_LESS_ROUTED", isPublic: true,
          isFloatingIPPool: true, subnets: ["7", "8"])
      ])
    let port = try await client(
      #"""
      {"port": {"id": "678", "name": "", "status": "BUILD", "network_id": 12, "device_id": 1234,
        "device_owner": "vm", "mac_address": null,
        "fixed_ips": [{"ip_address": "83.212.0.10", "subnet": "7"}]}}
      """#
    ).port("678")
    #expect(
      port
        == Port(
          id: "678", status: .build, networkID: "12", serverID: "1234",
          addresses: ["83.212.0.10"]))
    let address = try await client(
      #"""
      {"floatingips": [{"id": "900", "floating_ip_address": "83.212.0.10",
        "floating_network_id": "12", "port_id": null, "instance_id": null,
        "fixed_ip_address": null, "tenant_id": "P", "deleted": false}]}
      """#
    ).floatingIPs()
    #expect(
      address == [FloatingIP(id: "900", address: "83.212.0.10", networkID: "12", projectID: "P")])
  }

  @Test func volumes() async throws {
    let volume = try await client(
      #"""
      {"volume": {"id": "77", "display_name": null, "status": "in_use", "size": 20,
        "volume_type": 1, "attachments": [{"server_id": 1234, "volume_id": 77, "device_index": 1}],
        "metadata": {}, "tenant_id": "P", "deleted": false}}
      """#
    ).volume("77")
    #expect(volume.status == .inUse)
    #expect(volume.attachments == [VolumeAttachment(volumeID: "77", serverID: "1234")])
    #expect(volume.name == nil && volume.type == "1" && volume.size == 20)
    let attached = try await client(
      #"{"volumeAttachments": [{"id": 9, "volumeId": 9, "serverId": 1, "device": ""}]}"#
    ).volumeAttachments(of: "1")
    #expect(attached == [VolumeAttachment(volumeID: "9", serverID: "1")])
  }

  @Test func projects() async throws {
    let projects = try await client(
      #"""
      [{"id": "P", "name": "my-project", "state": "active", "system_project": false,
        "owner": null, "end_date": "2027-01-01T00:00:00+00:00", "homepage": null,
        "resources": {"cyclades.vm": {"member_capacity": 10, "project_capacity": 50},
          "cyclades.ram": {"member_capacity": 9223372036854775807, "project_capacity": null}}}]
      """#
    ).projects()
    let project = try #require(projects.first)
    #expect(project.isActive && project.name == "my-project" && project.id == "P")
    #expect(project.resources["cyclades.vm"] == Project.Capacity(member: 10, project: 50))
    #expect(project.resources["cyclades.ram"] == Project.Capacity(member: nil, project: nil))
  }

  @Test func theSessionWithoutWhatOldCloudsLack() async throws {
    struct Old: HTTPTransport {
      func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse {
        HTTPResponse(
          200,
          #"""
          {"access": {"user": {"id": "U1"}, "serviceCatalog": [
            {"type": "compute", "endpoints": [
              {"versionId": "v1.1", "publicURL": "https://c/compute/v1.1"},
              {"versionId": "v2.0", "publicURL": "https://c/compute/v2.0"}]},
            {"type": "new-thing", "endpoints": [{"publicURL": "https://c/x"}]},
            {"type": "network", "endpoints": [{"versionId": "", "publicURL": "https://c/network/"}]},
            {"type": "volume", "endpoints": []}]}}
          """#)
      }
    }
    let session = try await CloudClient(Old()).authenticate()
    #expect(
      session
        == CloudSession(
          token: Token("T0K3N-VALUE"), userID: "U1", defaultProject: "U1", projects: nil,
          endpoints: [
            .compute: "https://c/compute/v2.0", .network: "https://c/network/v2.0",
          ]))
  }

  @Test func aNewSessionKnowsProjectsAndEndpoints() async throws {
    let session = try await client("").authenticate()
    #expect(session.defaultProject == "P1" && session.projects == ["P1", "P2"])
    #expect(session.userName == "Real Name")
    #expect(
      session.endpoints == [
        .identity: "https://cloud.example.org/identity/v2.0",
        .account: "https://cloud.example.org/account/v1.0",
        .compute: "https://cloud.example.org/compute/v2.0",
        .network: "https://cloud.example.org/network/v2.0",
        .volume: "https://cloud.example.org/volume/v2.0",
        .image: "https://cloud.example.org/image/v1.0",
        .objectStore: "https://cloud.example.org/object-store/v1",
      ])
  }
}
