/// What the end of a job changes. A failed job clears the task and leaves the status, but for builds.
extension World {
  mutating func finish(_ job: Job) {
    if let failure = job.failure { return fail(job, failure) }
    accept(job.charges)
    switch job.kind {
    case .removeNetwork(let id): finishNetwork(id)
    case .deleteVolume(let id): finishVolume(id)
    default:
      guard let id = job.server, let server = servers[id] else { return }
      finish(job, server)
    }
  }

  private mutating func fail(_ job: Job, _ failure: String) {
    reject(job.charges)
    if let server = job.kind.machine ?? job.server {
      note(server, "ERROR", Self.source(job.kind), failure)
    }
    if let server = job.server { touch(server) { $0.activity = nil } }
    undo(job)
  }

  private mutating func finish(_ job: Job, _ server: Server) {
    touch(server.id) { $0.activity = nil }
    switch job.kind {
    case .build: finishBuild(server, hidesAddresses: job.hidesAddresses)
    case .start, .reboot: touch(server.id) { $0.status = .active }
    case .stop: touch(server.id) { $0.status = .stopped }
    case .resize(let flavor): touch(server.id) { $0.flavor = flavor }
    case .destroy: finishDestroy(server)
    case .connect(let port): ports.update(port) { $0.status = .active }
    case .disconnect(let port): closePort(port)
    case .attachVolume(let id), .createVolume(let id):
      volumes.update(id) {
        $0.status = .inUse
        $0.wasUsed = true
      }
    case .detachVolume(let id):
      volumes.update(id) {
        $0.status = .available
        $0.server = nil
        $0.index = nil
      }
      touch(server.id) { $0.volumes.removeAll { $0 == id } }
    case .deleteVolume, .removeNetwork, .halt: break
    }
  }

  private mutating func finishBuild(_ server: Server, hidesAddresses: Bool) {
    for port in server.ports where !hidesAddresses { ports.update(port) { $0.status = .active } }
    for volume in server.volumes {
      volumes.update(volume) {
        $0.status = .inUse
        $0.wasUsed = true
      }
    }
    note(server.id, "INFO", "snf-image", "Image customization finished successfully")
    touch(server.id) {
      $0.status = .active
      $0.progress = 100
    }
  }

  private mutating func failBuild(_ server: Server) {
    for port in server.ports { ports.update(port) { $0.status = .error } }
    for volume in server.volumes { volumes.update(volume) { $0.status = .error } }
    touch(server.id) { $0.status = .error }
  }

  /// Gone: cards closed, all volumes deleted, floating IPs kept.
  mutating func finishDestroy(_ server: Server) {
    for port in server.ports { closePort(port) }
    for id in server.volumes {
      if let volume = volumes[id], volume.index != 0 {
        trace(.deleted, "volume", id, volume.name ?? "")
      }
      volumes.update(id) {
        $0.status = .deleted
        $0.server = nil
      }
    }
    trace(.deleted, "server", server.id, server.name, server.metadata)
    touch(server.id) {
      $0.status = .deleted
      $0.activity = nil
      $0.hasMachine = false
      $0.password = nil
    }
  }

  private mutating func undo(_ job: Job) {
    switch job.kind {
    case .build: if let server = job.server.flatMap({ servers[$0] }) { failBuild(server) }
    case .createVolume(let id):
      volumes.update(id) {
        $0.status = .error
        $0.wasUsed = true
      }
    case .deleteVolume(let id): volumes.update(id) { $0.status = job.volumeWas ?? .error }
    case .connect(let port): ports.update(port) { $0.status = .error }
    case .attachVolume(let id):
      volumes.update(id) {
        $0.status = .available
        $0.server = nil
        $0.index = nil
      }
      if let server = job.server { touch(server) { $0.volumes.removeAll { $0 == id } } }
    case .detachVolume(let id): volumes.update(id) { $0.status = .inUse }
    case .start, .stop, .reboot, .resize, .destroy, .disconnect, .removeNetwork, .halt: break
    }
  }

  private static func source(_ kind: Job.Kind) -> String {
    kind == .build ? "snf-image" : "backend"
  }

  mutating func note(_ server: Int, _ level: String, _ source: String, _ message: String) {
    let time = now
    touch(server) {
      $0.notes.insert(
        Server.Note(
          level: level, source: source, message: message, details: nil, created: time), at: 0)
    }
  }
}
