/// The system's `ssh` as the way to a host, with the same framed loop over its pipes.
package enum OpenSSHClient {
  /// How `ssh` is called, but for the command that the host is to run.
  package static func arguments(for endpoint: Endpoint) -> [String] {
    let timeouts = endpoint.timeouts
    let alive = max(1, timeouts.keepAlive.components.seconds)
    // The first mention of an option counts, so the user's own come before ours.
    var words = ["ssh", "-T"] + endpoint.commonArguments
    let options = [
      "BatchMode=yes", "ControlMaster=no", "ControlPath=none",
      "ConnectTimeout=\(max(1, timeouts.connect.components.seconds))",
      "ServerAliveInterval=\(alive)", "ServerAliveCountMax=3", "RequestTTY=no",
      "KexAlgorithms=^curve25519-sha256",
    ]
    for option in options { words += ["-o", option] }
    return words + access(to: endpoint)
  }

  /// How `ssh` is called where a person logs in: no option keeps it from asking.
  package static func login(to endpoint: Endpoint) -> [String] {
    ["ssh"] + endpoint.commonArguments + access(to: endpoint)
  }

  /// Whose host key is taken, and who logs in where.
  private static func access(to endpoint: Endpoint) -> [String] {
    let checking =
      switch endpoint.hostKeyChecking {
      case .strict: "yes"
      case .acceptNew: "accept-new"
      case .off: "no"
      }
    var words = ["-o", "StrictHostKeyChecking=\(checking)"]
    if !endpoint.knownHostsFiles.isEmpty {
      words += ["-o", "UserKnownHostsFile=" + endpoint.knownHostsFiles.joined(separator: " ")]
    }
    for file in endpoint.keyFiles { words += ["-i", file] }
    if let port = endpoint.port { words += ["-p", String(port)] }
    if let user = endpoint.user { words += ["-l", user] }
    if let jump = endpoint.proxyJump { words += ["-J", jump] }
    return words + ["--", endpoint.host]
  }

  package static func connection(_ endpoint: Endpoint, prelude: String) -> LoopConnection {
    let arguments = arguments(for: endpoint)
    let host = endpoint.host
    return LoopConnection(
      endpoint: endpoint, prelude: prelude,
      explain: { status, words in status == 255 ? failure(words, host: host) : nil },
      open: { command in ChildStream(arguments + [command], isKilledOnClose: true) })
  }

  /// What the words of an `ssh` that ended with 255 mean.
  package static func failure(_ words: String, host: String) -> ConnectionFailure {
    let rules: [(String, ConnectionFailure.Phase, ConnectionFailure.Cause, String)] = [
      (
        "REMOTE HOST IDENTIFICATION HAS CHANGED", .hostKey, .refused,
        "the host key of `\(host)` has changed"
      ),
      (
        "Host key verification failed", .hostKey, .refused, "the host key of `\(host)` is not known"
      ),
      ("revoked", .hostKey, .refused, "the host key of `\(host)` is revoked"),
      ("Permission denied", .authenticate, .refused, "`\(host)` does not let us in"),
      (
        "Too many authentication failures", .authenticate, .refused,
        "`\(host)` ended the login (too many keys?)"
      ),
      ("Could not resolve", .resolve, .refused, "no address for `\(host)`"),
      ("Connection refused", .connect, .lost, "cannot connect to `\(host)`"),
      ("No route to host", .connect, .lost, "cannot connect to `\(host)`"),
      ("Network is unreachable", .connect, .lost, "cannot connect to `\(host)`"),
      ("Connection timed out", .connect, .deadline, "`\(host)` does not answer"),
      (
        "Unable to negotiate", .handshake, .unsupported,
        "`ssh` and `\(host)` have no algorithm in common"
      ),
      (
        "kex_exchange_identification", .handshake, .lost,
        "the SSH handshake with `\(host)` broke off"
      ),
      ("banner exchange", .handshake, .lost, "the SSH handshake with `\(host)` broke off"),
      ("not responding", .run, .lost, "`\(host)` is silent"),
      ("Broken pipe", .run, .lost, "the connection to `\(host)` broke"),
      ("closed by remote host", .run, .lost, "the connection to `\(host)` broke"),
    ]
    let rule = rules.first { words.contains($0.0) }
    return ConnectionFailure(
      rule?.1 ?? .connect, rule?.2 ?? .lost, rule?.3 ?? "`ssh` cannot reach `\(host)`",
      detail: Bytes.trimmed(words))
  }
}
