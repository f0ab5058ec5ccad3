import Cloud
import Diagnostics

extension FleetRun {
  func change(
    _ row: MachineRow, _ machine: ResolvedMachine, _ changes: [MachineRow.Change]
  ) async throws(Diagnostic) {
    guard let server = row.server else { return }
    for change in changes {
      let start = ContinuousClock.now
      switch change {
      case .metadata(let set, let removed):
        emit(.began(name: row.name, .update, id: server.id))
        do throws(CloudError) {
          if !set.isEmpty { try await api.setServerMetadata(set, of: server.id) }
          for key in removed { try await api.deleteServerMetadata(key, of: server.id) }
        } catch {
          throw error.diagnostic("the metadata of machine `\(row.name)` was not updated")
        }
        emit(
          .finished(name: row.name, .update, elapsed: ContinuousClock.now - start, id: server.id))
      case .start:
        // A resize has started it already.
        if changes.contains(where: { if case .resize = $0 { true } else { false } }) { continue }
        emit(.began(name: row.name, .start, id: server.id))
        try await act(.start, on: server.id, name: row.name)
        try await waitFor(.active, server.id, row.name)
        emit(.finished(name: row.name, .start, elapsed: ContinuousClock.now - start, id: server.id))
      case .resize(_, let flavor):
        emit(.began(name: row.name, .resize, id: server.id))
        if server.status != .stopped {
          try await act(.shutdown, on: server.id, name: row.name)
          try await waitFor(.stopped, server.id, row.name)
        }
        try await act(.resize(flavor: flavor.id), on: server.id, name: row.name)
        let resized = try await waitFor(.stopped, server.id, row.name)
        try await act(.start, on: server.id, name: row.name)
        try await waitFor(.active, server.id, row.name)
        guard resized.flavorID == flavor.id else {
          throw .error("machine `\(row.name)` was not resized: the cloud kept its size")
        }
        emit(
          .finished(name: row.name, .resize, elapsed: ContinuousClock.now - start, id: server.id))
      case .volume(let wish): try await addVolume(wish, server.id, machine)
      }
    }
  }

  /// Starts an action; waits while another one runs. After a lost reply the next list tells.
  func act(_ action: ServerAction, on id: CloudID, name: String) async throws(Diagnostic) {
    var last: CloudError?
    for attempt in 0..<6 {
      do throws(CloudError) {
        try await api.perform(action, on: id)
        await rounds.hurry()
        return
      } catch {
        last = error
        if error.isReplyLost {
          let server = try await list().first { $0.id == id }
          if let server, !server.isIdle || server.isAsAfter(action) { return }
        } else {
          guard error.mayComeBack else { break }
          try? await Task.sleep(for: .milliseconds(500 << attempt))
        }
      }
    }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/action")
    throw error.diagnostic("the cloud did not \(action.words) machine `\(name)`")
  }

  @discardableResult
  func waitFor(
    _ status: ServerStatus, _ id: CloudID, _ name: String
  ) async throws(Diagnostic) -> Server {
    let start = ContinuousClock.now
    var idle = 0
    while ContinuousClock.now - start < .seconds(420) {
      guard let server = try await list().first(where: { $0.id == id }) else {
        throw .error("machine `\(name)` (server \(id)) was deleted by somebody else")
      }
      if server.status == status, server.isIdle { return server }
      idle = server.isIdle ? idle + 1 : 0
      if idle >= 3 {
        throw .error(
          "machine `\(name)` stays \(server.status): the cloud's job failed",
          hint: "apply again; the cloud's own page may say more")
      }
    }
    throw .error("machine `\(name)` (server \(id)) is not \(status) after 420 s")
  }

  func addVolume(
    _ wish: VolumeWish, _ id: CloudID, _ machine: ResolvedMachine
  ) async throws(Diagnostic) {
    let name = machine.description.name
    let start = ContinuousClock.now
    var last: CloudError?
    for attempt in 0..<5 {
      do throws(CloudError) {
        let present = try await api.volumes().contains { volume in
          volume.name == wish.name && !volume.isDeleted
            && volume.attachments.contains { $0.serverID == id }
        }
        if !present {
          if attempt == 0 { emit(.began(name: name, .volume, id: id)) }
          _ = try await api.createVolume(
            VolumeRequest(name: wish.name, size: wish.size, server: id, project: machine.project))
          await rounds.hurry()
          _ = try? await waitFor(.active, id, name)
          emit(.finished(name: name, .volume, elapsed: ContinuousClock.now - start, id: id))
        }
        return
      } catch {
        last = error
        guard error.isReplyLost || error.mayComeBack else { break }
        try? await Task.sleep(for: .milliseconds(500 << attempt))
      }
    }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/volumes")
    throw error.diagnostic("volume `\(wish.name)` of machine `\(name)` was not made")
  }
}

extension Server {
  fileprivate func isAsAfter(_ action: ServerAction) -> Bool {
    switch action {
    case .start: status == .active
    case .shutdown: status == .stopped
    case .resize(let flavor): flavorID == flavor
    default: false
    }
  }
}

extension ServerAction {
  fileprivate var words: String {
    switch self {
    case .start: "start"
    case .shutdown: "shut down"
    case .resize: "resize"
    default: "change"
    }
  }
}
