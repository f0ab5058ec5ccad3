import Cloud
import Diagnostics

extension FleetRun {
  /// Ends when the volume is in use. One that the cloud could not make is deleted, and the next
  /// run tries again.
  func addVolume(
    _ wish: VolumeWish, _ id: CloudID, _ machine: ResolvedMachine
  ) async throws(Diagnostic) {
    let name = machine.description.name
    let start = ContinuousClock.now
    func failed(_ error: CloudError) -> Diagnostic {
      error.diagnostic("volume `\(wish.name)` of machine `\(name)` was not made")
    }
    do throws(CloudError) {
      if let present = try await volume(wish.name, of: id) {
        if present.status == .inUse { return }
        if present.status == .error { try await api.deleteVolume(present.id) }
      }
    } catch {
      throw failed(error)
    }
    try stop.check("volume `\(wish.name)` of machine `\(name)` was not made")
    emit(.began(name: name, .volume, id: id))
    _ = try await waitUntilIdle(id, name)
    if let error = await order(
      VolumeRequest(name: wish.name, size: wish.size, server: id, project: machine.project), id)
    {
      throw failed(error)
    }
    await rounds.hurry()
    let limit = patience(for: name)
    while true {
      _ = try await waitUntilIdle(id, name)
      do throws(CloudError) {
        let present = try await volume(wish.name, of: id)
        if present?.status == .inUse { break }
        if let present, present.status == .error {
          try await api.deleteVolume(present.id)
          throw CloudError(
            .server(500), method: .post, origin: "", path: "/volumes",
            message: "the volume \(present.id) came out as `error`, and is deleted")
        }
      } catch {
        throw failed(error)
      }
      try stop.check("volume `\(wish.name)` of machine `\(name)` is not there yet")
      guard ContinuousClock.now - start < .seconds(limit) else {
        throw .error(
          "volume `\(wish.name)` of machine `\(name)` is not in use after \(limit) s",
          hint: "apply again to go on waiting, or raise `okeanos_timeout`")
      }
    }
    emit(.finished(name: name, .volume, elapsed: ContinuousClock.now - start, id: id))
  }

  /// Sends the request until there is one such volume.
  private func order(_ request: VolumeRequest, _ server: CloudID) async -> CloudError? {
    var last: CloudError?
    for attempt in 0..<5 {
      do throws(CloudError) {
        if let present = try await volume(request.name, of: server), present.status != .error {
          return nil
        }
        _ = try await api.createVolume(request)
        return nil
      } catch {
        last = error
        guard error.isReplyLost || error.mayComeBack, !stop.isMade else { break }
        await stop.sleep(.milliseconds(500 << attempt))
      }
    }
    return last
  }

  private func volume(_ name: String, of server: CloudID) async throws(CloudError) -> Volume? {
    try await api.volumes().first { volume in
      volume.name == name && !volume.isDeleted && volume.status != .deleting
        && volume.attachments.contains { $0.serverID == server }
    }
  }
}
