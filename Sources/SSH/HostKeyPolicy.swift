import Transport

/// What the known keys say about the one that a host shows.
package struct HostKeyPolicy: Sendable {
  package enum Verdict: Sendable {
    case accepted
    /// Accepted, and to be kept.
    case new
    /// Accepted although it changed: checking is off.
    case changedUnchecked(String)
    case refused(ConnectionFailure)
  }

  private let host: String
  private let port: Int
  private let checking: Endpoint.HostKeyChecking
  private let entries: [KnownHosts.Entry]

  package init(
    host: String, port: Int, checking: Endpoint.HostKeyChecking, known: KnownHosts
  ) {
    self.host = host
    self.port = port
    self.checking = checking
    entries = known.entries(host: host, port: port)
  }

  /// A certificate authority vouches for this host, which only OpenSSH can check.
  package var needsOpenSSH: Bool { entries.contains { $0.mark == .certAuthority } }

  /// The types of key by which the host is known, in the order of the files.
  package var knownTypes: [String] {
    var types: [String] = []
    for entry in entries where entry.mark == .none && !types.contains(entry.key.type) {
      types.append(entry.key.type)
    }
    return types
  }

  package func judge(_ key: PublicKey) -> Verdict {
    let name = KnownHosts.name(host: host, port: port)
    if let entry = entries.first(where: { $0.mark == .revoked && $0.key == key }) {
      return .refused(
        failure(
          "the host key of `\(name)` is revoked",
          detail: "\(key.type) \(key.fingerprint), revoked at \(entry.file):\(entry.line)"))
    }
    let known = entries.filter { $0.mark == .none }
    if known.contains(where: { $0.key == key }) { return .accepted }
    let stale = known.first { $0.key.type == key.type } ?? known.first
    if let stale {
      let words =
        "known: \(stale.key.type) \(stale.key.fingerprint) (\(stale.file):\(stale.line)); "
        + "shown: \(key.type) \(key.fingerprint)"
      if checking == .off { return .changedUnchecked(words) }
      return .refused(
        failure(
          "the host key of `\(name)` has changed", detail: words,
          hint: "if that is right, forget the old key: ssh-keygen -f \(Quoting.word(stale.file))"
            + " -R \(Quoting.word(name))"))
    }
    switch checking {
    case .off: return .accepted
    case .acceptNew: return .new
    case .strict:
      let scan = port == 22 ? "" : "-p \(port) "
      return .refused(
        failure(
          "the host key of `\(name)` is not known", detail: "\(key.type) \(key.fingerprint)",
          hint: "compare the fingerprint, then add the key: ssh-keyscan \(scan)\(host) "
            + ">> ~/.ssh/known_hosts"))
    }
  }

  private func failure(_ summary: String, detail: String, hint: String? = nil) -> ConnectionFailure
  {
    ConnectionFailure(.hostKey, .refused, summary, detail: detail, hint: hint)
  }
}
