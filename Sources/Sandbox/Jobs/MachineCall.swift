import LocalHosts

/// What a job wants of the backend.
enum MachineCall: Sendable {
  case nothing
  case create(LocalMachineOrder)
  case start(String)
  case stop(String)
  case reboot(String, isHard: Bool)
  case destroy(String)
  case attach(LocalInterface, String)
  case detach(mac: String, String)

  func perform(on backend: any MachineBackend) async throws {
    switch self {
    case .nothing: break
    case .create(let order): try await backend.create(order)
    case .start(let id): try await backend.start(id)
    case .stop(let id): try await backend.stop(id)
    case .reboot(let id, let isHard): try await backend.reboot(id, isHard: isHard)
    case .destroy(let id): try await backend.destroy(id)
    case .attach(let interface, let id): try await backend.attach(interface, to: id)
    case .detach(let mac, let id): try await backend.detach(mac: mac, from: id)
    }
  }
}

extension World {
  /// A job that is to fail never reaches the backend.
  func call(for job: Job) -> MachineCall {
    guard job.failure == nil, let id = job.kind.machine ?? job.server, let server = servers[id]
    else { return .nothing }
    let machine = server.machineID
    switch job.kind {
    case .build: return job.order.map { .create($0) } ?? .nothing
    case .start: return .start(machine)
    case .stop, .halt: return .stop(machine)
    case .reboot(let isHard):
      return server.status == .stopped ? .start(machine) : .reboot(machine, isHard: isHard)
    case .destroy: return .destroy(machine)
    case .connect(let port): return ports[port].map { .attach(interface($0), machine) } ?? .nothing
    case .disconnect(let port):
      return ports[port]?.mac.map { .detach(mac: $0, machine) } ?? .nothing
    case .resize, .createVolume, .attachVolume, .detachVolume, .deleteVolume, .removeNetwork:
      return .nothing
    }
  }
}
