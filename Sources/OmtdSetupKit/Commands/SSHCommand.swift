import ArgumentParser
import Diagnostics
import Fleet

struct SSHCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh", abstract: "Logs in to a machine of the environment.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Argument(help: "The host.") var host: String
  @Argument(parsing: .postTerminator, help: "Behind --: what to run there.")
  var command: [String] = []

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
      user: try await text(["ansible_user", "ansible_ssh_user"], fleet)
        ?? described?.user ?? image?.loginUser ?? "root", hostKey: mark.hostKey, mayBoot: false)
    let pins = HostKeyPins(folder: fleet.folder, machine: machine)
    let isKnown = pins.prepare()
    var words = [
      "ssh", "-o", "UserKnownHostsFile=\(pins.path)", "-o", "GlobalKnownHostsFile=/dev/null", "-o",
      "StrictHostKeyChecking=\(isKnown ? "yes" : "accept-new")",
    ]
    if let port = address.port { words += ["-p", "\(port)"] }
    let keys = ["ansible_private_key_file", "ansible_ssh_private_key_file"]
    if let key = try await text(keys, fleet) { words += ["-i", key] }
    words += ["\(machine.user)@\(address.host)"] + command
    Platform.replaceProcess(words)
    throw Diagnostic.error("cannot run `ssh`")
  }

  /// The first of these variables that the inventory sets.
  private func text(_ names: [String], _ fleet: Machines) async throws(Diagnostic) -> String? {
    for name in names where fleet.reader.has(name, host: host) {
      if let text = try await fleet.reader.value(name, host: host)?.value.opened.string {
        return text
      }
    }
    return nil
  }
}
