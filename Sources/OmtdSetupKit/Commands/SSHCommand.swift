import ArgumentParser
import Diagnostics
import Fleet
import Running

struct SSHCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh",
    abstract: "Logs in to a machine of the environment, or to a host with an address.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Argument(help: "The host.") var host: String
  @Argument(parsing: .postTerminator, help: "Behind --: what to run there.")
  var command: [String] = []

  func run() async throws {
    let pipeline = try await CloudView.pipeline(inventory)
    let fleet = try await Machines.read(pipeline, [], .parsed, isLenient: true)
    let isDescribed = fleet?.described.contains { $0.name == host } ?? false
    let reader = try pipeline.variableReader([])
    if pipeline.inventory.hasHost(host), !isDescribed,
      let address = try await text(["ansible_host", "ansible_ssh_host"], reader)
    {
      return try await logIn(address, reader)
    }
    if let fleet { return try await logIn(fleet) }
    try await logIn(try await Machines(pipeline, reader, [], .parsed))
  }

  /// Where the inventory has the address, ssh's own settings are in force.
  private func logIn(_ address: String, _ reader: HostVariableReader) async throws {
    var words = ["ssh"]
    if let port = try await text(["ansible_port", "ansible_ssh_port"], reader) {
      words += ["-p", port]
    }
    words += try await key(reader)
    if let user = try await user(reader) { words += ["-l", user] }
    Platform.replaceProcess(words + ["--", address] + command)
    throw Diagnostic.error("cannot run `ssh`")
  }

  private func logIn(_ fleet: Machines) async throws {
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
      user: try await user(fleet.reader) ?? described?.user ?? image?.loginUser ?? "root",
      hostKey: mark.hostKey, mayBoot: false)
    let pins = HostKeyPins(folder: fleet.folder, machine: machine)
    let isKnown = pins.prepare()
    var words = [
      "ssh", "-o", "UserKnownHostsFile=\(pins.path)", "-o", "GlobalKnownHostsFile=/dev/null", "-o",
      "StrictHostKeyChecking=\(isKnown ? "yes" : "accept-new")",
    ]
    if let port = address.port { words += ["-p", "\(port)"] }
    words += try await key(fleet.reader)
    // A word of an image, or of anybody's inventory, must be no option of ssh.
    words += ["-l", machine.user, "--", address.host] + command
    Platform.replaceProcess(words)
    throw Diagnostic.error("cannot run `ssh`")
  }

  // MARK: Variables

  private func user(_ reader: HostVariableReader) async throws(Diagnostic) -> String? {
    try await text(["ansible_user", "ansible_ssh_user"], reader)
  }

  private func key(_ reader: HostVariableReader) async throws(Diagnostic) -> [String] {
    let names = ["ansible_private_key_file", "ansible_ssh_private_key_file"]
    return try await text(names, reader).map { ["-i", Platform.expanded($0)] } ?? []
  }

  /// The first of these variables that the inventory sets.
  private func text(
    _ names: [String], _ reader: HostVariableReader
  ) async throws(Diagnostic) -> String? {
    for name in names where reader.has(name, host: host) {
      switch try await reader.value(name, host: host)?.value.opened {
      case .string(let text)? where !text.isEmpty: return text
      case .int(let number)?: return String(number)
      default: continue
      }
    }
    return nil
  }
}
