/// A sandbox that serves until it is stopped.
package struct Serving: Sendable {
  package var directory: StateDirectory
  /// nil: the one of the last time, or any that is free.
  package var port: UInt16?
  /// How many machines the project has room for.
  package var machines: Int
  package var backend: any MachineBackend
  /// What the command line sets, over what was kept.
  package var settings: @Sendable (inout Settings) -> Void

  package init(
    directory: StateDirectory, port: UInt16?, machines: Int, backend: any MachineBackend,
    settings: @escaping @Sendable (inout Settings) -> Void
  ) {
    self.directory = directory
    self.port = port
    self.machines = machines
    self.backend = backend
    self.settings = settings
  }

  /// Binds, announces itself in `sandbox.json`, and returns when asked to stop, or cancelled.
  ///
  /// - Throws: when it is cancelled before it serves; where the directory is in use, the database cannot be read, or nothing can be bound.
  package func run() async throws {
    try directory.make()
    let lock = try directory.lock(isServing: true)
    defer { directory.unlock(lock) }
    directory.withdraw()
    var identity = try directory.identity()
    let cloud: Cloud
    do {
      cloud = try await Cloud(
        path: directory.database, backend: backend, token: identity.token, machines: machines,
        change: settings)
    } catch  where Task.isCancelled {
      throw MachineFailure("it was stopped while it started")
    }
    let (edge, port, task) = try await bind(cloud, identity.port)
    await cloud.listens(at: "http://127.0.0.1:\(port)")
    identity.port = port
    try directory.keep(identity)
    try directory.announce(
      StateDirectory.Announcement(
        authURL: "http://127.0.0.1:\(port)/identity/v2.0", token: identity.token,
        kind: backend.kind, pid: Platform.processID, port: port))
    await withTaskCancellationHandler {
      await cloud.stopped()
    } onCancel: {
      Task { await cloud.stop() }
    }
    directory.withdraw()
    await edge.stop()
    task.cancel()
    await cloud.close()
  }

  /// The port that was asked for, or the kept one, or any.
  private func bind(
    _ cloud: Cloud, _ kept: UInt16
  ) async throws -> (HTTPEdge, UInt16, Task<Void, any Error>) {
    let wanted = port ?? kept
    do {
      return try await listen(cloud, wanted)
    } catch  where port == nil && wanted != 0 {
      return try await listen(cloud, 0)
    }
  }

  private func listen(
    _ cloud: Cloud, _ port: UInt16
  ) async throws -> (HTTPEdge, UInt16, Task<Void, any Error>) {
    let edge = try HTTPEdge(cloud: cloud, port: port)
    let task = Task { try await edge.run() }
    let waiter = Task { try await edge.port() }
    // A server that cannot bind ends at once; the wait for its port need not last.
    let watcher = Task {
      do { try await task.value } catch {
        waiter.cancel()
        throw error
      }
    }
    do {
      let bound = try await waiter.value
      return (edge, bound, task)
    } catch {
      task.cancel()
      _ = try? await watcher.value
      throw MachineFailure("cannot listen on 127.0.0.1:\(port)")
    }
  }
}
