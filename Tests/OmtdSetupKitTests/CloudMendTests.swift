import TestKit
import Testing
import Values

/// Networks and addresses of which nobody saw what became: none is lost, none stays twice.
@Suite struct CloudMendTests {
  private let networks = #"okeanos_networks=["public", "inner"]"#

  @Test(
    "A lost reply whose object cannot be looked for leaves it to the next run, apply or destroy",
    arguments: ["floatingip", "network"], [true, false])
  func lookFails(_ kind: String, _ isApplied: Bool) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, networks)
      // The snapshot, and for addresses a second look, come before the request.
      let nth = kind == "network" ? 2 : 3
      try await cloud.fault(#"{"match": {"operation": "\#(kind).create"}, "do": "drop-after"}"#)
      try await cloud.fault(
        #"{"match": {"operation": "\#(kind).list", "nth": \#(nth), "times": -1}, "do": {"status": 500}}"#
      )
      let failed = try await cloud.apply()
      #expect(failed.status != 0)
      #expect(try await cloud.faultsMet() >= 2)
      try await cloud.forgetFaults()
      if isApplied {
        let said = try await cloud.apply()
        #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
        let living = try await cloud.living()
        #expect(living["floating_ip"]?.count == 1)
        #expect(living["network"]?.count == 1)
      }
      try await cloud.expectEnd()
    }
  }

  @Test("A look that fails once behind a lost reply is made again, and the run goes on")
  func looksAgain() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, networks)
      for (kind, nth) in [("floatingip", 3), ("network", 2), ("subnet", 2)] {
        try await cloud.fault(#"{"match": {"operation": "\#(kind).create"}, "do": "drop-after"}"#)
        try await cloud.fault(
          #"{"match": {"operation": "\#(kind).list", "nth": \#(nth)}, "do": {"status": 500}}"#)
      }
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.faultsMet() == 6)
      #expect(try await cloud.count(of: "network.create") == 1)
      #expect(try await cloud.count(of: "floatingip.create") == 1)
      try await cloud.expectEnd()
    }
  }

  /// The IPv4 addresses that machines have on cards which do not float.
  private func innerAddresses(_ cloud: SimulatedCloud) async throws -> [String] {
    let ports = try await cloud.ask("/network/v2.0/ports")["ports"]?.elements ?? []
    return ports.flatMap { $0["fixed_ips"]?.elements ?? [] }
      .compactMap { $0["ip_address"]?.string }.filter { $0.hasPrefix("192.168.") }
  }

  @Test(
    "A network that was left without its subnet gets it before a machine joins",
    arguments: [true, false])
  func subnet(_ isKilled: Bool) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, networks)
      if isKilled {
        #expect(try await cloud.apply(environment: ["OMTD_JOURNAL_KILL=4"]).status == 128 + 9)
      } else {
        try await cloud.fault(
          #"{"match": {"operation": "subnet.create"}, "do": {"status": 400}}"#)
        #expect(try await cloud.apply().status == 1)
      }
      #expect(try await cloud.count(of: "server.create") == 0)
      #expect(try await cloud.living()["network"]?.count == 1)
      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(
        plan.stdout.contains("  + subnet of network inner  192.168.0.0/24\n"), "\(plan.stdout)")
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await innerAddresses(cloud).count == 2)
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      try await cloud.expectEnd()
    }
  }

  @Test(
    "Machines that joined a network before it had a subnet move to one that has, cut off or not",
    arguments: [nil, 2, 4, 5, 6, 7, 8])
  func barren(_ kill: Int?) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, networks)
      #expect(try await cloud.apply(environment: ["OMTD_JOURNAL_KILL=4"]).status == 128 + 9)
      #expect(try await cloud.living()["network"]?.count == 1)
      // The journal is lost for a while: the network is taken for somebody's own.
      let network = try cloud.read("state/omtd-setup/environments/trial/journal")
        .split(separator: "\n").filter { $0.contains("network") }.joined(separator: "\n")
      cloud.forgetState()
      #expect(try await cloud.apply().status == 0)
      #expect(try await innerAddresses(cloud) == [])
      try Files.write(
        try Files.text(cloud.journal) + network + "\n", to: cloud.journal)

      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(
        plan.stdout.contains("  + network inner  192.168.0.0/24\n"), "\(plan.stdout)\(plan.stderr)")
      #expect(plan.stdout.contains("  ~ web-1  moves from network "), "\(plan.stdout)")
      #expect(plan.stdout.contains("0 to add, 2 to change, 0 to destroy"), "\(plan.stdout)")
      if let kill {
        let said = try await cloud.apply(environment: ["OMTD_JOURNAL_KILL=\(kill)"])
        #expect([0, 128 + 9].contains(said.status), "\(said.stdout)\(said.stderr)")
      }
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await innerAddresses(cloud).count == 2)
      #expect(try await cloud.living()["network"] == ["inner"])
      #expect(try await cloud.count(of: "server.create") == 2)
      let again = try await cloud.apply()
      #expect(again.stdout.contains("Machines: no changes."), "\(again.stdout)\(again.stderr)")
      // Marks alone know the network that is there now.
      cloud.forgetState()
      try await cloud.expectEnd()
    }
  }

  @Test(
    "Of two networks that came of one lost request the second is removed, by this run or the next",
    arguments: [true, false])
  func networkTwin(_ isSlow: Bool) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, networks)
      try await cloud.fault(
        #"{"match": {"operation": "network.create"}, "do": {"delay": 6000}}"#)
      if isSlow {
        try await cloud.fault(
          #"{"match": {"operation": "build"}, "do": {"slow-build": 8}}"#)
      }
      let said = try await cloud.run(
        ["apply", "--yes", "site.yaml"], environment: ["OMTD_CLOUD_DEADLINE=1"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      for _ in 0..<200
      where try await cloud.records().all.filter({
        $0.kind == "network" && $0.event == "created" && $0.name == "inner"
      }).count < 2 {
        try await Task.sleep(for: .milliseconds(50))
      }
      if isSlow { #expect(try await cloud.living()["network"]?.count == 1, "\(said.stdout)") }
      let second = try await cloud.apply()
      #expect(second.status == 0, "\(second.stdout)\(second.stderr)")
      #expect(try await cloud.count(of: "network.create") == 2)
      #expect(try await cloud.living()["network"]?.count == 1)
      #expect(try await cloud.count(of: "server.create") == 1)
      try await cloud.expectEnd()
    }
  }

  @Test("One address that the cloud holds on to keeps no other from being released")
  func releasesOthers() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3)
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(
        #"{"match": {"operation": "floatingip.delete", "nth": 1}, "do": {"status": 403}}"#)
      let said = try await cloud.destroy()
      #expect(said.status == 1)
      #expect(said.stderr.contains("was not released"), "\(said.stderr)")
      #expect(try await cloud.living()["floating_ip"]?.count == 1)
      try await cloud.expectEnd()
    }
  }

  @Test(
    "What only the marks knew, and destroy could not remove, is told, and known to the next one")
  func knownFromMarks() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, networks)
      #expect(try await cloud.apply().status == 0)
      let elsewhere = ["XDG_STATE_HOME=\(cloud.folder)/elsewhere"]
      for kind in ["floatingip", "network"] {
        try await cloud.fault(
          #"{"match": {"operation": "\#(kind).delete", "times": -1}, "do": {"status": 403}}"#)
      }
      let said = try await cloud.run(["destroy", "--yes"], environment: elsewhere)
      #expect(said.status == 1)
      #expect(said.stderr.contains("something of environment `trial` is left"), "\(said.stderr)")
      #expect(said.stderr.contains("network inner"), "\(said.stderr)")
      #expect(said.stderr.contains("floating IP "), "\(said.stderr)")
      try await cloud.forgetFaults()
      let again = try await cloud.run(["destroy", "--yes"], environment: elsewhere)
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      let living = try await cloud.living()
      #expect(living["floating_ip", default: []] == [])
      #expect(living["network", default: []] == [])
    }
  }

  @Test("A network that cannot be made keeps only its own machines from being made")
  func refusedNetwork() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.apply().status == 0)
      // web-1 goes, web-3 needs the network that is refused, web-4 does not.
      try cloud.write(
        """
        [web]
        web-2
        web-3 okeanos_networks='["public", "inner"]'
        web-4

        [web:vars]
        okeanos_image=debian-12
        okeanos_flavor=1
        okeanos_environment=trial

        """)
      try await cloud.fault(#"{"match": {"operation": "network.create"}, "do": {"status": 403}}"#)
      let said = try await cloud.apply(["--prune"])
      #expect(said.status != 0)
      #expect(said.stderr.contains("network `inner` was not made"), "\(said.stderr)")
      #expect(said.stderr.contains("machine `web-3` lacks its network `inner`"), "\(said.stderr)")
      let living = try await cloud.living()
      #expect(living["server"] == ["web-2", "web-4"])
      #expect(living["floating_ip"]?.count == 2)
      try await cloud.expectEnd()
    }
  }

  @Test("Metadata that leave the cloud no room are changed all the same, and --plan says what goes")
  func metadataRoom() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, #"okeanos_metadata={"a": "1", "b": "1", "c": "1", "d": "1"}"#)
      #expect(try await cloud.apply().status == 0)
      try cloud.describe(
        1,
        #"okeanos_expires=2h"# + "\n"
          + #"okeanos_metadata={"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}"#)
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("metadata: e, omtd-expires, -os"), "\(said.stdout)")
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      try await cloud.expectEnd()
    }
  }
}
