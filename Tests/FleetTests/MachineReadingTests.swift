import Cloud
import Diagnostics
import Fleet
import Testing
import Values

/// What variables of a host are taken for.
struct MachineReadingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var name: String
    var value: Value
    var problem: String?
    var networks: [NetworkWish]?

    var testDescription: String { id }

    init(
      _ id: String, _ name: String, _ value: Value, problem: String? = nil,
      networks: [NetworkWish]? = nil
    ) {
      (self.id, self.name, self.value) = (id, "okeanos_" + name, value)
      (self.problem, self.networks) = (problem, networks)
    }
  }

  static let lan = NetworkWish.privateNetwork(name: "lan", cidr: nil, address: nil)

  static let rows: [Row] = [
    Row(
      "private as a flag", "networks", [["private": true, "name": "lan"]], networks: [lan]),
    Row("private as a name", "networks", [["private": "lan"]], networks: [lan]),
    Row(
      "private without a name", "networks", [["private": true]],
      problem: "`okeanos_networks` has an entry that is no network"),
    Row(
      "not private, and no other kind", "networks", [["private": false, "name": "lan"]],
      problem: "`okeanos_networks` has an entry that is no network"),
    Row(
      "private and public", "networks", [["private": true, "public": true, "name": "lan"]],
      problem: "`okeanos_networks` has an entry that is no network"),
    Row(
      "an address of one's own", "networks", [["public": "198.51.100.7"]],
      networks: [.floating(address: "198.51.100.7")]),
    Row(
      "JSON in an INI file, which Python does not read", "networks",
      #"[{"private": true, "name": "lan"}]"#,
      problem: "`okeanos_networks` is text that looks like a list or a mapping"),
    Row(
      "a key that is none of a network", "networks", [["name": "lan", "cird": "10.0.0.0/24"]],
      problem: "`okeanos_networks` has no key `cird`"),
    Row(
      "a range that is none", "networks", [["name": "lan", "cidr": "10.9.0.0/99"]],
      problem: "`10.9.0.0/99` in `okeanos_networks` is no range of IPv4 addresses"),
    Row(
      "an address that is none", "networks", [["name": "lan", "address": "300.1.1.1"]],
      problem: "`300.1.1.1` in `okeanos_networks` is no IPv4 address"),
    Row(
      "an address beside its range", "networks",
      [["name": "lan", "cidr": "10.9.0.0/24", "address": "10.9.1.1"]],
      problem: "`10.9.1.1` in `okeanos_networks` is not in the range 10.9.0.0/24"),
    Row(
      "a key that is none of a volume", "volumes", [["sise": 20, "size": 1]],
      problem: "`okeanos_volumes` has no key `sise`"),
    Row("a volume by its size", "volumes", [20]),
    Row(
      "two volumes of one name", "volumes", [["name": "d", "size": 1], ["name": "d", "size": 2]],
      problem: "`okeanos_volumes` has two volumes `d`"),
    Row(
      "a key that is none of a file", "personality",
      [["path": "/etc/a", "content": "a", "modus": "0644"]],
      problem: "`okeanos_personality` has no key `modus`"),
    Row(
      "a key that is none of an image", "image", ["name": "debian", "ownr": "me"],
      problem: "`okeanos_image` has no key `ownr`"),
    Row(
      "a key that is none of a flavor", "flavor", ["cpus": 1, "ram": 1, "disk": 1, "gpus": 1],
      problem: "`okeanos_flavor` has no key `gpus`"),
  ]

  @Test(arguments: rows)
  func `what is not understood is told instead of passed over`(row: Row) {
    var variables = ["okeanos_image": EvaluatedVariable("debian"), "okeanos_flavor": .init("1")]
    variables[row.name] = EvaluatedVariable(row.value)
    var reading = MachineReading(host: "a", variables: variables) { _ in nil }
    let machine = reading.description()
    #expect(reading.problems.all.map(\.summary) == (row.problem.map { [$0] } ?? []))
    if let networks = row.networks { #expect(machine?.networks == networks) }
  }

  // MARK: - Keys

  static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
  static let lacksKey = "`okeanos_ssh_keys` holds a line that is no public key"

  struct KeyRow: Sendable, CustomTestStringConvertible {
    var id: String
    var value: Value
    var keys: [KeyWish] = []
    var problem: String?

    var testDescription: String { id }
  }

  /// What sshd(8) allows in `authorized_keys`, and what it would not let in.
  static let keyRows: [KeyRow] = [
    KeyRow(id: "a key", value: .string(key), keys: [.text(key)]),
    KeyRow(
      id: "a key with options before and a comment behind it",
      value: .string(#"from="10.0.0.*,!10.0.0.7",command="a b" \#(key) me at home"#),
      keys: [.text(#"from="10.0.0.*,!10.0.0.7",command="a b" \#(key) me at home"#)]),
    KeyRow(
      id: "keys with comments and empty lines, as Windows ends them",
      value: .string("# me\r\n\(key) a\r\n\r\n\(key) b\r\n"),
      keys: [.text(key + " a"), .text(key + " b")]),
    KeyRow(id: "a key pair of the cloud", value: "mine", keys: [.named(Named("mine"))]),
    KeyRow(id: "three words", value: "not a key", problem: lacksKey),
    KeyRow(id: "a type without a key", value: "ssh-rsa me@home", problem: lacksKey),
    KeyRow(id: "a key that is no base64", value: "ssh-rsa AAAA_/x me", problem: lacksKey),
    KeyRow(
      id: "a file", value: "/my keys/id.pub", keys: [.text(key + " a"), .text(key + " b")]),
    KeyRow(
      id: "a file that is not there", value: "no such.pub",
      problem: "cannot read the key `no such.pub`"),
    KeyRow(
      id: "a file of something else", value: "/etc/motd",
      problem: "`/etc/motd` holds a line that is no public key"),
    KeyRow(
      id: "a file of comments", value: "none.pub", problem: "`none.pub` holds no public key"),
  ]

  @Test(arguments: keyRows)
  func `a line that is no public key is not taken for one`(row: KeyRow) {
    let files = [
      "/my keys/id.pub": "# two\r\n\(Self.key) a\r\n\(Self.key) b\r\n",
      "/etc/motd": "Welcome to Debian\n", "none.pub": "# none yet\n",
    ]
    var reading = MachineReading(
      host: "a",
      variables: [
        "okeanos_image": EvaluatedVariable("debian"), "okeanos_flavor": EvaluatedVariable("1"),
        "okeanos_ssh_keys": EvaluatedVariable(row.value),
      ], readFile: { path in files[path].map { Array($0.utf8) } })
    let machine = reading.description()
    #expect(reading.problems.all.map(\.summary) == (row.problem.map { [$0] } ?? []))
    if row.problem == nil { #expect(machine?.keys == row.keys) }
  }

  // MARK: - Times

  @Test(
    arguments: [
      ("2020-02-29", 1_582_934_400), ("2021-02-29", nil), ("2020-02-31", nil), ("2020-04-31", nil),
      ("1900-02-29", nil), ("2000-02-29T00:00:00Z", 951_782_400),
    ] as [(String, Int?)])
  func `a day that does not exist is no time`(text: String, moment: Int?) {
    #expect(Moment.parse(text) == moment)
  }

  // MARK: - Names

  @Test(
    arguments: [
      ("okeanos_protct", "okeanos_protect"), ("okeanos_expire", "okeanos_expires"),
      ("okeanos_flavour", "okeanos_flavor"), ("okeanos_network", "okeanos_networks"),
      ("okeanos_protect", nil), ("okeanos_server_name", nil), ("okeanos_image_name", nil),
      ("okeanos_region", nil), ("protct", nil),
    ] as [(String, String?)])
  func `a name that is nearly one of ours is taken for a mistake`(name: String, meant: String?) {
    #expect(MachineReading.meant(by: name) == meant)
  }

  @Test(
    arguments: [
      ("10.0.0.0/24", nil), ("10.0.0.7/24", nil), (nil, nil),
      ("10.0.0.0/16", "network `lan` has the range 10.0.0.0/24, not 10.0.0.0/16"),
      ("10.0.0.0/99", "network `lan` has the range 10.0.0.0/24, not 10.0.0.0/99"),
    ] as [(String?, String?)])
  func `the range of a network that is there does not change`(cidr: String?, problem: String?) {
    var made = FleetPlanTests.start([], [FleetPlanTests.machine("a")])
    made.machines[0].networks = [.privateNetwork(name: "lan", cidr: cidr, address: nil)]
    made.cloud.networks = [Network(id: "7", name: "lan", status: .active, type: "MAC_FILTERED")]
    made.cloud.subnets = [
      Subnet(id: "8", name: "", networkID: "7", cidr: "10.0.0.0/24", ipVersion: 4, hasDHCP: true)
    ]
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.all.map(\.summary) == (problem.map { [$0] } ?? []))
  }

  @Test func `two ranges of one new network are told before it is made, where they are written`() {
    var made = FleetPlanTests.start([], ["a", "b", "c"].map { FleetPlanTests.machine($0) })
    for (index, cidr) in ["10.0.0.0/24", nil, "10.1.0.0/24"].enumerated() {
      made.machines[index].networks = [.privateNetwork(name: "lan", cidr: cidr, address: nil)]
      made.machines[index].networksLocation = SourceLocation(
        file: "hosts", line: index + 1, column: 3)
    }
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(
      plan.problems.all.map(\.summary) == [
        "network `lan` has two ranges: 10.0.0.0/24 and 10.1.0.0/24"
      ])
    #expect(plan.problems.all.first?.location?.line == 3)
  }

  @Test func `metadata that is described no longer goes, and what others wrote stays`() {
    var made = FleetPlanTests.start([FleetPlanTests.server(1, "a")], [FleetPlanTests.machine("a")])
    var mark = MachineMark(made.cloud.servers[0].metadata)
    mark?.described = MachineMark.digests(of: ["role", "tier"])
    made.cloud.servers[0].metadata = (mark?.metadata ?? [:]).merging(
      ["role": "web", "tier": "1", "note": "by hand"]) { $1 }
    made.machines[0].metadata = ["tier": "1"]
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    guard case .change(let changes)? = plan.rows.first?.action,
      case .metadata(let set, let removed)? = changes.first
    else {
      Issue.record("no change of metadata: \(plan.rows)")
      return
    }
    #expect(removed == ["role"])
    #expect(Array(set.keys) == ["omtd-mark"])
    #expect(MachineMark((mark?.metadata ?? [:]).merging(set) { $1 })?.described.count == 1)
    #expect(plan.text.contains("a  metadata: -role\n"), "\(plan.text)")
  }
}
