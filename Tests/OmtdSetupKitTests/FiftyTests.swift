import TestKit
import Testing
import Values

/// The fifty tasks of `bench/fifty` on two booted machines: what the plan shows is what apply does,
/// and a second run changes nothing.
@Suite struct FiftyTests {
  private static let names = ["h1", "h2"]
  /// Rows that only apply can tell, with the commands or the new user that they depend on.
  private static let conditional: Set<String> = [
    "Mark of the first installation", "Timed work of the service", "What was found",
  ]
  private static let opaque: Set<String> = ["Account of the service", "Programs of the service"]

  @Test("Fifty tasks on booted machines do what their plan said, and then nothing more")
  func fifty() async throws {
    guard let inventory = Files.variable(BootedHosts.variable), Files.exists(inventory) else {
      throw TestProblem("\(BootedHosts.variable) names no inventory of booted hosts")
    }
    try await reset(inventory)
    let planned = try await run("plan", inventory)
    #expect(planned.said.status == 0, "\(planned.said.stderr)")
    let applied = try await run("apply", inventory)
    #expect(applied.said.status == 0, "\(applied.said.stdout)")
    #expect(applied.rows.count > 100)
    compare(planned.rows, applied.rows)
    for name in Self.names {
      let page = try await shell(inventory, name, "cat /srv/fifty/www/found.txt")
      #expect(page.contains("account fifty uid"), "\(name): \(page)")
      let unit = try await shell(inventory, name, "systemctl is-active fifty.service")
      #expect(unit == "active\n", "\(name): \(unit)")
    }

    let second = try await run("apply", inventory)
    for name in Self.names {
      #expect(second.recap?["hosts"]?[name]?["changed"] == 0)
      // One for the facts of the machine, one for a folder of the controller, one for each of the
      // two commands, and the reads around them.
      let trips = second.recap?["round_trips"]?[name]?.int ?? 99
      #expect(trips <= 4, "\(name): \(trips) round trips")
      _ = try await shell(inventory, name, "echo damage >> /srv/fifty/www/found.txt")
    }
    let third = try await run("apply", inventory)
    for name in Self.names {
      let stats = third.recap?["hosts"]?[name]
      #expect(stats?["changed"] == 1, "\(name): \(stats ?? .null)")
      let text = try await shell(inventory, name, "grep -c damage /srv/fifty/www/found.txt")
      #expect(text == "0\n")
    }
  }

  private func compare(_ planned: [Value], _ applied: [Value]) {
    var plan: [Value: [Value]] = [:]
    var apply: [Value: [Value]] = [:]
    for row in planned { plan[key(row), default: []].append(row) }
    for row in applied { apply[key(row), default: []].append(row) }
    #expect(Set(plan.keys) == Set(apply.keys))
    for (key, rows) in plan {
      let task = rows.first?["task"]?.string ?? ""
      switch rows.first?["kind"] {
      case "conditional": #expect(Self.conditional.contains(task), "\(task) is conditional")
      case "opaque": #expect(Self.opaque.contains(task), "\(task) is opaque")
      default: #expect(rows == apply[key], "\(task)")
      }
    }
  }

  private func key(_ row: Value) -> Value {
    .list([row["host"] ?? .null, row["task"] ?? .null, row["item"] ?? .null])
  }

  private struct Outcome {
    var said: Command.Result
    var events: [Value]
    var recap: Value? { events.last { $0["event"] == "recap" } }
    var rows: [Value] {
      events.filter { $0["event"] == "result" }.flatMap { $0["rows"]?.elements ?? [] }
    }
  }

  private func run(_ command: String, _ inventory: String) async throws -> Outcome {
    let scratch = ScratchFolder()
    let log = scratch.path + "/events"
    var words = [Files.binary, command, "-i", inventory, "-l", Self.names.joined(separator: ",")]
    words += ["--json", log, "bench/fifty/site.yaml"]
    if command == "apply" { words.append("--yes") }
    let said = try await Command(words: words, folder: Files.package).run()
    let lines = Files.exists(log) ? try Files.text(log).split(separator: "\n") : []
    return Outcome(said: said, events: try lines.map { try JSON.parse(String($0)) })
  }

  private func shell(_ inventory: String, _ name: String, _ script: String) async throws -> String {
    let scratch = ScratchFolder()
    let log = scratch.path + "/events"
    _ = try await Command(
      words: [
        Files.binary, "exec", name, "-i", inventory, "-m", "raw", "-a", script, "--json", log,
      ], folder: scratch.path
    ).run()
    for line in try Files.text(log).split(separator: "\n") {
      let event = try JSON.parse(String(line))
      if event["event"] == "result" { return event["result"]?["stdout"]?.string ?? "" }
    }
    return ""
  }

  private func reset(_ inventory: String) async throws {
    let state = inventory.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let script = Files.package + "/Tests/Hosts/hosts"
    let said = try await Command(
      words: ["/usr/bin/env", "OMTD_HOSTS_DIR=" + state, script, "reset"] + Self.names,
      folder: "/", deadline: 300
    ).run()
    guard said.status == 0 else { throw TestProblem("hosts reset: \(said.stderr)") }
  }
}
