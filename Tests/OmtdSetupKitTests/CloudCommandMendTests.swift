import TestKit
import Testing
import Values

/// What commands on machines do with what they are not told, or told wrongly.
@Suite struct CloudCommandMendTests {
  // MARK: ssh

  /// Prints each of its words on a line.
  private static let echo = "#!/bin/sh\nfor word; do printf '<%s>\\n' \"$word\"; done\n"

  @Test("A user of ssh is never an option of it, wherever the name comes from")
  func userOfSSH() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      try cloud.write(Self.echo, to: "bin/ssh", isProgram: true)
      let said = try await cloud.run(
        ["ssh", "web-1", "-e", "ansible_user=-oProxyCommand=id", "--", "true"],
        environment: ["PATH=\(cloud.folder)/bin:/usr/bin:/bin"])
      let words = said.stdout.split(separator: "\n").map(String.init)
      #expect(
        words.suffix(5).elementsEqual([
          "<-l>", "<-oProxyCommand=id>", "<-->", words.dropLast().last ?? "", "<true>",
        ]), "\(said.stdout)\(said.stderr)")
      #expect(words.dropLast().last?.contains("@") == false)
    }
  }

  // MARK: gc

  /// Applies machines that expire a second later, and waits for that.
  private func expire(
    _ cloud: SimulatedCloud, _ count: Int, _ variables: String = ""
  ) async throws {
    try cloud.describe(count, "okeanos_expires=1s\n" + variables)
    let said = try await cloud.run(["apply", "--yes", "--machines-only"])
    #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
    try await Task.sleep(for: .seconds(2))
  }

  private func server(_ name: String, _ cloud: SimulatedCloud) async throws -> String {
    let status = try JSON.parse(try await cloud.run(["status", "--json"]).stdout)
    let machine = status["machines"]?.elements?.first { $0["name"]?.string == name }
    guard let id = machine?["id"]?.string else { throw TestProblem("no machine \(name)") }
    return id
  }

  private func setMetadata(
    _ key: String, _ text: String, of server: String, _ cloud: SimulatedCloud
  ) async throws {
    _ = try await cloud.request(
      "POST", "/compute/v2.0/servers/\(server)/metadata", #"{"metadata": {"\#(key)": "\#(text)"}}"#)
  }

  @Test("gc takes no name of an environment that would leave the folder of its state")
  func escapingName() async throws {
    try await SimulatedCloud.with { cloud in
      try await expire(cloud, 2)
      let strange = try await server("web-1", cloud)
      try await setMetadata("omtd-environment", "../../../escaped", of: strange, cloud)
      let said = try await cloud.run(["gc", "--yes"])
      #expect(said.status == 1)
      #expect(said.stderr.contains("names an environment that cannot be one"), "\(said.stderr)")
      #expect(said.stderr.contains("remove server \(strange) by hand"), "\(said.stderr)")
      #expect(throws: (any Error).self) { try cloud.read("escaped/lock") }
      // The other environment was collected all the same.
      #expect(try await cloud.living()["server"] == ["web-1"])
    }
  }

  @Test("gc tells of an address that the cloud does not release, and destroy goes on with it")
  func refusedRelease() async throws {
    try await SimulatedCloud.with { cloud in
      try await expire(cloud, 1)
      cloud.forgetState()
      try await cloud.fault(
        #"{"match": {"operation": "floatingip.delete", "times": -1}, "do": {"status": 409}}"#)
      let said = try await cloud.run(["gc", "--yes"])
      #expect(said.status == 1, "\(said.stdout)\(said.stderr)")
      #expect(said.stderr.contains("something of environment `trial` is left"), "\(said.stderr)")
      #expect(try await cloud.living()["server", default: []] == [])
      #expect(try await cloud.living()["floating_ip"]?.count == 1)
      try await cloud.forgetFaults()
      let ended = try await cloud.run(
        ["destroy", "--yes", "-e", "okeanos_environment=trial"], inventory: "localhost,")
      #expect(ended.status == 0, "\(ended.stdout)\(ended.stderr)")
      #expect(try await cloud.living()["floating_ip", default: []] == [])
    }
  }

  @Test("gc without a journal releases the addresses of the machines that it removes, and no other")
  func partialWithoutJournal() async throws {
    try await SimulatedCloud.with { cloud in
      try await expire(cloud, 3)
      try await setMetadata(
        "omtd-expires", "2100-01-01T00:00:00Z", of: try await server("web-2", cloud), cloud)
      cloud.forgetState()
      let said = try await cloud.run(["gc", "--yes"])
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(try await cloud.living()["server"] == ["web-2"])
      #expect(try await cloud.living()["floating_ip"]?.count == 1)
    }
  }

  @Test("An environment that is locked or damaged keeps gc from no other one")
  func faultyEnvironment() async throws {
    try await SimulatedCloud.with { cloud in
      try await expire(cloud, 1)
      try Files.write("junk\n", to: cloud.journal)
      try cloud.write(
        try cloud.inventory.replacingAll("trial", with: "zebra").replacingAll("web-", with: "z-"),
        to: "other")
      #expect(
        try await cloud.run(["apply", "--yes", "--machines-only"], inventory: "other").status == 0)
      try await Task.sleep(for: .seconds(2))
      let said = try await cloud.run(["gc", "--yes"])
      #expect(said.status == 1)
      #expect(said.stderr.contains("the journal of environment `trial`"), "\(said.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1"])
    }
  }
}
