import Cloud
import Diagnostics
import Fleet
import Testing
import Values
import YAMLReader

/// Which servers of an account are listed, as what, and with which facts.
@Suite struct ServerListingTests {
  static let listing: ServerListing = {
    var listing = ServerListing(cloud: "c")
    listing.flavors = [FleetPlanTests.small]
    listing.images = [
      Image(id: "img", name: "debian", status: .active, properties: ["users": "debian admin"])
    ]
    listing.networks = [
      Network(id: "7", name: "inner", status: .active),
      Network(id: "8", name: "outer", status: .active, isPublic: true),
    ]
    let outer = ServerNIC(id: "a", networkID: "8", ipv4: "198.51.100.4", isFloating: true)
    let inner = ServerNIC(id: "b", networkID: "7", ipv4: "10.0.0.4")
    var own = FleetPlanTests.server(4, "web-1")
    own.attachments = [inner, outer]
    own.metadata["role"] = "web"
    var foreign = Server(
      id: "5", name: "db", status: .stopped, flavorID: "99", metadata: ["role": "db"],
      attachments: [inner])
    foreign.portForwarding = [22: ForwardedPort(host: "gate.example", port: 2222)]
    listing.servers = [
      Server(id: "12", name: "twin", status: .active), foreign,
      Server(id: "6", name: "twin", status: .active, metadata: ["role": "db"]), own,
      Server(id: "9", name: "-odd", status: .active),
      Server(id: "10", name: "gone", status: .deleted),
    ]
    return listing
  }()

  private static func choice(_ text: String) throws -> ServerChoice {
    try ServerChoice(try YAML.loadFile("plugin: okeanos\n" + text, file: "m.yml").root)
  }

  static let rows: [(text: String, names: [String], left: [String])] = [
    ("", ["9", "twin-6", "twin-12", "web-1"], ["db"]),
    ("states: all", ["9", "db", "twin-6", "twin-12", "web-1"], []),
    ("states: [stopped]", ["db"], ["-odd", "twin", "twin", "web-1"]),
    ("environment: e", ["web-1"], []),
    ("environment: other", [], []),
    ("filters: {role: db}", ["twin"], ["db"]),
    ("filters: {role: [db, web]}", ["twin", "web-1"], ["db"]),
    ("filters: {role: [db, web], omtd-name: web-1}", ["web-1"], []),
    ("hostname: id", ["9", "6", "12", "4"], ["db"]),
  ]

  @Test(
    "Metadata, mark and state choose servers; names that are not unique get their ids",
    arguments: rows)
  func chooses(_ row: (text: String, names: [String], left: [String])) throws {
    let (listed, left) = Self.listing.machines(try Self.choice(row.text))
    #expect(listed.map(\.name) == row.names)
    #expect(left.map(\.name) == row.left)
  }

  @Test("Numbers in names count as numbers")
  func order() throws {
    var listing = ServerListing(cloud: "c")
    let names = ["web-10", "web-2", "web", "web-02a", "a9z", "a10"]
    listing.servers = names.enumerated().map {
      Server(id: CloudID($0 + 1), name: $1, status: .active)
    }
    let listed = listing.machines(try Self.choice("")).listed
    #expect(listed.map(\.name) == ["a9z", "a10", "web", "web-2", "web-02a", "web-10"])
  }

  @Test("A server is reached at its public address, or in the network that is preferred")
  func addresses() throws {
    let own = Self.listing.servers[3]
    let foreign = Self.listing.servers[1]
    let reached = { (server: Server, network: CloudID?) in
      Self.listing.address(of: server, preferring: network)
    }
    #expect(reached(own, nil) == MachineAddress(host: "198.51.100.4", port: nil))
    #expect(reached(own, "7") == MachineAddress(host: "10.0.0.4", port: nil))
    #expect(reached(own, "9") == MachineAddress(host: "198.51.100.4", port: nil))
    #expect(reached(foreign, nil) == MachineAddress(host: "gate.example", port: 2222))
    #expect(reached(foreign, "7") == MachineAddress(host: "10.0.0.4", port: nil))
    #expect(reached(Self.listing.servers[0], nil) == nil)
  }

  @Test("Facts tell of a server, and none of them describes a machine that should exist")
  func facts() {
    let facts = Self.listing.facts(of: Self.listing.servers[3])
    #expect(Set(facts.keys.compactMap(\.string)).isDisjoint(with: MachineReading.names))
    #expect(facts["okeanos_server_id"] == "4")
    #expect(facts["okeanos_server_state"] == "ACTIVE")
    #expect(facts["okeanos_server_environment"] == "e")
    #expect(facts["okeanos_server_metadata"]?["role"] == "web")
    #expect(facts["okeanos_server_user"] == "debian")
    #expect(facts["okeanos_server_image"] == ["id": "img", "name": "debian"])
    #expect(facts["okeanos_server_flavor"]?["cpus"] == 1)
    #expect(
      facts["okeanos_server_addresses"] == [
        [
          "address": "10.0.0.4", "version": 4, "floating": false, "network_id": "7",
          "network": "inner", "public": false,
        ],
        [
          "address": "198.51.100.4", "version": 4, "floating": true, "network_id": "8",
          "network": "outer", "public": true,
        ],
      ])
    let other = Self.listing.facts(of: Self.listing.servers[1])
    #expect(other["okeanos_server_environment"] == .null)
    #expect(other["okeanos_server_flavor"] == ["id": "99"])
    #expect(other["okeanos_server_image"] == .null)
  }

  static let wrong: [(text: String, summary: String, column: Int)] = [
    ("filter: {a: b}", "inventory plugin `okeanos` has no key `filter`", 1),
    ("filters: [a]", "`filters` is a mapping of metadata", 10),
    ("filters: {a: yes}", "the value of `a` in `filters` is text or a list of texts", 14),
    ("filters: {a: [x, {}]}", "the value of `a` in `filters` is text or a list of texts", 18),
    ("filters: {1: x}", "a key of metadata is text", 11),
    (
      "filters: {a: '{{ b }}'}",
      "only `compose`, `groups` and `keyed_groups` hold expressions here", 14
    ),
    ("cloud: [a]", "`cloud` is text", 8),
    ("cloud: ''", "`cloud` is empty", 8),
    ("environment: {a: b}", "`environment` is text", 14),
    ("states: [ACTIV]", "`states` is `all` or a list of states of servers", 10),
    ("states: {}", "`states` is `all` or a list of states of servers", 9),
    ("hostname: uuid", "`hostname` is `name` or `id`", 11),
    ("prefer_network: yes", "`prefer_network` is text", 17),
  ]

  @Test("A key that is unknown or of another type is told at its place", arguments: wrong)
  func refuses(_ row: (text: String, summary: String, column: Int)) {
    do {
      _ = try Self.choice(row.text)
      Issue.record("was accepted")
    } catch {
      let diagnostic = error as? Diagnostic
      #expect(diagnostic?.summary == row.summary)
      #expect(diagnostic?.location?.line == 2)
      #expect(diagnostic?.location?.column == row.column)
    }
  }

  @Test("The account is named once")
  func twoClouds() {
    #expect(throws: Diagnostic.self) { try Self.choice("cloud: a\nokeanos_cloud: a") }
  }
}
