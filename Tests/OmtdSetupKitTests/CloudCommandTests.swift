import TestKit
import Testing
import Values

/// The commands of machines as processes, on a simulated cloud. The verdict is the cloud's own.
@Suite struct CloudCommandTests {
  @Test("Machines are created once, told by status, scaled as shown, and destroyed")
  func life() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_expires=2h")
      let plan = try await cloud.run(["plan", "site.yaml", "--detailed-exitcode"])
      #expect(plan.status == 2, "\(plan.stdout)\(plan.stderr)")
      #expect(plan.stdout.contains("Machines: 2 to add, 0 to change, 0 to destroy."))
      #expect(!plan.stdout.contains("No changes"))
      #expect(try await cloud.records().all.isEmpty)

      let first = try await cloud.apply()
      #expect(first.status == 0, "\(first.stdout)\(first.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
      #expect(try await cloud.living()["floating_ip"]?.count == 2)
      let made = try await cloud.changes()

      let second = try await cloud.apply()
      #expect(second.status == 0)
      #expect(second.stdout.contains("Machines: no changes."))
      #expect(try await cloud.changes() == made)

      let status = try JSON.parse(try await cloud.run(["status", "--json"]).stdout)
      let machines = status["machines"]?.elements ?? []
      #expect(machines.map { $0["name"] } == ["web-1", "web-2"])
      for machine in machines {
        #expect(machine["state"] == "ACTIVE")
        #expect(machine["addresses"]?.elements?.count == 1)
        for key in ["id", "created", "expires"] { #expect(machine[key]?.string != nil) }
      }

      let grown = try await cloud.run(["scale", "web=3", "--write", "--yes"])
      #expect(grown.status == 0, "\(grown.stdout)\(grown.stderr)")
      #expect(try cloud.inventory.contains("web-[1:3]"))
      #expect(try await cloud.living()["server"] == ["web-1", "web-2", "web-3"])
      var expected = made
      expected["server.create", default: 0] += 1
      expected["floatingip.create", default: 0] += 1
      #expect(try await cloud.changes() == expected)

      let shrunk = try await cloud.run(["scale", "web=1", "--write", "--yes"])
      #expect(shrunk.status == 0, "\(shrunk.stdout)\(shrunk.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1"])
      #expect(try await cloud.living()["floating_ip"]?.count == 1)
      try await cloud.expectEnd()
    }
  }

  @Test("A machine that is no longer described stays until --prune")
  func prunes() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3)
      _ = try await cloud.apply()
      try cloud.describe(2)
      let shown = try await cloud.apply()
      #expect(shown.status == 0)
      #expect(try await cloud.living()["server"] == ["web-1", "web-2", "web-3"])
      #expect(try await cloud.run(["plan", "site.yaml"]).stdout.contains("- web-3"))
      let pruned = try await cloud.apply(["--prune"])
      #expect(pruned.status == 0, "\(pruned.stdout)\(pruned.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
      try await cloud.expectEnd()
    }
  }

  @Test("Another image replaces a machine only where --replace allows it")
  func replaces() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      _ = try await cloud.apply()
      try cloud.describe(1, image: "debian-12-python")
      let refused = try await cloud.apply()
      #expect(refused.status != 0)
      #expect((refused.stdout + refused.stderr).contains("--replace"), "\(refused.stderr)")
      #expect(try await cloud.count(of: "server.create") == 1)
      let replaced = try await cloud.apply(["--replace", "web-1"])
      #expect(replaced.status == 0, "\(replaced.stdout)\(replaced.stderr)")
      #expect(try await cloud.count(of: "server.create") == 2)
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
    }
  }

  @Test("Neither scale nor destroy takes a protected machine")
  func protects() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_protect=true")
      _ = try await cloud.apply()
      let destroyed = try await cloud.destroy()
      let scaled = try await cloud.run(["scale", "web=1", "--write", "--yes"])
      for said in [destroyed, scaled] {
        #expect(said.status != 0)
        #expect(said.stderr.contains("protected"), "\(said.stderr)")
      }
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
    }
  }

  @Test("What does not fit into the quota fails before the first request that makes something")
  func quota() async throws {
    try await SimulatedCloud.with(room: 2) { cloud in
      try cloud.describe(3)
      let said = try await cloud.apply()
      #expect(said.status != 0)
      #expect(said.stderr.contains("cyclades.vm"), "\(said.stderr)")
      #expect(try await cloud.records().all.isEmpty)
    }
  }

  @Test("A machine that was stopped is started, without a playbook if only machines are asked for")
  func starts() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
      try await cloud.fault(#"{"do": "stop-machine", "server": "web-2"}"#)
      let said = try await cloud.run(["apply", "--yes", "--machines-only"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.count(of: "server.create") == 2)
      let status = try JSON.parse(try await cloud.run(["status", "--json"]).stdout)
      #expect(status["machines"]?.elements?.map { $0["state"] } == ["ACTIVE", "ACTIVE"])
      try await cloud.expectEnd()
    }
  }

  @Test("A journal that is damaged stops the run, and recover makes it anew from the marks")
  func recovers() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, #"okeanos_networks=["public", "inner"]"#)
      _ = try await cloud.apply()
      let made = try await cloud.changes()
      try Files.write("junk\n", to: cloud.journal)
      let refused = try await cloud.apply()
      #expect(refused.status != 0)
      #expect(refused.stderr.contains("omtd-setup recover"), "\(refused.stderr)")
      let recovered = try await cloud.run(["recover"])
      #expect(recovered.status == 0, "\(recovered.stdout)\(recovered.stderr)")
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.changes() == made)
      try await cloud.expectEnd()
    }
  }

  @Test("gc removes an environment that has expired, and no other")
  func expires() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_expires=1h")
      _ = try await cloud.apply()
      #expect(try await cloud.run(["gc", "--yes"]).status == 0)
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
      try await cloud.expectEnd()
      try cloud.describe(2, "okeanos_expires=1s")
      _ = try await cloud.apply()
      try await Task.sleep(for: .seconds(2))
      let said = try await cloud.run(["gc", "--yes"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.living()["server", default: []] == [])
      #expect(try await cloud.living()["floating_ip", default: []] == [])
    }
  }

  @Test("A machine whose build fails is made once more, then told with the cloud's reason")
  func buildErrors() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try await cloud.fault(
        #"{"match": {"operation": "build", "times": 1}, "do": {"build-error": "disk on fire"}}"#)
      let mended = try await cloud.apply()
      #expect(mended.status == 0, "\(mended.stdout)\(mended.stderr)")
      #expect(try await cloud.count(of: "server.create") == 2)
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
      try await cloud.fault(
        #"{"match": {"operation": "build", "times": -1}, "do": {"build-error": "disk on fire"}}"#)
      let failed = try await cloud.apply()
      #expect(failed.status != 0)
      #expect((failed.stdout + failed.stderr).contains("disk on fire"))
      #expect(try await cloud.count(of: "server.create") == 4)
      try await cloud.forgetFaults()
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
    }
  }

  @Test("A token that is refused is told, and shown nowhere")
  func token() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      let said = try await cloud.run(["apply", "--yes", "site.yaml"], token: "wrong-token-canary")
      #expect(said.status != 0)
      #expect(!(said.stdout + said.stderr).contains("wrong-token-canary"))
      #expect(said.stderr.contains("401"), "\(said.stderr)")
    }
  }
}
