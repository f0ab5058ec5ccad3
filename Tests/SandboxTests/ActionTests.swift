import Sandbox
import Testing

/// Rows 11 to 13: what may be done to a server when, how it ends, and what it costs.
@Suite struct ActionTests {
  @Test("An action is 202 and shows as task at once; the status follows its end (rows 11, 12)")
  func stopAndStart() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      #expect(try await cloud.act(id, #"{"shutdown": {}}"#).status == 202)
      let busy = try await cloud.server(id)
      #expect(busy.at("server.status") == "'ACTIVE'")
      #expect(busy.at("server.SNF:task_state") == "'STOPPING'")
      let pending = try await cloud.act(id, #"{"start": {}}"#)
      #expect(pending.fault == "400 badRequest")
      #expect(pending.word("badRequest.message").contains("pending STOP"))
      try await cloud.advance(2)
      let stopped = try await cloud.server(id)
      #expect(stopped.at("server.status") == "'STOPPED'")
      #expect(stopped.at("server.SNF:task_state") == "''")
      #expect(try await cloud.act(id, #"{"os-stop": null}"#).fault == "400 badRequest")
      #expect(try await cloud.act(id, #"{"os-start": {}}"#).status == 202)
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "'STARTING'")
      try await cloud.advance(2)
      #expect(try await cloud.server(id).at("server.status") == "'ACTIVE'")
      #expect(try await cloud.act(id, #"{"reboot": {"type": "SOFT"}}"#).status == 202)
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "'REBOOTING'")
      try await cloud.advance(2)
      #expect(try await cloud.server(id).at("server.status") == "'ACTIVE'")
    }
  }

  private static let bodies: [(String, String)] = [
    (#"{"start": {}}"#, "400 badRequest"),
    (#"{"start": "now"}"#, "400 badRequest"),
    (#"{"start": {}, "shutdown": {}}"#, "400 badRequest"),
    (#"{"reboot": {"type": "WARM"}}"#, "400 badRequest"),
    (#"{"reboot": null}"#, "500 internalServerError"),
    (#"{"resize": {"flavorRef": 2}}"#, "400 badRequest"),
    (#"{"suspend": {}}"#, "403 forbidden"),
    (#"{"rebuild": {}}"#, "400 badRequest"),
    (#"{"changePassword": {}}"#, "400 badRequest"),
    (#"{"confirmResize": {}}"#, "400 badRequest"),
    (#"{"stop": {}}"#, "500 internalServerError"),
    (#"{"delete": {}}"#, "500 internalServerError"),
    (#"{"rescue": {}}"#, "404 featureNotEnabled"),
    (#"{"reassign": {}}"#, "400 badRequest"),
    (#"{"reassign": {"project": "nix"}}"#, "400 badRequest"),
    (#"{"firewallProfile": {"profile": "ENABLED", "nic": 1}}"#, "404 itemNotFound"),
    (#"{"addFloatingIp": {"address": "198.19.0.99"}}"#, "404 itemNotFound"),
    (#"{"console": {"type": "vnc"}}"#, "200 console"),
  ]

  @Test("Each action on an ACTIVE server gets its answer (row 11)")
  func answers() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      for (body, answer) in Self.bodies {
        #expect(try await cloud.act(id, body).fault == answer, "\(body)")
      }
    }
  }

  @Test("In BUILD every action is 409 buildInProgress, and DELETE works (row 11)")
  func building() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.create().word("server.id")
      for body in [
        #"{"start": {}}"#, #"{"shutdown": {}}"#, #"{"reassign": {"project": "$project"}}"#,
      ] {
        #expect(try await cloud.act(id, body).fault == "409 buildInProgress", "\(body)")
      }
      let port = #"{"port": {"network_id": "\#(try await cloud.lan())", "device_id": "\#(id)"}}"#
      #expect(
        try await cloud.call("POST", "/network/v2.0/ports", port).fault == "409 buildInProgress")
      #expect(try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").status == 204)
      #expect(try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").status == 204)
      try await cloud.advance(20)
      #expect(try await cloud.server(id).at("server.status") == "'DELETED'")
      #expect(
        try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").fault == "400 badRequest")
      #expect(try await cloud.usage("cyclades.vm") == "0/0")
      #expect(try await cloud.usage("cyclades.disk") == "0/0")
    }
  }

  @Test("A build that waits in the queue cannot be deleted yet: 409, then 204 (row 11)")
  func queued() async throws {
    try await TestCloud.run(settings: #"{"queueSeconds": 5}"#) { cloud in
      let id = try await cloud.create().word("server.id")
      let early = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      #expect(early.fault == "409 buildInProgress")
      try await cloud.advance(6)
      #expect(try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").status == 204)
    }
  }

  @Test("Resize: only STOPPED, another flavor, the same disk; no confirmation (row 11)")
  func resize() async throws {
    try await TestCloud.run { cloud in
      let larger = try await cloud.call(
        "POST", "/sandbox/flavors", #"{"cpus": 2, "ram": 1024, "disk": 5}"#
      ).word("id")
      let id = try await cloud.active()
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      try await cloud.advance(2)
      for (flavor, answer) in [("1", 400), ("4", 400), ("77", 404), (larger, 202)] {
        let body = #"{"resize": {"flavorRef": \#(flavor)}}"#
        #expect(try await cloud.act(id, body).status == answer, "flavor \(flavor)")
      }
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "'RESIZING'")
      #expect(try await cloud.server(id).at("server.flavor.id") == "1")
      #expect(try await cloud.act(id, #"{"start": {}}"#).fault == "400 badRequest")
      try await cloud.advance(2)
      #expect(try await cloud.server(id).at("server.flavor.id") == larger)
      #expect(try await cloud.usage("cyclades.cpu") == "0/0")
      _ = try await cloud.act(id, #"{"start": {}}"#)
      #expect(try await cloud.usage("cyclades.cpu") == "2/2")
      try await cloud.advance(2)
      #expect(try await cloud.usage("cyclades.cpu") == "2/0")
    }
  }

  @Test("Quota: each operation charges when it is issued and settles when it ends (row 13)")
  func deltas() async throws {
    try await TestCloud.run { cloud in
      let ram = 2048 << 20
      func shown() async throws -> [String] {
        [
          try await cloud.usage("cyclades.vm"), try await cloud.usage("cyclades.cpu"),
          try await cloud.usage("cyclades.ram"), try await cloud.usage("cyclades.disk"),
        ]
      }
      let id = try await cloud.create(flavor: 3).word("server.id")
      let running = ["1/0", "2/0", "\(ram)/0", "\(20 << 30)/0"]
      #expect(try await shown() == running)
      try await cloud.advance(10)
      #expect(try await shown() == running)
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      #expect(try await shown() == ["1/0", "2/2", "\(ram)/\(ram)", "\(20 << 30)/0"])
      try await cloud.advance(2)
      #expect(try await shown() == ["1/0", "0/0", "0/0", "\(20 << 30)/0"])
      _ = try await cloud.act(id, #"{"start": {}}"#)
      #expect(try await shown() == ["1/0", "2/2", "\(ram)/\(ram)", "\(20 << 30)/0"])
      try await cloud.advance(2)
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      #expect(try await shown()[0] == "1/1")
      #expect(try await shown()[3] == "\(20 << 30)/\(20 << 30)")
      try await cloud.advance(2)
      #expect(try await shown() == ["0/0", "0/0", "0/0", "0/0"])
    }
  }

  @Test("Start is refused with 413 where others took the room of a stopped server (row 13)")
  func startRefused() async throws {
    try await TestCloud.run(room: 2) { cloud in
      let id = try await cloud.active()
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      try await cloud.advance(2)
      try await cloud.fault(#"{"do": "steal-quota", "resource": "cyclades.cpu", "leave": 0}"#)
      let refused = try await cloud.act(id, #"{"start": {}}"#)
      #expect(refused.fault == "413 overLimit")
      #expect(refused.word("overLimit.message").contains("project"))
      #expect(try await cloud.server(id).at("server.status") == "'STOPPED'")
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "''")
    }
  }

  @Test("Reassign is 200 at once and moves what the server uses (rows 11, 13)")
  func reassign() async throws {
    try await TestCloud.run { cloud in
      let second = try await cloud.call("POST", "/sandbox/projects", "{}").word("id")
      let id = try await cloud.active()
      let answer = try await cloud.act(id, #"{"reassign": {"project": "\#(second)"}}"#)
      #expect(answer.status == 200 && answer.text.isEmpty)
      #expect(try await cloud.server(id).at("server.tenant_id") == "'\(second)'")
      #expect(try await cloud.usage("cyclades.vm") == "0/0")
      #expect(try await cloud.usage("cyclades.disk") == "0/0")
      let quotas = try await cloud.call("GET", "/account/v1.0/quotas")
      let moved = quotas.json[second]
      #expect(moved?["cyclades.vm"]?["usage"]?.int == 1)
      #expect(moved?["cyclades.ram"]?["usage"]?.int == 512 << 20)
      #expect(moved?["cyclades.disk"]?["usage"]?.int == 5 << 30)
    }
  }

  @Test("A failed job clears the task and leaves the status and the quota (row 12)")
  func failedJob() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      try await cloud.advance(2)
      try await cloud.fault(#"{"match": {"operation": "start"}, "do": {"fail": "no node"}}"#)
      #expect(try await cloud.act(id, #"{"start": {}}"#).status == 202)
      try await cloud.advance(2)
      let answer = try await cloud.server(id)
      #expect(answer.at("server.status") == "'STOPPED'")
      #expect(answer.at("server.SNF:task_state") == "''")
      #expect(try await cloud.usage("cyclades.cpu") == "0/0")
    }
  }

  @Test("Deletion: cards and volumes go, fixed addresses are free, floating IPs stay (row 12)")
  func deletion() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan("192.168.10.0/29")
      let floating = try await cloud.reserve()
      let networks =
        #"[{"uuid": "$pool", "fixed_ip": "\#(floating.address)"}, {"uuid": "\#(lan)"}]"#
      let id = try await cloud.active("web", networks: networks)
      let path = "/network/v2.0/floatingips/\(floating.id)"
      let volume = try await cloud.server(id).word("server.volumes.0")
      #expect(try await cloud.call("GET", path).at("floatingip.instance_id") == "'\(id)'")
      #expect(try await cloud.call("DELETE", path).fault == "409 conflict")
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      #expect(try await cloud.server(id).at("server.attachments.0.ipv4") != "absent")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", "/network/v2.0/ports").at("ports") == "[]")
      let kept = try await cloud.call("GET", path)
      #expect(kept.at("floatingip.port_id") == "null")
      #expect(kept.at("floatingip.instance_id") == "null")
      let disk = try await cloud.call("GET", "/volume/v2.0/volumes/\(volume)")
      #expect(disk.at("volume.status") == "'deleted'")
      let again = try await cloud.active("two", networks: #"[{"uuid": "\#(lan)"}]"#)
      #expect(try await cloud.server(again).at("server.attachments.0.ipv4") == "'192.168.10.2'")
    }
  }

  @Test("A failed build leaves its cards and volumes in ERROR until it is deleted (row 12)")
  func failedBuild() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      try await cloud.fault(#"{"match": {"server": "^bad"}, "do": "build-error"}"#)
      let id = try await cloud.create("bad", networks: #"[{"uuid": "\#(lan)"}]"#).word("server.id")
      try await cloud.advance(5)
      let ports = try await cloud.call("GET", "/network/v2.0/ports")
      #expect(ports.at("ports.0.status") == "'ERROR'")
      let port = ports.word("ports.0.id")
      #expect(
        try await cloud.call("DELETE", "/network/v2.0/ports/\(port)").fault == "400 badRequest")
      let volume = try await cloud.server(id).word("server.volumes.0")
      let disk = try await cloud.call("GET", "/volume/v2.0/volumes/\(volume)")
      #expect(disk.at("volume.status") == "'error'")
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(2)
      #expect(try await cloud.server(id).at("server.status") == "'DELETED'")
      #expect(try await cloud.call("GET", "/network/v2.0/ports").at("ports") == "[]")
    }
  }
}
