import Cloud
import Diagnostics

extension FleetRun {
  /// Asks for a machine and waits until it is active; one whose build fails is deleted and asked
  /// for once more.
  ///
  /// - Parameter used: networks and addresses of the environment's own among the cards.
  func create(
    _ machine: ResolvedMachine, _ cards: [NetworkChoice], _ used: Set<OwnedObject>
  ) async throws(Diagnostic) {
    let name = machine.description.name
    let start = ContinuousClock.now
    emit(.began(name: name, .create, id: nil))
    for attempt in 1...2 {
      let server = try await order(machine, cards, used)
      switch try await waitForBuild(server, machine, .create, since: start) {
      case .active:
        for volume in machine.description.volumes {
          try await addVolume(volume, server.id, machine)
        }
        try await waitForAddress(of: server.id, machine)
        emit(
          .finished(
            name: name, .create, elapsed: ContinuousClock.now - start, id: server.id))
        return
      case .failed(let log):
        guard attempt == 1, !stop.isMade else { throw buildFailure(machine, server.id, log) }
        emit(
          .notice(
            "\(name): the build of server \(server.id) failed (\(log.first?.message ?? "no reason given")); once more"
          ))
        try await delete(server.id, name: name)
      }
    }
  }

  /// A machine that an earlier run asked for.
  func finishBuild(_ server: Server, _ machine: ResolvedMachine) async throws(Diagnostic) {
    let name = machine.description.name
    let start = ContinuousClock.now
    emit(.began(name: name, .wait, id: server.id))
    switch try await waitForBuild(server, machine, .wait, since: start) {
    case .active:
      for volume in machine.description.volumes {
        try await addVolume(volume, server.id, machine)
      }
      try await waitForAddress(of: server.id, machine)
      emit(.finished(name: name, .wait, elapsed: ContinuousClock.now - start, id: server.id))
    case .failed(let log): throw buildFailure(machine, server.id, log)
    }
  }

  private func buildFailure(
    _ machine: ResolvedMachine, _ id: CloudID, _ log: [ServerDiagnostic]
  ) -> Diagnostic {
    let name = machine.description.name
    return .error(
      "the build of machine `\(name)` failed (server \(id))",
      evidence: log.prefix(3).map {
        .init($0.source, $0.message + ($0.details.map { ": \($0)" } ?? ""))
      },
      hint: machine.description.isProtected
        ? "it is protected: allow the next apply to make it anew with --replace \(name)"
        : "the next apply deletes it and tries again")
  }

  private func order(
    _ machine: ResolvedMachine, _ cards: [NetworkChoice], _ used: Set<OwnedObject>
  ) async throws(Diagnostic) -> Server {
    let description = machine.description
    guard let key = HostKey() else { throw .error("libcrypto makes no host key") }
    var mark = MachineMark(
      environment: environment, name: description.name, run: runID, intent: Hex.random(8),
      digest: machine.digest, isProtected: description.isProtected, owned: owned,
      expires: description.expiry?.moment(createdAt: now), hostKey: key.publicText)
    mark.described = MachineMark.digests(of: description.metadata.keys)
    mark.used = used
    var metadata = description.metadata.merging(mark.metadata) { $1 }
    for property in ["os", "users"]
    where metadata.count < MachineMark.pairLimit && metadata[property] == nil {
      if let value = machine.image.properties[property] { metadata[property] = value }
    }
    let request = ServerRequest(
      name: description.name, flavor: machine.flavor.id, image: machine.image.id,
      project: machine.project, metadata: metadata, files: files(machine, key), networks: cards)
    try journal.append(.create(intent: mark.intent, name: description.name))
    let server = try await send(request, mark)
    try journal.append(.created(intent: mark.intent, server: server.id))
    return server
  }

  private func files(_ machine: ResolvedMachine, _ key: HostKey) -> [PersonalityFile] {
    let base = "/etc/ssh/ssh_host_ed25519_key"
    var files = [
      PersonalityFile(path: base, content: Array(key.privateText.utf8), mode: 0o600),
      PersonalityFile(
        path: base + ".pub", content: Array((key.publicText + "\n").utf8), mode: 0o644),
    ]
    if !machine.keys.isEmpty {
      let user = machine.loginUser
      let home = user == "root" ? "/root" : "/home/\(user)"
      files.append(
        PersonalityFile(
          path: home + "/.ssh/authorized_keys",
          content: Array(machine.authorizedKeys.utf8), owner: user,
          group: user, mode: 0o600))
    }
    return files + machine.description.files
  }

  /// Sends the request until it is certain that there is one such server, or none will be.
  private func send(
    _ request: ServerRequest, _ mark: MachineMark
  ) async throws(Diagnostic) -> Server {
    await gate.enter()
    do throws(Diagnostic) {
      try stop.check("machine `\(request.name)` was not begun")
      let server = try await sendNow(request, mark)
      await gate.leave()
      return server
    } catch {
      await gate.leave()
      throw error
    }
  }

  private func sendNow(
    _ request: ServerRequest, _ mark: MachineMark
  ) async throws(Diagnostic) -> Server {
    let start = ContinuousClock.now
    var last: CloudError?
    var isLost = false
    for attempt in 0..<5 {
      do throws(CloudError) {
        let server = try await api.createServer(request)
        await rounds.hurry()
        return server
      } catch {
        last = error
        if error.isReplyLost {
          isLost = true
          hasLostReplies.store(true, ordering: .relaxed)
          emit(.notice("\(request.name): the reply was lost; looking for the machine"))
          await rounds.hurry()
          if let found = try await find(mark) { return found }
          if stop.isMade { break }
        } else {
          let isLate = ContinuousClock.now - start > .seconds(patience(for: request.name))
          guard error.mayComeBack, attempt < 4, !isLate, !stop.isMade else { break }
          await stop.sleep(.seconds(1 << attempt))
          if let found = try await find(mark) { return found }
        }
      }
    }
    let error = last ?? CloudError(.cancelled(.send), method: .post, origin: "", path: "/servers")
    guard isLost else { throw error.diagnostic("machine `\(request.name)` was not created") }
    throw error.diagnostic(
      "it is not known whether machine `\(request.name)` is being created",
      hint: "apply again: it looks for the machine first")
  }

  /// The machine of an intent, in three lists one after the other: a request that is under way
  /// may still arrive.
  private func find(_ mark: MachineMark) async throws(Diagnostic) -> Server? {
    for _ in 0..<3 {
      let servers = try await list()
      let found = servers.first { server in
        !server.isGone && MachineMark(server.metadata)?.intent == mark.intent
      }
      if let found { return found }
    }
    return nil
  }

  func list() async throws(Diagnostic) -> [Server] {
    do throws(CloudError) { return try await rounds.next() } catch {
      throw error.diagnostic(
        "the cloud does not say how the machines are", hint: "run the same command again")
    }
  }

  enum Build {
    case active(Server)
    case failed([ServerDiagnostic])
  }

  func waitForBuild(
    _ server: Server, _ machine: ResolvedMachine, _ work: FleetEvent.Work,
    since start: ContinuousClock.Instant
  ) async throws(Diagnostic) -> Build {
    let name = machine.description.name
    let begin = ContinuousClock.now
    var told = 0
    var absent = 0
    while true {
      let servers = try await list()
      let elapsed = ContinuousClock.now - start
      let seconds = Int(elapsed.components.seconds)
      if seconds / 10 > told {
        told = seconds / 10
        emit(.goesOn(name: name, work, elapsed: .seconds(told * 10)))
      }
      if let now = servers.first(where: { $0.id == server.id }), !now.isGone {
        absent = 0
        if now.status == .error {
          return .failed((try? await api.diagnostics(of: now.id)) ?? now.diagnostics)
        }
        if now.status == .active, now.isIdle { return .active(now) }
        if now.status == .stopped, now.isIdle {
          try await act(.start, on: now.id, name: name)
        }
      } else {
        absent += 1
        if absent >= 2 {
          throw .error(
            "machine `\(name)` (server \(server.id)) was deleted by somebody else",
            hint: "apply again to create it anew")
        }
      }
      try stop.check("machine `\(name)` (server \(server.id)) is still being built")
      guard ContinuousClock.now - begin < .seconds(machine.description.timeout) else {
        let state = servers.first { $0.id == server.id }.map { "\($0.status)" } ?? "unknown"
        throw .error(
          "machine `\(name)` (server \(server.id)) is not active after \(machine.description.timeout) s",
          evidence: [.init("state", state)],
          hint: "apply again to go on waiting, or raise `okeanos_timeout`")
      }
    }
  }

  /// A machine may be active before the cloud gives it its address.
  func waitForAddress(
    of id: CloudID, _ machine: ResolvedMachine
  ) async throws(Diagnostic) {
    let (name, limit) = (machine.description.name, machine.description.timeout)
    let start = ContinuousClock.now
    while machine.needsAddress {
      let server = try await present(id, name)
      guard machine.lacksAddress(server) else { return }
      try stop.check("machine `\(name)` (server \(id)) has no address yet")
      guard ContinuousClock.now - start < .seconds(limit) else {
        throw .error(
          "machine `\(name)` (server \(id)) has no address after \(limit) s",
          evidence: [.init("state", "\(server.status)")],
          hint: "apply again to go on waiting, or make it anew with --replace \(name)")
      }
    }
  }

  /// Two machines of one intent: a request that came late. The older one stays.
  func removeTwins() async -> Diagnostics {
    guard hasLostReplies.load(ordering: .relaxed) else { return Diagnostics() }
    let servers: [Server]
    do throws(CloudError) { servers = try await api.servers() } catch {
      return Diagnostics([
        error.diagnostic(
          "it is not known whether a lost request made a second machine",
          hint: "the next plan shows it")
      ])
    }
    var cloud = CloudSnapshot(userID: "", defaultProject: "")
    cloud.servers = servers
    let ours = cloud.machines(of: environment).filter {
      $0.mark.run == runID && !$0.server.isVanishing
    }
    var twins: [(CloudID, String)] = []
    for (_, group) in Dictionary(grouping: ours, by: \.mark.intent) {
      for extra in group.dropFirst() { twins.append((extra.server.id, extra.mark.name)) }
    }
    let items = twins.map { Twin(id: $0.0, name: $0.1) }
    return await each(items) { (twin) throws(Diagnostic) in
      self.emit(.notice("\(twin.name): a second machine came of a lost request; it is removed"))
      try await self.delete(twin.id, name: twin.name)
    }
  }

  private struct Twin: Sendable {
    var id: CloudID
    var name: String
  }
}

extension CloudError {
  /// Nothing was made, and a moment later it may be.
  var mayComeBack: Bool {
    switch kind {
    case .unavailable, .buildInProgress: true
    case .transport(let phase, _), .deadline(let phase): phase != .tls
    default: false
    }
  }
}
