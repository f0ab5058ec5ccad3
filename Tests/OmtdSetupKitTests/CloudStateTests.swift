import Fleet
import TestKit
import Testing

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
}
