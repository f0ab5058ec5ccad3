import TestKit
import Testing
import Values

/// Changes of machines in place, and what goes with an environment.
@Suite struct CloudChangeTests {
  /// State and flavor of the only machine, as the cloud's API lists it.
  private func machine(_ cloud: SimulatedCloud) async throws -> String {
    let servers = try await cloud.ask("/compute/v2.0/servers/detail")["servers"]?.elements ?? []
    return servers.map { server in
      let flavor = server["flavor"]?["id"]
      return "\(server["status"]?.string ?? "") flavor "
        + (flavor?.string ?? flavor?.int.map { "\($0)" } ?? "?")
    }.joined(separator: ", ")
  }

  /// Two flavors of one disk.
  private func flavors(_ cloud: SimulatedCloud) async throws {
    for cpus in [2, 4] {
      _ = try await cloud.request(
        "POST", "/sandbox/flavors", #"{"cpus": \#(cpus), "ram": 1024, "disk": 10}"#)
    }
  }

  @Test("Another flavor of the same disk stops the machine, resizes and starts it, as was shown")
  func resizes() async throws {
    try await SimulatedCloud.with { cloud in
      try await flavors(cloud)
      try cloud.describe(1, flavor: 5)
      #expect(try await cloud.apply().status == 0)
      try cloud.describe(1, flavor: 6)
      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(plan.stdout.contains("  ~ web-1  resize: "), "\(plan.stdout)")
      #expect(plan.stdout.contains("(it stops and starts)"))
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await machine(cloud) == "ACTIVE flavor 6")
      #expect(try await cloud.count(of: "server.action") == 3)
      #expect(try await cloud.count(of: "server.create") == 1)
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      try await cloud.expectEnd()
    }
  }

  @Test(
    "A resize that is killed at any of its actions is brought to its end by the next run",
    arguments: 1...3)
  func killedResize(_ action: Int) async throws {
    try await SimulatedCloud.with { cloud in
      try await flavors(cloud)
      try cloud.describe(1, flavor: 5)
      #expect(try await cloud.apply().status == 0)
      for job in ["stop", "resize", "start"] {
        try await cloud.fault(
          #"{"match": {"operation": "\#(job)"}, "do": {"slow-build": 1}}"#)
      }
      try cloud.describe(1, flavor: 6)
      let killed = try await cloud.run(
        ["apply", "--yes", "site.yaml"], signals: [Loopback.kill], behind: "server.action",
        count: action)
      #expect(killed.status == 128 + 9)
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await machine(cloud) == "ACTIVE flavor 6")
      #expect(try await cloud.count(of: "server.create") == 1)
      try await cloud.expectEnd()
    }
  }

  @Test(
    "A machine that cannot be resized, or started behind it, is told with the reason",
    arguments: [
      (
        #"{"match": {"operation": "resize"}, "do": {"fail": "no node has room"}}"#,
        "the cloud kept its size", "ACTIVE flavor 5"
      ),
      (
        #"{"match": {"operation": "server.action", "nth": 2}, "do": {"status": 413}}"#,
        "the cloud did not resize machine `web-1`", "ACTIVE flavor 5"
      ),
      (
        #"{"match": {"operation": "server.action", "nth": 3}, "do": {"steal-quota": "cyclades.cpu", "resource": "cyclades.cpu"}}"#,
        "the cloud did not start machine `web-1`", "STOPPED flavor 6"
      ),
    ])
  func refusedResize(_ fault: String, _ reason: String, _ state: String) async throws {
    try await SimulatedCloud.with { cloud in
      try await flavors(cloud)
      try cloud.describe(1, flavor: 5)
      #expect(try await cloud.apply().status == 0)
      try cloud.describe(1, flavor: 6)
      try await cloud.fault(fault)
      let said = try await cloud.apply()
      #expect(said.status != 0)
      #expect(said.stderr.contains(reason), "\(said.stderr)")
      #expect(try await cloud.faultsMet() == 1)
      #expect(try await machine(cloud) == state)
      #expect(said.stdout.contains("  web-1  server "), "\(said.stdout)")
      #expect(said.stdout.contains(state.split(separator: " ")[0]), "\(said.stdout)")
      try await cloud.expectEnd()
    }
  }

  @Test("Volumes are made with a machine and added to one, once each, and go with it")
  func volumes() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, #"okeanos_volumes=[{"name": "data", "size": 3}]"#)
      let first = try await cloud.apply()
      #expect(first.status == 0, "\(first.stdout)\(first.stderr)")
      #expect(try await cloud.living()["volume"] == ["web-1-data"])
      try cloud.describe(
        1, #"okeanos_volumes=[{"name": "data", "size": 3}, {"name": "log", "size": 2}]"#)
      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(plan.stdout.contains("  ~ web-1  volume web-1-log: 2 GiB"), "\(plan.stdout)")
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["volume"] == ["web-1-data", "web-1-log"])
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      #expect(try await cloud.count(of: "volume.create") == 2)
      try await cloud.expectEnd()
    }
  }

  @Test("A volume that the cloud could not make is told, and made by the next run")
  func brokenVolume() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, #"okeanos_volumes=[{"name": "data", "size": 3}]"#)
      try await cloud.fault(
        #"{"match": {"operation": "create-volume"}, "do": {"fail": "the array is full"}}"#)
      let said = try await cloud.apply()
      #expect(said.status != 0)
      #expect(said.stderr.contains("web-1-data"), "\(said.stderr)")
      #expect(try await cloud.faultsMet() == 1)
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["server"] == ["web-1"])
      #expect(try await cloud.living()["volume"] == ["web-1-data"])
      try await cloud.expectEnd()
    }
  }

  @Test("Metadata change in place, written in INI or in YAML")
  func metadata() async throws {
    try await SimulatedCloud.with { cloud in
      func found() async throws -> [Value?] {
        let servers = try await cloud.ask("/compute/v2.0/servers/detail")["servers"]?.elements
        let metadata = servers?.first?["metadata"]
        return [metadata?["tier"], metadata?["owner"]]
      }
      try cloud.describe(1, #"okeanos_metadata={"tier": "one"}"#)
      #expect(try await cloud.apply().status == 0)
      #expect(try await found() == ["one", nil])
      try cloud.describe(1, #"okeanos_metadata={"tier": "two", "owner": "ops"}"#)
      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(plan.stdout.contains("  ~ web-1  metadata: owner, tier"), "\(plan.stdout)")
      #expect(try await cloud.apply().status == 0)
      #expect(try await found() == ["two", "ops"])
      try cloud.write(
        """
        web:
          hosts:
            web-1:
          vars:
            okeanos_image: debian-12
            okeanos_flavor: 1
            okeanos_environment: trial
            okeanos_metadata: {tier: three, owner: ops}

        """, to: "hosts.yaml")
      let said = try await cloud.run(["apply", "--yes", "site.yaml"], inventory: "hosts.yaml")
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await found() == ["three", "ops"])
      #expect(try await cloud.count(of: "server.create") == 1)
      try await cloud.expectEnd()
    }
  }

  @Test(
    "Protection keeps a machine from replacement, pruning and destruction until it is taken off")
  func protection() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_protect=yes")
      #expect(try await cloud.apply().status == 0)
      let made = try await cloud.changes()
      let replaced = try await cloud.apply(["--replace", "web-1"])
      try cloud.describe(1, "okeanos_protect=yes")
      let pruned = try await cloud.apply(["--prune"])
      for said in [replaced, pruned, try await cloud.destroy()] {
        #expect(said.status != 0)
        #expect(said.stderr.contains("protected"), "\(said.stderr)")
      }
      #expect(try await cloud.changes() == made)
      try cloud.describe(2, "okeanos_protect=no")
      let freed = try await cloud.apply()
      #expect(freed.stdout.contains("  ~ web-1  metadata: protection"), "\(freed.stdout)")
      try await cloud.expectEnd()
    }
  }

  @Test(
    "gc takes the expired machines of an environment, and their addresses also without its journal",
    arguments: [true, false])
  func partlyExpired(_ hasJournal: Bool) async throws {
    try await SimulatedCloud.with { cloud in
      func describe(_ count: Int) throws {
        try cloud.write(
          """
          [web]
          web-1
          \(count > 1 ? "web-2 okeanos_expires=1s" : "")

          [web:vars]
          okeanos_image=debian-12
          okeanos_flavor=1
          okeanos_environment=trial
          okeanos_networks=["public", "inner"]

          """)
      }
      try describe(1)
      #expect(try await cloud.apply().status == 0)
      try describe(2)
      #expect(try await cloud.apply().status == 0)
      try await Task.sleep(for: .seconds(2))
      let said = try await cloud.run(
        ["gc", "--yes"],
        environment: hasJournal ? [] : ["XDG_STATE_HOME=\(cloud.folder)/elsewhere"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      let living = try await cloud.living()
      #expect(living["server"] == ["web-1"])
      #expect(living["floating_ip"]?.count == 1)
      #expect(living["network"]?.count == 1)
      try describe(1)
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      try await cloud.expectEnd()
    }
  }
}
