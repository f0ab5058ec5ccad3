import TestKit
import Testing
import Values

/// Journals that are damaged or cannot be written, and destroy where it finds something else.
@Suite struct CloudJournalTests {
  enum Damage: String, CaseIterable, Sendable {
    case torn, changed, empty, bytes

    func spoil(_ text: String) -> String {
      switch self {
      case .torn: String(text.dropLast(5))
      case .changed: text.replacing("reserved", with: "released")
      case .empty: ""
      case .bytes: String(repeating: "\u{0}\u{1}", count: 4096)
      }
    }
  }

  @Test(
    "A journal that is not what was written is refused, and recover makes it anew from the marks",
    arguments: Damage.allCases)
  func recovers(_ damage: Damage) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, #"okeanos_networks=["public", "inner"]"#)
      #expect(try await cloud.apply().status == 0)
      let made = try await cloud.changes()
      let spoiled = damage.spoil(try Files.text(cloud.journal))
      try Files.write(spoiled, to: cloud.journal)
      for said in [try await cloud.apply(), try await cloud.destroy()] {
        #expect(said.status != 0)
        #expect(said.stderr.contains("omtd-setup recover"), "\(said.stderr)")
      }
      #expect(try Files.text(cloud.journal) == spoiled)
      let recovered = try await cloud.run(["recover"])
      #expect(recovered.status == 0, "\(recovered.stdout)\(recovered.stderr)")
      #expect(recovered.stdout.contains("2 machines, 3 addresses and networks of its own"))
      #expect(try Files.text(cloud.journal + ".kept-1") == spoiled)
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      #expect(try await cloud.changes() == made)
      try await cloud.expectEnd()
    }
  }

  /// Runs a script that has the program as `"$@"` and the environment's folder, on a file system of
  /// its own of 16 KiB, as `$0`.
  private func onSmallDisk(
    _ cloud: SimulatedCloud, _ words: [String], _ script: String
  ) async throws -> Command.Result {
    try await cloud.run(
      words,
      shell: [
        "unshare", "-Urm", "sh", "-c",
        #"mkdir -p "$0" && mount -t tmpfs -o size=16k,mode=700 none "$0" || exit 90; "# + script,
        cloud.journal.replacing("/journal", with: ""),
      ])
  }

  @Test("A disk that is full in the middle stops the run, and with room the next one goes on")
  func fullDisk() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(16)
      let said = try await onSmallDisk(
        cloud, ["apply", "--yes", "site.yaml"],
        """
        "$@" --limit nothing >/dev/null 2>&1
        cat /dev/zero >"$0/filler" 2>/dev/null
        "$@" --limit all; echo "first $?"
        rm "$0/filler"
        "$@" --limit all; echo "second $?"
        cp "$0/journal" kept
        """)
      #expect(!said.stdout.contains("first 0\n"), "\(said.stdout)\(said.stderr)")
      #expect(said.stderr.contains("journal`: No space left on device"), "\(said.stderr)")
      #expect(said.stdout.contains("second 0\n"), "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.living()["server"]?.count == 16)
      #expect(try await cloud.living()["floating_ip"]?.count == 16)
      #expect(try await cloud.count(of: "server.create") == 16)
      Files.makeFolders(above: cloud.journal)
      try Files.write(try Files.text(cloud.folder + "/kept"), to: cloud.journal)
      try await cloud.expectEnd()
    }
  }

  @Test("State that cannot be written stops the run before anything is asked for")
  func readOnly() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      let said = try await onSmallDisk(
        cloud, ["apply", "--yes", "site.yaml"], #"mount -o remount,ro "$0"; "$@""#)
      #expect(said.status != 0)
      #expect(said.stderr.contains("Read-only file system"), "\(said.stderr)")
      #expect(try await cloud.records().all.isEmpty)
    }
  }

  @Test("Machines and addresses that are gone when they are to be destroyed are no errors")
  func alreadyGone() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3)
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(
        #"{"match": {"operation": "server.delete", "nth": 1}, "do": {"delete-machine": "web-3"}}"#)
      let addresses = try await cloud.ask("/network/v2.0/floatingips")["floatingips"]?.elements
      let id = addresses?.first?["id"]?.string ?? ""
      try await cloud.fault(
        #"{"match": {"operation": "floatingip.delete"}, "do": {"delay": 1500}}"#)
      async let destroyed = cloud.destroy()
      try await cloud.wait(for: "floatingip.delete")
      _ = try? await cloud.request("DELETE", "/network/v2.0/floatingips/\(id)")
      let said = try await destroyed
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("destroyed, nothing is left"))
      try await cloud.expectEnd()
      #expect(try await cloud.destroy().stdout.contains("nothing of it is in the cloud"))
    }
  }

  @Test("destroy takes nothing of another environment, and nothing at all without a yes")
  func otherEnvironment() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.apply().status == 0)
      let made = try await cloud.changes()
      let asked = try await cloud.run(["destroy"])
      #expect(asked.status != 0)
      #expect(asked.stderr.contains("say --yes"), "\(asked.stderr)")
      let limited = try await cloud.run(["destroy", "--yes", "--limit", "web-1"])
      #expect(limited.status != 0)
      try cloud.write("localhost ansible_connection=local\n", to: "plain")
      try cloud.write("", to: "empty")
      try cloud.write(
        try cloud.inventory.replacing("trial", with: "tria1"), to: "similar")
      for file in ["plain", "empty", "similar"] {
        let said = try await cloud.run(["destroy", "--yes"], inventory: file)
        #expect(
          said.stdout.contains("nothing of it is in the cloud") || said.status != 0,
          "\(file): \(said.stdout)\(said.stderr)")
        #expect(said.stdout.contains("trial") || said.status != 0, "\(file): \(said.stdout)")
      }
      #expect(try await cloud.changes() == made)
      try await cloud.expectEnd()
    }
  }
}
