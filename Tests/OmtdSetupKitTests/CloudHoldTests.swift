import TestKit
import Testing
import Values

/// What one machine, or one name, keeps from being done, and what it does not.
@Suite struct CloudHoldTests {
  private func status(of name: String, _ cloud: SimulatedCloud) async throws -> String? {
    let servers = try await cloud.ask("/compute/v2.0/servers/detail")["servers"]?.elements ?? []
    return servers.first { $0["name"]?.string == name }?["status"]?.string
  }

  @Test("A machine that an administrator suspended is named, and keeps no other from its work")
  func suspended() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "\n[other]\nhere ansible_connection=local")
      try cloud.write(
        "- hosts: all:!web\n  gather_facts: false\n  tasks: [{command: 'true'}]\n", to: "here.yaml")
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(#"{"do": "suspend", "server": "web-2"}"#)
      try await cloud.fault(#"{"do": "stop-machine", "server": "web-1"}"#)
      let reason = "machine `web-2` is suspended by an administrator of the cloud"
      let plan = try await cloud.run(["plan", "here.yaml"])
      #expect(plan.stdout.contains("Machines: 0 to add, 1 to change, 0 to destroy.\n"))
      let said = try await cloud.run(["apply", "--yes", "here.yaml"])
      #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
      #expect(said.stderr.contains("error: \(reason)\n"), "\(said.stderr)")
      #expect(said.stderr.contains("--limit '!web-2'"), "\(said.stderr)")
      #expect(said.stdout.contains("changed: [here]\n"), "\(said.stdout)")
      #expect(try await status(of: "web-1", cloud) == "ACTIVE")
      let alone = try await cloud.run(["apply", "--yes", "--limit", "!web-2", "here.yaml"])
      #expect(alone.status == 0, "\(alone.stdout)\(alone.stderr)")
      let machines = try await cloud.apply()
      #expect(machines.status == 4)
      #expect(machines.stderr.contains(reason), "\(machines.stderr)")
      try await cloud.fault(#"{"do": "unsuspend", "server": "web-2"}"#)
      #expect(try await cloud.apply().status == 0)
      try await cloud.expectEnd()
    }
  }

  @Test("A suspended machine is unreachable for the plays of a plan and of an apply")
  func unreachable() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try cloud.write(
        "- hosts: all\n  gather_facts: false\n  tasks: [{copy: {dest: /a, content: a}}]\n",
        to: "all.yaml")
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(#"{"do": "suspend", "server": "web-1"}"#)
      for words in [["plan", "all.yaml"], ["apply", "--yes", "all.yaml"]] {
        let said = try await cloud.run(words)
        #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
        #expect(
          (said.stdout + said.stderr).contains(
            "machine `web-1` is suspended by an administrator of the cloud"),
          "\(said.stdout)\(said.stderr)")
      }
    }
  }

  @Test("A name given to --replace that no machine has is an error, and nothing is done")
  func unknownReplacement() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      let said = try await cloud.apply(["--replace", "web-11"])
      #expect(said.status == 1)
      #expect(
        said.stderr == """
          error: `--replace web-11`: the inventory describes no machine of this name

          hint: did you mean `web-1`?

          """)
      #expect(try await cloud.count(of: "server.create") == 0)
      try cloud.write("here ansible_connection=local\n")
      let none = try await cloud.apply(["--replace", "web-1"])
      #expect(none.status == 1)
      #expect(none.stderr.contains("`--replace web-1`"), "\(none.stderr)")
    }
  }

  @Test("A plan whose machines name what is not there does not say that nothing changes")
  func unplanned() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3, image: "nope")
      let said = try await cloud.run(["plan", "site.yaml"])
      #expect(said.status == 1)
      #expect(said.stdout.hasSuffix("\nMachines: 3 could not be planned.\n"), "\(said.stdout)")
    }
  }

  @Test(
    "exec and facts reach machines where the cloud has them, and never by their names",
    arguments: [["exec", "web", "-a", "true"], ["facts", "web"]])
  func exec(_ words: [String]) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2, "okeanos_timeout=2\n\n[other]\nhere ansible_connection=local")
      #expect(try await cloud.apply(["--limit", "web-1"]).status == 0)
      let said = try await cloud.run(words)
      #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
      let text = said.stdout + said.stderr
      #expect(text.contains("is active, and ssh was tried for"), "\(text)")
      #expect(text.contains("machine `web-2` is not there"), "\(text)")
      #expect(!text.contains("not known"), "\(text)")
      // No cloud is asked for hosts that are no machines.
      let here = try await cloud.run(
        ["exec", "here", "-a", "true"], environment: ["OMTD_CLOUD_URL=http://127.0.0.1:1"])
      #expect(here.status == 0, "\(here.stdout)\(here.stderr)")
      #expect(try await cloud.count(of: "server.create") == 1)
      try await cloud.expectEnd()
    }
  }

  @Test("A host that is not reached by ssh is no machine, whatever its groups say")
  func local() async throws {
    try await SimulatedCloud.with { cloud in
      let groups = """
        [all:vars]
        okeanos_image=debian-12
        okeanos_flavor=1
        okeanos_environment=trial
        [web]
        web-1
        """
      try cloud.write("localhost ansible_connection=local\n" + groups)
      let said = try await cloud.run(["plan", "site.yaml"])
      #expect(said.stdout.contains("+ web-1"), "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("Machines: 1 to add"), "\(said.stdout)")
      try cloud.write(
        """
        here ansible_connection=local okeanos_image=debian-12 okeanos_flavor=1
        [all:vars]
        okeanos_environment=trial

        """)
      let odd = try await cloud.run(["plan", "site.yaml"])
      #expect(odd.status == 1)
      #expect(
        odd.stderr.contains("`here` is described as a machine, but is reached by `local`"),
        "\(odd.stderr)")
    }
  }

  @Test("A machine whose sshd has a port of its own is waited for like any other")
  func port() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_timeout=2\nansible_port=2222")
      #expect(try await cloud.apply().status == 0)
      let said = try await cloud.run(["exec", "web-1", "-a", "true"])
      #expect(said.status == 4)
      #expect(
        (said.stdout + said.stderr).contains("is active, and ssh was tried for"),
        "\(said.stdout)\(said.stderr)")
    }
  }

  @Test("What a plan cannot tell of a machine is told with the reason")
  func reasons() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try cloud.write(
        "- hosts: all\n  gather_facts: false\n  tasks: [{copy: {dest: /a, content: a}}]\n",
        to: "all.yaml")
      let new = try await cloud.run(["plan", "all.yaml"])
      #expect(
        new.stdout.contains("web-1: what tasks change there is known after creation\n"),
        "\(new.stdout)")
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(#"{"do": "stop-machine", "server": "web-1"}"#)
      let stopped = try await cloud.run(["plan", "all.yaml"])
      #expect(
        stopped.stdout.contains("web-1: what tasks change there is known once it runs\n"),
        "\(stopped.stdout)")
      #expect(try await cloud.destroy().status == 0)
      try cloud.describe(1, "okeanos_networks=[]")
      let said = try await cloud.run(["apply", "--yes", "all.yaml"])
      #expect(said.status == 4)
      #expect(
        (said.stdout + said.stderr).contains(
          "machine `web-1` has no address: its `okeanos_networks` give it none"),
        "\(said.stdout)\(said.stderr)")
    }
  }

  @Test("A reply that fails behind the changes is asked for again; one that stays away is told")
  func looksBehind() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      try await cloud.fault(
        #"{"match": {"operation": "quota.list", "nth": 2}, "do": {"status": 500}}"#)
      let said = try await cloud.apply()
      #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("Machines: 1 added"), "\(said.stdout)")
      #expect(try await cloud.faultsMet() == 1)
      try await cloud.forgetFaults()
      try cloud.describe(2)
      try await cloud.fault(
        #"{"match": {"operation": "quota.list", "nth": 2, "times": -1}, "do": {"status": 500}}"#)
      let lasting = try await cloud.apply()
      #expect(lasting.status == 1)
      #expect(
        lasting.stdout.contains("Environment trial: what is there now is not known"),
        "\(lasting.stdout)")
      try await cloud.forgetFaults()
      try await cloud.expectEnd()
    }
  }

  @Test("What is said of a failed build is true of a protected machine too")
  func protectedBuild() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_protect=true")
      try await cloud.fault(
        #"{"match": {"operation": "build", "times": -1}, "do": {"build-error": "disk on fire"}}"#)
      let said = try await cloud.apply()
      #expect(said.status == 4)
      #expect(said.stderr.contains("hint: it is protected: allow"), "\(said.stderr)")
      #expect(said.stderr.contains("--replace web-1"), "\(said.stderr)")
      try await cloud.forgetFaults()
      let again = try await cloud.apply(["--replace", "web-1"])
      #expect(again.status == 0, "\(again.stdout)\(again.stderr)")
    }
  }
}
