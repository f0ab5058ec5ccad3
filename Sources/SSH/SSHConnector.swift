import Dispatch
import Synchronization
import Transport

/// Opens connections over SSH: by libssh2, and where the installed one cannot do what a host or a
/// key asks for, by the system's `ssh`.
package final class SSHConnector: Sendable {
  /// Told what the user should know but what stops nothing; each text once.
  private let onNotice: @Sendable (String) -> Void
  private let told = Mutex<Set<String>>([])
  /// Why hosts are reached through `ssh`, and which.
  private let reasons = Mutex<[String: Set<String>]>([:])
  private static let keys = DispatchQueue(label: "keys", attributes: .concurrent)

  private static let tries = 6

  package init(onNotice: @escaping @Sendable (String) -> Void = { _ in }) {
    self.onNotice = onNotice
  }

  /// A connector for local and SSH endpoints.
  package static func connector(
    onNotice: @escaping @Sendable (String) -> Void = { _ in }
  ) -> Connector {
    let ssh = SSHConnector(onNotice: onNotice)
    return Connector(ssh: { (endpoint, prelude) async throws(ConnectionFailure) in
      try await ssh.connect(endpoint, prelude: prelude)
    })
  }

  package func connect(
    _ endpoint: Endpoint, prelude: String
  ) async throws(ConnectionFailure) -> any Connection {
    let start = ContinuousClock.now
    do {
      return try await connectNow(endpoint, prelude)
    } catch {
      var failure = error
      failure.elapsed = ContinuousClock.now - start
      throw failure
    }
  }

  private func connectNow(
    _ given: Endpoint, _ prelude: String
  ) async throws(ConnectionFailure) -> any Connection {
    try Self.checkWords(given)
    let arguments = SSHArguments(given.commonArguments)
    if let foreign = arguments.foreign {
      return try await openSSH(given, prelude, because: "`\(foreign)` is set")
    }
    var endpoint = arguments.applied(to: given)
    let configuration = await SSHConfiguration.resolve(endpoint.host)
    if let foreign = configuration.foreign {
      return try await openSSH(given, prelude, because: "ssh_config sets `\(foreign)`")
    }
    let isChecked = arguments.checking != nil
    let strictness = endpoint.hostKeyChecking
    let named = endpoint.knownHostsFiles
    endpoint = configuration.arguments.applied(to: endpoint)
    if isChecked || strictness != .strict { endpoint.hostKeyChecking = strictness }
    if !named.isEmpty { endpoint.knownHostsFiles = named }
    endpoint.host = configuration.host
    if endpoint.proxyJump != nil {
      return try await openSSH(given, prelude, because: "a jump host is set")
    }
    let onlyNamed = arguments.identitiesOnly || configuration.arguments.identitiesOnly
    let usesKeys = arguments.usesKeys(configuration.arguments)
    return try await libssh2(
      endpoint, given, prelude, onlyNamed: onlyNamed, usesKeys: usesKeys)
  }

  // MARK: libssh2

  private func libssh2(
    _ endpoint: Endpoint, _ given: Endpoint, _ prelude: String, onlyNamed: Bool, usesKeys: Bool
  ) async throws(ConnectionFailure) -> any Connection {
    let credentials = await Self.credentials(endpoint, onlyNamed: onlyNamed, usesKeys: usesKeys)
    if let reason = credentials.reasonForOpenSSH {
      return try await openSSH(given, prelude, because: reason)
    }
    let port = endpoint.port ?? 22
    let known = KnownHostsFiles.load(endpoint.knownHostsFiles)
    for warning in known.warnings { notice(warning) }
    let policy = HostKeyPolicy(
      host: endpoint.host, port: port, checking: endpoint.hostKeyChecking, known: known)
    if policy.needsOpenSSH {
      return try await openSSH(given, prelude, because: "a certificate authority vouches for it")
    }
    let settings = Login.Settings(
      host: endpoint.host, port: port, user: endpoint.user ?? Platform.userName ?? "root",
      timeouts: endpoint.timeouts, checking: endpoint.hostKeyChecking, policy: policy,
      knownHostsFiles: endpoint.knownHostsFiles, credentials: credentials)
    do {
      let session = try await logIn(settings)
      return LoopConnection(
        endpoint: endpoint, prelude: prelude, end: { session.release() },
        open: { command in Channel(session: session.value, command: command) })
    } catch  where error.cause == .unsupported {
      let reason = error.detail ?? error.summary
      return try await openSSH(given, prelude, because: reason)
    }
  }

  private static func credentials(
    _ endpoint: Endpoint, onlyNamed: Bool, usesKeys: Bool
  ) async -> Credentials {
    await withCheckedContinuation { continuation in
      keys.async {
        continuation.resume(
          returning: Credentials(
            keyFiles: endpoint.keyFiles, onlyNamed: onlyNamed, agent: .ofEnvironment,
            password: endpoint.password, usesKeys: usesKeys))
      }
    }
  }

  /// Dials and logs in; again after a pause where the server drops us before we could say who we
  /// are, as a busy one does.
  private func logIn(_ settings: Login.Settings) async throws(ConnectionFailure) -> OwnedSession {
    let addresses = try await Dialing.resolve(
      host: settings.host, port: settings.port, within: settings.timeouts.resolve)
    let server = KnownHosts.name(host: settings.host, port: settings.port)
    var attempt = 0
    while true {
      attempt += 1
      await LoginGate.shared.enter(server)
      let result = await logInOnce(settings, addresses)
      await LoginGate.shared.leave(server)
      switch result {
      case .success(let session): return session
      case .failure(let failure):
        guard failure.phase == .handshake, failure.cause == .lost, attempt < Self.tries else {
          throw failure
        }
        let pause = 100 << attempt
        try? await Task.sleep(for: .milliseconds(pause / 2 + Int.random(in: 0...pause)))
        if Task.isCancelled { throw failure }
      }
    }
  }

  private func logInOnce(
    _ settings: Login.Settings, _ addresses: [SocketAddress]
  ) async -> Result<OwnedSession, ConnectionFailure> {
    let socket: Int32
    do throws(ConnectionFailure) {
      socket = try await Dialing.connect(
        addresses, host: settings.host, port: settings.port, within: settings.timeouts.connect)
    } catch {
      return .failure(error)
    }
    return await withCheckedContinuation { continuation in
      IOQueue.async { [self] in
        Login(settings, notice: { [weak self] in self?.notice($0) }) { outcome in
          switch outcome {
          case .done(let session): continuation.resume(returning: .success(OwnedSession(session)))
          case .failed(let failure): continuation.resume(returning: .failure(failure))
          }
        }.start(socket: socket)
      }
    }
  }

  // MARK: OpenSSH

  private func openSSH(
    _ endpoint: Endpoint, _ prelude: String, because reason: String
  ) async throws(ConnectionFailure) -> any Connection {
    tell(of: endpoint.host, because: reason)
    let server = KnownHosts.name(host: endpoint.host, port: endpoint.port ?? 22)
    var attempt = 0
    while true {
      attempt += 1
      let connection = OpenSSHClient.connection(endpoint, prelude: prelude)
      await LoginGate.shared.enter(server)
      let failure = await connection.start()
      await LoginGate.shared.leave(server)
      guard var failure else { return connection }
      await connection.close()
      guard failure.phase == .handshake, failure.cause == .lost, attempt < Self.tries else {
        if failure.phase == .authenticate, endpoint.password != nil {
          failure.hint = "`ssh` was not given the password: use a key that `ssh` can use"
        }
        throw failure
      }
      let pause = 100 << attempt
      try? await Task.sleep(for: .milliseconds(pause / 2 + Int.random(in: 0...pause)))
      if Task.isCancelled { throw failure }
    }
  }

  /// For one reason the first host is named, and that there are others.
  private func tell(of host: String, because reason: String) {
    let count = reasons.withLock { reasons in
      reasons[reason, default: []].insert(host).inserted ? reasons[reason]?.count : nil
    }
    switch count {
    case 1: notice("`\(host)` is reached through `ssh`: \(reason)")
    case 2: notice("other hosts are reached through `ssh` as well: \(reason)")
    default: break
    }
  }

  private func notice(_ text: String) {
    if told.withLock({ $0.insert(text).inserted }) { onNotice(text) }
  }

  /// A host or user that begins with `-` would be an option of `ssh`.
  private static func checkWords(_ endpoint: Endpoint) throws(ConnectionFailure) {
    for word in [endpoint.host, endpoint.user ?? "x", endpoint.proxyJump ?? "x"]
    where word.isEmpty || word.utf8.first == UInt8(ascii: "-") || word.utf8.contains(0) {
      throw ConnectionFailure(
        .connect, .refused, "`\(word)` is not a name of a host, user or jump host")
    }
  }
}

/// The session of one connection; it ends when the connection lets go.
final class OwnedSession: Sendable {
  private let confined: Confined<Session>

  init(_ session: Session) { confined = Confined(session) }

  var value: Session { confined.value }

  func release() {
    confined.value.die(ConnectionFailure(.run, .cancelled, "the connection is closed"))
  }
}

extension Credentials {
  /// Where the first key that was named is for OpenSSH, or there is no other.
  var reasonForOpenSSH: String? {
    guard let first = onlyOpenSSH.first else { return nil }
    if offers.isEmpty || isFirstForOpenSSH {
      return "libssh2 cannot use the key `\(first)`"
    }
    return nil
  }
}
