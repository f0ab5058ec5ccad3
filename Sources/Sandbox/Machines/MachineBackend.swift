import LocalHosts

/// What runs the machines of the embedded cloud: booted hosts, or nothing at all.
///
/// The cloud decides what may happen and when; a backend only does it. Calls for one machine come one
/// after the other, calls for different machines at the same time. Ids are the cloud's (`snf-12`) and
/// never used again, except that a call cut off by the end of the process is made once more after a
/// restart: `create` of a machine that is there, `start` of a running and `stop` or
/// `destroy` of an absent one succeed.
package protocol MachineBackend: Sendable {
  /// `real` or `simulated`, as `sandbox.json` tells it.
  var kind: MachineKind { get }
  /// The IPv4 network that public addresses are taken from. Machines answer there.
  func publicNetwork() async throws -> PublicNetwork
  /// Makes a machine and boots it. Returns when it runs, not when it answers.
  ///
  /// - Throws: `MachineFailure` with what went wrong; nothing is left behind.
  func create(_ order: LocalMachineOrder) async throws
  func start(_ id: String) async throws
  /// Asks the machine to shut down; ends it by force after the backend's own time limit.
  func stop(_ id: String) async throws
  /// `isHard` restarts at once; otherwise the machine is asked first. Boots a stopped one.
  func reboot(_ id: String, isHard: Bool) async throws
  /// Ends the machine and removes its disk.
  func destroy(_ id: String) async throws
  func attach(_ interface: LocalInterface, to id: String) async throws
  /// Takes the network card with this hardware address out of the machine.
  func detach(mac: String, from id: String) async throws
  /// Called at start-up and at a reset: the machines of this state directory that are there, with their
  /// state. Machines that `known` does not name are removed.
  func adopt(known: Set<String>) async throws -> [String: MachineState]
}

package enum MachineKind: String, Codable, Sendable {
  case real, simulated
}

package enum MachineState: String, Codable, Sendable {
  case running, stopped, absent
}

/// Why a backend could not do something; the text goes into the server's diagnostics.
package struct MachineFailure: Error, Equatable, Sendable {
  package var message: String
  package init(_ message: String) { self.message = message }
}

/// An IPv4 network with the range of addresses that the cloud may hand out in it.
package struct PublicNetwork: Equatable, Codable, Sendable {
  /// `198.19.0.0/16`
  package var cidr: String
  package var gateway: String
  /// First and last address that may be given to machines.
  package var first: String
  package var last: String

  package init(cidr: String, gateway: String, first: String, last: String) {
    self.cidr = cidr
    self.gateway = gateway
    self.first = first
    self.last = last
  }
}
