import TestKit
import Testing
import Values

/// Kills and lost replies at every place of a run. The verdict is the cloud's own.
@Suite struct CloudFaultTests {
  /// A command that changes machines, and the cloud before and behind it.
  enum Change: String, CaseIterable, Sendable {
    case apply, replace, prune, scale, volumes, destroy

    /// Describes what is wanted, and makes what the command finds.
    func prepare(_ cloud: SimulatedCloud) async throws {
      let networks = #"okeanos_networks=["public", "inner"]"#
      switch self {
      case .apply: try cloud.describe(2, networks)
      case .volumes: try cloud.describe(1, #"okeanos_volumes=[{"name": "data", "size": 3}]"#)
      case .destroy:
        try cloud.describe(2, networks)
        try await make(cloud)
      case .replace:
        try cloud.describe(2)
        try await make(cloud)
        try cloud.describe(2, image: "debian-12-python")
      case .prune:
        try cloud.describe(3)
        try await make(cloud)
        try cloud.describe(1)
      case .scale:
        try cloud.describe(3)
        try await make(cloud)
      }
    }

    private func make(_ cloud: SimulatedCloud) async throws {
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
    }

    var words: [String] {
      switch self {
      case .apply, .volumes: ["apply", "--yes", "site.yaml"]
      case .replace: ["apply", "--yes", "site.yaml", "--replace", "all"]
      case .prune: ["apply", "--yes", "site.yaml", "--prune"]
      case .scale: ["scale", "web=1", "--write", "--yes"]
      case .destroy: ["destroy", "--yes"]
      }
    }

    /// Machines, addresses, networks and volumes that are there in the end.
    var counts: [Int] {
      switch self {
      case .apply: [2, 2, 1, 0]
      case .volumes: [1, 1, 0, 1]
      case .replace: [2, 2, 0, 0]
      case .prune, .scale: [1, 1, 0, 0]
      case .destroy: [0, 0, 0, 0]
      }
    }

    /// Runs it once more, without faults, looks at the cloud, and destroys it all.
    func settle(_ cloud: SimulatedCloud, _ place: Comment) async throws {
      _ = try await cloud.living()
      if self == .destroy { return try await cloud.expectEnd(place) }
      let said = try await cloud.run(words)
      #expect(said.status == 0, "\(place): \(said.stdout)\(said.stderr)")
      let living = try await cloud.living()
      let found = ["server", "floating_ip", "network", "volume"].map { living[$0, default: []] }
      #expect(found.map(\.count) == counts, "\(place): \(found)")
      #expect(found[0] == (0..<counts[0]).map { "web-\($0 + 1)" }, place)
      try await cloud.expectEnd(place)
    }
  }

  @Test(
    "A run killed at any write of its journal is settled by the next one",
    arguments: Change.allCases, [1, 2])
  func kills(_ change: Change, _ first: Int) async throws {
    try await SimulatedCloud.with { cloud in
      var kills = 0
      // Every other one, so that two clouds share the work.
      for write in stride(from: first, to: 60, by: 2) {
        try await change.prepare(cloud)
        let killed = try await cloud.run(
          change.words, environment: ["OMTD_JOURNAL_KILL=\(write)"])
        try await change.settle(cloud, "write \(write)")
        if killed.status != 128 + 9 {
          #expect(killed.status == 0)
          break
        }
        kills += 1
      }
      #expect(kills >= 2 && kills < 29, "\(kills) kills")
    }
  }

  @Test(
    "A reply that is lost, at any request that changes something, makes nothing twice and leaks nothing",
    arguments: [
      (Change.apply, "drop-after"), (.apply, "drop-before"), (.volumes, "drop-after"),
      (.destroy, "drop-after"), (.destroy, "drop-before"),
    ])
  func lostReplies(_ change: Change, _ effect: String) async throws {
    try await SimulatedCloud.with { cloud in
      var lost = 0
      for nth in 1...30 {
        try await change.prepare(cloud)
        for method in ["POST", "DELETE"] {
          try await cloud.fault(
            #"{"match": {"method": "\#(method)", "nth": \#(nth)}, "do": "\#(effect)"}"#)
        }
        _ = try await cloud.run(change.words)
        let met = try await cloud.faultsMet()
        try await cloud.forgetFaults()
        try await change.settle(cloud, "\(effect) \(nth)")
        if met == 0 { break }
        lost += met
      }
      #expect(lost >= 3 && lost < 50, "\(lost) replies were lost")
    }
  }

  @Test("A request to make something that is carried out and answered with 500 is made once")
  func failsAfterwards() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, #"okeanos_networks=["public", "inner"]"#)
      for operation in ["network", "subnet", "floatingip", "server"] {
        try await cloud.fault(
          #"{"match": {"operation": "\#(operation).create"}, "do": {"status": 500, "after": true}}"#
        )
      }
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.faultsMet() == 4)
      let living = try await cloud.living()
      #expect(living["server"] == ["web-1", "web-2"])
      #expect(living["floating_ip"]?.count == 2)
      #expect(living["network"]?.count == 1)
      try await cloud.expectEnd()
    }
  }

  @Test("A request that arrives after it was sent again makes a second machine, which goes again")
  func lateRequest() async throws {
    try await SimulatedCloud.with { cloud in
      func machines() async throws -> Int {
        try await cloud.ask("/compute/v2.0/servers")["servers"]?.elements?.count ?? 0
      }
      try cloud.describe(1, #"okeanos_networks=["inner"]"#)
      try await cloud.fault(
        #"{"match": {"operation": "server.create"}, "do": {"delay": 10000}}"#)
      let said = try await cloud.apply([], environment: ["OMTD_CLOUD_DEADLINE=1"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      for _ in 0..<600 {
        if try await machines() == 2 { break }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try await machines() == 2)
      let plan = try await cloud.run(["plan", "site.yaml"])
      #expect(plan.stdout.contains("- web-1  destroy: a second machine of one lost request"))
      let again = try await cloud.apply()
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      #expect(try await machines() == 1)
      #expect(try await cloud.apply().stdout.contains("Machines: no changes."))
      #expect(try await cloud.destroy().status == 0)
      #expect(try await machines() == 0)
    }
  }

  @Test("Replies to every other request that reads are lost, and apply and destroy do their work")
  func lostReadings() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      for nth in stride(from: 1, to: 120, by: 2) {
        try await cloud.fault(
          #"{"match": {"method": "GET", "nth": \#(nth)}, "do": "drop-after"}"#)
      }
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
      #expect(try await cloud.faultsMet() > 15)
    }
  }
}
