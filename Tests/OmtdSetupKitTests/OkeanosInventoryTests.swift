import TestKit
import Testing
import Values

/// `plugin: okeanos` as commands use it, on a simulated cloud with machines of two environments.
@Suite struct OkeanosInventoryTests {
  /// Two machines of `trial`, of which one is stopped, and one of `other`.
  private func with(_ body: (SimulatedCloud) async throws -> Void) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(
        2,
        #"""
        okeanos_networks=["public", "inner"]
        okeanos_metadata={"role": "web", "tier": "front"}
        """#)
      let made = try await cloud.run(["apply", "--yes", "--machines-only"])
      try cloud.write(
        """
        [db]
        db-1
        [db:vars]
        okeanos_image=debian-12
        okeanos_flavor=1
        okeanos_environment=other
        okeanos_metadata={"role": "db"}

        """, to: "others")
      let more = try await cloud.run(["apply", "--yes", "--machines-only"], inventory: "others")
      #expect(made.status == 0 && more.status == 0, "\(made.stderr)\(more.stderr)")
      try await cloud.fault(#"{"do": "stop-machine", "server": "web-2"}"#)
      try await body(cloud)
    }
  }

  private func listing(
    _ cloud: SimulatedCloud, _ file: String
  ) async throws -> (value: Value, stderr: String) {
    try cloud.write(file, to: "okeanos.yml")
    let said = try await cloud.run(["inventory", "--list"], inventory: "okeanos.yml")
    #expect(said.status == 0, "\(said.stderr)")
    return (try JSON.parse(said.stdout), said.stderr)
  }

  private func members(_ listing: Value, _ group: String) -> [String] {
    (listing[group]?["hosts"]?.elements ?? []).compactMap(\.string)
  }

  @Test("Machines of an account are hosts with facts and groups, whoever made them")
  func lists() async throws {
    try await with { cloud in
      let (all, stderr) = try await listing(
        cloud,
        """
        plugin: okeanos
        strict: true
        compose:
          ansible_user: okeanos_server_user
          cpus: okeanos_server_flavor.cpus * 2
        groups:
          described: okeanos_image is defined
          with_two: okeanos_server_addresses | length > 1
        keyed_groups:
          - {key: okeanos_server_metadata.role, prefix: role}
          - {key: okeanos_server_state | lower, separator: "", parent_group: states}

        """)
      #expect(stderr.contains("left out, for they are not ACTIVE: `web-2` (STOPPED)"))
      #expect(members(all, "role_web") == ["web-1"])
      #expect(members(all, "role_db") == ["db-1"])
      #expect(members(all, "with_two") == ["web-1"])
      #expect(members(all, "active") == ["db-1", "web-1"])
      #expect(all["states"]?["children"] == ["active"])
      #expect(all["described"] == nil)
      let facts = all["_meta"]?["hostvars"]?["web-1"]
      #expect(facts?["cpus"] == 2)
      #expect(facts?["ansible_user"] == facts?["okeanos_server_user"])
      #expect(facts?["okeanos_server_environment"] == "trial")
      let status = try JSON.parse(try await cloud.run(["status", "--json"]).stdout)
      let machine = status["machines"]?.elements?.first
      #expect(facts?["okeanos_server_id"] == machine?["id"])
      let outer = facts?["okeanos_server_addresses"]?.elements?.first { $0["public"] == true }
      #expect(outer?["address"]?.string != nil && facts?["ansible_host"] == outer?["address"])
    }
  }

  @Test("Mark, metadata and states choose machines; a private network can be preferred")
  func chooses() async throws {
    try await with { cloud in
      let (all, stderr) = try await listing(
        cloud,
        """
        plugin: okeanos
        environment: trial
        filters: {role: web, tier: [front, back]}
        states: all
        prefer_network: inner

        """)
      #expect(stderr == "")
      #expect(members(all, "ungrouped") == ["web-1", "web-2"])
      for name in ["web-1", "web-2"] {
        let facts = all["_meta"]?["hostvars"]?[name]
        let inner = facts?["okeanos_server_addresses"]?.elements?
          .first { $0["network"] == "inner" }
        #expect(inner != nil && facts?["ansible_host"] == inner?["address"])
      }
      let none = try await listing(cloud, "plugin: okeanos\nfilters: {role: nothing}\n")
      #expect(members(none.value, "ungrouped").isEmpty)
      let graph = try await cloud.run(["inventory", "--graph"], inventory: "okeanos.yml")
      #expect(graph.stdout == "@all:\n  |--@ungrouped:\n", "\(graph.stdout)")
    }
  }

  @Test("exec, apply, plan and ssh use listed machines, which no run creates or removes")
  func uses() async throws {
    try await with { cloud in
      try cloud.write(
        """
        plugin: okeanos
        filters: {role: db}
        compose: {ansible_connection: "'local'", ansible_port: 2200, ansible_user: "'me'"}

        """, to: "okeanos.yml")
      try cloud.write(
        """
        - hosts: all
          gather_facts: false
          tasks:
            - copy: {content: "{{ okeanos_server_name }}", dest: "{{ playbook_dir }}/made"}
            - meta: refresh_inventory
            - debug: {msg: "{{ okeanos_server_state }}"}

        """, to: "site.yaml")
      let made = try await cloud.changes()
      let host = try await cloud.run(["inventory", "--host", "db-1"], inventory: "okeanos.yml")
      let address = try #require(try JSON.parse(host.stdout)["ansible_host"]?.string)
      let executed = try await cloud.run(
        ["exec", "all", "-a", "echo {{ okeanos_server_metadata.role }}-there", "-v"],
        inventory: "okeanos.yml")
      #expect(executed.status == 0 && executed.stdout.contains("db-there"), "\(executed.stdout)")
      let plan = try await cloud.run(
        ["plan", "site.yaml", "--detailed-exitcode"], inventory: "okeanos.yml")
      #expect(plan.status == 2, "\(plan.stdout)\(plan.stderr)")
      #expect(!plan.stdout.contains("Machines:"))
      let applied = try await cloud.apply(["--prune"], inventory: "okeanos.yml")
      #expect(applied.status == 0, "\(applied.stdout)\(applied.stderr)")
      #expect(applied.stdout.contains("ACTIVE"))
      #expect(try cloud.read("made") == "db-1")
      try cloud.write("#!/bin/sh\nprintf '%s|' \"$@\"\n", to: "bin/ssh", isProgram: true)
      let login = try await cloud.run(
        ["ssh", "db-1", "--", "uptime"], inventory: "okeanos.yml",
        environment: ["PATH=\(cloud.folder)/bin:/usr/bin:/bin"])
      #expect(
        login.stdout == "-o|StrictHostKeyChecking=yes|-p|2200|-l|me|--|\(address)|uptime|",
        "\(login.stderr)")
      #expect(try await cloud.changes() == made)
    }
  }

  @Test("A described machine that is listed as well stays described")
  func ownMachines() async throws {
    try await with { cloud in
      try cloud.write(try cloud.inventory, to: "inv/hosts")
      try cloud.write("plugin: okeanos\nstates: all\n", to: "inv/okeanos.yaml")
      let plan = try await cloud.run(["plan", "site.yaml"], inventory: "inv")
      #expect(plan.status == 0, "\(plan.stdout)\(plan.stderr)")
      #expect(plan.stdout.contains("web-2"), "it is to be started: \(plan.stdout)")
      #expect(plan.stdout.contains("0 to add, 1 to change, 0 to destroy"), "\(plan.stdout)")
    }
  }

  @Test("An account that cannot be listed stops the run and shows no token")
  func refused() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.write("plugin: okeanos\n", to: "okeanos.yml")
      for words in [["inventory", "--list"], ["exec", "all", "-a", "true"]] {
        let said = try await cloud.run(words, inventory: "okeanos.yml", token: "wrong-token-canary")
        #expect(said.status == 1, "\(said.stdout)\(said.stderr)")
        #expect(said.stderr.contains("401") && said.stderr.contains("okeanos.yml:1:9"))
        #expect(!(said.stdout + said.stderr).contains("wrong-token-canary"))
      }
      try cloud.write("plugin: okeanos\nprefer_network: iner\n", to: "okeanos.yml")
      let unknown = try await cloud.run(["inventory", "--list"], inventory: "okeanos.yml")
      #expect(unknown.status == 4)
      #expect(unknown.stderr.contains("has no network `iner`"), "\(unknown.stderr)")
      #expect(unknown.stderr.contains("okeanos.yml:2:17"))
    }
  }
}
