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

  /// The words with which `ssh` is called, a line each.
  private func login(
    _ words: [String], _ cloud: SimulatedCloud, environment: [String] = []
  ) async throws -> Command.Result {
    try cloud.write(Self.echo, to: "bin/ssh", isProgram: true)
    return try await cloud.run(
      ["ssh"] + words,
      environment: ["PATH=\(cloud.folder)/bin:/usr/bin:/bin", "HOME=\(cloud.folder)"] + environment)
  }

  struct Login: Sendable, CustomTestStringConvertible {
    var id: String
    var words: [String]
    var environment: [String] = []
    var expected: [String]

    var testDescription: String { id }
  }

  static let logins: [Login] = [
    Login(
      id: "address, port, user and key", words: ["plain", "--", "uptime"],
      expected: [
        "-o", "StrictHostKeyChecking=yes", "-i", "FOLDER/key", "-p", "2200", "-l", "me", "--",
        "192.0.2.7", "uptime",
      ]),
    Login(
      id: "no address: the name of the host", words: ["named"],
      expected: ["-o", "StrictHostKeyChecking=yes", "--", "named"]),
    Login(
      id: "arguments of ssh, templates", words: ["jumped"],
      expected: [
        "-J", "gate", "-o", "UserKnownHostsFile=/k", "-o", "StrictHostKeyChecking=yes", "-p",
        "2201",
        "--", "192.0.2.8",
      ]),
    Login(
      id: "a new key", words: ["named", "--accept-new"],
      expected: ["-o", "StrictHostKeyChecking=accept-new", "--", "named"]),
    Login(
      id: "no checks, and a user, by settings", words: ["named"],
      environment: ["ANSIBLE_HOST_KEY_CHECKING=false", "ANSIBLE_REMOTE_USER=set"],
      expected: ["-o", "StrictHostKeyChecking=no", "-l", "set", "--", "named"]),
    Login(
      id: "no checks, by a variable", words: ["named", "-e", "{ansible_host_key_checking: false}"],
      expected: ["-o", "StrictHostKeyChecking=no", "--", "named"]),
  ]

  @Test("ssh reaches a host that is only listed as apply would, without a cloud", arguments: logins)
  func listed(_ row: Login) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.write(
        """
        plain ansible_host=192.0.2.7 ansible_port=2200 ansible_user=me ansible_private_key_file=~/key
        named
        jumped ansible_host="192.0.2.{{ last }}" last=8 ansible_port="{{ 2200 + 1 }}" ansible_ssh_common_args="-J gate -o UserKnownHostsFile=/k"

        [web]
        web-1

        [web:vars]
        okeanos_image=debian-12
        okeanos_flavor=1

        """)
      let said = try await login(row.words, cloud, environment: row.environment)
      let words = row.expected.map { $0.replacingAll("FOLDER", with: cloud.folder) }
      #expect(said.stdout == words.map { "<\($0)>\n" }.joined(), "\(said.stderr)")
      let (_, requests) = try await cloud.records()
      #expect(requests.map?.keys.allSatisfy { $0.string?.hasPrefix("sandbox.") ?? true } ?? true)
    }
  }

  @Test("ssh follows what ssh_config says of unknown keys")
  func configured() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.write("named\n")
      try cloud.write("Host named\n  StrictHostKeyChecking accept-new\n", to: ".ssh/config")
      // What `ssh -G` says is asked of the real one.
      try cloud.write(
        "#!/bin/sh\ncase $* in *-G*) exec /usr/bin/ssh -F \(cloud.folder)/.ssh/config \"$@\";; esac\n"
          + Self.echo.replacingAll("#!/bin/sh\n", with: ""), to: "bin/ssh", isProgram: true)
      let said = try await cloud.run(
        ["ssh", "named"],
        environment: ["PATH=\(cloud.folder)/bin:/usr/bin:/bin", "HOME=\(cloud.folder)"])
      #expect(
        said.stdout == "<-o>\n<StrictHostKeyChecking=accept-new>\n<-->\n<named>\n", "\(said.stderr)"
      )
    }
  }

  @Test("Of two machines of one name ssh takes the one that apply keeps and says so, or refuses")
  func twins() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      let (first, second) = try await (server("web-1", cloud), server("web-2", cloud))
      let older = min(Int(first) ?? 0, Int(second) ?? 0)
      let newer = max(Int(first) ?? 0, Int(second) ?? 0)
      try await setMetadata("omtd-name", "web", of: first, cloud)
      try await setMetadata("omtd-name", "web", of: second, cloud)
      let refused = try await login(["web"], cloud)
      #expect(refused.status == 1)
      #expect(refused.stdout == "")
      #expect(
        refused.stderr.hasPrefix(
          """
          error: environment `trial` has 2 machines `web`
            server: \(older), ACTIVE, 198.
          """), "\(refused.stderr)")

      let mark = try await cloud.ask("/compute/v2.0/servers/\(first)/metadata")["metadata"]
      try await setMetadata("omtd-mark", mark?["omtd-mark"]?.string ?? "", of: second, cloud)
      let said = try await login(["web"], cloud)
      #expect(said.status == 0, "\(said.stderr)")
      #expect(
        said.stderr
          == "note: `web` is server \(older); server \(newer) came of a lost request, and the next "
          + "apply removes it\n")
      #expect(said.stdout.contains("<UserKnownHostsFile="), "\(said.stdout)")
      #expect(said.stdout.contains("host-key-\(older)>"), "\(said.stdout)")
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
