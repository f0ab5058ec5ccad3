import ArgumentParser
import Cloud
import Fleet
import Values

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows the machines of the environment.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let cloud = try await fleet.snapshot()
    // As the inventory has them; the cloud's order is that of their making.
    let order = Dictionary(
      fleet.described.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let limit = fleet.options.limit
    let machines = cloud.machines(of: fleet.environment.text).filter {
      limit?.contains($0.mark.name) ?? true
    }.sorted {
      (order[$0.mark.name] ?? .max, $0.mark.name) < (order[$1.mark.name] ?? .max, $1.mark.name)
    }
    let missing = fleet.described.map(\.name).filter { name in
      (limit?.contains(name) ?? true) && !machines.contains { $0.mark.name == name }
    }
    if json {
      CloudView.print([
        "environment": .string(fleet.environment.text),
        "machines": .list(machines.map { Self.json($0.server, $0.mark) }),
        "missing": .list(missing.map { .string($0) }),
      ])
      return
    }
    var rows = [["NAME", "ID", "STATE", "ADDRESSES", "AGE", "EXPIRES", "SIZE"]]
    for (server, mark) in machines {
      let age = server.created.map { max(0, Platform.now - Moment.of($0)) }
      let flavor = cloud.flavors.first { $0.id == server.flavorID }
      rows.append([
        mark.name, server.id.text, Self.state(server),
        Self.addresses(server).joined(separator: ","),
        age.map { $0 < 7200 ? "\($0 / 60)m" : $0 < 172_800 ? "\($0 / 3600)h" : "\($0 / 86_400)d" }
          ?? "?",
        mark.expires.map { Moment.text($0) } ?? "-",
        flavor.map { "\($0.cpus) CPU, \($0.memory) MiB, \($0.disk) GiB" } ?? "?",
      ])
    }
    fleet.say("Environment \(fleet.environment)")
    CloudView.table(rows)
    if !missing.isEmpty { fleet.say("not created: " + missing.joined(separator: ", ")) }
  }

  static func state(_ server: Server) -> String {
    let suspended = server.isSuspended ? " suspended" : ""
    return server.status.description + (server.task.isEmpty ? "" : " (\(server.task))") + suspended
  }

  static func addresses(_ server: Server) -> [String] {
    var all: [String] = []
    for card in server.attachments {
      for text in [card.ipv4, card.ipv6] {
        if let text, !text.isEmpty, !all.contains(text) { all.append(text) }
      }
    }
    for entry in server.addresses where !all.contains(entry.address) { all.append(entry.address) }
    return all
  }

  static func json(_ server: Server, _ mark: MachineMark) -> Value {
    [
      "name": .string(mark.name), "id": .string(server.id.text),
      "state": .string(server.status.description), "task": .string(server.task),
      "suspended": .bool(server.isSuspended), "protected": .bool(mark.isProtected),
      "addresses": .list(addresses(server).map { .string($0) }),
      "created": server.created.map { .string(Moment.text(Moment.of($0))) } ?? .null,
      "expires": mark.expires.map { .string(Moment.text($0)) } ?? .null,
    ]
  }
}
