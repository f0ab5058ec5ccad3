import TestKit
import Testing

/// Projects of `Tests/Errors` with a `there.sh`: what goes wrong is a booted machine.
@Suite struct HostErrorTests {
  static let names: [String] = Files.folders(in: Files.errors, with: "there.sh")
  private static let known = KnownFailures(Files.errors)
  private static let own: Set<String> = [
    "args", "args.again", "expected.status", "expected.stderr", "expected.state",
    "expected.repaired", "there.sh", "here.sh", "state.sh", "repair.sh",
  ]

  @Test("A host's fault is told, nothing is lost, and the next run converges", arguments: names)
  func fault(name: String) async throws {
    await Gate.hosts.enter()
    do {
      try await check(name, try BootedHosts.running())
    } catch {
      await Gate.hosts.leave()
      throw error
    }
    await Gate.hosts.leave()
  }

  private func check(_ name: String, _ hosts: BootedHosts) async throws {
    let folder = Files.errors + "/" + name
    let scratch = ScratchFolder()
    let project = scratch.path + "/project"
    try Files.copy(folder, to: project, leaving: Self.own)
    try Files.write(hosts.inventory, to: project + "/hosts")
    let place = hosts.place("h1")
    let names = [
      ("ADDRESS", place.address), ("NAME", place.name), ("KEY", place.key),
      ("KNOWN", place.knownHosts),
    ]
    if Files.exists(folder + "/here.sh") {
      let said = try await Command(
        words: ["/usr/bin/env"] + names.map { "\($0.0)=\($0.1)" } + ["sh", folder + "/here.sh"],
        folder: project
      ).run()
      guard said.status == 0 else { throw TestProblem("here.sh: \(said.stderr)") }
    }
    func apply(_ file: String) async throws -> Command.Result {
      let arguments = try Files.lines(folder + "/" + file).filter { !$0.isEmpty }.map {
        names.reduce($0) { $0.replacingAll("@\($1.0)@", with: $1.1) }
      }
      return try await Command(
        words: [Files.binary, "apply", "--yes", "-i", "hosts", "-l", "h1"] + arguments
          + ["site.yaml"], folder: project
      ).run()
    }
    func state() async throws -> String {
      try await hosts.run(on: "h1", try Files.text(folder + "/state.sh"))
    }

    var problems: [String] = []
    _ = try await hosts.run(on: "h1", try Files.text(folder + "/there.sh"))
    let first = try await apply("args")
    let text = try Files.text(folder + "/expected.status")
    let status = text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? -1
    if first.isLate { problems.append("no end within the deadline") }
    if first.status != status { problems.append("status \(first.status) instead of \(status)") }
    let said = Self.plain(first.stderr, names)
    let expected = try Files.text(folder + "/expected.stderr")
    if said != expected { problems.append("standard error:\n\(said)  instead of\n\(expected)") }
    func compare(_ what: String, _ file: String) async throws {
      let (found, wanted) = (try await state(), try Files.text(folder + "/" + file))
      if found != wanted { problems.append("\(what):\n\(found)  instead of\n\(wanted)") }
    }
    try await compare("after the fault", "expected.state")

    _ = try await hosts.run(on: "h1", try Files.text(folder + "/repair.sh"))
    let file = Files.exists(folder + "/args.again") ? "args.again" : "args"
    let second = try await apply(file)
    if second.status != 0 { problems.append("second run: \(second.stdout)\(second.stderr)") }
    try await compare("after the second run", "expected.repaired")
    let third = try await apply(file)
    if third.status != 0 || !third.stdout.contains(" changed=0 ") {
      problems.append("third run: \(third.stdout)")
    }
    Self.known.judge(name, problems)
  }

  /// Without what is another one on each machine.
  private static func plain(_ text: String, _ names: [(String, String)]) -> String {
    let named = names.reduce(text) { $0.replacingAll($1.1, with: "@\($1.0)@") }
    var parts = named.split(separator: "SHA256:", omittingEmptySubsequences: false).map(String.init)
    for index in parts.indices.dropFirst() {
      parts[index] = String(
        parts[index].drop { $0.isLetter || $0.isNumber || $0 == "+" || $0 == "/" })
    }
    return parts.joined(separator: "SHA256:…")
  }
}
