/// Where a host is and how to log in there: the key by which connections are shared.
package struct Endpoint: Hashable, Sendable {
  package enum Kind: Hashable, Sendable { case local, ssh }

  package enum HostKeyChecking: Hashable, Sendable {
    /// A key that is not known is refused.
    case strict
    /// The key of a host seen for the first time is kept; a changed one is refused.
    case acceptNew
    /// Any key is taken, a changed one with a notice.
    case off
  }

  /// How long each wait may take.
  package struct Timeouts: Hashable, Sendable {
    package var resolve: Duration = .seconds(10)
    /// Each try to open the TCP connection.
    package var connect: Duration = .seconds(10)
    package var handshake: Duration = .seconds(20)
    package var authenticate: Duration = .seconds(60)
    package var loginShell: Duration = .seconds(60)
    package var escalate: Duration = .seconds(90)
    /// A peer that is silent for three of these is taken for dead.
    package var keepAlive: Duration = .seconds(10)

    package init() {}
  }

  package var kind: Kind
  /// Name or address as the user wrote it; never begins with `-`.
  package var host: String
  package var port: Int?
  package var user: String?
  /// Private keys to offer before all others.
  package var keyFiles: [String]
  package var password: Password?
  package var hostKeyChecking: HostKeyChecking
  /// Where host keys are looked up; empty means OpenSSH's own files. New keys go to the first.
  package var knownHostsFiles: [String]
  /// As `ssh -J` takes it.
  package var proxyJump: String?
  /// `ansible_ssh_common_args` and its like, split into words.
  package var commonArguments: [String]
  package var timeouts: Timeouts
  /// Lasting loops of one identity before requests queue.
  package var loopLimit: Int
  /// `ansible_shell_executable`: the POSIX shell of the loops.
  package var shellExecutable: String

  package init(
    kind: Kind, host: String = "localhost", port: Int? = nil, user: String? = nil,
    keyFiles: [String] = [], password: Password? = nil,
    hostKeyChecking: HostKeyChecking = .strict, knownHostsFiles: [String] = [],
    proxyJump: String? = nil, commonArguments: [String] = [], timeouts: Timeouts = Timeouts(),
    loopLimit: Int? = nil, shellExecutable: String = "/bin/sh"
  ) {
    self.kind = kind
    self.host = host
    self.port = port
    self.user = user
    self.keyFiles = keyFiles
    self.password = password
    self.hostKeyChecking = hostKeyChecking
    self.knownHostsFiles = knownHostsFiles
    self.proxyJump = proxyJump
    self.commonArguments = commonArguments
    self.timeouts = timeouts
    self.loopLimit = loopLimit ?? (kind == .local ? 64 : 4)
    self.shellExecutable = shellExecutable
  }

  package static let local = Endpoint(kind: .local)
}
