import Sandbox
import Testing

/// The knobs: what goes wrong when a test asks for it, and that nothing else does.
@Suite struct FaultTests {
  private func made(_ cloud: TestCloud) async throws -> Int {
    let records = try await cloud.call("GET", "/sandbox/records")
    let servers = records.json["records"]?.items?.filter {
      $0["kind"]?.text == "server" && $0["event"]?.text == "created"
    }
    return servers?.count ?? -1
  }

  @Test("A lost reply: the connection ends, and the server is there or is not")
  func drops() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(#"{"match": {"operation": "server.create"}, "do": "drop-after"}"#)
      await #expect(throws: MachineFailure.self) { try await cloud.create("lost") }
      #expect(try await made(cloud) == 1)
      let list = try await cloud.call("GET", "/compute/v2.0/servers/detail")
      #expect(list.at("servers.0.name") == "'lost'")
      try await cloud.fault(#"{"match": {"operation": "server.create"}, "do": "drop-before"}"#)
      await #expect(throws: MachineFailure.self) { try await cloud.create("never") }
      #expect(try await made(cloud) == 1)
      #expect(try await cloud.create("third").status == 202)
    }
  }

  @Test("A status instead of the answer, with Retry-After, before or after the deed")
  func statuses() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(
        #"{"match": {"method": "GET", "path": "servers"}, "do": {"status": 503, "retry_after": 2}}"#
      )
      let busy = try await cloud.call("GET", "/compute/v2.0/servers/detail")
      #expect(busy.fault == "503 serviceUnavailable")
      #expect(busy.response.headers["retry-after"] == "2")
      try await cloud.fault(
        #"{"match": {"operation": "server.create"}, "do": {"status": 500, "after": true}}"#)
      #expect(try await cloud.create().fault == "500 internalServerError")
      #expect(try await made(cloud) == 1)
      try await cloud.fault(
        #"{"match": {"operation": "server.create"}, "do": {"status": 500}}"#)
      #expect(try await cloud.create().fault == "500 internalServerError")
      #expect(try await made(cloud) == 1)
    }
  }

  @Test("`nth` and `times` choose the requests; DELETE takes all rules away")
  func counting() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(
        #"{"match": {"operation": "server.list", "nth": 2, "times": 2}, "do": {"status": 502}}"#)
      var seen: [Int] = []
      for _ in 0..<5 { seen.append(try await cloud.call("GET", "/compute/v2.0/servers").status) }
      #expect(seen == [200, 502, 502, 200, 200])
      try await cloud.fault(
        #"{"match": {"operation": "server.list", "times": -1}, "do": {"status": 502}}"#)
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").status == 502)
      #expect(try await cloud.call("DELETE", "/sandbox/faults").status == 204)
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").status == 200)
      try await check(
        cloud,
        [
          Row("unknown", "POST", "/sandbox/faults", #"{"do": "explode"}"#, "400 badRequest"),
          Row("nothing", "POST", "/sandbox/faults", #"{"match": {}}"#, "400 badRequest"),
          Row("no number", "POST", "/sandbox/faults", #"{"do": "delay"}"#, "400 badRequest"),
          Row(
            "pattern", "POST", "/sandbox/faults", #"{"match": {"path": "("}, "do": "html"}"#,
            "400 badRequest"),
        ])
    }
  }

  @Test("Replies that are no JSON, half of it, of wrong types, of unknown states, elsewhere")
  func shapes() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      func next(_ order: String) async throws -> Answer {
        try await cloud.fault(#"{"match": {"operation": "server.get"}, "do": \#(order)}"#)
        return try await cloud.server(id)
      }
      let page = try await next(#""html""#)
      #expect(page.status == 502 && page.text.hasPrefix("<html>"))
      #expect(page.response.headers["content-type"] == "text/html")
      let whole = try await cloud.server(id)
      let half = try await next(#""truncate""#)
      #expect(half.text.utf8.count == whole.text.utf8.count / 2)
      #expect(half.response.headers["content-length"] == String(whole.text.utf8.count))
      #expect(try await next(#""wrong-type""#).at("server") == "[1,2]")
      #expect(try await next(#""unknown-state""#).at("server.status") == "'MIGRATING'")
      let moved = try await next(#"{"redirect": "http://192.0.2.1/steal"}"#)
      #expect(moved.status == 307)
      #expect(moved.response.headers["location"] == "http://192.0.2.1/steal")
      let started = Platform.now()
      let late = try await next(#"{"delay": 300}"#)
      #expect(late.status == 200 && Platform.now() - started >= 0.3)
      let slow = Platform.now()
      #expect(try await next(#"{"slow": 20000}"#).text == whole.text)
      #expect(Platform.now() - slow >= Double(whole.text.utf8.count) / 20_000 * 0.8)
    }
  }

  @Test("A body without end goes on until the client has had enough, and the cloud serves on")
  func endless() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(#"{"match": {"operation": "server.list"}, "do": "endless"}"#)
      var client = cloud.client
      client.most = 1_000_000
      let reader = client
      let answer = try await Task.detached { try reader.send("GET", "/compute/v2.0/servers") }.value
      #expect(answer.body.count > 900_000)
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
    }
  }

  private static let strange: [(String, String, String)] = [
    ("POST", "/compute/v2.0/servers", #"{"server": [9223372036854775807]}"#),
    ("POST", "/compute/v2.0/servers", #"{"server": {"name": 1e999, "imageRef": NaN}}"#),
    (
      "POST", "/compute/v2.0/servers",
      #"{"server": {"name": "x", "imageRef": "$image", "flavorRef": 9223372036854775807}}"#
    ),
    (
      "POST", "/compute/v2.0/servers",
      #"{"server": {"name": "x", "imageRef": "$image", "flavorRef": 1, "networks": [], "block_device_mapping_v2": [{"source_type": "image", "uuid": "$image", "volume_size": 9223372036854775807}]}}"#
    ),
    (
      "POST", "/compute/v2.0/servers",
      #"{"server": {"name": "x", "imageRef": "$image", "flavorRef": 1, "networks": [], "block_device_mapping_v2": [{"source_type": "image", "uuid": "$image", "volume_size": -9}]}}"#
    ),
    (
      "POST", "/compute/v2.0/servers",
      #"{"server": {"name": "x", "imageRef": "$image", "flavorRef": 1, "networks": [{"uuid": -1}, {"port": 99999999999999999999}]}}"#
    ),
    ("POST", "/volume/v2.0/volumes", #"{"volume": {"display_name": "x", "size": -1}}"#),
    ("GET", "/compute/v2.0/servers/-9223372036854775809", ""),
    ("GET", "/compute/v2.0/servers?changes-since=99999999-99-99T99:99:99Z", ""),
    ("GET", "/object-store/v1/$user/%00%ff%", ""),
    ("GET", "/compute/v2.0/servers/%zz", ""),
    (
      "POST", "/network/v2.0/subnets",
      #"{"subnet": {"network_id": 1, "cidr": "255.255.255.255/32"}}"#
    ),
    ("POST", "/sandbox/clock", #"{"advance": 1e300}"#),
    ("POST", "/sandbox/clock", #"{"build_seconds": -1}"#),
    ("POST", "/sandbox/settings", #"{"maxSubnetPrefix": 99}"#),
    ("POST", "/sandbox/settings", #"{"maxNICs": 9223372036854775807}"#),
    ("POST", "/sandbox/flavors", #"{"ram": 9223372036854775807}"#),
  ]

  @Test("No request ends the cloud: strange numbers, paths and depths are refused")
  func strange() async throws {
    try await TestCloud.run { cloud in
      for (method, path, body) in Self.strange {
        let answer = try await cloud.call(method, path, body.isEmpty ? nil : body)
        #expect((400...500).contains(answer.status), "\(path) \(body): \(answer.text)")
      }
      let deep = String(repeating: "[", count: 100_000)
      #expect(try await cloud.call("POST", "/compute/v2.0/servers", deep).fault == "400 badRequest")
      for order in [
        #""expire-token", "after": 9223372036854775807"#,
        #""steal-quota", "amount": -9223372036854775808"#, #""steal-quota", "leave": -5"#,
      ] {
        try await cloud.fault(#"{"do": \#(order)}"#)
      }
      try await cloud.fault(
        #"{"match": {"nth": 9223372036854775807, "times": 9223372036854775807}, "do": "html"}"#)
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
    }
  }

  @Test("Builds: stuck, slow, without an address, for servers of one name")
  func builds() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let networks = #"[{"uuid": "\#(lan)"}]"#
      for (name, order) in [
        ("stuck", #""stuck""#), ("slow", #"{"slow-build": 100}"#), ("noip", #""no-ip""#),
      ] {
        try await cloud.fault(#"{"match": {"server": "^\#(name)$"}, "do": \#(order)}"#)
      }
      var ids: [String: String] = [:]
      for name in ["good", "stuck", "slow", "noip"] {
        ids[name] = try await cloud.create(name, networks: networks).word("server.id")
      }
      func state(_ name: String) async throws -> String {
        try await cloud.server(ids[name] ?? "").word("server.status")
      }
      try await cloud.advance(10)
      #expect(try await state("good") == "ACTIVE")
      #expect(try await state("stuck") == "BUILD")
      #expect(try await state("slow") == "BUILD")
      #expect(try await state("noip") == "ACTIVE")
      #expect(try await cloud.server(ids["noip"] ?? "").at("server.attachments") == "[]")
      #expect(try await cloud.server(ids["good"] ?? "").at("server.attachments.0.ipv4") != "absent")
      try await cloud.advance(100)
      #expect(try await state("slow") == "ACTIVE")
      #expect(try await state("stuck") == "BUILD")
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(ids["stuck"] ?? "")")
      try await cloud.advance(5)
      #expect(try await state("stuck") == "DELETED")
    }
  }

  @Test("A deletion that fails takes nothing away: not the volume, its quota, or the network")
  func deletions() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let id = try await cloud.active(networks: #"[{"uuid": "\#(lan)"}]"#)
      let path = "/volume/v2.0/volumes"
      let bodies = [
        "in_use": #"{"volume": {"display_name": "d", "size": 3, "server_id": \#(id)}}"#,
        "available": #"{"volume": {"display_name": "d", "size": 4, "volume_type": 1}}"#,
      ]
      var disks: [String: String] = [:]
      for (status, body) in bodies {
        disks[status] = try await cloud.call("POST", path, body).word("volume.id")
        try await cloud.advance(2)
      }
      let before = try await cloud.usage("cyclades.disk")
      try await cloud.fault(
        #"{"match": {"operation": "delete-volume", "times": 2}, "do": {"fail": "busy"}}"#)
      for (status, disk) in disks {
        #expect(try await cloud.call("DELETE", path + "/\(disk)").status == 202)
        try await cloud.advance(2)
        let shown = try await cloud.call("GET", path + "/\(disk)")
        #expect(shown.word("volume.status") == status)
        #expect(try await cloud.usage("cyclades.disk") == before)
      }
      let server = try await cloud.server(id)
      #expect(server.at("server.diagnostics.0.message") == "'busy'")
      #expect(server.word("server.SNF:task_state") == "")
      #expect(server.json["server"]?["volumes"]?.items?.count == 2)
      // Without the fault it goes.
      for (_, disk) in disks {
        #expect(try await cloud.call("DELETE", path + "/\(disk)").status == 202)
        try await cloud.advance(2)
        let shown = try await cloud.call("GET", path + "/\(disk)")
        #expect(shown.word("volume.status") == "deleted")
      }

      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(2)
      try await cloud.fault(#"{"match": {"operation": "remove-network"}, "do": {"fail": "busy"}}"#)
      let network = "/network/v2.0/networks/\(lan)"
      for (status, usage) in [("ACTIVE", "1/0"), ("DELETED", "0/0")] {
        #expect(try await cloud.call("DELETE", network).status == 204)
        try await cloud.advance(2)
        #expect(try await cloud.call("GET", network).word("network.status") == status)
        #expect(try await cloud.usage("cyclades.network.private") == usage)
      }
    }
  }

  @Test("Behind our back: stopped, suspended, deleted by hand")
  func behindOurBack() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active("web")
      try await cloud.fault(#"{"do": "stop-machine", "server": "web"}"#)
      #expect(try await cloud.server(id).at("server.status") == "'STOPPED'")
      #expect(try await cloud.usage("cyclades.cpu") == "0/0")
      try await cloud.fault(#"{"do": "suspend", "server": \#(id)}"#)
      #expect(try await cloud.server(id).at("server.suspended") == "true")
      #expect(try await cloud.act(id, #"{"start": {}}"#).fault == "403 forbidden")
      #expect(
        try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").fault == "403 forbidden")
      try await cloud.fault(#"{"do": "unsuspend", "server": \#(id)}"#)
      try await cloud.fault(#"{"do": "delete-machine", "server": \#(id)}"#)
      try await cloud.advance(0)
      #expect(try await cloud.server(id).at("server.status") == "'DELETED'")
      let none = try await cloud.call(
        "POST", "/sandbox/faults", #"{"do": "suspend", "server": "no"}"#)
      #expect(none.fault == "404 itemNotFound")
    }
  }

  @Test("The token expires in the middle of a run, for the API and not for the sandbox")
  func token() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(#"{"do": "expire-token", "after": 2}"#)
      let path = "/compute/v2.0/servers"
      #expect(try await cloud.call("GET", path).status == 200)
      #expect(try await cloud.call("GET", path).status == 200)
      #expect(try await cloud.call("GET", path).fault == "401 fault")
      #expect(try await cloud.call("GET", "/network/v2.0/networks").fault == "401 fault")
      let token = try #require(cloud.client.token)
      let check = try await cloud.call(
        "POST", "/identity/v2.0/tokens", #"{"auth": {"token": {"id": "\#(token)"}}}"#)
      #expect(check.fault == "401 unauthorized")
      #expect(check.at("unauthorized.message") == "'Authentication expired'")
      #expect(try await cloud.call("GET", "/sandbox/records").status == 200)
      try await cloud.fault(#"{"do": "renew-token"}"#)
      #expect(try await cloud.call("GET", path).status == 200)
    }
  }

  @Test("Somebody takes the last quota between two of our requests")
  func race() async throws {
    try await TestCloud.run(room: 3) { cloud in
      try await cloud.fault(
        #"{"match": {"operation": "server.create", "nth": 2}, "do": "steal-quota", "leave": 0}"#)
      #expect(try await cloud.create("a").status == 202)
      #expect(try await cloud.create("b").fault == "413 overLimit")
      let quotas = try await cloud.call("GET", "/account/v1.0/quotas")
      let vm = quotas.json[cloud.project]?["cyclades.vm"]
      #expect(vm?["usage"]?.int == 1 && vm?["project_usage"]?.int == 3)
    }
  }

  @Test("Records keep all that was made and ended, with marks, times and request numbers")
  func records() async throws {
    try await TestCloud.run { cloud in
      let floating = try await cloud.reserve()
      let id = try await cloud.create("web", #""metadata": {"omtd-run": "7"}"#).word("server.id")
      try await cloud.advance(5)
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(5)
      _ = try await cloud.call("DELETE", "/network/v2.0/floatingips/\(floating.id)")
      let answer = try await cloud.call("GET", "/sandbox/records")
      let lines = answer.json["records"]?.items?.map {
        "\($0["event"]?.text ?? "") \($0["kind"]?.text ?? "") \($0["id"]?.int ?? 0)"
      }
      #expect(
        lines == [
          "created floating_ip \(floating.id)", "created server \(id)", "deleted server \(id)",
          "deleted floating_ip \(floating.id)",
        ])
      #expect(answer.at("records.1.details.omtd-run") == "'7'")
      #expect((answer.json["records"]?[1]?["request"]?.int ?? 0) > 0)
      #expect(answer.json["requests"]?["server.create"]?.int == 1)
      #expect(answer.json["requests"]?["floatingip.delete"]?.int == 1)
    }
  }
}
