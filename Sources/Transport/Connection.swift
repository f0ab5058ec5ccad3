/// A way to run scripts on one host.
///
/// Requests of one identity go one after the other over its lasting loop; more loops are opened
/// for requests that come meanwhile, up to the endpoint's limit. A request is never sent twice.
package protocol Connection: Sendable {
  /// Runs one script to its end. A status other than 0 is a reply, not a failure.
  ///
  /// - Throws: when the host cannot be asked, does not answer, refuses the identity, or the
  ///   deadline passes. Of phase `.run`: what the script did is then not known.
  func run(_ request: ShellRequest) async throws(ConnectionFailure) -> ShellReply
  /// Ends all loops; requests under way fail.
  func close() async
  /// How many requests were sent.
  var roundTrips: Int { get }
}

/// Why a host did not do as asked.
package struct ConnectionFailure: Error, Sendable {
  /// The wait that failed.
  package enum Phase: String, Hashable, Sendable, CaseIterable {
    case resolve, connect, handshake, hostKey, authenticate, loginShell, escalate, run
  }

  package enum Cause: Hashable, Sendable {
    /// The other side is gone, silent, or not there.
    case lost
    /// The time for this phase is over.
    case deadline
    /// The caller's task was cancelled, or the connection closed.
    case cancelled
    /// The other side said no: wrong password, unknown key, no right.
    case refused
    /// The installed library cannot do what this host asks for.
    case unsupported
  }

  package var phase: Phase
  package var cause: Cause
  /// Our words, one line, lower case.
  package var summary: String
  /// The words of the library or the remote program, as they came.
  package var detail: String?
  /// What the user can do, as an action.
  package var hint: String?
  /// False for what Ansible counts as a failed task: a refused escalation, a passed deadline.
  package var isUnreachable: Bool
  package var elapsed: Duration
  /// What a killed or lost request had printed.
  package var output: ShellReply?

  package init(
    _ phase: Phase, _ cause: Cause, _ summary: String, detail: String? = nil, hint: String? = nil,
    isUnreachable: Bool = true, elapsed: Duration = .zero, output: ShellReply? = nil
  ) {
    self.phase = phase
    self.cause = cause
    self.summary = summary
    self.detail = detail
    self.hint = hint
    self.isUnreachable = isUnreachable
    self.elapsed = elapsed
    self.output = output
  }
}

extension ConnectionFailure: CustomStringConvertible {
  /// Summary and the other side's words in one line.
  package var description: String {
    guard let detail, !detail.isEmpty else { return summary }
    return summary + ": " + detail
  }
}
