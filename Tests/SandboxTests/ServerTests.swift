import Sandbox
import Testing

/// Rows 5 to 8, 10 and 14.
@Suite struct ServerTests {
  @Test("Only own servers; foreign ids are 404; deleted ones are not listed but shown (row 5)")
  func own() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      let other = try await cloud.call("POST", "/sandbox/users", "{}").word("token")
      let foreign = try await cloud.call(
        "GET", "/compute/v2.0/servers/\(id)", token: other)
      #expect(foreign.fault == "404 itemNotFound")
      let list = try await cloud.call("GET", "/compute/v2.0/servers/detail", token: other)
      #expect(list.at("servers") == "[]")
      #expect(try await cloud.server("99").fault == "404 itemNotFound")
      #expect(try await cloud.server("abc").fault == "404 itemNotFound")
      #expect(try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").status == 204)
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "'DESTROYING'")
      #expect(try await cloud.server(id).at("server.status") == "'ACTIVE'")
      try await cloud.advance(5)
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
      let gone = try await cloud.server(id)
      #expect(gone.status == 200)
      #expect(gone.at("server.status") == "'DELETED'" && gone.at("server.deleted") == "true")
    }
  }

  @Test("changes-since: 304 for nothing new, deleted ones with it, bad times 400 (row 5)")
  func changes() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      let time = try await cloud.server(id).word("server.updated")
      let path = "/compute/v2.0/servers/detail?changes-since="
      let zulu = time.replacing("+00:00", with: "Z")
      #expect(try await cloud.call("GET", path + zulu).status == 200)
      try await cloud.advance(100)
      let later = try await cloud.call("POST", "/sandbox/clock", #"{"advance": 1}"#).word("now")
      let none = try await cloud.call("GET", path + later.replacing("+00:00", with: "Z"))
      #expect(none.status == 304 && none.text.isEmpty)
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(5)
      let gone = try await cloud.call("GET", path + zulu)
      #expect(gone.at("servers.0.status") == "'DELETED'")
      try await check(
        cloud,
        [
          Row("no zone", "GET", path + "2026-01-01T00:00:00", nil, "400 badRequest"),
          Row("old", "GET", path + "2001-01-01T00:00:00Z", nil, "400 badRequest"),
          Row("future", "GET", path + "2099-01-01T00:00:00Z", nil, "400 badRequest"),
        ])
    }
  }

  /// What is wrong beside the project of a create request, and the fault that it gives.
  private static let besideProject: [(String, String)] = [
    (#""imageRef": "nope""#, "404 itemNotFound"), (#""flavorRef": 99"#, "404 itemNotFound"),
    (#""networks": [{"uuid": "9999"}]"#, "404 itemNotFound"),
    (#""SNF:key_names": ["q"]"#, "404 itemNotFound"),
    (#""metadata": {"\#(String(repeating: "k", count: 51))": ""}"#, "400 badRequest"),
    (#""adminPass": "weak""#, "400 badRequest"), (#""name": "z""#, "400 badRequest"),
  ]

  @Test("That the user is in the project is looked at last", arguments: besideProject)
  func projectLast(wrong: String, fault: String) async throws {
    try await TestCloud.run { cloud in
      let answer = try await cloud.call(
        "POST", "/compute/v2.0/servers",
        """
        {"server": {"name": "z", "flavorRef": 1, "imageRef": "$image", "networks": [],
          "project": "nix", \(wrong)}}
        """)
      #expect(answer.fault == fault, "\(answer.text)")
      let isOfProject = answer.text.contains("not in project nix")
      #expect(isOfProject == wrong.hasPrefix(#""name""#), "\(answer.text)")
      #expect(try await cloud.usage("cyclades.vm") == "0/0")
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
    }
  }

  @Test("Cards are hidden while BUILD; ids are Int for cards and String for networks (row 6)")
  func cards() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let (_, address) = try await cloud.reserve()
      let networks = #"[{"uuid": "$pool", "fixed_ip": "\#(address)"}, {"uuid": \#(lan)}]"#
      let created = try await cloud.create("web", networks: networks)
      let id = created.word("server.id")
      #expect(created.at("server.attachments") == "[]" && created.at("server.addresses") == "{}")
      #expect(created.at("server.SNF:port_forwarding") == "{}")
      #expect(created.at("server.SNF:fqdn") == "'snf-\(id).vm.sandbox.invalid'")
      #expect(Int(created.at("server.id")) != nil)
      try await cloud.advance(2)
      #expect(try await cloud.server(id).at("server.progress") == "50")
      #expect(try await cloud.server(id).at("server.attachments") == "[]")
      try await cloud.advance(3)
      let active = try await cloud.server(id)
      #expect(active.at("server.status") == "'ACTIVE'" && active.at("server.progress") == "100")
      #expect(active.at("server.attachments.0.network_id") == "'\(cloud.pool)'")
      #expect(active.at("server.attachments.0.OS-EXT-IPS:type") == "'floating'")
      #expect(active.at("server.attachments.0.ipv4") == "'\(address)'")
      #expect(active.at("server.attachments.1.OS-EXT-IPS:type") == "'fixed'")
      #expect(Int(active.at("server.attachments.1.id")) != nil)
      #expect(active.at("server.addresses.\(lan).0.version") == "4")
      #expect(active.at("server.addresses.\(lan).0.addr") == "'192.168.10.2'")
      #expect(active.at("server.flavor.id") == "1")
      #expect(active.at("server.image.id") == "'\(cloud.image)'")
      #expect(active.at("server.volumes.0") != "absent" && active.at("server.key_name") == "null")
      #expect(active.at("server.hostId") == "''" && active.at("server.tags") == "[]")
      #expect(active.at("server.security_groups") == #"[{"name":"default"}]"#)
    }
  }

  @Test("fqdn may be null; port forwarding needs a public IPv4 and has a String port (row 6)")
  func forwarding() async throws {
    let settings =
      #"{"fqdnDomain": null, "portForwarding": {"host": "gate.invalid", "port": 10000}}"#
    try await TestCloud.run(settings: settings) { cloud in
      let lan = try await cloud.lan()
      _ = try await cloud.reserve()
      let inside = try await cloud.active("in", networks: #"[{"uuid": "\#(lan)"}]"#)
      let outside = try await cloud.active("out", networks: #"[{"uuid": "$pool"}]"#)
      #expect(try await cloud.server(inside).at("server.SNF:port_forwarding") == "{}")
      let answer = try await cloud.server(outside)
      #expect(answer.at("server.SNF:fqdn") == "null")
      #expect(answer.at("server.SNF:port_forwarding.22.host") == "'gate.invalid'")
      #expect(answer.at("server.SNF:port_forwarding.22.port") == "'10010'")
    }
  }

  @Test("Create is 202 with BUILD, progress 0 and adminPass, which is never shown again (row 7)")
  func create() async throws {
    try await TestCloud.run { cloud in
      let answer = try await cloud.create("web", #""metadata": {"omtd-role": "web"}"#)
      #expect(answer.status == 202)
      #expect(answer.at("server.status") == "'BUILD'" && answer.at("server.progress") == "0")
      #expect(answer.at("server.SNF:task_state") == "'BUILDING'")
      #expect(answer.word("server.adminPass").utf8.count >= 10)
      #expect(answer.at("server.metadata.omtd-role") == "'web'")
      #expect(answer.at("server.tenant_id") == "'\(cloud.project)'")
      let shown = try await cloud.server(answer.word("server.id"))
      #expect(shown.at("server.adminPass") == "absent")
    }
  }

  @Test("A refused build is still 202 and then ERROR with a diagnostic; only DELETE helps (row 7)")
  func buildError() async throws {
    try await TestCloud.run { cloud in
      try await cloud.fault(#"{"do": {"build-error": "no space on the node"}}"#)
      let created = try await cloud.create()
      #expect(created.status == 202 && created.at("server.status") == "'BUILD'")
      let id = created.word("server.id")
      try await cloud.advance(5)
      let failed = try await cloud.server(id)
      #expect(failed.at("server.status") == "'ERROR'")
      #expect(failed.at("server.SNF:task_state") == "''")
      #expect(failed.at("server.diagnostics.0.message") == "'no space on the node'")
      #expect(failed.at("server.diagnostics.0.level") == "'ERROR'")
      let log = try await cloud.call("GET", "/compute/v2.0/servers/\(id)/diagnostics")
      #expect(log.at("0.message") == "'no space on the node'")
      #expect(try await cloud.act(id, #"{"start": {}}"#).fault == "400 badRequest")
      #expect(try await cloud.usage("cyclades.vm") == "1/0")
      #expect(try await cloud.usage("cyclades.ram") == "\(512 << 20)/0")
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(5)
      #expect(try await cloud.usage("cyclades.vm") == "0/0")
      #expect(try await cloud.usage("cyclades.ram") == "0/0")
    }
  }

  @Test("Flavors: unknown 404, not for this project 403, closed 403, no number 400 (row 8)")
  func flavors() async throws {
    try await TestCloud.run { cloud in
      let second = try await cloud.call("POST", "/sandbox/projects", "{}").word("id")
      func flavor(_ body: String) async throws -> Int {
        Int(try await cloud.call("POST", "/sandbox/flavors", body).word("id")) ?? 0
      }
      let scoped = try await flavor(#"{"public": false, "access": ["\#(second)"]}"#)
      let hidden = try await flavor(#"{"public": false}"#)
      let closed = try await flavor(#"{"allow_create": false}"#)
      let rows: [(Int, String, String)] = [
        (99, "", "404 itemNotFound"), (hidden, "", "404 itemNotFound"),
        (scoped, "", "403 forbidden"), (closed, "", "403 forbidden"),
      ]
      for (id, more, fault) in rows {
        #expect(try await cloud.create("x", flavor: id, more).fault == fault, "flavor \(id)")
      }
      #expect(
        try await cloud.create("x", flavor: scoped, #""project": "\#(second)""#).status == 202)
      let path = "/compute/v2.0/servers"
      let image = #""imageRef": "$image", "networks": []"#
      try await check(
        cloud,
        [
          Row(
            "word", "POST", path, #"{"server": {"name": "a", "flavorRef": "big", \#(image)}}"#,
            "400 badRequest"),
          Row(
            "text", "POST", path, #"{"server": {"name": "a", "flavorRef": "1", \#(image)}}"#, "202"),
          Row("get", "GET", "/compute/v2.0/flavors/\(hidden)", nil, "404 itemNotFound"),
        ])
      let own = try await cloud.call(
        "GET", "/compute/v2.0/flavors/detail?SNF:flavor-access=\(second)")
      #expect(own.at("flavors.0.id") == "\(scoped)")
      #expect(own.at("flavors.0.os-flavor-access:is_public") == "false")
      let first = try await cloud.call("GET", "/compute/v2.0/flavors/1")
      #expect(first.at("flavor.name") == "'C1R512D5ext_vlmc'" && first.at("flavor.ram") == "512")
      #expect(first.at("flavor.SNF:allow_create") == "true")
    }
  }

  private static let creations: [(String, String, String)] = [
    ("unknown key", #""SNF:key_names": ["nix"]"#, "404 itemNotFound"),
    ("both keys", #""key_name": "k", "SNF:key_names": ["k"]"#, "400 badRequest"),
    ("one key twice", #""SNF:key_names": ["k", "k"]"#, "202 server"),
    ("old key", #""key_name": "k""#, "202 server"),
    ("short password", #""adminPass": "Ab1""#, "400 badRequest"),
    ("weak password", #""adminPass": "abcdefghij""#, "400 badRequest"),
    ("strong password", #""adminPass": "Abcdefghi1""#, "202 server"),
    ("user_data", #""user_data": "!!!""#, "400 badRequest"),
    ("unpadded user_data", #""user_data": "aGk""#, "400 badRequest"),
    ("good user_data", #""user_data": "aGk=""#, "202 server"),
    ("unknown field", #""nonsense": 1"#, "202 server"),
    ("metadata no text", #""metadata": {"a": 1}"#, "500 internalServerError"),
    ("metadata no object", #""metadata": []"#, "400 badRequest"),
    ("files no list", #""personality": {}"#, "400 badRequest"),
    (
      "file without contents", #""personality": [{"path": "/a"}]"#, "500 internalServerError"
    ),
    (
      "file with a strange key",
      #""personality": [{"path": "/a", "contents": "aGk=", "dest": "/"}]"#, "400 badRequest"
    ),
    ("file no base64", #""personality": [{"path": "/a", "contents": "!"}]"#, "400 badRequest"),
    (
      "first disk blank",
      #""block_device_mapping_v2": [{"source_type": "blank", "volume_size": 1}]"#, "400 badRequest"
    ),
    (
      "image too large",
      #""block_device_mapping_v2": [{"source_type": "image", "uuid": "$image", "volume_size": 1}]"#,
      "400 badRequest"
    ),
  ]

  @Test("Create: keys, passwords, user data, files and disks are checked (row 10)")
  func checks() async throws {
    try await TestCloud.run { cloud in
      _ = try await cloud.call(
        "POST", "/compute/v2.0/os-keypairs",
        #"{"keypair": {"name": "k", "public_key": "ssh-ed25519 AAAA k"}}"#)
      for (name, more, answer) in Self.creations {
        let got = try await cloud.create("x", more)
        #expect(got.fault == answer, "\(name): \(got.text.prefix(200))")
      }
      let kept = try await cloud.create("x", #""adminPass": "Abcdefghi1""#)
      #expect(kept.at("server.adminPass") == "'Abcdefghi1'")
      let keyed = try await cloud.create("x", #""SNF:key_names": ["k", "k"]"#)
      #expect(keyed.at("server.SNF:key_names") == #"["k"]"# && keyed.at("server.key_name") == "'k'")
    }
  }

  @Test("Create: sizes of names, metadata and files; the base64 text counts, 7680 raw bytes fit")
  func sizes() async throws {
    try await TestCloud.run { cloud in
      func pairs(_ count: Int) -> String {
        #""metadata": {"# + (0..<count).map { #""k\#($0)": "v""# }.joined(separator: ",") + "}"
      }
      func file(_ letters: Int) -> String {
        #"{"path": "/f", "contents": "\#(String(repeating: "A", count: letters))"}"#
      }
      let six = Array(repeating: file(4), count: 6).joined(separator: ",")
      let rows: [(String, String, String)] = [
        (String(repeating: "n", count: 255), pairs(10), "202 server"),
        (String(repeating: "n", count: 256), "", "400 badRequest"),
        ("m", pairs(11), "400 badRequest"),
        ("k", #""metadata": {"\#(String(repeating: "k", count: 51))": ""}"#, "400 badRequest"),
        ("v", #""metadata": {"k": "\#(String(repeating: "v", count: 501))"}"#, "400 badRequest"),
        ("f", #""personality": [\#(file(10_240))]"#, "202 server"),
        ("g", #""personality": [\#(file(10_244))]"#, "413 overLimit"),
        ("h", #""personality": [\#(six)]"#, "413 overLimit"),
      ]
      for (name, more, answer) in rows {
        #expect(try await cloud.create(name, more).fault == answer, "\(name.prefix(3))")
      }
      // What only the guest would notice makes the build fail, not the request.
      let wrong = try await cloud.create(
        "mode", #""personality": [{"path": "/a", "contents": "aGk=", "mode": "0600"}]"#)
      #expect(wrong.status == 202)
      try await cloud.advance(5)
      #expect(try await cloud.server(wrong.word("server.id")).at("server.status") == "'ERROR'")
    }
  }

  @Test("Metadata: 201, 200, 204, 404, merged; never more than ten (row 14)")
  func metadata() async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.create("web", #""metadata": {"a": "1"}"#).word("server.id")
      let path = "/compute/v2.0/servers/\(id)/metadata"
      let merged = try await cloud.call("POST", path, #"{"metadata": {"b": "2"}}"#)
      #expect(merged.status == 201 && merged.at("metadata") == #"{"a":"1","b":"2"}"#)
      let set = try await cloud.call("PUT", path + "/c", #"{"meta": {"c": "3"}}"#)
      #expect(set.status == 201 && set.at("meta") == #"{"c":"3"}"#)
      #expect(try await cloud.call("GET", path + "/c").at("meta") == #"{"c":"3"}"#)
      let many = (0..<9).map { #""k\#($0)": """# }.joined(separator: ",")
      try await check(
        cloud,
        [
          Row("other key", "PUT", path + "/c", #"{"meta": {"d": "3"}}"#, "400 badRequest"),
          Row("two keys", "PUT", path + "/c", #"{"meta": {"c": "3", "d": ""}}"#, "400 badRequest"),
          Row("number", "POST", path, #"{"metadata": {"n": 1}}"#, "500 internalServerError"),
          Row("eleven", "POST", path, #"{"metadata": {\#(many)}}"#, "400 badRequest"),
          Row("delete", "DELETE", path + "/c", nil, "204"),
          Row("again", "DELETE", path + "/c", nil, "404 itemNotFound"),
          Row("get", "GET", path + "/c", nil, "404 itemNotFound"),
        ])
      #expect(try await cloud.call("GET", path).at("metadata") == #"{"a":"1","b":"2"}"#)
      try await cloud.advance(5)
      try await cloud.fault(#"{"do": "suspend", "server": \#(id)}"#)
      #expect(
        try await cloud.call("POST", path, #"{"metadata": {"z": ""}}"#).fault == "403 forbidden")
      try await cloud.fault(#"{"do": "unsuspend", "server": \#(id)}"#)
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(5)
      #expect(
        try await cloud.call("POST", path, #"{"metadata": {"z": ""}}"#).fault == "400 badRequest")
    }
  }
}
