import ModuleKit
import Playbooks
import Transport

/// The sessions of a run, by machine and how it is reached.
package actor Sessions {
  private struct Key: Hashable {
    var machine: String
    var endpoint: Endpoint
  }

  private let connector: Connector
  private var sessions: [Key: HostSession] = [:]
  private var gates: [Endpoint.Machine: StepGate] = [:]
  nonisolated let check = FactCheck()
  nonisolated let jobs = Jobs()

  package init(connector: Connector) { self.connector = connector }

  func session(_ machine: String, _ endpoint: Endpoint) -> HostSession {
    let key = Key(machine: machine, endpoint: endpoint)
    if let known = sessions[key] { return known }
    let gate = gates[endpoint.machine] ?? StepGate()
    gates[endpoint.machine] = gate
    let session = HostSession(
      name: machine, endpoint: endpoint, connector: connector, gate: gate)
    sessions[key] = session
    return session
  }

  /// A task is over in which these sessions stepped: what others know may have been changed by
  /// them, also other sessions of the same machine.
  func settle(stepped: Set<ObjectIdentifier>) async {
    let busy = await jobs.busyMachines
    for (key, session) in sessions {
      let others = stepped.count - (stepped.contains(ObjectIdentifier(session)) ? 1 : 0)
      if others == 0, !busy.contains(key.machine) {
        await session.forgetAsked()
      } else {
        await session.forgetAll()
      }
    }
  }

  var all: [HostSession] { Array(sessions.values) }

  func forgetAll() async {
    for session in sessions.values { await session.forgetAll() }
  }

  /// This session waited for something: what others know is older than that.
  func forgetAll(but waited: HostSession) async {
    for session in sessions.values where session !== waited { await session.forgetAll() }
  }

  /// In a plan: something opaque was imagined on this machine.
  func isAssumed(_ machine: String) async -> Bool {
    for (key, session) in sessions where key.machine == machine {
      if await session.isAssumed { return true }
    }
    return false
  }

  /// Empties the tables of this machine.
  func forgetLocal() async {
    for session in sessions.values where session.isLocal { await session.forgetAll() }
  }

  func reset(_ machine: String) async {
    for (key, session) in sessions where key.machine == machine {
      await session.close()
      await session.forgetAll()
    }
  }

  func roundTrips() async -> [String: Int] {
    var all: [String: Int] = [:]
    for (key, session) in sessions { all[key.machine, default: 0] += await session.requestsSent }
    return all
  }

  package func close() async {
    await withTaskGroup(of: Void.self) { group in
      for session in sessions.values { group.addTask { await session.close() } }
    }
    sessions = [:]
  }
}
