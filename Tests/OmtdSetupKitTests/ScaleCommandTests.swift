import TestKit
import Testing
import Values

/// `scale` as a process, on a simulated cloud.
@Suite struct ScaleCommandTests {
  private static let variables =
    "okeanos_image: debian-12\nokeanos_flavor: 1\nokeanos_environment: trial\n"

  @Test("A folder's YAML file is edited, and exactly the machines go that were listed")
  func folder() async throws {
    try await SimulatedCloud.with { cloud in
      let hosts = "web:  # front\n  hosts:\n    web-1:\n    web-2:\n    web-3:  # last\n"
      try cloud.write(hosts, to: "inv/a.yml")
      try cloud.write("db:\n  hosts:\n    db-[1:2]:\n", to: "inv/b.yml")
      try cloud.write(Self.variables, to: "inv/group_vars/all.yml")
      #expect(try await cloud.apply(inventory: "inv").status == 0)
      let made = try await cloud.changes()

      let shown = try await cloud.run(["scale", "web=1", "--yes"], inventory: "inv")
      #expect(shown.status == 0, "\(shown.stdout)\(shown.stderr)")
      #expect(
        shown.stdout.hasPrefix(
          """
          --- inv/a.yml
          +++ inv/a.yml
          @@ -1,5 +1,3 @@
           web:  # front
             hosts:
               web-1:
          -    web-2:
          -    web-3:  # last
            - web-2  server
          """), "\(shown.stdout)")
      #expect(try cloud.read("inv/a.yml") == hosts)
      #expect(try await cloud.living()["server"] == ["db-1", "db-2", "web-1"])
      #expect(try await cloud.changes()["server.create"] == made["server.create"])

      let grown = try await cloud.run(["scale", "db=3", "--yes", "--write"], inventory: "inv")
      #expect(grown.status == 0, "\(grown.stdout)\(grown.stderr)")
      #expect(try cloud.read("inv/b.yml") == "db:\n  hosts:\n    db-[1:3]:\n")
      #expect(
        try await cloud.living()["server"] == ["db-1", "db-2", "db-3", "web-1", "web-2", "web-3"])

      let gone = try await cloud.run(["scale", "db=0", "--yes", "--write"], inventory: "inv")
      #expect(gone.status == 0, "\(gone.stdout)\(gone.stderr)")
      #expect(try cloud.read("inv/b.yml") == "db:\n  hosts:\n    db-[1:0]:\n")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2", "web-3"])
      let again = try await cloud.run(
        ["plan", "site.yaml", "--detailed-exitcode"], inventory: "inv")
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      #expect(try await cloud.run(["destroy", "--yes"], inventory: "inv").status == 0)
    }
  }

  @Test("What is no machine neither joins nor leaves, and without a terminal nothing is removed")
  func refuses() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      try cloud.write(
        try cloud.inventory + "[plain]\np-1\np-2 ansible_host=192.0.2.1\n", to: "hosts")
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      let made = try await cloud.changes()
      let text = try cloud.inventory
      for (target, summary) in [
        ("plain=1", "`p-2` is no machine"), ("plain=3", "hosts of `plain` have variables"),
        ("web=1", "there is no terminal to ask at"), ("wob=1", "there is no group `wob`"),
      ] {
        let said = try await cloud.run(["scale", target, "--write"])
        #expect(said.status == 1, "\(target) \(said.stdout)\(said.stderr)")
        #expect(said.stderr.contains(summary), "\(said.stderr)")
      }
      #expect(try cloud.inventory == text)
      #expect(try await cloud.changes() == made)
      #expect(try await cloud.destroy().status == 0)
    }
  }
}
