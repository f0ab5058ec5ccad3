import TestKit
import Testing
import Values

/// Machines in the file of `--json`, and hosts whose machine failed, on a simulated cloud.
@Suite struct MachineEventTests {
  private func events(_ cloud: SimulatedCloud) throws -> [Value] {
    try cloud.read("events").split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  /// `STATUS HOST` of each event of a machine.
  private func machines(_ events: [Value]) -> [String] {
    events.filter { $0["event"] == "machine" }.map {
      "\($0["status"]?.string ?? "") \($0["host"]?.string ?? "")"
    }
  }

  /// The first line tells the version, the last is the recap, and lines are numbered.
  private func expectForm(_ events: [Value], code: Int) {
    #expect(events.first?["event"] == "version")
    #expect(events.first?["version"] == "1.2")
    #expect(events.filter { $0["event"] == "version" }.count == 1)
    #expect(events.last?["event"] == "recap")
    #expect(events.last?["exit_code"] == .int(code))
    #expect(events.map { $0["seq"] } == events.indices.map { .int($0) })
  }

  @Test("A plan and an apply tell of each machine what is planned and what became of it")
  func life() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      let json = ["--json", "events"]
      _ = try await cloud.run(["plan", "site.yaml"] + json)
      var events = try events(cloud)
      expectForm(events, code: 0)
      #expect(machines(events) == ["planned web-1", "planned web-2"])
      #expect(events[1]["action"] == "create" && events[1]["environment"] == "trial")

      #expect(try await cloud.apply(json).status == 0)
      events = try self.events(cloud)
      expectForm(events, code: 0)
      let told = machines(events)
      for host in ["web-1", "web-2"] {
        #expect(
          told.filter { $0.hasSuffix(host) }
            == ["planned", "creating", "created", "ready"].map { "\($0) \(host)" })
      }
      let created = try #require(events.first { $0["status"] == "created" })
      let ready = events.first { $0["status"] == "ready" && $0["host"] == created["host"] }
      #expect(created["id"]?.string != nil && created["id"] == ready?["id"])
      #expect(ready?["address"]?.string?.hasPrefix("198.") ?? false)

      try cloud.describe(1)
      #expect(try await cloud.apply(["--prune"] + json).status == 0)
      events = try self.events(cloud)
      let kept = events.first { $0["host"] == "web-1" }
      #expect(kept?["action"] == "keep")
      let removed = events.first { $0["host"] == "web-2" }
      #expect(removed?["action"] == "remove" && removed?["details"] == ["not in the inventory"])
      #expect(
        machines(events).filter { $0.hasSuffix("web-2") }
          == ["planned web-2", "deleting web-2", "deleted web-2"])
      #expect(try await cloud.destroy().status == 0)
    }
  }

  @Test("scale, gc and destroy tell of each machine what they plan and what became of it")
  func commands() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.apply().status == 0)
      let json = ["--yes", "--json", "events"]

      let scaled = try await cloud.run(["scale", "web=1", "--write"] + json)
      #expect(scaled.status == 0, "\(scaled.stdout)\(scaled.stderr)")
      var events = try events(cloud)
      expectForm(events, code: 0)
      #expect(events[0]["command"] == "scale" && events[0]["playbooks"] == [])
      #expect(
        machines(events).filter { $0.hasSuffix("web-2") }
          == ["planned web-2", "deleting web-2", "deleted web-2"])
      #expect(
        events.first { $0["status"] == "planned" && $0["host"] == "web-2" }?["action"] == "remove")

      try cloud.describe(1, "okeanos_expires=1s")
      #expect(try await cloud.apply().status == 0)
      try await Task.sleep(for: .seconds(2))
      let swept = try await cloud.run(["gc"] + json)
      #expect(swept.status == 0, "\(swept.stdout)\(swept.stderr)")
      events = try self.events(cloud)
      expectForm(events, code: 0)
      #expect(machines(events) == ["planned web-1", "deleting web-1", "deleted web-1"])
      #expect(events[0]["command"] == "gc" && events[1]["details"] == ["expired"])
      #expect(events.contains { ($0["text"]?.string ?? "").hasSuffix(": released") })

      try cloud.describe(1)
      #expect(try await cloud.apply().status == 0)
      try await cloud.fault(
        #"{"match": {"operation": "server.delete", "times": -1}, "do": {"status": 403}}"#)
      let refused = try await cloud.run(["destroy"] + json)
      #expect(refused.status == 1)
      events = try self.events(cloud)
      expectForm(events, code: 1)
      #expect(machines(events) == ["planned web-1", "deleting web-1", "error web-1"])
      let left = events.first {
        $0["summary"]?.string == "something of environment `trial` is left"
      }
      #expect(left?["evidence"]?.elements?.first?.string?.contains("web-1, server") ?? false)
      try await cloud.forgetFaults()

      #expect(try await cloud.run(["destroy"] + json).status == 0)
      events = try self.events(cloud)
      expectForm(events, code: 0)
      #expect(machines(events) == ["planned web-1", "deleting web-1", "deleted web-1"])
      #expect(events[0]["command"] == "destroy")
      #expect(try await cloud.living()["server", default: []] == [])
    }
  }

  @Test("A file of events that cannot be written whole ends a command on machines with 1")
  func fullDisk() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      for words in [["apply", "--machines-only"], ["destroy"]] {
        let said = try await cloud.run(words + ["--yes", "--json", "/dev/full"])
        #expect(said.status == 1, "\(words)")
        #expect(said.stderr.contains("cannot write `/dev/full`"), "\(said.stderr)")
      }
      #expect(try await cloud.living()["server", default: []] == [])
    }
  }

  /// Makes the build of this machine fail, however often it is tried.
  private func spoil(_ cloud: SimulatedCloud, _ name: String) async throws {
    try await cloud.fault(
      #"{"match": {"operation": "build", "server": "\#(name)", "times": -1}, "do": {"build-error": "disk on fire"}}"#
    )
  }

  @Test("A host whose machine failed is unreachable; the others are configured, and it ends with 4")
  func goesOn() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(3)
      try await spoil(cloud, "web-2")
      try cloud.write(
        """
        - hosts: all
          gather_facts: false
          vars: {ansible_connection: "{{ 'ssh' if inventory_hostname == 'web-2' else 'local' }}"}
          tasks:
            - copy: {content: x, dest: "{{ playbook_dir }}/{{ inventory_hostname }}"}
            - debug: {msg: "{{ ansible_play_hosts | join('+') }}"}

        """, to: "site.yaml")
      let said = try await cloud.apply(["--json", "events"])
      #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("fatal: [web-2]: UNREACHABLE!"), "\(said.stdout)")
      #expect(said.stdout.contains("disk on fire"))
      #expect(said.stdout.contains("web-1+web-3"))
      #expect(try cloud.read("web-1") == "x" && cloud.read("web-3") == "x")
      let recap = said.stdout.split(separator: "\n").filter { $0.contains("unreachable=") }
      #expect(recap.map { $0.contains("unreachable=1") } == [false, true, false], "\(recap)")
      #expect(said.stderr.contains("the build of machine `web-2` failed"))
      let events = try events(cloud)
      expectForm(events, code: 4)
      let error = events.first { $0["status"] == "error" }
      #expect(error?["host"] == "web-2")
      #expect(error?["evidence"]?.elements?.first?.string?.contains("disk on fire") ?? false)
      #expect(machines(events).contains("ready web-1") && !machines(events).contains("ready web-2"))

      try await cloud.forgetFaults()
      let mended = try await cloud.run(["apply", "--yes", "--machines-only"])
      #expect(mended.status == 0, "\(mended.stdout)\(mended.stderr)")
      #expect(try await cloud.living()["server"] == ["web-1", "web-2", "web-3"])
      #expect(!(mended.stdout + mended.stderr).contains("disk on fire"))
      #expect(try await cloud.destroy().status == 0)
    }
  }

  @Test("A new machine is waited for at the port that its host has, whichever that is")
  func ownPort() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1, "okeanos_timeout=3\nansible_port=2222")
      try cloud.write(
        "- hosts: all\n  gather_facts: false\n  tasks: [{command: id}]\n", to: "site.yaml")
      let said = try await cloud.apply(["-T", "1"])
      #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
      #expect(said.stdout.contains("is active, and ssh was tried for "), "\(said.stdout)")
    }
  }

  @Test("Where no task follows, a failed machine ends the run with 4; what is of no machine with 1")
  func ends() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      try await spoil(cloud, "web-1")
      for words in [["--machines-only"], ["site.yaml"]] {
        let said = try await cloud.run(["apply", "--yes", "--json", "events"] + words)
        #expect(said.status == 4, "\(said.stdout)\(said.stderr)")
        #expect(said.stderr.contains("disk on fire"))
        expectForm(try events(cloud), code: 4)
      }
      let refused = try await cloud.run(
        ["apply", "--yes", "site.yaml", "--json", "events"], token: "wrong-token-canary")
      #expect(refused.status == 1)
      expectForm(try events(cloud), code: 1)
      #expect(!(try cloud.read("events").contains("wrong-token-canary")))
      try await cloud.forgetFaults()
      #expect(try await cloud.destroy().status == 0)
    }
  }
}
