import Sandbox
import Testing

/// Rows 1 to 4 of what a faithful emulator must show.
@Suite struct IdentityTests {
  private static let rows: [Row] = [
    Row("GET", "GET", "/identity/v2.0/tokens", nil, "405 notAllowed"),
    Row("bad JSON", "POST", "/identity/v2.0/tokens", "{nonsense", "400 badRequest"),
    Row("no credentials", "POST", "/identity/v2.0/tokens", #"{"auth": {}}"#, "400 badRequest"),
    Row(
      "half credentials", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"passwordCredentials": {"username": "$user"}}}"#, "400 badRequest"),
    Row(
      "unknown token", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"token": {"id": "nobody"}}}"#, "401 unauthorized"),
    Row(
      "token of another user name", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"passwordCredentials": {"username": "other", "password": "$token"}}}"#,
      "401 unauthorized"),
    Row(
      "strange tenant", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"token": {"id": "$token"}, "tenantName": "other"}}"#, "400 badRequest"),
    Row(
      "tenant of the user", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"token": {"id": "$token"}, "tenantName": "$user"}}"#, "200"),
    Row(
      "user and token", "POST", "/identity/v2.0/tokens",
      #"{"auth": {"passwordCredentials": {"username": "$user", "password": "$token"}}}"#, "200"),
  ]

  @Test("Tokens: each form of the request gets its status (row 1)")
  func tokens() async throws {
    try await TestCloud.run { cloud in
      let token = try #require(cloud.client.token)
      for var row in Self.rows {
        row.body = row.body?.replacing("$token", with: token)
        try await row.check(cloud)
      }
      let plain = try await cloud.call(
        "POST", "/identity/v2.0/tokens", "{}", headers: [("Content-Type", "text/plain")])
      #expect(plain.fault == "400 badRequest")
      // No body at all is public mode: the catalogue and nothing else, without a token.
      let open = try await cloud.call("POST", "/identity/v2.0/tokens", token: "")
      #expect(open.status == 200)
      #expect(open.at("access.user") == "absent")
      #expect(open.json["access"]?["serviceCatalog"]?.items?.count == 7)
    }
  }

  @Test("A token's answer has the user, the default project and the catalogue (row 1)")
  func access() async throws {
    try await TestCloud.run { cloud in
      let token = try #require(cloud.client.token)
      let body = #"{"auth": {"token": {"id": "\#(token)"}}}"#
      let answer = try await cloud.call("POST", "/identity/v2.0/tokens", body)
      #expect(answer.at("access.token.id") == "'\(token)'")
      #expect(answer.at("access.user.roles.0.name") == "'default'")
      #expect(answer.at("access.user.projects.0") == "'\(cloud.project)'")
      let base = "http://127.0.0.1:\(cloud.client.port)"
      func address(_ type: String, _ answer: Answer) -> String? {
        answer.json["access"]?["serviceCatalog"]?.items?
          .first { $0["type"]?.text == type }?["endpoints"]?[0]?["publicURL"]?.text
      }
      #expect(address("compute", answer) == base + "/compute/v2.0")
      #expect(address("network", answer) == base + "/network")
      _ = try await cloud.call("POST", "/sandbox/settings", #"{"versionedEndpoints": true}"#)
      let versioned = try await cloud.call("POST", "/identity/v2.0/tokens", body)
      #expect(address("network", versioned) == base + "/network/v2.0")
      #expect(address("volume", versioned) == base + "/volume/v2.0")
      #expect(address("image", versioned) == base + "/image/v1.0")
    }
  }

  @Test("Quota: six whole numbers a resource, bytes for sizes (row 2)")
  func quotas() async throws {
    try await TestCloud.run { cloud in
      _ = try await cloud.create()
      let answer = try await cloud.call("GET", "/account/v1.0/quotas")
      let project = try #require(answer.json[cloud.project])
      #expect(
        project.pairs?.map(\.0).sorted() == [
          "cyclades.cpu", "cyclades.disk", "cyclades.floating_ip", "cyclades.network.private",
          "cyclades.ram", "cyclades.vm", "pithos.diskspace",
        ])
      let ram = try #require(project["cyclades.ram"])
      #expect(ram["usage"]?.int == 512 << 20)
      #expect(ram["project_usage"]?.int == 512 << 20)
      #expect(ram["limit"]?.int == 64 << 32)
      #expect(ram["pending"]?.int == 0 && ram["project_pending"]?.int == 0)
      #expect(project["cyclades.disk"]?["usage"]?.int == 5 << 30)
    }
  }

  @Test("Quota is refused on the member's limit, on the project's, and without a part (row 2)")
  func limits() async throws {
    try await TestCloud.run { cloud in
      let wide = #""cyclades.cpu": [99, 99], "cyclades.ram": [99999999999, 99999999999], "#
      let disk = #""cyclades.disk": [999999999999, 999999999999]"#
      func project(_ vm: String) async throws -> String {
        let body = #"{"limits": {"cyclades.vm": \#(vm), \#(wide)\#(disk)}}"#
        return try await cloud.call("POST", "/sandbox/projects", body).word("id")
      }
      let small = try await project("[1, 9]")
      let tight = try await project("[9, 1]")
      for (id, holder) in [(small, "account"), (tight, "project")] {
        let more = #""project": "\#(id)""#
        #expect(try await cloud.create("a", more).status == 202)
        let refused = try await cloud.create("b", more)
        #expect(refused.fault == "413 overLimit")
        #expect(
          refused.at("overLimit.details")
            == "'Limit for resource 'Virtual Machine' exceeded for your \(holder). Available: 0, Requested: 1'"
        )
      }
      #expect(
        try await cloud.create("c", #""project": "somewhere else""#).fault == "400 badRequest")
      // A refused request leaves nothing behind.
      #expect(
        try await cloud.call("GET", "/compute/v2.0/servers").json["servers"]?.items?.count == 2)
      // A project that ended keeps its row, with no room.
      let ended = try await cloud.call(
        "POST", "/sandbox/projects", #"{"state": "suspended"}"#
      ).word("id")
      #expect(try await cloud.create("d", #""project": "\#(ended)""#).fault == "413 overLimit")
    }
  }

  @Test("Projects: a bare list, its modes and states, and capacities (row 3)")
  func projects() async throws {
    try await TestCloud.run { cloud in
      let suspended = try await cloud.call(
        "POST", "/sandbox/projects", #"{"name": "old", "state": "suspended"}"#
      ).word("id")
      let all = try await cloud.call("GET", "/account/v1.0/projects")
      #expect(all.json.items?.count == 2)
      let member = try await cloud.call("GET", "/account/v1.0/projects?mode=member")
      #expect(member.at("0.id") == "'\(cloud.project)'")
      #expect(member.json.items?.count == 1)
      #expect(member.at("0.resources.cyclades.vm") == "absent")
      let vm = member.json[0]?["resources"]?["cyclades.vm"]
      #expect(vm?["member_capacity"]?.int == 64 && vm?["project_capacity"]?.int == 64)
      let named = try await cloud.call("GET", "/account/v1.0/projects?state=suspended&name=old")
      #expect(named.at("0.id") == "'\(suspended)'")
      let foreign = try await cloud.call("POST", "/sandbox/users", "{}").word("project")
      let anybody = try await cloud.call("GET", "/account/v1.0/projects?mode=active")
      let active = anybody.json.items?.compactMap { $0["id"]?.text }
      #expect(active == [cloud.project, foreign])
      let own = try await cloud.call(
        "GET", "/account/v1.0/projects?mode=active&owner=\(cloud.user)")
      #expect(own.at("0.id") == "'\(cloud.project)'" && own.json.items?.count == 1)
      try await check(
        cloud,
        [
          Row("mode", "GET", "/account/v1.0/projects?mode=mine", nil, "400 badRequest"),
          Row("state", "GET", "/account/v1.0/projects?state=gone", nil, "400 badRequest"),
          Row("one", "GET", "/account/v1.0/projects/$project", nil, "200"),
          Row("none", "GET", "/account/v1.0/projects/nix", nil, "404 itemNotFound"),
          Row("foreign", "GET", "/account/v1.0/projects/\(foreign)", nil, "403 forbidden"),
        ])
    }
  }

  @Test(
    "What stopped servers would need is counted too, in resources that quotas do not show (row 13)")
  func hidden() async throws {
    try await TestCloud.run { cloud in
      let project = try await cloud.call(
        "POST", "/sandbox/projects", #"{"name": "small", "limits": {"cyclades.total_cpu": [1, 1]}}"#
      ).word("id")
      func create() async throws -> Answer {
        try await cloud.create("web", networks: "[]", flavor: 1, #""project": "\#(project)""#)
      }
      let id = try await create().word("server.id")
      try await cloud.advance(10)
      #expect(try await cloud.act(id, #"{"shutdown": {}}"#).status == 202)
      try await cloud.advance(5)
      let refused = try await create()
      #expect(refused.fault == "413 overLimit", "\(refused.text)")
      #expect(refused.at("overLimit.details").contains("'cyclades.total_cpu' exceeded"))
      let quotas = try await cloud.call("GET", "/account/v1.0/quotas")
      #expect(quotas.json[project]?["cyclades.cpu"]?["usage"]?.int == 0)
      #expect(!quotas.text.contains("total_"))
    }
  }

  private static let methods: [Row] = [
    Row("path", "GET", "/compute/v2.0/nix", nil, "400 badRequest"),
    Row("limits", "GET", "/compute/v2.0/limits", nil, "400 badRequest"),
    Row("deep", "GET", "/network/v2.0/networks/1/2/3", nil, "400 badRequest"),
    Row("account", "GET", "/account/v1.0/nix", nil, "400 badRequest"),
    Row("servers", "DELETE", "/compute/v2.0/servers", nil, "405 notAllowed"),
    Row("detail", "POST", "/compute/v2.0/servers/detail", "{}", "405 notAllowed"),
    Row("server", "POST", "/compute/v2.0/servers/1", "{}", "405 notAllowed"),
    Row("action", "GET", "/compute/v2.0/servers/1/action", nil, "405 notAllowed"),
    Row("metadata", "PUT", "/compute/v2.0/servers/1/metadata", "{}", "405 notAllowed"),
    Row("flavors", "POST", "/compute/v2.0/flavors", "{}", "405 notAllowed"),
    Row("networks", "PUT", "/network/v2.0/networks", "{}", "405 notAllowed"),
    Row("extensions", "GET", "/compute/v2.0/extensions", nil, "200"),
    Row("slash", "GET", "/compute/v2.0/servers/", nil, "200"),
  ]

  @Test("Faults have one key; unknown paths are 400, wrong methods 405 (row 4)")
  func shape() async throws {
    try await TestCloud.run { cloud in
      try await check(cloud, Self.methods)
      let answer = try await cloud.call("DELETE", "/compute/v2.0/servers")
      #expect(answer.response.headers["allow"] == "GET, POST")
      #expect(answer.json.pairs?.count == 1)
      #expect(answer.at("notAllowed.code") == "405")
      #expect(answer.at("notAllowed.details") == "''")
      #expect(answer.at("notAllowed.message") != "absent")
      #expect(answer.response.headers["content-type"] == "application/json; charset=UTF-8")
      #expect(answer.response.headers["vary"] == "X-Auth-Token")
      // The volume service refuses with an empty body.
      let volume = try await cloud.call("DELETE", "/volume/v2.0/volumes")
      #expect(volume.status == 405 && volume.text.isEmpty)
    }
  }

  @Test("A missing token is 401 `unauthorized` at every path, a wrong one 401 `fault`")
  func missingToken() async throws {
    let paths = [
      "/account/v1.0/quotas", "/account/v1.0/projects", "/compute/v2.0/servers",
      "/compute/v2.0/servers/detail", "/compute/v2.0/servers/1", "/compute/v2.0/flavors/detail",
      "/compute/v2.0/images/detail", "/compute/v2.0/os-keypairs", "/compute/v2.0/extensions",
      "/network/v2.0/networks", "/network/v2.0/subnets", "/network/v2.0/ports",
      "/network/v2.0/floatingips", "/volume/v2.0/volumes", "/volume/v2.0/types",
      "/image/v1.0/images/detail", "/object-store/v1/someone", "/sandbox/records",
      "/sandbox/status", "/sandbox/faults", "/sandbox/settings",
    ]
    try await TestCloud.run { cloud in
      for path in paths {
        let none = try await cloud.call("GET", path, token: "")
        #expect(none.fault == "401 unauthorized", "\(path)")
        let wrong = try await cloud.call("GET", path, token: "wrong")
        let isOwn = path.hasPrefix("/sandbox")
        #expect(wrong.fault == (isOwn ? "401 unauthorized" : "401 fault"), "\(path)")
      }
      let wrong = try await cloud.call("GET", "/compute/v2.0/servers", token: "wrong")
      #expect(wrong.word("fault.details").contains("unauthorized"))
    }
  }
}
