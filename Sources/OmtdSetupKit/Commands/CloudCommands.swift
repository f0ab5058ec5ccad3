import ArgumentParser
import Cloud
import Diagnostics
import Fleet
import Running
import Values

/// The environment of an inventory, for commands without a playbook.
enum CloudView {
  static func open(_ inventory: InventoryArguments) async throws -> Machines {
    var quiet = SelectionArguments.parsed
    quiet.strict = false
    let pipeline = try Pipeline(
      inventory: inventory, connection: .parsed, output: .quiet, selection: quiet)
    if let machines = try await Machines.read(pipeline, [], .parsed) { return machines }
    return try await Machines(pipeline, try pipeline.variableReader([]), [], .parsed)
  }

  static func print(_ value: Value) {
    Platform.write(JSON.text(value, style: JSONStyle(indent: 2)) + "\n", to: 1)
  }

  /// Columns with two spaces between them.
  static func table(_ rows: [[String]]) {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.unicodeScalars.count)
      }
    }
    for row in rows {
      var line = ""
      for (index, cell) in row.enumerated() {
        line += cell
        if index < row.count - 1 {
          line += String(repeating: " ", count: widths[index] - cell.unicodeScalars.count + 2)
        }
      }
      Platform.write(line + "\n", to: 1)
    }
  }

  static func asked<T>(
    _ what: String, _ ask: () async throws(CloudError) -> T
  ) async throws -> T {
    do throws(CloudError) { return try await ask() } catch {
      throw error.diagnostic("the cloud does not tell \(what)")
    }
  }
}

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
    let machines = cloud.machines(of: fleet.environment.text).sorted {
      (order[$0.mark.name] ?? .max, $0.mark.name) < (order[$1.mark.name] ?? .max, $1.mark.name)
    }
    let missing = fleet.described.map(\.name).filter { name in
      !machines.contains { $0.mark.name == name }
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

struct DestroyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "destroy", abstract: "Removes everything of the environment.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.") var yes = false
  @Option(name: .customLong("lock-timeout"), help: "Seconds to wait for another run to end.")
  var lockTimeout = 0

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    if inventory.limit != nil {
      throw Diagnostic.error(
        "`destroy` removes the whole environment",
        hint: "take the hosts out of the inventory and apply with --prune")
    }
    try await Destruction.run(fleet, yes: yes, lockTimeout: lockTimeout)
  }
}

/// The end of an environment: only when the cloud lists nothing of it any more.
enum Destruction {
  static func run(_ fleet: Machines, yes: Bool, lockTimeout: Int) async throws {
    let lock = try EnvironmentLock(fleet.folder, wait: lockTimeout, now: fleet.options.now)
    defer { withExtendedLifetime(lock) {} }
    let journal = try Journal(
      fleet.folder, killAfter: Platform.variable("OMTD_JOURNAL_KILL").flatMap { Int($0) })
    let run = fleet.fleetRun(journal)
    let cloud = try await fleet.snapshot()
    try run.settle(cloud)
    let name = fleet.environment.text
    let machines = cloud.machines(of: name)
    let owned = existing(cloud, journal, machines.map(\.mark))
    guard !machines.isEmpty || !owned.isEmpty else {
      fleet.say("Environment \(name): nothing of it is in the cloud.")
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
    let failures = await run.destroy(machines, others: owned)
    let after = try await fleet.snapshot()
    let left = after.machines(of: name)
    let leftOwned = existing(after, journal, left.map(\.mark))
    guard left.isEmpty, leftOwned.isEmpty else {
      var problems = failures
      problems.add(
        .error(
          "something of environment `\(name)` is left",
          evidence: left.map {
            .init("machine", "\($0.mark.name), server \($0.server.id), \($0.server.status)")
          }
            + lines(leftOwned, after).map { .init("left", $0) },
          hint: "run `destroy` again"))
      throw problems
    }
    fleet.say("Environment \(name): destroyed, nothing is left.")
  }

  private static func existing(
    _ cloud: CloudSnapshot, _ journal: Journal, _ marks: [MachineMark]
  ) -> Set<OwnedObject> {
    var owned = journal.sum.owned
    for mark in marks { owned.formUnion(mark.owned) }
    return owned.filter { object in
      switch object {
      case .network(let id): cloud.networks.contains { $0.id == id && !$0.isGone && !$0.isPublic }
      case .address(let id): cloud.floatingIPs.contains { $0.id == id && !$0.isDeleted }
      }
    }
  }

  private static func lines(_ owned: Set<OwnedObject>, _ cloud: CloudSnapshot) -> [String] {
    owned.compactMap { object -> String? in
      switch object {
      case .network(let id): "network \(cloud.networks.first { $0.id == id }?.name ?? id.text)"
      case .address(let id):
        "floating IP \(cloud.floatingIPs.first { $0.id == id }?.address ?? id.text)"
      }
    }.sorted()
  }
}

struct QuotaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota", abstract: "Shows what is used and left in each project.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let quotas = try await CloudView.asked("quotas") { () async throws(CloudError) in
      try await fleet.client.quotas()
    }
    let projects = try await CloudView.asked("projects") { () async throws(CloudError) in
      try await fleet.client.projects()
    }
    var rows = [["PROJECT", "RESOURCE", "USED", "LIMIT", "AVAILABLE"]]
    var list: [Value] = []
    for quota in quotas {
      let name = projects.first { $0.id == quota.projectID }?.name ?? quota.projectID
      for (resource, amount) in quota.resources.sorted(by: { $0.key < $1.key }) {
        func words(_ number: Int) -> String {
          number == Quota.unlimited ? "unlimited" : Amount.text(number, resource)
        }
        rows.append([
          name, resource, words(amount.usage), words(amount.limit), words(amount.available),
        ])
        list.append([
          "project": .string(quota.projectID), "name": .string(name),
          "resource": .string(resource), "used": .int(amount.usage), "limit": .int(amount.limit),
          "pending": .int(amount.pending), "available": .int(amount.available),
        ])
      }
    }
    if json { CloudView.print(["quotas": .list(list)]) } else { CloudView.table(rows) }
  }
}

struct ImagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images", abstract: "Lists the images of the cloud.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let images = try await CloudView.asked("images") { () async throws(CloudError) in
      try await fleet.client.images()
    }
    if json {
      CloudView.print([
        "images": .list(
          images.map {
            [
              "id": .string($0.id.text), "name": .string($0.name),
              "owner": $0.owner.map { .string($0) } ?? .null, "user": .string($0.loginUser),
              "public": .bool($0.isPublic),
            ]
          })
      ])
      return
    }
    CloudView.table(
      [["NAME", "ID", "OWNER", "USER"]]
        + images.map { [$0.name, $0.id.text, $0.owner ?? "-", $0.loginUser] })
  }
}

struct FlavorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flavors", abstract: "Lists the sizes of machines.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let flavors = try await CloudView.asked("flavors") { () async throws(CloudError) in
      try await fleet.client.flavors()
    }.filter(\.allowsCreation)
    if json {
      CloudView.print([
        "flavors": .list(
          flavors.map {
            [
              "id": .string($0.id.text), "name": .string($0.name), "cpus": .int($0.cpus),
              "ram": .int($0.memory), "disk": .int($0.disk), "template": .string($0.diskTemplate),
            ]
          })
      ])
      return
    }
    CloudView.table(
      [["NAME", "ID", "CPUS", "RAM", "DISK", "TEMPLATE"]]
        + flavors.map {
          [
            $0.name, $0.id.text, "\($0.cpus)", "\($0.memory) MiB", "\($0.disk) GiB",
            $0.diskTemplate,
          ]
        })
  }
}

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
      if isWhole { for (_, mark) in machines { owned.formUnion(mark.owned) } }
      failures.add(
        isWhole
          ? await run.destroy(machines, others: owned) : await run.remove(machines))
    }
    try failures.throwIfErrors()
  }
}

struct SSHCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh", abstract: "Logs in to a machine of the environment.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Argument(help: "The host.") var host: String
  @Argument(parsing: .captureForPassthrough, help: "What to run there.") var command: [String] = []

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let cloud = try await fleet.snapshot()
    guard
      let (server, mark) = cloud.machines(of: fleet.environment.text).first(where: {
        $0.mark.name == host
      })
    else { throw Diagnostic.error("environment `\(fleet.environment)` has no machine `\(host)`") }
    guard let address = MachineAddress(server) else {
      throw Diagnostic.error("machine `\(host)` has no address (\(server.status))")
    }
    let image = cloud.images.first { $0.id == server.imageID }
    let described = fleet.described.first { $0.name == host }
    let machine = ReachableMachines.Machine(
      name: host, id: server.id, address: address,
      user: described?.user ?? image?.loginUser ?? "root", hostKey: mark.hostKey, isYoung: false)
    let pins = HostKeyPins(folder: fleet.folder, machine: machine)
    let isKnown = pins.prepare()
    var words = [
      "ssh", "-o", "UserKnownHostsFile=\(pins.path)", "-o", "GlobalKnownHostsFile=/dev/null", "-o",
      "StrictHostKeyChecking=\(isKnown ? "yes" : "accept-new")",
    ]
    if let port = address.port { words += ["-p", "\(port)"] }
    words += ["\(machine.user)@\(address.host)"] + command.filter { $0 != "--" }
    Platform.replaceProcess(words)
    throw Diagnostic.error("cannot run `ssh`")
  }
}

struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Makes a damaged journal anew from what can be read and from the machines' marks.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments

  func run() async throws {
    let fleet = try await CloudView.open(inventory)
    let folder = fleet.folder
    let lock = try EnvironmentLock(folder, wait: 0, now: Platform.now)
    defer { withExtendedLifetime(lock) {} }
    let cloud = try await fleet.snapshot()
    var text = JournalText.header(environment: folder.environment)
    var sum = JournalState()
    if let copy = try folder.setAside("journal"), let bytes = Platform.readBytes(copy) {
      fleet.say("the old journal is kept as \(copy)")
      let (records, _) = JournalText.readable(
        String(decoding: bytes, as: UTF8.self), path: copy, environment: folder.environment)
      for record in records {
        text += JournalText.line(record.json)
        sum.take(record)
      }
    }
    for (_, mark) in cloud.machines(of: folder.environment) {
      for object in mark.owned where !sum.owned.contains(object) {
        let record: JournalRecord =
          switch object {
          case .address(let id): .reserved(intent: mark.intent, id: id)
          case .network(let id): .madeNetwork(intent: mark.intent, id: id)
          }
        text += JournalText.line(record.json)
        sum.take(record)
      }
    }
    try folder.write("journal", text)
    let count = cloud.machines(of: folder.environment).count
    fleet.say(
      "environment \(folder.environment): \(count) machines, \(sum.owned.count) addresses and networks of its own"
    )
  }
}
