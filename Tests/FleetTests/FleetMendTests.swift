import Cloud
import Diagnostics
import Fleet
import Testing
import Values

/// Plans and marks where the cloud's limits, protection and projects meet.
struct FleetMendTests {
  typealias Plans = FleetPlanTests

  // MARK: - Metadata

  struct Pairs: Sendable {
    var id: String
    /// Of the machine beside its mark, as the cloud has them.
    var present: [String]
    var described: [String]
    var removed: [String]
  }

  static let pairs: [Pairs] = [
    Pairs(id: "room enough", present: ["os", "users", "a"], described: ["a", "b"], removed: []),
    Pairs(
      id: "what the image says goes first", present: ["os", "users", "a", "b", "c", "d"],
      described: ["a", "b", "c", "d", "e"], removed: ["os"]),
    Pairs(
      id: "then what nobody describes", present: ["os", "users", "a", "b", "c", "d"],
      described: ["e", "f", "g", "h", "i"], removed: ["os", "users", "a", "b", "c"]),
  ]

  @Test(arguments: pairs)
  func `an update of metadata makes the room that the cloud's limit of ten leaves`(
    pairs: Pairs
  ) throws {
    var server = Plans.server(1, "a", expires: 5)
    for name in pairs.present { server.metadata[name] = "v" }
    var machine = Plans.machine("a")
    machine.expiry = .at(9)
    machine.metadata = Dictionary(uniqueKeysWithValues: pairs.described.map { ($0, "v") })
    var made = Plans.start([server], [machine])
    made.options.limit = ["a"]
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    guard case .change(let changes)? = plan.rows.first?.action,
      case .metadata(let set, let removed)? = changes.first
    else {
      Issue.record("no change of metadata: \(plan.text)")
      return
    }
    #expect(removed.filter { pairs.present.contains($0) } == pairs.removed)
    let after = Set(server.metadata.keys).subtracting(removed).union(set.keys)
    #expect(after.count <= 10)
    #expect(after.isSuperset(of: pairs.described))
    #expect(after.isSuperset(of: ["omtd-environment", "omtd-name", "omtd-mark", "omtd-expires"]))
  }

  // MARK: - What is said

  @Test(
    arguments: [
      ("ab", "ab", "", "Machines: no changes.\n"),
      ("ab", "ab", "b", "Machines: 1 could not be planned.\n"),
      ("abc", "a", "bc", "Machines: 2 could not be planned.\n"),
      ("abc", "a", "b", "Machines: 1 to add, 0 to change, 0 to destroy; 1 could not be planned.\n"),
      ("ab", "a", "", "Machines: 1 to add, 0 to change, 0 to destroy.\n"),
    ])
  func `what could not be planned is not called unchanged`(
    described: String, standing: String, wrong: String, summary: String
  ) {
    let servers = standing.enumerated().map { Plans.server($0.offset + 1, String($0.element)) }
    var made = Plans.start(servers, described.map { Plans.machine(String($0)) })
    for index in made.machines.indices where wrong.contains(made.machines[index].name) {
      made.machines[index].image = ImageChoice(Named("nope"))
    }
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.text.hasSuffix(summary), "\(plan.text)")
    #expect(plan.problems.hasErrors == !wrong.isEmpty)
  }

  @Test func `a plan that only has errors does not say that nothing changes`() {
    var made = Plans.start([Plans.server(1, "a", protected: true)], [])
    made.options.prunes = true
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.hasErrors)
    #expect(!plan.text.contains("no changes"), "\(plan.text)")
  }

  // MARK: - Booting

  struct Boot: Sendable, CustomTestStringConvertible {
    var id: String
    /// Seconds.
    var age = 3600
    var mayBoot: Bool
    var change: @Sendable (inout Plans.Case) -> Void = { _ in }

    var testDescription: String { id }
  }

  static let boots: [Boot] = [
    Boot(id: "as described, for an hour", mayBoot: false),
    Boot(id: "as described, for a minute", age: 60, mayBoot: true),
    Boot(id: "stopped", mayBoot: true) { $0.cloud.servers[0].status = .stopped },
    Boot(id: "of another size", mayBoot: true) {
      $0.machines[0].flavor = .named(Named("wide"))
    },
    Boot(id: "to be replaced", mayBoot: true) {
      $0.options.replaced = ["a"]
      $0.options.replacesAll = true
    },
    Boot(id: "not there", mayBoot: true) { $0.cloud.servers = [] },
    Boot(id: "being built", mayBoot: true) { $0.cloud.servers[0].status = .build },
    Boot(id: "started by somebody else", mayBoot: true) {
      $0.cloud.servers[0].status = .stopped
      $0.cloud.servers[0].task = "START"
    },
    Boot(id: "rebooting", mayBoot: true) { $0.cloud.servers[0].task = "REBOOT" },
    Boot(id: "of other metadata", mayBoot: false) { $0.machines[0].metadata = ["role": "web"] },
    Boot(id: "without its volume", mayBoot: false) {
      $0.machines[0].volumes = [VolumeWish(name: "a-data", size: 1)]
    },
  ]

  @Test(arguments: boots)
  func `a machine is waited for where it is new, or a plan starts it`(boot: Boot) {
    var server = Plans.server(1, "a")
    let day = CalendarDate(year: 1970, month: 1, day: 2)
    server.created = DateTime(date: day, hour: 0, minute: 0, second: 0, microsecond: 0)
    var made = Plans.start([server], [Plans.machine("a")])
    made.options.now = Moment.of(day) + boot.age
    boot.change(&made)
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.map(\.name) == ["a"])
    #expect(plan.booting(at: made.options.now) == (boot.mayBoot ? ["a"] : []))
  }

  // MARK: - Protection

  @Test(
    arguments: [
      ([], false, ["machine `a` must be replaced (its build failed), but is protected"]),
      ([], true, ["machine `a` must be replaced (its build failed), but is protected"]),
      (["a"], false, []),
    ] as [(Set<String>, Bool, [String])])
  func `a protected machine in error is replaced only where its name is given`(
    _ names: Set<String>, _ isAll: Bool, _ problems: [String]
  ) {
    var made = Plans.start([Plans.server(1, "a", .error, protected: true)], [Plans.machine("a")])
    made.options.replaced = names
    made.options.replacesAll = isAll
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.all.map(\.summary) == problems)
  }

  // MARK: - Volumes

  /// One machine with a volume of 60 GiB beside its disk of 10 GiB; 100 GiB may be used.
  private func withVolume(_ wished: [VolumeWish]) -> Plans.Case {
    var server = Plans.server(1, "a")
    server.volumes = ["1", "2"]
    var machine = Plans.machine("a")
    machine.volumes = wished
    var made = Plans.start([server], [machine])
    made.cloud.volumes = [("1", nil, 10), ("2", "a-data", 60)].map { id, name, size in
      Volume(
        id: id, name: name, status: .inUse, size: size,
        attachments: [VolumeAttachment(volumeID: id, serverID: server.id)], projectID: "p")
    }
    made.cloud.quotas[0].resources[Resource.disk] = Quota(limit: 100 << 30, usage: 70 << 30)
    return made
  }

  @Test(arguments: [true, false])
  func `volumes that end with their machine make room`(isPruned: Bool) {
    let wish = VolumeWish(name: "a-data", size: 60)
    var made = withVolume([wish])
    made.options.replacesAll = true
    made.options.replaced = isPruned ? [] : ["a"]
    if isPruned {
      made.options.prunes = true
      made.machines = [Plans.machine("b")]
      made.machines[0].volumes = [VolumeWish(name: "b-data", size: 60)]
    }
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.map(\.symbol) == (isPruned ? ["+", "-"] : ["-/+"]))
    #expect(plan.problems.all.map(\.summary) == [])
    // Only what changes has a row.
    #expect(plan.quotas.rows.contains { $0.resource == Resource.disk } == false)
  }

  @Test(
    arguments: [
      ([VolumeWish(name: "a-data", size: 60)], []),
      (
        [VolumeWish(name: "a-data", size: 70)],
        ["volume a-data has 60 GiB, not 70: a volume keeps its size"]
      ),
      ([], ["volume a-data is no longer described; it stays"]),
    ] as [([VolumeWish], [String])])
  func `what a plan does not bring about of volumes is said`(
    _ wished: [VolumeWish], _ notes: [String]
  ) {
    let made = withVolume(wished)
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.map(\.notes) == [notes])
    #expect(!plan.hasChanges)
  }

  // MARK: - Projects

  @Test func `an address frees room in its own project only`() {
    var made = Plans.start([Plans.server(1, "a")], [Plans.machine("a")])
    made.machines[0].project = Named("q")
    made.options.replacesAll = true
    made.options.replaced = ["a"]
    made.cloud.projects.append(Project(id: "q", name: "other", state: "active"))
    let resources = made.cloud.quotas[0].resources
    made.cloud.quotas.append(ProjectQuotas(projectID: "q", resources: resources))
    made.cloud.quotas[1].resources[Resource.floatingIPs] = Quota(limit: 0, usage: 0)
    made.cloud.floatingIPs = [
      FloatingIP(
        id: "9", address: "10.0.0.9", networkID: "1", portID: "5", serverID: "1", projectID: "p")
    ]
    made.options.owned = [.address("9")]
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(
      plan.problems.all.map(\.summary) == [
        "the plan does not fit: `cyclades.floating_ip` of project `other` lacks 1"
      ])
  }

  // MARK: - Marks

  @Test func `the marks of all machines together name everything that was made for them`() {
    let network = OwnedObject.network("70001")
    let all = Set((0..<120).map { OwnedObject.address(CloudID("\(80_000 + $0)")) } + [network])
    var found: Set<OwnedObject> = []
    for object in all {
      var mark = MachineMark(
        environment: "e", name: "web", run: "00112233", intent: "0011223344556677",
        digest: "0011223344556677", isProtected: true, owned: all)
      mark.used = [object, network]
      #expect(mark.metadata.values.allSatisfy { $0.utf8.count <= 500 })
      found.formUnion(MachineMark(mark.metadata)?.owned ?? [])
    }
    #expect(found == all)
  }

  // MARK: - Networks

  static func network(_ id: CloudID, _ name: String, subnets: [CloudID] = []) -> Network {
    Network(id: id, name: name, status: .active, subnets: subnets)
  }

  @Test func `a network is made only where a machine that is made joins it`() {
    var machine = Plans.machine("a")
    machine.networks = [.privateNetwork(name: "lan", cidr: nil, address: nil)]
    let kept = Plans.start([Plans.server(1, "a")], [machine])
    #expect(FleetPlan.make(kept.machines, kept.cloud, kept.options).newNetworks.isEmpty)
    let new = Plans.start([], [machine])
    #expect(FleetPlan.make(new.machines, new.cloud, new.options).newNetworks.map(\.name) == ["lan"])
  }

  @Test func `of two requests for one network the late one is found beside the other`() {
    let state = JournalState([
      .makeNetwork(intent: "i", name: "lan", known: ["1"]),
      .makeNetwork(intent: "k", name: "lan", known: ["1"]), .madeNetwork(intent: "k", id: "3"),
    ])
    var cloud = CloudSnapshot(userID: "u", defaultProject: "p")
    cloud.networks = [Self.network("3", "lan")]
    #expect(state.settled(by: cloud).records == [.notMadeNetwork(intent: "i")])
    cloud.networks = [Self.network("2", "lan"), Self.network("3", "lan")]
    #expect(state.settled(by: cloud).records == [.madeNetwork(intent: "i", id: "2")])
  }

  @Test func `the twin of a network in use is removed, and the name means the other`() {
    var machine = Plans.machine("b")
    machine.networks = [.privateNetwork(name: "lan", cidr: nil, address: nil)]
    var made = Plans.start([Plans.server(1, "a")], [machine])
    made.cloud.networks = [Self.network("2", "lan"), Self.network("3", "lan", subnets: ["9"])]
    made.options.owned = [.network("2"), .network("3")]
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.all.isEmpty)
    #expect(plan.twins.map(\.id) == ["2"])
    #expect(plan.rows.first?.machine?.cards == [.privateNetwork("3", address: nil)])
    // Somebody's own network of that name is not touched.
    made.options.owned = [.network("3")]
    let other = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(other.twins.isEmpty)
    #expect(other.problems.all.map(\.summary) == ["`lan` is the name of 2 networks"])
  }

  @Test func `a network of one's own that is described with a range gets its subnet, if unused`() {
    var machine = Plans.machine("b")
    machine.networks = [.privateNetwork(name: "lan", cidr: "10.0.0.0/24", address: nil)]
    var made = Plans.start([], [machine])
    made.cloud.networks = [Self.network("2", "lan")]
    #expect(
      FleetPlan.make(made.machines, made.cloud, made.options).newNetworks.map(\.id) == ["2"])
    made.machines[0].networks = [.privateNetwork(name: "lan", cidr: nil, address: nil)]
    #expect(FleetPlan.make(made.machines, made.cloud, made.options).newNetworks.isEmpty)
  }

  // MARK: - Keys

  @Test(arguments: [
    """
    -----BEGIN OPENSSH PRIVATE KEY-----
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmU/CANARY
    -----END OPENSSH PRIVATE KEY-----
    """,
    "PuTTY-User-Key-File-2: ssh-ed25519\nPrivate-Lines: 1\nAAAA/CANARY\n",
  ])
  func `a private key among login keys is refused, and no line of it is shown`(_ text: String) {
    let lines = text.split(separator: "\n").map { Value.string(String($0)) }
    for value in [Value.string(text), .list([.string(text)]), .list(lines)] {
      var reading = MachineReading(
        host: "a",
        variables: [
          "okeanos_image": EvaluatedVariable("debian"), "okeanos_flavor": EvaluatedVariable("1"),
          "okeanos_ssh_keys": EvaluatedVariable(value),
        ], readFile: { _ in nil })
      #expect(reading.description() == nil)
      #expect(reading.problems.all.map(\.summary) == ["`okeanos_ssh_keys` holds a private key"])
      #expect(!"\(reading.problems)".contains("CANARY"))
    }
  }
}
