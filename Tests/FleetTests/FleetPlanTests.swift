import Cloud
import Diagnostics
import Fleet
import Testing
import Values

/// Plans are made from descriptions and a snapshot alone.
struct FleetPlanTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var change: @Sendable (inout Case) -> Void
    /// The symbol and name of each row of the plan that is not a kept machine.
    var rows: [String]
    /// The start of each error.
    var problems: [String] = []

    var testDescription: String { id }
  }

  struct Case: Sendable {
    var machines: [MachineDescription]
    var cloud: CloudSnapshot
    var options = FleetOptions(environment: "e", now: 1_000_000)
  }

  static let small = Flavor(
    id: "1", name: "small", cpus: 1, memory: 1024, disk: 10, diskTemplate: "ext")
  static let wide = Flavor(
    id: "2", name: "wide", cpus: 4, memory: 1024, disk: 10, diskTemplate: "ext")
  static let deep = Flavor(
    id: "3", name: "deep", cpus: 1, memory: 1024, disk: 40, diskTemplate: "ext")

  static func machine(_ name: String, flavor: String = "small") -> MachineDescription {
    MachineDescription(
      name: name, image: ImageChoice(Named("debian")), flavor: .named(Named(flavor)))
  }

  static func server(
    _ id: Int, _ name: String, _ status: ServerStatus = .active, environment: String = "e",
    protected: Bool = false, expires: Int? = nil
  ) -> Server {
    let mark = MachineMark(
      environment: environment, name: name, run: "r", intent: "i\(id)", digest: digest,
      isProtected: protected, expires: expires)
    return Server(
      id: CloudID(id), name: name, status: status, projectID: "p", flavorID: "1", imageID: "img",
      metadata: mark.metadata)
  }

  /// Of a machine that says nothing of keys, files and networks.
  static let digest: String = {
    var made = start([], [machine("x")])
    made.options.limit = nil
    return FleetPlan.make(made.machines, made.cloud, made.options).rows[0].machine?.digest ?? ""
  }()

  static func start(_ servers: [Server], _ machines: [MachineDescription]) -> Case {
    var cloud = CloudSnapshot(userID: "u", defaultProject: "p")
    cloud.servers = servers
    cloud.flavors = [small, wide, deep]
    cloud.images = [Image(id: "img", name: "debian", status: .active, owner: "u")]
    cloud.projects = [Project(id: "p", name: "proj", state: "active")]
    let gib = 1 << 30
    cloud.quotas = [
      ProjectQuotas(
        projectID: "p",
        resources: [
          Resource.servers: Quota(limit: 3, usage: servers.count),
          Resource.cpus: Quota(limit: 8, usage: servers.count),
          Resource.memory: Quota(limit: 8 * gib, usage: servers.count * gib),
          Resource.disk: Quota(limit: 100 * gib, usage: servers.count * 10 * gib),
          Resource.floatingIPs: Quota(limit: 3, usage: 0),
        ])
    ]
    return Case(machines: machines, cloud: cloud)
  }

  static let rows: [Row] = [
    Row(id: "nothing there: create", change: { _ in }, rows: ["+ a", "+ b"]),
    Row(
      id: "as described: nothing",
      change: { $0.cloud.servers = [server(1, "a"), server(2, "b")] }, rows: []),
    Row(
      id: "being built by an earlier run: nothing is asked for again",
      change: { $0.cloud.servers = [server(1, "a", .build), server(2, "b")] }, rows: []),
    Row(
      id: "a machine of another environment is none of ours",
      change: { $0.cloud.servers = [server(1, "a", environment: "f"), server(2, "b")] },
      rows: ["+ a"]),
    Row(
      id: "stopped: start",
      change: { $0.cloud.servers = [server(1, "a", .stopped), server(2, "b")] }, rows: ["~ a"]),
    Row(
      id: "other processors: resize",
      change: {
        $0.machines = [machine("a", flavor: "wide")]
        $0.cloud.servers = [server(1, "a")]
      }, rows: ["~ a"]),
    Row(
      id: "another disk: replaced only where allowed",
      change: {
        $0.machines = [machine("a", flavor: "deep")]
        $0.cloud.servers = [server(1, "a")]
      }, rows: ["-/+ a"],
      problems: ["machine `a` must be replaced (disk: 10 GiB -> 40 GiB): its disk is lost"]),
    Row(
      id: "another disk, allowed",
      change: {
        $0.machines = [machine("a", flavor: "deep")]
        $0.cloud.servers = [server(1, "a")]
        $0.options.replaced = ["a"]
      }, rows: ["-/+ a"]),
    Row(
      id: "another disk of a protected machine",
      change: {
        $0.machines = [machine("a", flavor: "deep")]
        $0.cloud.servers = [server(1, "a", protected: true)]
        $0.options.replacesAll = true
      }, rows: ["-/+ a"],
      problems: [
        "machine `a` must be replaced (disk: 10 GiB -> 40 GiB), but is protected"
      ]),
    Row(
      id: "a failed build is replaced without being asked",
      change: { $0.cloud.servers = [server(1, "a", .error), server(2, "b")] }, rows: ["-/+ a"]),
    Row(
      id: "an orphan is shown, and left alone",
      change: { $0.cloud.servers = [server(1, "a"), server(2, "b"), server(3, "c")] },
      rows: ["- c"]),
    Row(
      id: "a protected orphan is not pruned",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b"), server(3, "c", protected: true)]
        $0.options.prunes = true
      }, rows: ["- c"], problems: ["machine `c` is not in the inventory, but protected"]),
    Row(
      id: "a second machine of one name",
      change: { $0.cloud.servers = [server(1, "a"), server(2, "b"), server(3, "a")] },
      rows: ["- a"]),
    Row(
      id: "a host outside of the limit is no orphan",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
        $0.options.limit = ["b"]
        $0.options.inventory = ["a", "b"]
      }, rows: []),
    Row(
      id: "new metadata",
      change: {
        $0.machines[0].metadata = ["role": "web"]
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
      }, rows: ["~ a"]),
    Row(
      id: "an expiry counted from the creation does not move",
      change: {
        $0.machines[0].expiry = .after(60)
        $0.cloud.servers = [server(1, "a", expires: 5), server(2, "b")]
      }, rows: []),
    Row(
      id: "suspended, and otherwise to be started and resized: nothing is tried",
      change: {
        $0.machines[0] = machine("a", flavor: "wide")
        $0.cloud.servers = [server(1, "a", .stopped), server(2, "b")]
        $0.cloud.servers[0].isSuspended = true
      }, rows: []),
    Row(
      id: "suspended, and to be replaced",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
        $0.cloud.servers[0].isSuspended = true
        $0.options.replaced = ["a"]
      }, rows: [],
      problems: [
        "machine `a` is suspended by an administrator of the cloud and cannot be replaced"
      ]),
    Row(
      id: "to be replaced by a name that none has",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
        $0.options.replaced = ["nosuch", "all"]
      }, rows: [],
      problems: ["`--replace nosuch`: the inventory describes no machine of this name"]),
    Row(
      id: "a quota that does not hold them",
      change: { $0.machines = ["a", "b", "c", "d"].map { machine($0) } },
      rows: ["+ a", "+ b", "+ c", "+ d"],
      problems: [
        "the plan does not fit: `cyclades.vm` of project `proj` lacks 1",
        "the plan does not fit: `cyclades.floating_ip` of project `proj` lacks 1",
      ]),
    Row(
      id: "an image that the cloud has no longer keeps no machine from staying",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
        $0.cloud.images = []
      }, rows: []),
    Row(
      id: "nor one that was published anew",
      change: {
        $0.cloud.servers = [server(1, "a"), server(2, "b")]
        $0.cloud.images = [Image(id: "new", name: "debian", status: .active, owner: "u")]
      }, rows: []),
    Row(
      id: "a machine is not made anew of what is not there",
      change: {
        $0.cloud.servers = [server(1, "a", .error), server(2, "b")]
        $0.cloud.images = []
        $0.options.replaced = ["b"]
      }, rows: [],
      problems: ["there is no image `debian`", "there is no image `debian`"]),
    Row(
      id: "of another image only where allowed",
      change: {
        $0.machines = [machine("a")]
        $0.cloud.servers = [server(1, "a")]
        $0.cloud.servers[0].imageID = "old"
        $0.cloud.images.append(Image(id: "old", name: "older", status: .active, owner: "u"))
      }, rows: ["-/+ a"],
      problems: ["machine `a` must be replaced (image: older -> debian): its disk is lost"]),
    Row(
      id: "a flavor that is offered no longer keeps no machine from staying",
      change: {
        $0.cloud.servers = [server(1, "a")]
        $0.cloud.flavors[0].allowsCreation = false
      }, rows: [], problems: ["there is no flavor `small`"]),
    Row(
      id: "an unknown flavor", change: { $0.machines = [machine("a", flavor: "smal")] }, rows: [],
      problems: ["there is no flavor `smal`"]),
    Row(
      id: "an image name that two people use",
      change: {
        $0.cloud.images = ["x", "y"].map {
          Image(id: CloudID($0), name: "debian", status: .active, owner: $0)
        }
        $0.machines = [machine("a")]
      }, rows: [], problems: ["`debian` is the name of 2 images"]),
  ]

  @Test(arguments: rows)
  func `a plan follows from descriptions and the cloud`(row: Row) {
    var made = Self.start([], [Self.machine("a"), Self.machine("b")])
    row.change(&made)
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    let shown = plan.rows.filter { if case .keep = $0.action { false } else { true } }
    #expect(shown.map { "\($0.symbol) \($0.name)" } == row.rows)
    #expect(plan.problems.all.map(\.summary) == row.problems)
  }

  @Test func `a plan tells that an image is gone, and how to do without`() {
    var made = Self.start([Self.server(1, "a")], [Self.machine("a")])
    made.cloud.servers[0].metadata["users"] = "debian"
    made.cloud.images = []
    var plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.first?.machine?.loginUser == "debian")
    #expect(
      plan.rows.first?.notes == [
        "the cloud no longer has its image, and none that is called `debian`"
      ])
    made.cloud.images = [Image(id: "new", name: "debian", status: .active, owner: "u")]
    plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(
      plan.rows.first?.notes == [
        "the cloud no longer has its image: only --replace makes it of today's `debian`"
      ])
    made.cloud.images.append(Image(id: "img", name: "debian-2025", status: .active, owner: "u"))
    plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(
      plan.problems.all.first?.hint
        == "allow it with --replace a, or keep it: `okeanos_image: img`")
  }

  @Test func `pruning removes orphans and gives their quota back`() {
    var made = Self.start([Self.server(1, "c")], [])
    made.options.prunes = true
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.map(\.symbol) == ["-"])
    #expect(plan.hasChanges)
    #expect(plan.quotas.rows.first { $0.resource == Resource.servers }?.after == 0)
  }

  @Test func `a mark survives the way through metadata`() {
    let mark = MachineMark(
      environment: "e", name: "web-1", run: "r1", intent: "abc", digest: "d", isProtected: true,
      owned: [.address("9"), .network("12")], expires: 1_769_853_600, hostKey: "ssh-ed25519 AAAA")
    #expect(MachineMark(mark.metadata) == mark)
    #expect(mark.metadata.count == MachineMark.countLimit)
    #expect(mark.metadata["omtd-expires"] == "2026-01-31T10:00:00Z")
    #expect(MachineMark(["name": "stranger"]) == nil)
  }
}
