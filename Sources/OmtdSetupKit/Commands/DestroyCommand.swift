import ArgumentParser
import Cloud
import Diagnostics
import Fleet
import Running

struct DestroyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "destroy", abstract: "Removes everything of the environment.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false
  @Option(name: .customLong("lock-timeout"), help: "Seconds to wait for another run to end.")
  var lockTimeout = 0
  @OptionGroup(title: "Output") var events: EventArguments

  func run() async throws {
    try await events.record("destroy") { out in
      try CloudView.refuseLimit(
        inventory, "`destroy` removes the whole environment",
        hint: "take the hosts out of the inventory and apply with --prune")
      let fleet = try await CloudView.open(inventory)
      try await Destruction.run(fleet, yes: yes, lockTimeout: lockTimeout, out)
    }
  }
}

/// The end of an environment: only when the cloud lists nothing of it any more.
enum Destruction {
  static func run(
    _ fleet: Machines, yes: Bool, lockTimeout: Int, _ out: Output
  ) async throws {
    let lock = try EnvironmentLock(fleet.folder, wait: lockTimeout, now: fleet.options.now)
    defer { withExtendedLifetime(lock) {} }
    let journal = try Journal(
      fleet.folder, killAfter: Platform.variable("OMTD_JOURNAL_KILL").flatMap { Int($0) })
    let run = fleet.fleetRun(journal, out)
    let cloud = try await fleet.snapshot()
    try run.settle(cloud)
    let name = fleet.environment.text
    let machines = cloud.machines(of: name)
    let owned = existing(cloud, journal.sum.owned, machines.map(\.mark))
    guard !machines.isEmpty || !owned.isEmpty else {
      fleet.say("Environment \(name): nothing of it is in the cloud.")
      let others = Set(cloud.marked.map(\.mark.environment)).sorted()
      if !others.isEmpty {
        fleet.say("The cloud has machines of \(others.joined(separator: ", ")).")
      }
      journal.tidy()
      return
    }
    fleet.say("Environment \(name)")
    for (server, mark) in machines {
      fleet.say(
        "  - \(mark.name)  server \(server.id), \(server.status)\(mark.isProtected ? ", protected" : "")"
      )
    }
    for line in lines(owned, cloud) { fleet.say("  - \(line)") }
    for (server, mark) in machines {
      out.note(.machine(MachineEvent(removing: server, mark, why: "the environment ends")))
    }
    let protected = machines.filter(\.mark.isProtected).map(\.mark.name)
    guard protected.isEmpty else {
      throw Diagnostic.error(
        "protected machines are not destroyed: \(protected.joined(separator: ", "))",
        hint: "apply `okeanos_protect: no` first")
    }
    if !yes {
      guard Platform.isTerminal(0) else {
        throw Diagnostic.error("`destroy` asks, but there is no terminal", hint: "say --yes")
      }
      guard Platform.readAnswer("Destroy all of this? Only `yes` is taken as such: ") == "yes"
      else {
        throw ExitStatus(code: 1)
      }
    }
    let failures = await Machines.interruptible(run.stop) {
      await run.destroy(machines, others: owned)
    }
    let after = try await fleet.snapshot()
    let left = after.machines(of: name)
    let leftOwned = existing(after, journal.sum.owned, left.map(\.mark))
    guard left.isEmpty, leftOwned.isEmpty else {
      var problems = failures
      problems.add(remains(name, left, leftOwned, after, hint: "run `destroy` again"))
      guard run.stop.isMade else { throw problems }
      out.show(problems)
      throw ExitStatus(code: 99)
    }
    // What failed on the way was done all the same.
    out.show(failures.asWarnings)
    fleet.say("Environment \(name): destroyed, nothing is left.")
  }

  /// What should be gone and is not.
  static func remains(
    _ environment: String, _ machines: [(server: Server, mark: MachineMark)],
    _ owned: Set<OwnedObject>, _ cloud: CloudSnapshot, hint: String
  ) -> Diagnostic {
    .error(
      "something of environment `\(environment)` is left",
      evidence: machines.map {
        .init("machine", "\($0.mark.name), server \($0.server.id), \($0.server.status)")
      }
        + lines(owned, cloud).map { .init("left", $0) },
      hint: hint)
  }

  /// What the journal and the marks know that is still there.
  static func existing(
    _ cloud: CloudSnapshot, _ owned: Set<OwnedObject>, _ marks: [MachineMark]
  ) -> Set<OwnedObject> {
    cloud.existing(marks.reduce(into: owned) { $0.formUnion($1.owned) })
  }

  static func lines(_ owned: Set<OwnedObject>, _ cloud: CloudSnapshot) -> [String] {
    owned.compactMap { object -> String? in
      switch object {
      case .network(let id): "network \(cloud.networks.first { $0.id == id }?.name ?? id.text)"
      case .address(let id):
        "floating IP \(cloud.floatingIPs.first { $0.id == id }?.address ?? id.text)"
      }
    }.sorted()
  }
}
