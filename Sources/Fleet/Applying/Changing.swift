import Cloud
import Diagnostics

extension FleetRun {
  func change(
    _ row: MachineRow, _ machine: ResolvedMachine, _ changes: [MachineRow.Change],
    _ networks: [String: CloudID]
  ) async throws(Diagnostic) {
    guard let server = row.server else { return }
    for change in changes {
      try stop.check("machine `\(row.name)` (server \(server.id)) was not changed")
      let start = ContinuousClock.now
      switch change {
      case .metadata(let set, let removed):
        emit(.began(name: row.name, .update, id: server.id))
        do throws(CloudError) {
          for key in removed { try await takeMetadata(key, of: server.id) }
          if !set.isEmpty { try await api.setServerMetadata(set, of: server.id) }
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
      case .resize(_, let flavor): try await resize(server.id, row.name, to: flavor)
      case .volume(let wish): try await addVolume(wish, server.id, machine)
      case .move(let old, let card): try await move(row, from: old, to: card, networks)
      }
    }
  }

  private func takeMetadata(_ key: String, of id: CloudID) async throws(CloudError) {
    do throws(CloudError) { try await api.deleteServerMetadata(key, of: id) } catch {
      guard error.kind == .notFound else { throw error }
    }
  }

  /// Stops the machine, resizes it and starts it again: also one that an earlier run left on the
  /// way, and one that the cloud then does not resize.
  private func resize(
    _ id: CloudID, _ name: String, to flavor: Flavor
  ) async throws(Diagnostic) {
    let start = ContinuousClock.now
    emit(.began(name: name, .resize, id: id))
    var server = try await waitUntilIdle(id, name)
    if server.flavorID != flavor.id {
      if server.status != .stopped {
        try await act(.shutdown, on: id, name: name)
        try await waitFor(.stopped, id, name)
      }
      var refusal: Diagnostic?
      do throws(Diagnostic) {
        try stop.check("machine `\(name)` (server \(id)) was not resized")
        try await act(.resize(flavor: flavor.id), on: id, name: name)
        server = try await waitFor(.stopped, id, name)
      } catch {
        refusal = error
      }
      if server.flavorID != flavor.id {
        var problem =
          refusal ?? .error("machine `\(name)` was not resized: the cloud kept its size")
        do throws(Diagnostic) {
          // Also where the run is interrupted, since it did stop it.
          try await act(.start, on: id, name: name)
          try await waitFor(.active, id, name)
        } catch {
          problem.evidence.append(.init("state", "stopped for it: \(error.summary)"))
        }
        throw problem
      }
    }
    if server.status != .active {
      try await act(.start, on: id, name: name)
      try await waitFor(.active, id, name)
    }
    emit(.finished(name: name, .resize, elapsed: ContinuousClock.now - start, id: id))
  }

  /// Starts an action; waits while another one runs. After a lost reply, or where the cloud refuses
  /// what is done already, the next list tells.
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
          let server = try await list().first { $0.id == id }
          if let server, server.isIdle, server.isAsAfter(action) { return }
          guard error.mayComeBack, !stop.isMade else { break }
          await stop.sleep(.milliseconds(500 << attempt))
        }
      }
    }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/action")
    throw error.diagnostic("the cloud did not \(action.words) machine `\(name)`")
  }

  /// What an earlier run, or somebody else, has begun is let come to its end.
  func waitUntilIdle(_ id: CloudID, _ name: String) async throws(Diagnostic) -> Server {
    let start = ContinuousClock.now
    let limit = patience(for: name)
    while ContinuousClock.now - start < .seconds(limit) {
      let server = try await present(id, name)
      if server.isIdle { return server }
      try stop.check("machine `\(name)` (server \(id)) was not changed")
    }
    throw .error("machine `\(name)` (server \(id)) is busy with something else after \(limit) s")
  }

  /// As the next list has it; one that two lists lack is gone.
  func present(_ id: CloudID, _ name: String) async throws(Diagnostic) -> Server {
    for _ in 0..<2 {
      if let server = try await list().first(where: { $0.id == id }), !server.isGone {
        return server
      }
    }
    throw .error(
      "machine `\(name)` (server \(id)) was deleted by somebody else",
      hint: "apply again to create it anew")
  }

  @discardableResult
  func waitFor(
    _ status: ServerStatus, _ id: CloudID, _ name: String
  ) async throws(Diagnostic) -> Server {
    let start = ContinuousClock.now
    let limit = patience(for: name)
    var idle = 0
    while ContinuousClock.now - start < .seconds(limit) {
      let server = try await present(id, name)
      if server.status == status, server.isIdle { return server }
      idle = server.isIdle ? idle + 1 : 0
      if idle >= 3 {
        throw .error(
          "machine `\(name)` stays \(server.status): the cloud's job failed",
          hint: "apply again; the cloud's own page may say more")
      }
      try stop.check("machine `\(name)` (server \(id)) is not \(status) yet")
    }
    throw .error(
      "machine `\(name)` (server \(id)) is not \(status) after \(limit) s",
      hint: "apply again to go on waiting, or raise `okeanos_timeout`")
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
