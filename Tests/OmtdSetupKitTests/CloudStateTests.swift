import Fleet
import TestKit
import Testing
import Values

/// State of an environment on the controller that this program must not replace.
@Suite struct CloudStateTests {
  @Test(
    "A journal that is there and cannot be read ends every command, and is left as it is",
    arguments: ["journal", "nowhere"])
  func unreadable(_ target: String) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      #expect(try await cloud.apply().status == 0)
      let made = try await cloud.changes()
      let kept = try Files.text(cloud.journal)
      Files.remove(cloud.journal)
      _ = try await Command(words: ["ln", "-s", target, cloud.journal], folder: cloud.folder).run()
      for words in [
        ["plan", "site.yaml"], ["apply", "--yes", "site.yaml"], ["destroy", "--yes"], ["recover"],
        ["scale", "web=2", "--yes"],
      ] {
        let said = try await cloud.run(words)
        #expect(said.status != 0, "\(words): \(said.stdout)")
        #expect(said.stderr.contains("cannot read `\(cloud.journal)`"), "\(words): \(said.stderr)")
      }
      #expect(Files.target(ofLink: cloud.journal) == target)
      #expect(try await cloud.changes() == made)
      Files.remove(cloud.journal)
      try Files.write(kept, to: cloud.journal)
      try await cloud.expectEnd()
    }
  }

  @Test("A journal of a later version is left to that version, also by recover")
  func laterVersion() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      #expect(try await cloud.apply().status == 0)
      let later =
        JournalText.line(["journal": 2, "environment": "trial"])
        + JournalText.line(["do": "something new"])
      let kept = try Files.text(cloud.journal)
      try Files.write(later, to: cloud.journal)
      for words in [["apply", "--yes", "site.yaml"], ["destroy", "--yes"], ["recover"]] {
        let said = try await cloud.run(words)
        #expect(said.status != 0, "\(words): \(said.stdout)")
        #expect(
          said.stderr.contains(
            "error: the journal of environment `trial` was written by a later version of omtd-setup\n"
          ), "\(words): \(said.stderr)")
        #expect(said.stderr.contains("hint: use that version, or a later one"))
        #expect(!said.stderr.contains("omtd-setup recover"))
      }
      #expect(try Files.text(cloud.journal) == later)
      try Files.write(kept, to: cloud.journal)
      try await cloud.expectEnd()
    }
  }

  @Test(
    "After a reset of the sandbox an environment is made anew, and destroyed, without a recover")
  func resetCloud() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, #"okeanos_networks=["public", "inner"]"#)
      #expect(try await cloud.apply().status == 0)
      let before = try await addresses(cloud)
      try await cloud.request("POST", "/sandbox/reset")
      let again = try await cloud.apply()
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      #expect(Set(try await addresses(cloud)).isDisjoint(with: before))
      try await cloud.expectEnd()
      #expect(try await cloud.apply().status == 0)
      try await cloud.request("POST", "/sandbox/reset")
      try await cloud.expectEnd()
    }
  }

  @Test("The journal of another cloud ends every command that would use its ids, until recover")
  func otherCloud() async throws {
    try await SimulatedCloud.with { first in
      try first.describe(1)
      #expect(try await first.apply().status == 0)
      let ids = try await addresses(first)
      try await SimulatedCloud.with { second in
        let networks = try await second.ask("/network/v2.0/networks")["networks"]?.elements ?? []
        let pool = networks.first { $0["SNF:floating_ip_pool"]?.bool == true }?["id"]?.string ?? ""
        try await second.request(
          "POST", "/network/v2.0/floatingips",
          #"{"floatingip": {"floating_network_id": "\#(pool)"}}"#)
        #expect(try await addresses(second) == ids)
        try second.describe(1)
        let state = ["XDG_STATE_HOME=\(first.folder)/state"]
        let kept = try Files.text(first.journal)
        for words in [
          ["plan", "site.yaml"], ["apply", "--yes", "site.yaml"], ["destroy", "--yes"],
        ] {
          let said = try await second.run(words, environment: state)
          #expect(said.status != 0, "\(words): \(said.stdout)")
          #expect(said.stderr.contains("is of another cloud or account"), "\(said.stderr)")
        }
        #expect(try Files.text(first.journal) == kept)
        #expect(try await second.count(of: "server.create") == 0)
        let recovered = try await second.run(["recover"], environment: state)
        #expect(recovered.stdout.contains("nothing of it is taken over"), "\(recovered.stderr)")
        for words in [["apply", "--yes", "site.yaml"], ["destroy", "--yes"]] {
          let said = try await second.run(words, environment: state)
          #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
        }
        #expect(try await addresses(second) == ids)
      }
      // The journal is empty again, and the marks name what is here.
      try await first.expectEnd()
    }
  }

  private func addresses(_ cloud: SimulatedCloud) async throws -> [String] {
    let all = try await cloud.ask("/network/v2.0/floatingips")["floatingips"]?.elements ?? []
    return all.compactMap { $0["id"]?.string }
  }

  @Test("The host key of a machine is forgotten when the machine is gone")
  func hostKeys() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.apply().status == 0)
      let folder = String(cloud.journal.dropLast("/journal".count))
      let servers = try await cloud.ask("/compute/v2.0/servers/detail")["servers"]?.elements ?? []
      let names = servers.compactMap {
        $0["id"]?.int.map { "host-key-\($0)" } ?? $0["id"]?.string.map { "host-key-\($0)" }
      }
      #expect(names.count == 2)
      for name in names + ["host-key-77777"] { try Files.write("* k\n", to: folder + "/" + name) }
      try cloud.describe(1)
      #expect(try await cloud.apply(["--prune"]).status == 0)
      let left = Files.names(folder).filter { $0.hasPrefix("host-key-") }
      #expect(left.count == 2)
      #expect(left.contains("host-key-77777"))
      try await cloud.expectEnd()
      #expect(Files.names(folder).filter { $0.hasPrefix("host-key-") } == ["host-key-77777"])
    }
  }
}
