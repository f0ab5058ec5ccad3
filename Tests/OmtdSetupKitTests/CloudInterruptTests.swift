import TestKit
import Testing
import Values

/// Interrupts of the keyboard while machines are changed.
@Suite struct CloudInterruptTests {
  private func slow(_ cloud: SimulatedCloud, _ job: String, _ server: String = "web") async throws {
    try await cloud.fault(
      #"{"match": {"operation": "\#(job)", "server": "\#(server)", "times": -1}, "do": {"slow-build": 60}}"#
    )
  }

  @Test("An interrupt during creation ends soon, lists what is there, and the next run goes on")
  func once() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      try await slow(cloud, "build", "web-2")
      let start = ContinuousClock.now
      let said = try await cloud.run(
        ["apply", "--yes", "site.yaml"], signals: [Loopback.interrupt], behind: "server.create",
        count: 2)
      #expect(said.status == 99, "\(said.stdout)\(said.stderr)")
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(said.stderr.contains("note: interrupted: requests under way are finished first"))
      #expect(said.stderr.contains("interrupted: machine `web-2` (server "), "\(said.stderr)")
      #expect(said.stdout.contains("Environment trial as it is now:"), "\(said.stdout)")
      #expect(said.stdout.contains("  web-1  server "))
      #expect(said.stdout.contains("  web-2  server "))
      #expect(said.stdout.contains("BUILD"), "\(said.stdout)")
      _ = try await cloud.request("POST", "/sandbox/clock", #"{"advance": 60}"#)
      let again = try await cloud.apply()
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2"])
      #expect(try await cloud.living()["floating_ip"]?.count == 2)
      #expect(try await cloud.count(of: "server.create") == 2)
      try await cloud.expectEnd()
    }
  }

  @Test("An interrupt while the first request is under way begins nothing more")
  func early() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3)
      try await cloud.fault(
        #"{"match": {"operation": "floatingip.create"}, "do": {"delay": 6000}}"#)
      let said = try await cloud.run(
        ["apply", "--yes", "site.yaml"], signals: [Loopback.interrupt], behind: "floatingip.create")
      #expect(said.status == 99, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.count(of: "server.create") == 0)
      #expect(try await cloud.count(of: "floatingip.create") == 1)
      #expect(said.stdout.contains("  web-1  not created"), "\(said.stdout)")
      let address = try await cloud.living()["floating_ip"]?.first ?? "none"
      #expect(said.stdout.contains("  floating IP \(address)"), "\(said.stdout)")
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["floating_ip"]?.count == 3)
      try await cloud.expectEnd()
    }
  }

  @Test("A second interrupt ends at once, and the next run goes on all the same")
  func twice() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try await cloud.fault(
        #"{"match": {"operation": "server.create"}, "do": {"delay": 20000}}"#)
      let start = ContinuousClock.now
      let said = try await cloud.run(
        ["apply", "--yes", "site.yaml"], signals: [Loopback.interrupt, Loopback.interrupt],
        behind: "server.create")
      #expect(said.status == 130, "\(said.stdout)\(said.stderr)")
      #expect(ContinuousClock.now - start < .seconds(15))
      try await cloud.forgetFaults()
      #expect(try await cloud.apply().status == 0)
      #expect(try await cloud.living()["server"] == ["web-1"])
      try await cloud.expectEnd()
    }
  }

  @Test("An interrupt of destroy names what is left, and destroy goes on")
  func destroy() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.apply().status == 0)
      try await slow(cloud, "destroy", "web-2")
      let said = try await cloud.run(
        ["destroy", "--yes"], signals: [Loopback.interrupt], behind: "server.delete", count: 2)
      #expect(said.status == 99, "\(said.stdout)\(said.stderr)")
      #expect(said.stderr.contains("something of environment `trial` is left"), "\(said.stderr)")
      #expect(said.stderr.contains("web-2, server "), "\(said.stderr)")
      _ = try await cloud.request("POST", "/sandbox/clock", #"{"advance": 60}"#)
      try await cloud.expectEnd()
    }
  }
}
