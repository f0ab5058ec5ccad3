import ArgumentParser
import Diagnostics
import Fleet
import Running
import SSH
import Transport

struct SSHCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh",
    abstract: "Logs in to a machine of the environment, or to another host of the inventory.",
    discussion: """
      Address, port, user, key, arguments of ssh and the check of the host's key are those with \
      which `apply` would connect; the rest is ssh's own.
      """)
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(
    name: .customLong("accept-new"), help: "Keep the keys of hosts that are met for the first time."
  )
  var acceptNew = false
  @Argument(help: "The host.") var host: String
  @Argument(parsing: .postTerminator, help: "Behind --: what to run there.")
  var command: [String] = []

  func run() async throws {
    var connection = ConnectionArguments.parsed
    connection.acceptNew = acceptNew
    let pipeline = try await CloudView.pipeline(inventory, connection: connection)
    let fleet = try await Machines.read(pipeline, [], .parsed, isLenient: true)
    let reader = try pipeline.variableReader([])
    if pipeline.inventory.hasHost(host), !isMachine(fleet, reader) {
      return try await logIn(try await reader.endpoint(host: host))
    }
    let own: Machines
    if let fleet { own = fleet } else { own = try await Machines(pipeline, reader, [], .parsed) }
    try await logIn(try await endpoint(own, pipeline))
  }

  /// True for a host that the inventory describes as a machine, perhaps wrongly.
  private func isMachine(_ fleet: Machines?, _ reader: HostVariableReader) -> Bool {
    if fleet?.described.contains(where: { $0.name == host }) ?? false { return true }
    func has(_ name: String) -> Bool { reader.has(name, host: host) }
    return (has("okeanos_image") || has("okeanos_flavor"))
      && !has("ansible_host") && !has("ansible_ssh_host")
  }

  /// Where the machine is, with the key that is pinned to it.
  private func endpoint(_ fleet: Machines, _ pipeline: Pipeline) async throws -> Endpoint {
    let cloud = try await fleet.snapshot()
    let chosen = try cloud.machine(named: host, of: fleet.environment.text)
    if let notice = chosen.notice { Platform.write("note: \(notice.withVisibleControls)\n", to: 2) }
    let server = chosen.server
    guard let address = MachineAddress(server) else {
      throw Diagnostic.error("machine `\(host)` has no address (\(server.status))")
    }
    let image = cloud.images.first { $0.id == server.imageID }
    let described = fleet.described.first { $0.name == host }
    let machine = ReachableMachines.Machine(
      name: host, id: server.id, address: address,
      user: described?.user ?? image?.loginUser ?? "root", hostKey: chosen.mark.hostKey,
      mayBoot: false)
    var pipeline = pipeline
    pipeline.use(ReachableMachines(machine, fleet.folder))
    var endpoint = try await pipeline.variableReader([]).endpoint(host: host)
    if !pipeline.inventory.hasHost(host) {
      endpoint.host = address.host
      endpoint.port = address.port ?? endpoint.port
      endpoint.user = endpoint.user ?? machine.user
    }
    HostKeyPins(folder: fleet.folder, machine: machine).apply(to: &endpoint)
    if !endpoint.knownHostsFiles.isEmpty {
      endpoint.commonArguments += ["-o", "GlobalKnownHostsFile=/dev/null"]
    }
    return endpoint
  }

  private func logIn(_ given: Endpoint) async throws {
    var endpoint = given
    endpoint.keyFiles = endpoint.keyFiles.map(Platform.expanded)
    if endpoint.knownHostsFiles.isEmpty {
      endpoint.hostKeyChecking = await SSHConfiguration.checking(of: endpoint)
    }
    // A word of an image, or of anybody's inventory, must be no option of ssh.
    Platform.replaceProcess(OpenSSHClient.login(to: endpoint) + command)
    throw Diagnostic.error("cannot run `ssh`")
  }
}
