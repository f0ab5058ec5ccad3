import LocalHosts

/// Machines that are a row of state and nothing else, for load and for faults.
///
/// The state of each is what the cloud recorded, so after a restart all that are known still "run".
package struct SimulatedBackend: MachineBackend {
  package init() {}

  package var kind: MachineKind { .simulated }

  /// Of the range that RFC 2544 sets aside for measurements: room for 65,000 addresses.
  package func publicNetwork() async throws -> PublicNetwork {
    PublicNetwork(
      cidr: "198.19.0.0/16", gateway: "198.19.0.1", first: "198.19.0.10", last: "198.19.255.250")
  }

  package func create(_ order: LocalMachineOrder) async throws {
    // What snf-image would find out on the disk: these end a real build as well.
    for file in order.files where !file.path.hasPrefix("/") {
      throw MachineFailure("personality: path `\(file.path)` is not absolute")
    }
    for file in order.files where file.owner != "root" || file.group != "root" {
      throw MachineFailure("personality: owner `\(file.owner):\(file.group)` is not in the image")
    }
  }

  package func start(_ id: String) async throws {}
  package func stop(_ id: String) async throws {}
  package func reboot(_ id: String, isHard: Bool) async throws {}
  package func destroy(_ id: String) async throws {}
  package func attach(_ interface: LocalInterface, to id: String) async throws {}
  package func detach(mac: String, from id: String) async throws {}
  /// Nothing to compare with: the recorded state is the state.
  package func adopt(known: Set<String>) async throws -> [String: MachineState] { [:] }
}
