import LocalHosts

/// Machines that are booted Debian hosts on this computer. Needs root.
///
/// What is public is a network of this computer, with a way to everywhere behind its address; a private
/// network is a bridge that is there as long as a machine has a card in it.
package struct RealBackend: MachineBackend {
  private let machines: LocalMachines

  /// - Parameters:
  ///   - stateDirectory: for the machines alone; absolute, of letters, digits and `._/-`.
  ///   - treesDirectory: where images are kept once they are built; may serve several sandboxes.
  package init(
    stateDirectory: String, treesDirectory: String? = nil
  ) throws(MachineFailure) {
    do {
      machines = try LocalMachines(
        stateDirectory: stateDirectory, treesDirectory: treesDirectory)
    } catch {
      throw MachineFailure(error.description)
    }
  }

  package var kind: MachineKind { .real }

  /// Builds the image `debian-12` (a minute, the first time) and makes the network.
  package func publicNetwork() async throws -> PublicNetwork {
    let network = try await failing { try await machines.prepare() }
    return PublicNetwork(
      cidr: network.cidr, gateway: network.gateway, first: network.firstAddress,
      last: network.lastAddress)
  }

  package func create(_ order: LocalMachineOrder) async throws {
    try await failing {
      // The other was built when the network was made.
      if order.image != .debian12 { _ = try await machines.prepare([order.image]) }
      try await machines.create(order)
    }
  }

  package func start(_ id: String) async throws {
    try await failing { try await machines.start(id) }
  }

  package func stop(_ id: String) async throws {
    try await failing { try await machines.stop(id) }
  }

  package func reboot(_ id: String, isHard: Bool) async throws {
    try await failing { try await machines.reboot(id, isHard: isHard) }
  }

  package func destroy(_ id: String) async throws {
    try await failing { try await machines.destroy(id) }
  }

  package func attach(_ interface: LocalInterface, to id: String) async throws {
    try await failing { try await machines.attach(interface, to: id) }
  }

  package func detach(mac: String, from id: String) async throws {
    try await failing { try await machines.detach(mac: mac, from: id) }
  }

  /// Makes the network again, where the computer has booted since. What is half made and known stays, for
  /// its creation is called once more.
  ///
  /// - Throws: the first failure, once all others that are not known are removed.
  package func adopt(known: Set<String>) async throws -> [String: MachineState] {
    try await failing {
      _ = try await machines.prepare()
      var states: [String: MachineState] = [:]
      var failure: (any Error)?
      for machine in try await machines.list() {
        if known.contains(machine.id) {
          states[machine.id] = MachineState(machine.state)
        } else {
          do { try await machines.destroy(machine.id) } catch { failure = failure ?? error }
        }
      }
      if let failure { throw failure }
      return states
    }
  }

  /// Ends everything that this backend has made on the computer, but for the images.
  package func removeAll() async throws {
    try await failing { try await machines.removeAll() }
  }

  private func failing<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let problem as LocalMachineProblem {
      throw MachineFailure(problem.description)
    }
  }
}

extension MachineState {
  fileprivate init(_ state: LocalMachine.State) {
    switch state {
    case .running: self = .running
    case .stopped: self = .stopped
    case .unfinished: self = .absent
    }
  }
}
