import SSH
import Testing
import Transport

/// The file format; hashes and fingerprints come from `ssh-keygen`.
@Suite struct KnownHostsTests {
  private static let ed25519 =
    "AAAAC3NzaC1lZDI1NTE5AAAAIJjhmtqOSAxuRbLHyvdpSU0AruRA8GGZ3khCHZt5B9k9"
  private static let ecdsa =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCpKontYZ9EMa0kde5wyGpMCht6z2xCz+9t/DM87"
    + "Tp+qgWnlnbNkJvoBfi2rC/d/BFOHYsbA71rzxhZWHCH6EV8="
  private static let first = "ssh-ed25519 \(ed25519)"
  private static let second = "ecdsa-sha2-nistp256 \(ecdsa)"

  struct Row: Sendable {
    var name: String
    var text: String
    var host: String
    var port: Int = 22
    /// The numbers of the lines that speak of the host.
    var lines: [Int]
    var warnings: Int = 0
  }

  private static let rows: [Row] = [
    Row(name: "plain", text: "web \(first)", host: "web", lines: [1]),
    Row(name: "another host", text: "web \(first)", host: "web2", lines: []),
    Row(name: "list", text: "web,10.0.0.5 \(first)", host: "10.0.0.5", lines: [1]),
    Row(name: "case", text: "Web \(first)", host: "wEB", lines: [1]),
    Row(name: "port", text: "[web]:2222 \(first)", host: "web", port: 2222, lines: [1]),
    Row(name: "another port", text: "[web]:2222 \(first)", host: "web", port: 22, lines: []),
    Row(name: "bare name, other port", text: "web \(first)", host: "web", port: 2222, lines: []),
    Row(name: "wildcard", text: "*.example.org \(first)", host: "a.example.org", lines: [1]),
    Row(
      name: "wildcard, not the domain", text: "*.example.org \(first)", host: "example.org",
      lines: []),
    Row(name: "question mark", text: "web? \(first)", host: "web7", lines: [1]),
    Row(name: "question mark needs one", text: "web? \(first)", host: "web", lines: []),
    Row(name: "stars", text: "*a*b*c \(first)", host: "xxaxxbxxbc", lines: [1]),
    Row(name: "star of a port", text: "[*]:2222 \(first)", host: "web", port: 2222, lines: [1]),
    Row(name: "negation", text: "*.org,!bad.org \(first)", host: "bad.org", lines: []),
    Row(name: "negation of another", text: "*.org,!bad.org \(first)", host: "good.org", lines: [1]),
    Row(name: "negation alone", text: "!bad.org \(first)", host: "good.org", lines: []),
    Row(
      name: "hashed", text: "|1|JiWOvEhankRsviC9rDi/lQ3Brrs=|OQofgGoBggrDfgGIQi38qn2S7MA= \(first)",
      host: "web1.example.org", lines: [1]),
    Row(
      name: "hashed, case",
      text: "|1|JiWOvEhankRsviC9rDi/lQ3Brrs=|OQofgGoBggrDfgGIQi38qn2S7MA= \(first)",
      host: "WEB1.example.org", lines: [1]),
    Row(
      name: "hashed with port",
      text: "|1|qgruFV9BOCiy2GOm/Uj882IaioY=|XMoHvJ43qxiJwEjNVaniNVOqXj4= \(first)",
      host: "web2", port: 2222, lines: [1]),
    Row(
      name: "hashed, another",
      text: "|1|JiWOvEhankRsviC9rDi/lQ3Brrs=|OQofgGoBggrDfgGIQi38qn2S7MA= \(first)",
      host: "web2", lines: []),
    Row(
      name: "comments and blanks", text: "# web \(first)\n\n \t\nweb \(first) a comment",
      host: "web", lines: [4]),
    Row(
      name: "carriage returns", text: "web \(first)\r\nweb \(second)\r\n", host: "web",
      lines: [1, 2]),
    Row(name: "tabs", text: "web\tssh-ed25519\t\(ed25519)", host: "web", lines: [1]),
    Row(
      name: "marks", text: "@revoked * \(first)\n@cert-authority *.org \(second)", host: "a.org",
      lines: [1, 2]),
    Row(
      name: "unknown mark", text: "@other web \(first)\nweb \(first)", host: "web", lines: [2],
      warnings: 1),
    Row(
      name: "malformed", text: "web\nweb ssh-ed25519\nweb ssh-ed25519 ???\nweb \(first)",
      host: "web", lines: [4], warnings: 3),
    Row(
      name: "type that is not the key's", text: "web ssh-rsa \(ed25519)", host: "web", lines: [],
      warnings: 1),
    Row(name: "empty key", text: "web ssh-ed25519 AAAA", host: "web", lines: [], warnings: 1),
    Row(
      name: "cut hash", text: "|1|abc|def \(first)\n|2|x|y \(first)\n| \(first)", host: "web",
      lines: [], warnings: 3),
    Row(name: "old RSA1 line", text: "web 1024 35 1234567", host: "web", lines: [], warnings: 1),
    Row(name: "empty", text: "", host: "web", lines: []),
  ]

  @Test(arguments: rows) func linesSpeakOfHosts(_ row: Row) {
    let known = KnownHosts(Array(row.text.utf8), file: "known_hosts")
    #expect(known.entries(host: row.host, port: row.port).map(\.line) == row.lines, "\(row.name)")
    #expect(known.warnings.count == row.warnings, "\(row.name)")
  }

  @Test func aMalformedLineIsNamed() {
    let known = KnownHosts(Array("web \(Self.first)\nrubbish".utf8), file: "/x/known_hosts")
    #expect(known.warnings == ["/x/known_hosts:2: not a known_hosts line, skipped"])
  }

  @Test func noBytesTrap() {
    for length in 0..<400 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: ($0 &* 7919) ^ (length &* 31)) }
      _ = KnownHosts(bytes, file: "x")
      _ = KnownHosts(Array("|1|".utf8) + bytes, file: "x").entries(host: "a", port: 1)
    }
  }

  private static func key(_ text: String) throws -> PublicKey {
    let known = KnownHosts(Array("x \(text)".utf8), file: "x")
    return try #require(known.entries.first).key
  }

  @Test func fingerprintsAreThoseOfSshKeygen() throws {
    #expect(
      try Self.key(Self.first).fingerprint == "SHA256:3rECaflH3+alO3AiKbOZDXFcxwr7Y6crxUPFom/cy5A")
    #expect(
      try Self.key(Self.second).fingerprint == "SHA256:5P6YvdmCNp/8LEYWCiwbtAIYGHn3fuZdH7UyDwBxWT4")
    #expect(try Self.key(Self.second).base64 == Self.ecdsa)
  }

  enum Verdict: String, Sendable { case accepted, new, unchecked, refused }

  struct Judgement: Sendable {
    var name: String
    var text: String
    var checking: Endpoint.HostKeyChecking
    var verdict: Verdict
    var summary: String = ""
  }

  private static let judgements: [Judgement] = [
    Judgement(name: "known", text: "web \(first)", checking: .strict, verdict: .accepted),
    Judgement(
      name: "one of two", text: "web \(second)\nweb \(first)", checking: .strict, verdict: .accepted
    ),
    Judgement(
      name: "unknown", text: "", checking: .strict, verdict: .refused,
      summary: "the host key of `web` is not known"),
    Judgement(name: "first time", text: "", checking: .acceptNew, verdict: .new),
    Judgement(name: "unchecked", text: "", checking: .off, verdict: .accepted),
    Judgement(
      name: "another key", text: "web \(second)", checking: .acceptNew, verdict: .refused,
      summary: "the host key of `web` has changed"),
    Judgement(
      name: "another key, unchecked", text: "web \(second)", checking: .off, verdict: .unchecked),
    Judgement(
      name: "revoked", text: "web \(first)\n@revoked * \(first)", checking: .strict,
      verdict: .refused, summary: "the host key of `web` is revoked"),
    Judgement(
      name: "revoked, unchecked", text: "@revoked * \(first)", checking: .off, verdict: .refused,
      summary: "the host key of `web` is revoked"),
    Judgement(
      name: "another one revoked", text: "web \(first)\n@revoked * \(second)", checking: .strict,
      verdict: .accepted),
  ]

  @Test(arguments: judgements) func keysAreJudged(_ row: Judgement) throws {
    let policy = HostKeyPolicy(
      host: "web", port: 22, checking: row.checking,
      known: KnownHosts(Array(row.text.utf8), file: "known_hosts"))
    let verdict: Verdict
    var summary = ""
    switch policy.judge(try Self.key(Self.first)) {
    case .accepted: verdict = .accepted
    case .new: verdict = .new
    case .changedUnchecked: verdict = .unchecked
    case .refused(let failure):
      verdict = .refused
      summary = failure.summary
    }
    #expect(verdict == row.verdict, "\(row.name)")
    #expect(summary == row.summary, "\(row.name)")
  }

  @Test func aChangedKeyShowsBothAndTheWayOut() throws {
    let policy = HostKeyPolicy(
      host: "web", port: 2222, checking: .strict,
      known: KnownHosts(Array("# x\n[web]:2222 \(Self.second)".utf8), file: "/k"))
    guard case .refused(let failure) = policy.judge(try Self.key(Self.first)) else {
      Issue.record("accepted")
      return
    }
    #expect(
      failure.detail
        == "known: ecdsa-sha2-nistp256 SHA256:5P6YvdmCNp/8LEYWCiwbtAIYGHn3fuZdH7UyDwBxWT4 (/k:2); "
        + "shown: ssh-ed25519 SHA256:3rECaflH3+alO3AiKbOZDXFcxwr7Y6crxUPFom/cy5A")
    #expect(
      failure.hint
        == "if that is right, forget the old key: ssh-keygen -f '/k' -R '[web]:2222'")
  }

  @Test func authoritiesAreLeftToOpenSSH() {
    let known = KnownHosts(Array("@cert-authority *.org \(Self.first)".utf8), file: "k")
    #expect(HostKeyPolicy(host: "a.org", port: 22, checking: .strict, known: known).needsOpenSSH)
    #expect(!HostKeyPolicy(host: "a.com", port: 22, checking: .strict, known: known).needsOpenSSH)
  }

  @Test func knownTypesAreInTheOrderOfTheFile() {
    let text =
      "web \(Self.second)\nother \(Self.first)\n@revoked web \(Self.first)\nweb \(Self.second)"
    let known = KnownHosts(Array(text.utf8), file: "k")
    let policy = HostKeyPolicy(host: "web", port: 22, checking: .strict, known: known)
    #expect(policy.knownTypes == ["ecdsa-sha2-nistp256"])
  }
}
