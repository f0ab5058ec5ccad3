import ArgumentParser
import Cloud
import Diagnostics
import Fleet
import Running

struct GCCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Removes the expired machines of all environments of an account.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false
  @OptionGroup(title: "Output") var events: EventArguments

  func run() async throws {
    try await events.record("gc") { out in try await run(out) }
  }

  private func run(_ out: Output) async throws {
    try CloudView.refuseLimit(
      inventory, "`gc` removes what has expired in all environments of the account")
    let fleet = try await CloudView.open(inventory)
    let expired = try await fleet.snapshot().marked.filter {
      !$0.server.isVanishing && Self.isExpired($0.mark)
    }
    guard !expired.isEmpty else { return fleet.say("nothing has expired") }
    for (server, mark) in expired {
      fleet.say(
        "  - \(mark.environment)/\(mark.name)  server \(server.id), expired \(Moment.text(mark.expires ?? 0))\(mark.isProtected ? ", protected: left alone" : "")"
      )
      var planned = MachineEvent(removing: server, mark, why: "expired")
      if mark.isProtected {
        planned.action = "keep"
        planned.details = ["protected"]
      }
      out.note(.machine(planned))
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
    var isInterrupted = false
    for (environment, machines) in groups.sorted(by: { $0.key < $1.key }) {
      do {
        let shown = Set(machines.map(\.server.id))
        let (problems, isStopped) = try await Self.collect(shown, of: environment, fleet, out)
        failures.add(problems)
        isInterrupted = isStopped
        if isStopped { break }
      } catch let problems as Diagnostics {
        failures.add(problems)
      } catch {
        failures.add(error as? Diagnostic ?? .error("\(error)"))
      }
    }
    if isInterrupted {
      out.show(failures)
      throw ExitStatus(code: 99)
    }
    try failures.throwIfErrors()
  }

  private static func isExpired(_ mark: MachineMark) -> Bool {
    mark.expires.map { $0 <= Platform.now } ?? false
  }

  /// Removes the machines that were shown, as far as they are still expired, and what was made for
  /// them; of an environment that ends, everything.
  ///
  /// - Returns: what failed, and what is left in the cloud; true where an interrupt ended it.
  private static func collect(
    _ shown: Set<CloudID>, of environment: String, _ fleet: Machines, _ out: Output
  ) async throws -> (problems: Diagnostics, isStopped: Bool) {
    // Whoever may change metadata writes this name, which becomes that of a folder here.
    guard EnvironmentName(environment) != nil else {
      throw Diagnostic.error(
        "the mark of a machine names an environment that cannot be one",
        evidence: [.init("environment", environment)],
        hint:
          "it is left alone: remove server \(shown.map(\.text).sorted().joined(separator: ", ")) by hand"
      )
    }
    let folder = StateFolder(environment: environment, variables: Platform.environment)
    let lock = try EnvironmentLock(folder, wait: 0, now: Platform.now)
    defer { withExtendedLifetime(lock) {} }
    let journal = try Journal(folder)
    let run = fleet.fleetRun(journal, out, environment: environment)
    let cloud = try await fleet.snapshot()
    try run.settle(cloud)
    let standing = cloud.machines(of: environment).filter { !$0.server.isVanishing }
    let machines = standing.filter {
      shown.contains($0.server.id) && isExpired($0.mark) && !$0.mark.isProtected
    }
    let owned = journal.sum.owned
    // What the environment still needs stays.
    let isWhole = machines.count == standing.count
    var failures = await Machines.interruptible(run.stop) {
      isWhole ? await run.destroy(machines, others: owned) : await run.remove(machines)
    }
    let after = try await fleet.snapshot()
    let removed = Set(machines.map(\.server.id))
    let left = after.machines(of: environment).filter { removed.contains($0.server.id) }
    let leftOwned = after.existing(owned).filter { isWhole || !after.isUsed($0) }
    if !left.isEmpty || !leftOwned.isEmpty {
      failures.add(
        Destruction.remains(
          environment, left, leftOwned, after,
          hint: "`omtd-setup destroy -e okeanos_environment=\(environment)` ends all of it"))
    }
    return (failures, run.stop.isMade)
  }
}
