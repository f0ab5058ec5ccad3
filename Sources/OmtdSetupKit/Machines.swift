import ArgumentParser
import Cloud
import Diagnostics
import Fleet
import Inventories
import Playbooks
import Running
import Values

/// What a run may do to machines.
struct MachineArguments: ParsableArguments {
  @Flag(help: "Remove machines of the environment that the inventory does not describe.")
  var prune = false

  @Option(
    parsing: .singleValue,
    help: "Allow this machine to be replaced (its disk is lost); `all` allows every one.")
  var replace: [String] = []

  @Option(name: .customLong("lock-timeout"), help: "Seconds to wait for another run to end.")
  var lockTimeout = 0

  static var parsed: MachineArguments {
    (try? MachineArguments.parse([])) ?? MachineArguments()
  }
}

/// The machines of an inventory and their cloud: the way from descriptions to hosts.
struct Machines {
  let environment: EnvironmentName
  let described: [MachineDescription]
  let client: CloudClient
  let folder: StateFolder
  let options: FleetOptions
  let arguments: MachineArguments
  /// What the inventory says of hosts.
  let reader: HostVariableReader

  /// nil where the inventory describes no machine: then no cloud is contacted.
  ///
  /// - Parameters:
  ///   - isLenient: a machine that is described wrongly is warned of and left out. What looks at a
  ///     cloud or takes machines away must not fail for it.
  ///   - only: the hosts that are looked at.
  static func read(
    _ pipeline: Pipeline, _ books: [Playbook], _ arguments: MachineArguments,
    isLenient: Bool = false, only: Set<String>? = nil
  ) async throws -> Machines? {
    let reader = try pipeline.variableReader(books)
    var machines: [MachineDescription] = []
    var problems = Diagnostics()
    var odd: Set<Diagnostic> = []
    for host in pipeline.inventory.hostNames where only?.contains(host) ?? true {
      for problem in mistyped(host, reader) where odd.insert(problem).inserted {
        problems.add(problem)
      }
      guard reader.has("okeanos_image", host: host), reader.has("okeanos_flavor", host: host)
      else { continue }
      if reader.has("ansible_host", host: host) || reader.has("ansible_ssh_host", host: host) {
        guard try await isListed(host, pipeline, reader) else { continue }
      }
      if let (connection, place) = try await otherConnection(host, reader) {
        if !isOfGroup(host, pipeline) {
          problems.add(
            .error(
              "`\(host)` is described as a machine, but is reached by `\(connection)`", at: place,
              hint: "take out `okeanos_image`, or `ansible_connection`"))
        }
        continue
      }
      var variables: [String: EvaluatedVariable] = [:]
      for name in MachineReading.names {
        do throws(Diagnostic) {
          if let (value, location) = try await reader.value(name, host: host) {
            variables[name] = EvaluatedVariable(value, at: location)
          }
        } catch {
          problems.add(error)
        }
      }
      var reading = MachineReading(host: host, variables: variables, readFile: readFile)
      if var machine = reading.description() {
        do throws(Diagnostic) {
          if machine.keys == nil { machine.loginKeys = try await loginKeys(host, reader) }
        } catch {
          problems.add(error)
        }
        machines.append(machine)
      }
      problems.add(reading.problems)
    }
    if isLenient {
      Terminal.show(problems.asWarnings)
    } else {
      try problems.throwIfErrors()
    }
    guard !machines.isEmpty else {
      var options = FleetOptions(environment: "", now: 0)
      options.replaced = Set(arguments.replace)
      try options.unknownReplacements(among: []).throwIfErrors()
      return nil
    }
    return try await Machines(pipeline, reader, machines, arguments)
  }

  /// The environment of an inventory, also where it describes nothing any more.
  init(
    _ pipeline: Pipeline, _ reader: HostVariableReader, _ machines: [MachineDescription],
    _ arguments: MachineArguments, environment given: EnvironmentName? = nil
  ) async throws {
    described = machines
    self.arguments = arguments
    self.reader = reader
    let hosts = machines.map(\.name) + pipeline.inventory.hostNames + [HostVariableReader.nobody]
    if let given {
      environment = given
    } else {
      environment = try await Self.environment(pipeline, reader, hosts)
    }
    client = CloudClient(settings: try await Self.cloud(reader, machines.map(\.name), hosts))
    folder = StateFolder(environment: environment.text, variables: Platform.environment)
    var options = FleetOptions(environment: environment.text, now: Platform.now)
    options.prunes = arguments.prune
    options.replacesAll = arguments.replace.contains("all")
    options.replaced = Set(arguments.replace)
    options.inventory = Set(pipeline.inventory.hostNames)
    options.controllerKeys = Self.controllerKeys(
      pipeline.connectionArguments.privateKey ?? pipeline.settings.privateKeyFile.value)
    if let limit = pipeline.inventoryArguments.limit {
      options.limit = Set(try pipeline.inventory.hosts(matching: "all", limit: limit))
    }
    self.options = options
  }

  /// Names that are nearly those of variables, where they stand: what nobody reads would be believed
  /// in, as a protection.
  private static func mistyped(
    _ host: String, _ reader: HostVariableReader
  ) -> [Diagnostic] {
    guard reader.has("okeanos_image", host: host) || reader.has("okeanos_flavor", host: host) else {
      return []
    }
    var problems: [Diagnostic] = []
    for name in reader.names(host: host).sorted() {
      guard let meant = MachineReading.meant(by: name) else { continue }
      problems.append(
        .error(
          "there is no variable `\(name)` of machines", at: reader.location(name, host: host),
          hint: "did you mean `\(meant)`?"))
    }
    return problems
  }

  /// True where `plugin: okeanos` gave the address of a machine that is this inventory's own: it
  /// stays one that should exist.
  private static func isListed(
    _ host: String, _ pipeline: Pipeline, _ reader: HostVariableReader
  ) async throws(Diagnostic) -> Bool {
    guard let mark = try await reader.value("okeanos_server_environment", host: host),
      let text = mark.value.opened.string
    else { return false }
    let hosts = pipeline.inventory.hostNames + [HostVariableReader.nobody]
    return try await environment(pipeline, reader, hosts).text == text
  }

  private static func environment(
    _ pipeline: Pipeline, _ reader: HostVariableReader, _ hosts: [String]
  ) async throws(Diagnostic) -> EnvironmentName {
    guard let (value, location) = try await first("okeanos_environment", reader, hosts) else {
      let source = pipeline.inventory.readSources.first ?? "inventory"
      return EnvironmentName(inventoryPath: Platform.absolute(source))
    }
    guard let text = value.string, let name = EnvironmentName(text) else {
      throw .error(
        "`okeanos_environment` is no name", at: location,
        hint: "up to 64 letters, digits, `.`, `_` and `-`, a letter or digit first")
    }
    for host in hosts {
      if let (other, place) = try await reader.value("okeanos_environment", host: host),
        other.opened.string != text
      {
        throw .error("the hosts of one inventory are one environment", at: place)
      }
    }
    return name
  }

  private static func first(
    _ name: String, _ reader: HostVariableReader, _ hosts: [String]
  ) async throws(Diagnostic) -> (Value, SourceLocation?)? {
    for host in hosts {
      if let (value, location) = try await reader.value(name, host: host), !value.isNull {
        return (value.opened, location)
      }
    }
    return nil
  }

  private static func cloud(
    _ reader: HostVariableReader, _ machines: [String], _ hosts: [String]
  ) async throws -> CloudSettings {
    let found = try await first("okeanos_cloud", reader, hosts)
    if let found, found.0.string == nil {
      throw Diagnostic.error("`okeanos_cloud` is a name", at: found.1)
    }
    try await checkCloud(found?.0.string, reader, machines, hosts)
    return try await settings(named: found?.0.string)
  }

  /// All machines go to one cloud: none may be meant for another, also not by saying nothing.
  private static func checkCloud(
    _ name: String?, _ reader: HostVariableReader, _ machines: [String], _ hosts: [String]
  ) async throws(Diagnostic) {
    guard let name else { return }
    let machines = Set(machines)
    for host in hosts {
      let (value, place) =
        try await reader.value("okeanos_cloud", host: host) ?? (.null, nil)
      let other = value.opened
      if other.string == name || other.isNull && !machines.contains(host) { continue }
      throw .error(
        "the machines of one inventory are in one cloud", at: place,
        evidence: [
          .init(
            "host", "\(host): \(other.isNull ? "no `okeanos_cloud`" : "`\(JSON.text(other))`")"),
          .init("others", "`\(name)`"),
        ],
        hint: "write an inventory for each cloud, or say -e okeanos_cloud=\(name)")
    }
  }

  static func settings(named name: String?) async throws -> CloudSettings {
    if name == "sandbox" { return try await SandboxProcess.settings() }
    return try CloudSettings.resolve(
      name: name, environment: Platform.environment, home: Platform.variable("HOME") ?? "/"
    ) { try? Platform.readText($0) }
  }

  @Sendable private static func readFile(_ path: String) -> [UInt8]? {
    Platform.readBytes(Platform.expanded(path))
  }

  /// The public keys with which this controller would log in.
  private static func controllerKeys(_ named: String?) -> [String] {
    let files =
      (named.map { [Platform.expanded($0)] } ?? [])
      + ["ed25519", "ecdsa", "rsa"].map { Platform.expanded("~/.ssh/id_" + $0) }
    return files.compactMap(publicKey)
  }

  /// The first line of the file beside a private key.
  private static func publicKey(_ file: String) -> String? {
    (try? Platform.readText(file + ".pub"))?.split(whereSeparator: \.isNewline).first
      .map(String.init)
  }

  /// The public keys of the private ones with which the inventory says to log in.
  private static func loginKeys(
    _ host: String, _ reader: HostVariableReader
  ) async throws(Diagnostic) -> [String] {
    for name in ["ansible_private_key_file", "ansible_ssh_private_key_file"] {
      guard let file = try await reader.value(name, host: host)?.value.opened.string else {
        continue
      }
      return publicKey(Platform.expanded(file)).map { [$0] } ?? []
    }
    return []
  }

  /// Plays without a task need no host: machines need not answer.
  static func areIdle(_ books: [Playbook]) -> Bool {
    books.flatMap(\.plays).allSatisfy { play in
      play.sections.allSatisfy { $0.nodes.isEmpty }
    }
  }

  // MARK: - Plans

  func snapshot() async throws(Diagnostics) -> CloudSnapshot {
    let needsKeys = described.contains { machine in
      machine.keys?.contains { if case .named = $0 { true } else { false } } ?? false
    }
    do throws(CloudError) {
      return try await CloudSnapshot.take(
        client, withKeyPairs: needsKeys, withVolumes: described.contains { !$0.volumes.isEmpty })
    } catch {
      throw Diagnostics([error.diagnostic("the cloud `\(client.settings.name)` cannot be asked")])
    }
  }

  func plan(_ cloud: CloudSnapshot, _ journal: JournalState) -> FleetPlan {
    var options = options
    options.owned = journal.owned
    return FleetPlan.make(described, cloud, options)
  }

  func say(_ text: String) { CloudView.say(text) }

  /// Shows the plan of the machines and, in an apply, carries it out.
  ///
  /// - Parameter goesOn: plays follow, for which a host whose machine failed is unreachable.
  /// - Throws: what failed, with status 4 where it is of machines; else nothing of machines.
  func bring(
    isPlan: Bool, asks: Bool, goesOn: Bool, _ out: Output
  ) async throws -> ReachableMachines {
    say(
      "Environment \(environment)"
        + (environment.isDerived
          ? " (from the path of the inventory; `okeanos_environment` names it)" : "")
        + ", cloud \(client.settings.name)")
    if isPlan {
      var state = try Journal.state(in: folder)
      let cloud = try await snapshot()
      if let problem = state.refusal(for: cloud.userID, environment: environment.text) {
        throw problem
      }
      for record in state.settled(by: cloud).records { state.take(record) }
      let plan = plan(cloud, state)
      show(plan, out)
      try plan.problems.throwIfErrors()
      return ReachableMachines(self, plan, isPlan: true)
    }
    let lock = try EnvironmentLock(folder, wait: arguments.lockTimeout, now: options.now)
    defer { withExtendedLifetime(lock) {} }
    let journal = try Journal(
      folder, killAfter: Platform.variable("OMTD_JOURNAL_KILL").flatMap { Int($0) })
    let run = fleetRun(journal, out)
    var cloud = try await snapshot()
    try run.settle(cloud)
    let plan = plan(cloud, journal.sum)
    show(plan, out)
    try plan.problems.throwIfErrors()
    if asks, plan.hasChanges, Platform.isTerminal(0) {
      guard Platform.agrees("\nApply this? Only `yes` is taken as such: ") else {
        throw ExitStatus(code: 1)
      }
    }
    let before = cloud
    let failures = try await carryOut(run, journal, out, goesOn: goesOn) {
      await run.apply(plan, before)
    }
    cloud = try await lookBehind(journal)
    let after = self.plan(cloud, journal.sum)
    if plan.hasChanges, failures.isEmpty { say(plan.summary(isDone: true)) }
    let machines = ReachableMachines(
      self, after, isPlan: false, booting: plan.booting(at: options.now), failures,
      made: plan.made)
    for machine in machines.machines {
      var ready = MachineEvent(
        host: machine.name, environment: environment.text, status: .ready, id: machine.id.text)
      ready.address = machine.address.host
      out.note(.machine(ready))
    }
    return machines
  }

  func show(_ plan: FleetPlan, _ out: Output) {
    for row in plan.rows {
      out.note(.machine(MachineEvent(planned: row, environment: environment.text)))
    }
    Platform.write(plan.text.withVisibleControls, to: 1)
  }

  /// - Parameter other: an environment of the same account, where it is not the inventory's own.
  func fleetRun(
    _ journal: Journal, _ out: Output, environment other: String? = nil
  ) -> FleetRun {
    let name = other ?? environment.text
    return FleetRun(
      api: client, journal: journal, environment: name, now: options.now,
      timeouts: Dictionary(described.map { ($0.name, $0.timeout) }, uniquingKeysWith: { $1 })
    ) { event in
      if let text = event.text { CloudView.say(text) }
      if let event = Event(event, environment: name) { out.note(event) }
    }
  }
}
