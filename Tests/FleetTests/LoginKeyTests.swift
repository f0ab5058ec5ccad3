import Cloud
import Diagnostics
import Fleet
import Testing

/// Which keys are sent along with a machine, and what is said of it.
struct LoginKeyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var change: @Sendable (inout MachineDescription, inout FleetOptions) -> Void
    var keys: [String]
    var isNoted = false
    var problem: String?

    var testDescription: String { id }
  }

  static let rows: [Row] = [
    Row(id: "none anywhere is told", change: { _, _ in }, keys: [], isNoted: true),
    Row(id: "none on purpose", change: { machine, _ in machine.keys = [] }, keys: []),
    Row(
      id: "none, but a file of one's own",
      change: { machine, _ in
        machine.files = [PersonalityFile(path: "/root/.ssh/authorized_keys", content: [65])]
      }, keys: []),
    Row(id: "the controller's", change: { $1.controllerKeys = ["c"] }, keys: ["c"]),
    Row(
      id: "the host's first, each once",
      change: { machine, options in
        machine.loginKeys = ["h"]
        options.controllerKeys = ["c", "h"]
      }, keys: ["h", "c"]),
    Row(
      id: "those that are named win",
      change: { machine, options in
        machine.loginKeys = ["h"]
        machine.keys = [.text("k")]
        options.controllerKeys = ["c"]
      }, keys: ["k"]),
    Row(
      id: "more than a file holds",
      change: { machine, _ in
        machine.keys = [String(repeating: "k", count: 4000), String(repeating: "l", count: 3680)]
          .map { .text($0) }
      },
      keys: [String(repeating: "k", count: 4000), String(repeating: "l", count: 3680)],
      problem: "the 2 keys of `okeanos_ssh_keys` have 7682 bytes"),
  ]

  @Test(arguments: rows)
  func `keys are those that are named, else those of the host and the controller`(row: Row) {
    var made = FleetPlanTests.start([], [FleetPlanTests.machine("a")])
    row.change(&made.machines[0], &made.options)
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    #expect(plan.rows.first?.machine?.keys == row.keys)
    #expect(plan.text.contains("No public key is sent along to a: ") == row.isNoted)
    #expect(plan.problems.all.map(\.summary) == (row.problem.map { [$0] } ?? []))
  }

  @Test(arguments: [
    (1, "a1"), (4, "a1, a2, a3, a4"), (5, "a1, a2, a3 and 2 more"), (60, "a1, a2, a3 and 57 more"),
  ])
  func `that no key is sent along is said once for all machines`(count: Int, names: String) {
    let made = FleetPlanTests.start([], (1...count).map { FleetPlanTests.machine("a\($0)") })
    let plan = FleetPlan.make(made.machines, made.cloud, made.options)
    let lines = plan.text.split(separator: "\n").filter { $0.contains("public key") }
    #expect(lines.count == 1)
    #expect(
      lines.first?.hasPrefix("No public key is sent along to \(names): there is none") ?? false)
  }
}
