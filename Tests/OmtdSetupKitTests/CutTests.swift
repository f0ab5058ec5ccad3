import TestKit
import Testing

/// `Tests/Errors/connection-cut`: on two booted machines the session is killed at operation 1, 2,
/// 3, … of a play, until a run completes.
@Suite struct CutTests {
  private static let folder = Files.errors + "/connection-cut"
  private static let most = 400

  /// What is killed at an operation.
  enum Victim: String, Sendable, CaseIterable {
    /// The sshd of the session; its shell ends by itself.
    case connection
    /// The shells as well, as at a power cut: what lies beside a file may stay.
    case session

    /// Operations from one cut to the next.
    var stride: Int { self == .connection ? 1 : 7 }
  }

  @Test(
    "A connection cut at any operation leaves whole files, and the next run converges",
    arguments: Victim.allCases)
  func cut(_ victim: Victim) async throws {
    await Gate.hosts.enter()
    do {
      try await cutAll(victim, try BootedHosts.running())
    } catch {
      await Gate.hosts.leave()
      throw error
    }
    await Gate.hosts.leave()
  }

  private func cutAll(_ victim: Victim, _ hosts: BootedHosts) async throws {
    let scratch = ScratchFolder()
    let project = scratch.path + "/project"
    try Files.copy(Self.folder, to: project)
    try Files.write(hosts.inventory, to: project + "/hosts")
    try Files.write(String(repeating: "n", count: 60000), to: project + "/large")
    let expected = try Files.text(project + "/expected.tree")
    let prepare = try Files.text(project + "/prepare.sh")
    let tree = try Files.text(project + "/tree.sh")
    let old = try await hosts.run(on: "h1", prepare + tree)
    let whole = Set((old + expected).split(separator: "\n").map { $0.split(separator: "\t")[0] })
    let mark = victim == .session ? ": >/root/cut/whole\n" : ""
    var hasEnded = false
    var cuts = 0
    var at = 1
    while !hasEnded {
      try #require(at < Self.most, "no run completed")
      for (number, alias) in ["h1", "h2"].enumerated() {
        _ = try await hosts.run(
          on: alias, prepare + mark + "echo \(at + number * victim.stride) >/root/cut/at")
      }
      let first = try await apply(project)
      for alias in ["h1", "h2"] {
        let operation = try await hosts.run(
          on: alias,
          "/usr/bin/rm /root/cut/at; \(try Files.text(project + "/wait.sh"))"
            + "cat /root/cut/done/what 2>/dev/null || :")
        let after = try await hosts.run(on: alias, tree)
        let place: Comment = "\(alias) at \(at): \(operation) \(first.stdout)\(first.stderr)"
        if operation.isEmpty {
          hasEnded = true
        } else {
          cuts += 1
          check(after, of: alias, against: whole, first, place, victim)
        }
      }
      let second = try await apply(project)
      #expect(second.status == 0, "at \(at): \(second.stdout)\(second.stderr)")
      for alias in ["h1", "h2"] {
        let after =
          try await hosts.run(on: alias, tree).split(separator: "\n")
          .filter { victim == .connection || !Self.isLeft($0) }.joined(separator: "\n") + "\n"
        #expect(after == expected, "\(alias) at \(at)")
      }
      at += 2 * victim.stride
    }
    #expect(cuts >= 20 / victim.stride, "few cuts: \(cuts)")
    for alias in ["h1", "h2"] {
      _ = try await hosts.run(
        on: alias, "PATH=/usr/bin; rm -rf /root/.bashrc /root/cut /srv/cut /tmp/tmp.*")
    }
  }

  /// A file that was being made beside another, or for the output of a command.
  private static func isLeft(_ line: Substring) -> Bool {
    line.hasPrefix("./.omtd.") || line.hasPrefix("/tmp/tmp.")
  }

  private func check(
    _ tree: String, of alias: String, against whole: Set<Substring>, _ said: Command.Result,
    _ place: Comment, _ victim: Victim
  ) {
    #expect(said.status == 4, place)
    #expect(said.stderr.contains("host is unreachable: `\(alias)`"), place)
    for line in tree.split(separator: "\n") where !Self.isLeft(line) {
      #expect(whole.contains(line.split(separator: "\t")[0]), place)
    }
    // Neither lost nor moved aside.
    for name in ["large", "lines", "link", "small"] {
      #expect(tree.contains("./\(name) "), place)
    }
  }

  private func apply(_ project: String) async throws -> Command.Result {
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "-i", "hosts", "site.yaml"], folder: project
    ).run()
    #expect(!said.isLate)
    return said
  }
}
