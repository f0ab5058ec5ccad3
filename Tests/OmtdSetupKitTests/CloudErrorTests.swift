import TestKit
import Testing
import Values

/// What a cloud that fails leaves behind, and what is said of it.
@Suite struct CloudErrorTests {
  private func number(_ living: [String: [String]], _ kind: String) -> Int {
    living[kind, default: []].count
  }

  /// The list that a run which failed ends with is what the cloud's records say.
  private func expectTruth(
    _ said: Command.Result, _ cloud: SimulatedCloud, of count: Int
  ) async throws {
    let alive = try await cloud.living()["server", default: []]
    for name in (1...count).map({ "web-\($0)" }) {
      let lines = said.stdout.split(separator: "\n").map(String.init)
      let isThere = lines.contains { $0.hasPrefix("  \(name)  server ") }
      #expect(isThere == alive.contains(name), "\(name): \(said.stdout)\(said.stderr)")
      #expect(
        alive.contains(name) || lines.contains("  \(name)  not created")
          || lines.contains { $0.hasSuffix(": nothing of it is in the cloud.") }, "\(said.stdout)")
    }
  }

  @Test(
    "Of two runs that race for the last quota one wins, and the other names what it made and removes it"
  )
  func race() async throws {
    try await SimulatedCloud.with(room: 3) { cloud in
      try cloud.describe(2, #"okeanos_networks=["public", "inner"]"#)
      try cloud.write(
        """
        [db]
        db-[1:2]

        [db:vars]
        okeanos_image=debian-12
        okeanos_flavor=1
        okeanos_environment=other

        """, to: "others")
      // The first run has planned, and waits with its network until the second is done.
      try await cloud.fault(
        #"{"match": {"operation": "network.create", "times": -1}, "do": {"status": 503, "retry_after": 8}}"#
      )
      async let first = cloud.apply()
      try await cloud.wait(for: "network.create")
      let db = try await cloud.run(["apply", "--yes", "site.yaml"], inventory: "others")
      try await cloud.forgetFaults()
      let web = try await first
      #expect(db.status == 0, "\(db.stdout)\(db.stderr)")
      #expect(web.status != 0)
      #expect(web.stderr.contains("-> 413"), "\(web.stderr)")
      #expect(web.stderr.contains("overLimit"))
      #expect(web.stderr.contains("`omtd-setup quota`"))
      try await expectTruth(web, cloud, of: 2)
      #expect(try await number(cloud.living(), "server") == 3)
      let removed = try await cloud.destroy()
      #expect(removed.status == 0, "\(removed.stdout)\(removed.stderr)")
      let living = try await cloud.living()
      #expect(living["server"] == ["db-1", "db-2"])
      #expect(number(living, "floating_ip") == 2)
    }
  }

  @Test(
    "A run that comes to the end of a resource tells machine and reason, and leaks nothing",
    arguments: [
      (
        #"{"match": {"operation": "server.create", "nth": 2}, "do": {"steal-quota": "cyclades.vm"}}"#,
        "'Virtual Machine' exceeded"
      ),
      (
        #"{"match": {"operation": "floatingip.create", "nth": 2, "times": 1}, "do": {"pool-empty": true}}"#,
        "no floating IP for machine `web-2`"
      ),
      (
        #"{"match": {"operation": "server.create", "nth": 2}, "do": {"no-backend": true}}"#,
        "was not created"
      ),
    ])
  func ends(_ fault: String, _ reason: String) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_timeout=2")
      try await cloud.fault(fault)
      let said = try await cloud.apply()
      #expect(said.status != 0)
      #expect(said.stderr.contains(reason), "\(said.stderr)")
      let living = try await cloud.living()
      #expect(number(living, "server") == 1)
      #expect(number(living, "floating_ip") == 1)
      try await expectTruth(said, cloud, of: 2)
      for name in ["web-1", "web-2"] where living["server"] != [name] {
        #expect(said.stderr.contains("machine `\(name)`"), "\(said.stderr)")
      }
      try await cloud.expectEnd()
    }
  }

  @Test(
    "Answers that say `later`, or that are none, are followed by another try",
    arguments: [
      #"{"status": 429, "retry_after": 1}"#, #"{"status": 503, "retry_after": 1}"#,
      #""html""#, #""truncate""#, #""wrong-type""#,
    ])
  func later(_ effect: String) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      for operation in ["server.create", "floatingip.create", "server.delete"] {
        try await cloud.fault(
          #"{"match": {"operation": "\#(operation)"}, "do": \#(effect)}"#)
      }
      let start = ContinuousClock.now
      var said = try await cloud.apply()
      if effect.contains("retry_after") {
        #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
        #expect(ContinuousClock.now - start > .seconds(2))
      } else if said.status != 0 {
        try await expectTruth(said, cloud, of: 2)
        said = try await cloud.apply()
        #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      }
      let living = try await cloud.living()
      #expect(living["server"] == ["web-1", "web-2"])
      #expect(number(living, "floating_ip") == 2)
      _ = try await cloud.destroy()
      try await cloud.expectEnd()
      #expect(try await cloud.faultsMet() == 3)
    }
  }

  @Test("A status that nobody knows is waited on, and told at the end of the time")
  func unknownState() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_timeout=2")
      try await cloud.fault(
        #"{"match": {"operation": "server.list", "nth": 2, "times": 2}, "do": {"unknown-state": "MIGRATING"}}"#
      )
      let passing = try await cloud.apply()
      #expect(passing.status == 0, "\(passing.stdout)\(passing.stderr)")
      #expect(try await cloud.faultsMet() == 2)
      try await cloud.expectEnd()
      try await cloud.forgetFaults()
      try await cloud.fault(
        #"{"match": {"operation": "server.list", "times": -1}, "do": {"unknown-state": "MIGRATING"}}"#
      )
      let lasting = try await cloud.apply()
      #expect(lasting.status != 0)
      #expect(lasting.stderr.contains("is not active after 2 s"), "\(lasting.stderr)")
      #expect(lasting.stderr.contains("MIGRATING"), "\(lasting.stderr)")
      #expect(try await cloud.count(of: "server.create") == 2)
      try await cloud.forgetFaults()
      try await cloud.expectEnd()
    }
  }

  @Test(
    "A body without end, and one that comes too slowly, end with the reason",
    arguments: [(#""endless""#, "more than"), (#"{"slow": 2}"#, "no answer in time")])
  func bodies(_ effect: String, _ reason: String) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try await cloud.fault(
        #"{"match": {"operation": "server.list", "times": -1}, "do": \#(effect)}"#)
      let start = ContinuousClock.now
      let said = try await cloud.run(
        ["apply", "--yes", "site.yaml"], environment: ["OMTD_CLOUD_DEADLINE=2"])
      #expect(said.status != 0)
      #expect(said.stderr.contains(reason), "\(said.stderr)")
      #expect(ContinuousClock.now - start < .seconds(30))
      #expect(try await cloud.records().all.isEmpty)
      try await cloud.forgetFaults()
      #expect(try await cloud.apply().status == 0)
      try await cloud.expectEnd()
    }
  }

  @Test("The token does not go along to the place that a redirect names")
  func redirect() async throws {
    try await SimulatedCloud.with { cloud in
      let other = try LoopbackListener()
      try cloud.describe(1)
      let place = "http://127.0.0.1:\(other.port)/elsewhere"
      for operation in ["server.create", "server.list"] {
        try await cloud.fault(
          #"{"match": {"operation": "\#(operation)"}, "do": {"redirect": "\#(place)"}}"#)
        let said = try await cloud.apply()
        #expect((said.status == 0) == (operation == "server.create"), "\(said.stderr)")
        if said.status != 0 {
          #expect(said.stderr.contains("`answer.servers`: expected a list"), "\(said.stderr)")
        }
        #expect(try await cloud.faultsMet() == 1)
        try await cloud.forgetFaults()
      }
      #expect(other.requests.count == 1)
      #expect(other.requests.first?.hasPrefix("GET /elsewhere") == true, "\(other.requests)")
      #expect(!other.requests.contains { $0.lowercased().contains("x-auth-token") })
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
    }
  }

  @Test(
    "A token that ends at any moment stops the run; the next one goes on",
    arguments: [
      "floatingip.create", "server.create", "server.list", "server.delete",
    ])
  func tokenEnds(_ operation: String) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      let words =
        operation == "server.delete" ? ["destroy", "--yes"] : ["apply", "--yes", "site.yaml"]
      if operation == "server.delete" { #expect(try await cloud.apply().status == 0) }
      try await cloud.fault(
        #"{"match": {"operation": "\#(operation)", "nth": 2}, "do": {"expire-token": true, "after": 0}}"#
      )
      let start = ContinuousClock.now
      let said = try await cloud.run(words)
      #expect(said.status != 0)
      #expect(said.stderr.contains("-> 401"), "\(said.stderr)")
      #expect(said.stderr.contains("renew it"), "\(said.stderr)")
      #expect(ContinuousClock.now - start < .seconds(20))
      try await cloud.fault(#"{"do": "renew-token"}"#)
      _ = try await cloud.living()
      let again = try await cloud.apply()
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      let living = try await cloud.living()
      #expect(living["server"] == ["web-1", "web-2"])
      #expect(number(living, "floating_ip") == 2)
      try await cloud.expectEnd()
    }
  }

  @Test("A machine that somebody deletes while it is made is told to be gone, and made anew")
  func deletedByHand() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      try await cloud.fault(
        #"{"match": {"operation": "build", "server": "web-1"}, "do": {"slow-build": 60}}"#)
      async let first = cloud.apply()
      try await cloud.wait(for: "server.create", count: 2)
      try await cloud.fault(#"{"do": "delete-machine", "server": "web-1"}"#)
      let said = try await first
      #expect(said.status != 0)
      #expect(said.stderr.contains("machine `web-1`"), "\(said.stderr)")
      #expect(said.stderr.contains("was deleted by somebody else"), "\(said.stderr)")
      #expect(try await cloud.living()["server"] == ["web-2"])
      try await expectTruth(said, cloud, of: 2)
      #expect(try await cloud.apply().status == 0)
      let living = try await cloud.living()
      #expect(living["server"] == ["web-1", "web-2"])
      #expect(number(living, "floating_ip") == 2)
      try await cloud.expectEnd()
    }
  }

  @Test("A machine without an address, and one that does not answer, are told apart")
  func waits() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_timeout=2")
      try await cloud.fault(#"{"do": "no-ip", "match": {"times": 1}}"#)
      for _ in 1...2 {
        let said = try await cloud.apply()
        #expect(said.status != 0)
        #expect(said.stderr.contains("has no address after 2 s"), "\(said.stdout)\(said.stderr)")
      }
      let replaced = try await cloud.apply(["--replace", "web-1"])
      #expect(replaced.status == 0, "\(replaced.stdout)\(replaced.stderr)")
      try cloud.write(
        "- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.command: id}]\n",
        to: "tasks.yaml")
      let silent = try await cloud.run(["apply", "--yes", "tasks.yaml", "-T", "1"])
      #expect(silent.status == 4, "\(silent.stdout)\(silent.stderr)")
      #expect((silent.stdout + silent.stderr).contains("ssh was tried for"), "\(silent.stdout)")
      try await cloud.expectEnd()
    }
  }

  @Test("A build, and a deletion, that never end are given up at their time, and taken up again")
  func stuck() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_timeout=2")
      try await cloud.fault(#"{"match": {"operation": "build"}, "do": "stuck"}"#)
      let built = try await cloud.apply()
      #expect(built.status != 0)
      #expect(built.stderr.contains("is not active after 2 s"), "\(built.stderr)")
      #expect(built.stderr.contains("BUILD"), "\(built.stderr)")
      try await expectTruth(built, cloud, of: 1)
      try await cloud.fault(
        #"{"match": {"operation": "destroy"}, "do": {"slow-build": 600}}"#)
      let destroyed = try await cloud.destroy()
      #expect(destroyed.status != 0)
      #expect(destroyed.stderr.contains("is still there after 2 s"), "\(destroyed.stderr)")
      #expect(destroyed.stderr.contains("something of environment `trial` is left"))
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.request("POST", "/sandbox/clock", #"{"advance": 600}"#)
      try await cloud.expectEnd()
    }
  }
}
