/// Opens connections. The SSH target adds what reaches other machines.
package struct Connector: Sendable {
  package typealias Opener =
    @Sendable (_ endpoint: Endpoint, _ prelude: String) async throws(ConnectionFailure) ->
    any Connection

  private let ssh: Opener?

  package init(ssh: Opener? = nil) { self.ssh = ssh }

  /// Connects and logs in. Loops, and with them the login shell and escalation, start at the
  /// first request of their identity, so `run` may throw those phases.
  ///
  /// - Parameter prelude: shell functions, defined once in each loop before its first request.
  package func connect(
    _ endpoint: Endpoint, prelude: String
  ) async throws(ConnectionFailure) -> any Connection {
    switch endpoint.kind {
    case .local: return LoopConnection.local(endpoint, prelude: prelude)
    case .ssh:
      guard let ssh else {
        throw ConnectionFailure(.connect, .unsupported, "no SSH in this build")
      }
      return try await ssh(endpoint, prelude)
    }
  }
}
