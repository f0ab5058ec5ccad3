import ArgumentParser
import Diagnostics
import Fleet

struct GCCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Removes expired environments.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let cloud = try await fleet.snapshot()
    let expired = cloud.marked.filter {
      !$0.server.isVanishing && $0.mark.expires.map { $0 <= Platform.now } ?? false
    }
    guard !expired.isEmpty else { return fleet.say("nothing has expired") }
    for (server, mark) in expired {
      fleet.say(
        "  - \(mark.environment)/\(mark.name)  server \(server.id), expired \(Moment.text(mark.expires ?? 0))\(mark.isProtected ? ", protected: left alone" : "")"
      )
    }
    if !yes {
      guard Platform.isTerminal(0) else {
        throw Diagnostic.error("`gc` asks, but there is no terminal", hint: "say --yes")
      }
      guard Platform.readAnswer("Destroy these? Only `yes` is taken as such: ") == "yes" else {
        throw ExitStatus(code: 1)
      }
    }
    var failures = Diagnostics()
    let groups = Dictionary(grouping: expired.filter { !$0.mark.isProtected }) {
      $0.mark.environment
    }
    for (environment, machines) in groups.sorted(by: { $0.key < $1.key }) {
      let folder = StateFolder(environment: environment, variables: Platform.environment)
      let lock = try EnvironmentLock(folder, wait: 0, now: Platform.now)
      defer { withExtendedLifetime(lock) {} }
      let journal = try Journal(folder)
      let run = FleetRun(
        api: fleet.client, journal: journal, environment: environment, now: Platform.now
      ) { event in
        if let text = event.text { Platform.write(text + "\n", to: 1) }
      }
      try run.settle(cloud)
      // What the environment still needs stays.
      let isWhole =
        cloud.machines(of: environment).filter { !$0.server.isVanishing }.count == machines.count
      var owned: Set<OwnedObject> = []
      let marks = cloud.machines(of: environment).map(\.mark)
      if isWhole {
        for mark in marks { owned.formUnion(mark.owned) }
      } else {
        owned = cloud.addresses(of: machines.map(\.server), among: marks)
      }
      let others = owned
      failures.add(
        await Machines.interruptible(run.stop) {
          isWhole
            ? await run.destroy(machines, others: others)
            : await run.remove(machines, others: others)
        })
      if run.stop.isMade {
        Terminal.show(failures)
        throw ExitStatus(code: 99)
      }
    }
    try failures.throwIfErrors()
  }
}
