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
            - web-2  destroy: not in the inventory
            - web-3  destroy: not in the inventory
          """), "\(shown.stdout)")
      #expect(try cloud.read("inv/a.yml") == hosts)
      #expect(try await cloud.living()["server"] == ["db-1", "db-2", "web-1"])
      #expect(try await cloud.changes()["server.create"] == made["server.create"])

      let grown = try await cloud.run(["scale", "db=3", "--yes", "--write"], inventory: "inv")
      #expect(grown.status == 0, "\(grown.stdout)\(grown.stderr)")
      #expect(try cloud.read("inv/b.yml") == "db:\n  hosts:\n    db-[1:3]:\n")
      #expect(try await cloud.living()["server"] == ["db-1", "db-2", "db-3", "web-1"])

      let gone = try await cloud.run(["scale", "db=0", "--yes", "--write"], inventory: "inv")
      #expect(gone.status == 0, "\(gone.stdout)\(gone.stderr)")
      #expect(try cloud.read("inv/b.yml") == "db:\n  hosts:\n    db-[1:0]:\n")
      #expect(try await cloud.living()["server"] == ["web-1"])
      let kept = try await cloud.run(["scale", "web=3", "--yes"], inventory: "inv")
      #expect(kept.status == 0, "\(kept.stdout)\(kept.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2", "web-3"])
      let again = try await cloud.run(
        ["plan", "site.yaml", "--detailed-exitcode"], inventory: "inv")
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      #expect(try await cloud.run(["destroy", "--yes"], inventory: "inv").status == 0)
    }
  }

  @Test("Killed at any moment, scale leaves no machine without its line, and a second one ends it")
  func killed() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      #expect(try await cloud.apply().status == 0)
      for (count, before) in [(3, 1), (1, 3)] {
        let words = ["scale", "web=\(count)", "--write", "--yes"]
        let start = try cloud.inventory
        let names = (1...count).map { "web-\($0)" }
        var isDone = false
        var kills = 0
        while !isDone, kills < 40 {
          kills += 1
          let said = try await cloud.run(words, environment: ["OMTD_JOURNAL_KILL=\(kills)"])
          isDone = said.status == 0
          let text = try cloud.inventory
          let lines = text.contains("web-[1:\(count)]") ? count : before
          let living = try await cloud.living()["server", default: []]
          let known = (1...lines).map { "web-\($0)" }
          #expect(living.allSatisfy(known.contains), "kill \(kills), \(living), \(text)")
          let again = try await cloud.run(words)
          #expect(again.status == 0, "kill \(kills) \(again.stdout)\(again.stderr)")
          #expect(try cloud.inventory.contains("web-[1:\(count)]"), "kill \(kills)")
          #expect(try await cloud.living()["server"] == names, "kill \(kills)")
          #expect(try await cloud.living()["floating_ip"]?.count == count, "kill \(kills)")
          guard !isDone else { break }
          // The same once more, killed one write later.
          try cloud.write(start)
          #expect(try await cloud.apply(["--prune"]).status == 0)
        }
        #expect(isDone && kills > 3, "\(kills)")
      }
      try await cloud.expectEnd()
    }
  }

  @Test("scale shows all that it does before it asks, and changes no machine but those")
  func others() async throws {
    try await SimulatedCloud.with { cloud in
      let hosts =
        "[web]\nweb-[1:2]\n\n[db]\ndb-1\n\n[all:vars]\nokeanos_image=debian-12\n"
        + "okeanos_flavor=1\nokeanos_environment=trial\n"
      try cloud.write(hosts)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      // Another machine lacks, and one is to be resized, which is no matter of the group.
      try cloud.write(
        hosts.replacingAll("db-1\n", with: "db-[1:2]\n").replacingAll(
          "okeanos_flavor=1", with: "okeanos_flavor=2"))
      let less = try await cloud.run(["scale", "web=1", "--yes", "--write"])
      #expect(less.status == 0, "\(less.stdout)\(less.stderr)")
      #expect(less.stdout.contains("Machines: 0 to add, 0 to change, 1 to destroy."))
      #expect(try await cloud.living()["server"] == ["db-1", "web-1"])
      let more = try await cloud.run(["scale", "web=2", "--yes", "--write"])
      #expect(more.status == 0, "\(more.stdout)\(more.stderr)")
      #expect(more.stdout.contains("Machines: 1 to add, 0 to change, 0 to destroy."))
      #expect(try await cloud.living()["server"] == ["db-1", "web-1", "web-2"])
      #expect(try await cloud.changes()["server.action"] == nil)
      let limited = try await cloud.run(["scale", "web=1", "--yes", "-l", "web-1"])
      #expect(limited.status == 1)
      #expect(limited.stderr.hasPrefix("error: `scale` is about a group as a whole"))
    }
  }

  @Test("A plan of scale that cannot be carried out changes nothing, nor the inventory")
  func impossible() async throws {
    try await SimulatedCloud.with(room: 2) { cloud in
      try cloud.describe(2)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      let text = try cloud.inventory
      let made = try await cloud.changes()
      let said = try await cloud.run(["scale", "web=4", "--yes", "--write"])
      #expect(said.status == 1)
      #expect(said.stderr.contains("the plan does not fit"), "\(said.stderr)")
      #expect(try cloud.inventory == text)
      #expect(try await cloud.changes() == made)
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
