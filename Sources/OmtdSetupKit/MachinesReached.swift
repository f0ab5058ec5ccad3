import Cloud
import Diagnostics
import Fleet
import Inventories
import Running
import SSH
import Synchronization
import Templating
import Transport
import Values

/// Where the machines behind hosts are, and how their first answers are checked.
struct ReachableMachines: Sendable {
  struct Machine: Sendable {
    var name: String
    var id: CloudID
    var address: MachineAddress
    var user: String
    var hostKey: String?
    /// Seconds that it may take to answer while it may still be booting.
    var patience = MachineDescription.usualTimeout
    /// It may still be booting: it is new, or this run started it.
    var mayBoot: Bool
    /// This run has made it.
    var isNew = false
  }

  let machines: [Machine]
  /// Hosts whose machine does not exist yet, in a plan.
  let missing: [String]
  /// Hosts that have no machine to work on, and why.
  let failed: [String: Diagnostic]
  let hasChanges: Bool
  private let folder: StateFolder

  /// - Parameters:
  ///   - plan: of the machines as they are now.
  ///   - booting: those that what was done to them may keep from answering yet.
  init(
    _ fleet: Machines, _ plan: FleetPlan, isPlan: Bool, booting: Set<String> = [],
    _ failures: [String: Diagnostic] = [:], made: Set<String> = []
  ) {
    folder = fleet.folder
    hasChanges = plan.hasChanges
    var machines: [Machine] = []
    var missing: [String] = []
    var stopped: [String] = []
    var failed = failures
    for row in plan.rows {
      guard let machine = row.machine, failures[row.name] == nil else { continue }
      if let problem = row.server?.suspensionProblem(row.name, at: machine.description.location) {
        failed[row.name] = problem
      } else if let server = row.server, let address = MachineAddress(server),
        server.status == .active
      {
        machines.append(
          Machine(
            name: row.name, id: server.id, address: address, user: machine.loginUser,
            hostKey: row.mark?.hostKey, patience: machine.description.timeout,
            mayBoot: booting.contains(row.name),
            isNew: made.contains(row.name)))
      } else if let server = row.server, server.status == .active {
        failed[row.name] = .error(
          "machine `\(row.name)` has no address"
            + (machine.needsAddress ? " yet" : ": its `okeanos_networks` give it none"))
      } else if isPlan {
        missing.append(row.name)
        if row.server?.status == .stopped { stopped.append(row.name) }
      } else {
        failed[row.name] = .error(
          row.server.map { "machine `\(row.name)` is \($0.status) and cannot be used" }
            ?? "machine `\(row.name)` is not there")
      }
    }
    self.machines = machines
    self.failed = failed
    self.missing = missing
    let new = missing.filter { !stopped.contains($0) }
    for (names, moment) in [(new, "after creation"), (stopped, "once it runs")]
    where isPlan && !names.isEmpty {
      fleet.say(
        "\(names.joined(separator: ", ")): what tasks change there is known \(moment)\n")
    }
  }

  /// One machine by itself.
  init(_ machine: Machine, _ folder: StateFolder) {
    machines = [machine]
    (missing, failed, hasChanges) = ([], [:], false)
    self.folder = folder
  }

  /// The limit of a run without the hosts that have no machine; nil where it stays as it is.
  func limit(_ given: String?) -> String? {
    guard !missing.isEmpty else { return nil }
    let given = given ?? "all"
    // Text with a comma is taken apart at commas only.
    let separator = given.contains(",") ? "," : ":"
    return ([given] + missing.map { "!\($0)" }).joined(separator: separator)
  }

  /// Sets how hosts are reached, below what the user says.
  func describe(in inventory: inout Inventory) {
    for machine in machines {
      var variables: [String: Variable] = ["ansible_host": .value(.string(machine.address.host))]
      if let port = machine.address.port { variables["ansible_port"] = .value(.int(port)) }
      if inventory.variable("ansible_user", ofHost: machine.name) == nil,
        inventory.variable("ansible_ssh_user", ofHost: machine.name) == nil
      {
        variables["ansible_user"] = .value(.string(machine.user))
      }
      inventory.set(variables, ofHost: machine.name)
    }
  }

  // MARK: - Connections

  func connector(
    notice: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (Diagnostic) -> Void
  ) -> Connector {
    let firstBoot = FirstBoot(notice: notice, warn: warn)
    let ssh = SSHConnector(onNotice: notice)
    let doors = Doors(machines)
    return Connector(ssh: { (endpoint, prelude) async throws(ConnectionFailure) in
      // Without a machine a host has no address: its name stands for it.
      if let problem = failed[endpoint.host] {
        throw ConnectionFailure(
          .connect, .lost, problem.summary,
          detail: problem.evidence.first.map { "\($0.label): \($0.text)" })
      }
      guard let machine = doors.machine(behind: endpoint) else {
        return try await ssh.connect(endpoint, prelude: prelude)
      }
      let connection = try await open(machine, endpoint, prelude, ssh, notice)
      await firstBoot.watch(machine, connection)
      return connection
    })
  }

  private func open(
    _ machine: Machine, _ endpoint: Endpoint, _ prelude: String, _ ssh: SSHConnector,
    _ notice: @escaping @Sendable (String) -> Void
  ) async throws(ConnectionFailure) -> any Connection {
    let pins = HostKeyPins(folder: folder, machine: machine)
    var endpoint = endpoint
    pins.apply(to: &endpoint)
    let start = ContinuousClock.now
    while true {
      do throws(ConnectionFailure) {
        let connection = try await ssh.connect(endpoint, prelude: prelude)
        pins.confirm()
        return connection
      } catch {
        let elapsed = ContinuousClock.now - start
        if error.phase == .hostKey, error.cause == .refused, pins.isUnconfirmed {
          notice(
            "the image of `\(machine.name)` replaced the host key that was sent along; "
              + "the first key seen is kept for machine \(machine.id)")
          pins.forget()
          endpoint.hostKeyChecking = .acceptNew
          continue
        }
        guard machine.mayBoot, error.mayBeBooting else { throw error }
        guard elapsed < .seconds(machine.patience) else {
          var late = error
          late.summary += " (machine \(machine.id) is active, and ssh was tried for "
          late.summary += "\(elapsed.components.seconds) s)"
          throw late
        }
        try? await Task.sleep(for: .seconds(2))
        if Task.isCancelled { throw error }
      }
    }
  }
}

/// The machines behind addresses.
private struct Doors: Sendable {
  private let machines: [String: [ReachableMachines.Machine]]

  init(_ machines: [ReachableMachines.Machine]) {
    self.machines = Dictionary(grouping: machines, by: \.address.host)
  }

  /// An address of its own is a machine's at whatever port its host has; one with forwarded ports is
  /// that of several.
  func machine(behind endpoint: Endpoint) -> ReachableMachines.Machine? {
    guard let here = machines[endpoint.host] else { return nil }
    if here.count == 1, here[0].address.port == nil { return here[0] }
    return here.first { ($0.address.port ?? 22) == endpoint.port ?? 22 }
  }
}

extension ConnectionFailure {
  /// A machine that boots answers like this.
  var mayBeBooting: Bool {
    switch phase {
    case .connect, .handshake: cause == .lost || cause == .deadline || cause == .refused
    // Keys appear late in a first boot.
    case .authenticate: cause == .refused
    default: false
    }
  }
}

/// The host key of one machine, by its id: addresses are given to other machines later.
struct HostKeyPins: Sendable {
  let path: String
  private let folder: StateFolder
  private let name: String
  private let sent: String?

  init(folder: StateFolder, machine: ReachableMachines.Machine) {
    self.folder = folder
    name = StateFolder.hostKeyName(machine.id)
    path = folder.path + "/" + name
    sent = machine.hostKey
  }

  private static let unseen = "# sent along, not seen yet\n"

  /// Writes the key that was sent along where none is kept; true where one is kept then.
  private func prepare() -> Bool {
    if let bytes = Platform.readBytes(path), !bytes.isEmpty { return true }
    guard let sent, sent.hasPrefix("ssh-ed25519 "), (try? folder.make()) != nil else {
      try? folder.make()
      return false
    }
    return (try? folder.write(name, Self.unseen + "* \(sent)\n")) != nil
  }

  /// Has the endpoint take this key alone, where keys are checked at all.
  func apply(to endpoint: inout Endpoint) {
    guard endpoint.hostKeyChecking != .off else { return }
    endpoint.hostKeyChecking = prepare() ? .strict : .acceptNew
    endpoint.knownHostsFiles = [path]
  }

  var isUnconfirmed: Bool {
    (try? Platform.readText(path))?.hasPrefix(Self.unseen) ?? false
  }

  func forget() { folder.remove(name) }

  /// The key was seen: from now on no other is taken, at whatever address.
  func confirm() {
    guard let text = try? Platform.readText(path) else { return }
    var lines: [String] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      guard words.count >= 3 else { continue }
      lines.append("* \(words[1]) \(words[2])\n")
    }
    guard !lines.isEmpty, text != lines.joined() else { return }
    try? folder.write(name, lines.joined())
  }
}
