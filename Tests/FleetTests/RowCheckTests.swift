import Cloud
import Diagnostics
import Fleet
import Testing

/// Descriptions that contradict each other, or the clock.
struct RowCheckTests {
  typealias Plans = FleetPlanTests

  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    /// Of the machines `a` and `b`, beside an address of the cloud's choice.
    var a: [NetworkWish]
    var b: [NetworkWish] = []
    var problems: [String]

    var testDescription: String { id }
  }

  static func lan(_ address: String?, _ name: String = "lan") -> NetworkWish {
    .privateNetwork(name: name, cidr: nil, address: address)
  }

  static let rows: [Row] = [
    Row(
      id: "one floating IP of two machines", a: [.floating(address: "198.51.100.7")],
      b: [.floating(address: "198.51.100.7")],
      problems: ["machines `a` and `b` have one address, `198.51.100.7`"]),
    Row(
      id: "two floating IPs", a: [.floating(address: "198.51.100.7")],
      b: [.floating(address: "198.51.100.8")], problems: []),
    Row(
      id: "one address of a network that is there", a: [lan("10.0.0.5")], b: [lan("10.0.0.5")],
      problems: ["machines `a` and `b` have one address, `10.0.0.5`"]),
    Row(
      id: "one address of a network to be made", a: [lan("10.0.0.5", "new")],
      b: [lan("10.0.0.5", "new")],
      problems: ["machines `a` and `b` have one address, `10.0.0.5`"]),
    Row(
      id: "one address in two networks", a: [lan("10.0.0.5")], b: [lan("10.0.0.5", "new")],
      problems: []),
    Row(
      id: "addresses of the cloud's choice", a: [lan(nil), .floating(address: nil)],
      b: [lan(nil), .floating(address: nil)], problems: []),
    Row(
      id: "one address of two cards of a machine", a: [lan("10.0.0.5"), lan("10.0.0.5")],
      problems: ["two cards of `a` have the address `10.0.0.5`"]),
  ]

  @Test(arguments: rows, [false, true])
  func `an address is one machine's in a plan`(row: Row, isThere: Bool) {
    let servers = isThere ? [Plans.server(1, "a")] : []
    var made = Plans.start(servers, [Plans.machine("a"), Plans.machine("b")])
    made.machines[0].networks = row.a
    made.machines[1].networks = row.b
    made.cloud.networks = [
      Network(id: "7", name: "lan", status: .active, type: "MAC_FILTERED")
    ]
    made.cloud.floatingIPs = ["7", "8"].map {
      FloatingIP(id: CloudID("9\($0)"), address: "198.51.100.\($0)", networkID: "1")
    }
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.all.map(\.summary) == row.problems)
    #expect(plan.problems.all.allSatisfy { $0.hint != nil })
  }

  static let now = 1_580_000_000
  static let past = [
    "`okeanos_expires` of machine `a` is in the past: 2020-01-26T00:53:19Z"
  ]

  @Test(
    arguments: [
      (nil, .at(now - 1), past), (nil, .at(now + 1), []), (nil, .after(60), []),
      // It has expired, and nobody says anything new of it.
      (now - 1, .at(now - 1), []),
      (now + 60, .at(now - 1), past), (0, .at(now - 1), past),
    ] as [(Int?, Expiry, [String])])
  func `a machine is not told to expire in the past`(
    marked: Int?, expiry: Expiry, problems: [String]
  ) {
    let servers = marked.map { [Plans.server(1, "a", expires: $0 == 0 ? nil : $0)] } ?? []
    var made = Plans.start(servers, [Plans.machine("a")])
    made.machines[0].expiry = expiry
    made.machines[0].expiryLocation = SourceLocation(file: "hosts", line: 4, column: 3)
    made.options.now = Self.now
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.problems.all.map(\.summary) == problems)
    #expect(plan.problems.all.allSatisfy { $0.location?.line == 4 })
  }
}
