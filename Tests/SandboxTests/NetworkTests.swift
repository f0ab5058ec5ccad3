import Sandbox
import Testing

/// Rows 15 to 18: floating IPs, networks, ports and subnets.
@Suite struct NetworkTests {
  @Test("Floating IPs: 200 on reserve, the exact object, each refusal (row 15)")
  func floatingIPs() async throws {
    try await TestCloud.run { cloud in
      let answer = try await cloud.call(
        "POST", "/network/v2.0/floatingips", #"{"floatingip": {"project": "$project"}}"#)
      #expect(answer.status == 200)
      let id = answer.word("floatingip.id")
      #expect(answer.at("floatingip.id") == "'\(id)'" && Int(id) != nil)
      #expect(answer.at("floatingip.floating_ip_address") == "'198.19.0.10'")
      #expect(answer.at("floatingip.floating_network_id") == "'\(cloud.pool)'")
      for key in ["port_id", "instance_id", "fixed_ip_address"] {
        #expect(answer.at("floatingip.\(key)") == "null", "\(key)")
      }
      #expect(answer.at("floatingip.tenant_id") == "'\(cloud.project)'")
      #expect(answer.at("floatingip.deleted") == "false")
      let lan = try await cloud.lan()
      let path = "/network/v2.0/floatingips"
      func body(_ more: String) -> String { #"{"floatingip": {"# + more + "}}" }
      let pool = #""floating_network_id": "$pool""#
      try await check(
        cloud,
        [
          Row("no body", "POST", path, "{}", "400 badRequest"),
          Row("number", "POST", path, body(#""floating_network_id": $pool"#), "200 floatingip"),
          Row("no pool", "POST", path, body(#""floating_network_id": "\#(lan)""#), "409 conflict"),
          Row(
            "no network", "POST", path, body(#""floating_network_id": "999""#), "404 itemNotFound"),
          Row(
            "taken", "POST", path, body(#"\#(pool), "floating_ip_address": "198.19.0.10""#),
            "409 conflict"),
          Row(
            "outside", "POST", path, body(#"\#(pool), "floating_ip_address": "10.0.0.1""#),
            "400 badRequest"),
          Row(
            "wanted", "POST", path, body(#"\#(pool), "floating_ip_address": "198.19.7.7""#),
            "200 floatingip"),
          Row("project", "POST", path, body(#""project": "nix""#), "400 badRequest"),
          Row("put", "PUT", path + "/\(id)", body(""), "501 notImplemented"),
          Row("get", "GET", path + "/\(id)", nil, "200"),
          Row("release", "DELETE", path + "/\(id)", nil, "204"),
          Row("again", "DELETE", path + "/\(id)", nil, "404 itemNotFound"),
        ])
      #expect(try await cloud.usage("cyclades.floating_ip") == "2/0")
      #expect(try await cloud.reserve().address == "198.19.0.10")
      try await cloud.fault(#"{"do": "pool-empty"}"#)
      #expect(try await cloud.call("POST", path, body("")).fault == "409 conflict")
      try await cloud.fault(#"{"do": "pool-refill"}"#)
      #expect(try await cloud.call("POST", path, body("")).status == 200)
      let other = try await cloud.call("POST", "/sandbox/users", "{}").word("token")
      let list = try await cloud.call("GET", path, token: other)
      #expect(list.at("floatingips") == "[]")
    }
  }

  @Test("Floating IPs: quota 413; attached and taken off a running server, then released (row 15)")
  func attach() async throws {
    try await TestCloud.run(room: 1) { cloud in
      let floating = try await cloud.reserve()
      let more = try await cloud.call(
        "POST", "/network/v2.0/floatingips", #"{"floatingip": {}}"#)
      #expect(more.fault == "413 overLimit")
      let id = try await cloud.active()
      let add = #"{"addFloatingIp": {"address": "\#(floating.address)"}}"#
      let remove = #"{"removeFloatingIp": {"address": "\#(floating.address)"}}"#
      #expect(try await cloud.act(id, remove).fault == "400 badRequest")
      #expect(try await cloud.act(id, add).status == 202)
      let busy = try await cloud.server(id)
      #expect(busy.at("server.SNF:task_state") == "'CONNECTING'")
      #expect(busy.at("server.attachments") == "[]")
      try await cloud.advance(2)
      let path = "/network/v2.0/floatingips/\(floating.id)"
      #expect(try await cloud.server(id).at("server.attachments.0.ipv4") == "'\(floating.address)'")
      #expect(try await cloud.call("DELETE", path).fault == "409 conflict")
      #expect(try await cloud.act(id, remove).status == 202)
      #expect(try await cloud.call("GET", path).at("floatingip.port_id") != "null")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path).at("floatingip.port_id") == "null")
      #expect(try await cloud.call("DELETE", path).status == 204)
      #expect(try await cloud.usage("cyclades.floating_ip") == "0/0")
    }
  }

  @Test("Networks: 201, 403 for types and public ones, 409 in use, shown after deletion (row 16)")
  func networks() async throws {
    try await TestCloud.run { cloud in
      let path = "/network/v2.0/networks"
      let made = try await cloud.call(
        "POST", path, #"{"network": {"type": "MAC_FILTERED", "name": "lan"}}"#)
      let id = made.word("network.id")
      #expect(made.status == 201 && made.at("network.id") == "'\(id)'")
      #expect(made.at("network.status") == "'ACTIVE'" && made.at("network.subnets") == "[]")
      #expect(made.at("network.public") == "false")
      #expect(made.at("network.tenant_id") == "'\(cloud.project)'")
      let pool = try await cloud.call("GET", path + "/$pool")
      #expect(pool.at("network.SNF:floating_ip_pool") == "true")
      #expect(pool.at("network.user_id") == "null" && pool.at("network.public") == "true")
      let long = String(repeating: "n", count: 129)
      try await check(
        cloud,
        [
          Row("no type", "POST", path, #"{"network": {}}"#, "400 badRequest"),
          Row("bad type", "POST", path, #"{"network": {"type": "X"}}"#, "400 badRequest"),
          Row("closed", "POST", path, #"{"network": {"type": "CUSTOM"}}"#, "403 forbidden"),
          Row(
            "long", "POST", path, #"{"network": {"type": "MAC_FILTERED", "name": "\#(long)"}}"#,
            "400 badRequest"),
          Row("rename", "PUT", path + "/\(id)", #"{"network": {"name": "x"}}"#, "200 network"),
          Row("public", "PUT", path + "/$pool", #"{"network": {"name": "x"}}"#, "403 forbidden"),
          Row("delete public", "DELETE", path + "/$pool", nil, "403 forbidden"),
          Row("none", "DELETE", path + "/999", nil, "404 itemNotFound"),
        ])
      #expect(try await cloud.usage("cyclades.network.private") == "1/0")
      #expect(try await cloud.call("DELETE", path + "/\(id)").status == 204)
      let gone = try await cloud.call("GET", path + "/\(id)")
      #expect(gone.status == 200 && gone.at("network.status") == "'DELETED'")
      #expect(gone.at("network.deleted") == "true")
      #expect(try await cloud.call("DELETE", path + "/\(id)").fault == "400 badRequest")
      #expect(try await cloud.usage("cyclades.network.private") == "0/0")
    }
  }

  @Test("A network that servers used is ACTIVE for a while after its 204 (row 16)")
  func usedNetwork() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let path = "/network/v2.0/networks/\(lan)"
      let id = try await cloud.active(networks: #"[{"uuid": "\#(lan)"}]"#)
      let other = try await cloud.active("other")
      #expect(try await cloud.call("DELETE", path).fault == "409 conflict")
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)")
      try await cloud.advance(2)
      #expect(try await cloud.call("DELETE", path).status == 204)
      #expect(try await cloud.call("GET", path).at("network.status") == "'ACTIVE'")
      // Nobody joins it any more.
      let card = #"[{"uuid": "\#(lan)"}]"#
      #expect(try await cloud.create("late", networks: card).fault == "409 conflict")
      for more in ["", #", "device_id": "\#(other)""#] {
        let port = try await cloud.call(
          "POST", "/network/v2.0/ports", #"{"port": {"network_id": "\#(lan)"\#(more)}}"#)
        #expect(port.fault == "409 conflict")
      }
      #expect(try await cloud.usage("cyclades.network.private") == "1/0")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path).at("network.status") == "'DELETED'")
      #expect(try await cloud.usage("cyclades.network.private") == "0/0")
      let list = try await cloud.call("GET", "/network/v2.0/networks")
      #expect(list.json["networks"]?.items?.count == 1)
    }
  }

  @Test("Ports: rules of public networks, free ports, jobs of servers, deletion (row 17)")
  func ports() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let floating = try await cloud.reserve()
      let used = try await cloud.reserve()
      let second = try await cloud.call(
        "POST", "/sandbox/networks", #"{"cidr": "198.18.0.0/24"}"#
      ).word("id")
      let id = try await cloud.active(
        "a", networks: #"[{"uuid": "$pool", "fixed_ip": "\#(used.address)"}]"#)
      let path = "/network/v2.0/ports"
      func body(_ network: String, _ addresses: String, _ more: String = "") -> String {
        #"{"port": {"network_id": "\#(network)", "fixed_ips": \#(addresses)\#(more)}}"#
      }
      func address(_ text: String) -> String { #"[{"ip_address": "\#(text)"}]"# }
      try await check(
        cloud,
        [
          Row("public, none", "POST", path, body("$pool", "[]"), "400 badRequest"),
          Row("not ours", "POST", path, body("$pool", address("198.19.9.9")), "404 itemNotFound"),
          Row("in use", "POST", path, body("$pool", address(used.address)), "409 conflict"),
          Row("other", "POST", path, body(second, address(floating.address)), "409 conflict"),
          Row("IPv6", "POST", path, body("$pool", address("fe80::1")), "400 badRequest"),
          Row(
            "two", "POST", path,
            body(lan, #"[{"ip_address": "192.168.10.3"}, {"ip_address": "192.168.10.4"}]"#),
            "400 badRequest"),
          Row("no network", "POST", path, body("999", "[]"), "404 itemNotFound"),
          Row(
            "no server", "POST", path, body(lan, "[]", #", "device_id": "99""#), "404 itemNotFound"),
          Row("none", "DELETE", path + "/99", nil, "404 itemNotFound"),
        ])
      let free = try await cloud.call("POST", path, body("$pool", address(floating.address)))
      #expect(free.status == 201 && free.at("port.status") == "'DOWN'")
      #expect(free.at("port.device_id") == "null" && free.at("port.mac_address") == "null")
      #expect(free.at("port.fixed_ips.0.ip_address") == "'\(floating.address)'")
      #expect(free.at("port.tenant_id") == "'\(cloud.user)'")
      let freeID = free.word("port.id")
      #expect(try await cloud.call("DELETE", path + "/\(freeID)").status == 204)
      #expect(try await cloud.call("GET", path + "/\(freeID)").fault == "404 itemNotFound")

      let more = #", "device_id": "\#(id)""#
      let busy = try await cloud.call("POST", path, body(lan, "[]", more))
      #expect(busy.status == 201 && busy.at("port.status") == "'BUILD'")
      let again = try await cloud.call("POST", path, body(lan, "[]", more))
      #expect(again.fault == "400 badRequest")
      try await cloud.advance(2)
      let port = busy.word("port.id")
      #expect(try await cloud.call("GET", path + "/\(port)").at("port.status") == "'ACTIVE'")
      #expect(try await cloud.call("DELETE", path + "/\(port)").status == 204)
      #expect(try await cloud.call("GET", path + "/\(port)").at("port.status") == "'ACTIVE'")
      #expect(try await cloud.server(id).at("server.SNF:task_state") == "'DISCONNECTING'")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path + "/\(port)").fault == "404 itemNotFound")
      #expect(try await cloud.server(id).json["server"]?["attachments"]?.items?.count == 1)
      _ = try await cloud.call("POST", "/sandbox/settings", #"{"hasHotplug": false}"#)
      let cold = try await cloud.call("POST", path, body(lan, "[]", more))
      #expect(cold.fault == "400 badRequest")
    }
  }

  @Test("Every address of every pool is given, in whatever order the pools are, and given again")
  func pools() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan(nil)
      let subnet = try await cloud.call(
        "POST", "/network/v2.0/subnets",
        """
        {"subnet": {"network_id": "\(lan)", "cidr": "10.0.0.0/24", "allocation_pools": [
          {"start": "10.0.0.100", "end": "10.0.0.101"}, {"start": "10.0.0.10", "end": "10.0.0.12"},
          {"start": "10.0.0.50", "end": "10.0.0.50"}]}}
        """)
      #expect(subnet.status == 201)
      let path = "/network/v2.0/ports"
      var ids: [String: String] = [:]
      func open() async throws -> String {
        let port = try await cloud.call(
          "POST", path, #"{"port": {"network_id": "\#(lan)", "fixed_ips": []}}"#)
        guard port.status == 201 else { return port.fault }
        let address = port.word("port.fixed_ips.0.ip_address")
        ids[address] = port.word("port.id")
        return address
      }
      var given: Set<String> = []
      for _ in 0..<6 { given.insert(try await open()) }
      #expect(
        given == [
          "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.50", "10.0.0.100", "10.0.0.101",
        ])
      #expect(try await open() == "409 conflict")
      for address in ["10.0.0.50", "10.0.0.101", "10.0.0.10"] {
        let id = try #require(ids[address])
        #expect(try await cloud.call("DELETE", path + "/\(id)").status == 204)
        #expect(try await open() == address)
      }
      #expect(try await open() == "409 conflict")
    }
  }

  private static let cidrs: [(String, String)] = [
    (#""cidr": "10.0.0.0/21""#, "413 overLimit"), (#""cidr": "10.0.0.0/30""#, "413 overLimit"),
    (#""cidr": "10.0.0.1/24""#, "400 badRequest"), (#""cidr": "10.0.0/24""#, "400 badRequest"),
    (#""cidr": "fd00::/48", "ip_version": 6"#, "400 badRequest"),
    (#""cidr": "10.0.0.0/24", "ip_version": 5"#, "400 badRequest"),
    (#""cidr": "10.0.0.0/24", "gateway_ip": "10.1.0.1""#, "400 badRequest"),
    (
      #""cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.1.2", "end": "10.0.1.9"}]"#,
      "409 conflict"
    ),
    (
      #""cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.1", "end": "10.0.0.9"}]"#,
      "409 conflict"
    ),
    (
      #""cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.9"}, {"start": "10.0.0.9", "end": "10.0.0.12"}]"#,
      "409 conflict"
    ),
    (#""cidr": "fd00::/64", "ip_version": 6"#, "201 subnet"),
    (#""cidr": "10.0.0.0/22""#, "201 subnet"), (#""cidr": "10.1.0.0/24""#, "400 badRequest"),
  ]

  @Test("The records tell of the end of a subnet with its network")
  func subnetEnds() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      #expect(try await cloud.call("DELETE", "/network/v2.0/networks/\(lan)").status == 204)
      try await cloud.advance(5)
      let records = try await cloud.call("GET", "/sandbox/records").json["records"]?.items ?? []
      let ofSubnet = records.filter { $0["kind"]?.text == "subnet" }
      #expect(ofSubnet.compactMap { $0["event"]?.text } == ["created", "deleted"])
      #expect(Set(ofSubnet.compactMap { $0["id"]?.int }).count == 1)
    }
  }

  @Test("Name servers and routes of a subnet are kept as they were sent (row 18)")
  func routes() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan(nil)
      let route = #"{"destination":"10.2.0.0/16","nexthop":"10.1.0.9"}"#
      let made = try await cloud.call(
        "POST", "/network/v2.0/subnets",
        """
        {"subnet": {"network_id": "\(lan)", "cidr": "10.1.0.0/24",
          "dns_nameservers": ["10.1.0.2"], "host_routes": [\(route), "10.3.0.0/16,10.1.0.9"]}}
        """)
      #expect(made.status == 201, "\(made.text)")
      let shown = try await cloud.call(
        "GET", "/network/v2.0/subnets/\(made.word("subnet.id"))")
      #expect(shown.at("subnet.dns_nameservers") == #"["10.1.0.2"]"#)
      #expect(shown.at("subnet.host_routes") == #"[\#(route),"10.3.0.0/16,10.1.0.9"]"#)
      let wrong = try await cloud.call(
        "POST", "/network/v2.0/subnets",
        """
        {"subnet": {"network_id": "\(try await cloud.lan(nil))", "cidr": "10.1.0.0/24",
          "host_routes": [7]}}
        """)
      #expect(wrong.fault == "400 badRequest")
    }
  }

  @Test("Subnets: sizes, versions, gateways, pools; never deleted, only renamed (row 18)")
  func subnets() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan(nil)
      let path = "/network/v2.0/subnets"
      for (more, answer) in Self.cidrs {
        let got = try await cloud.call(
          "POST", path, #"{"subnet": {"network_id": "\#(lan)", \#(more)}}"#)
        #expect(got.fault == answer, "\(more): \(got.text)")
      }
      let plain = try await cloud.lan(nil)
      let made = try await cloud.call(
        "POST", path,
        #"{"subnet": {"network_id": \#(plain), "cidr": "10.0.0.0/29", "gateway_ip": "10.0.0.3"}}"#)
      #expect(made.at("subnet.gateway_ip") == "'10.0.0.3'")
      #expect(
        made.at("subnet.allocation_pools")
          == #"[{"start":"10.0.0.1","end":"10.0.0.2"},{"start":"10.0.0.4","end":"10.0.0.6"}]"#)
      #expect(made.at("subnet.enable_dhcp") == "true" && made.at("subnet.ip_version") == "4")
      let none = try await cloud.call(
        "POST", path,
        #"{"subnet": {"network_id": "\#(try await cloud.lan(nil))", "cidr": "10.0.0.0/24", "gateway_ip": null}}"#
      )
      #expect(none.at("subnet.gateway_ip") == "null")
      #expect(none.at("subnet.allocation_pools.0.start") == "'10.0.0.1'")
      let used = try await cloud.lan(nil)
      _ = try await cloud.active("a", networks: #"[{"uuid": "\#(used)"}]"#)
      let id = made.word("subnet.id")
      try await check(
        cloud,
        [
          Row("delete", "DELETE", path + "/\(id)", nil, "400 badRequest"),
          Row("name", "PUT", path + "/\(id)", #"{"subnet": {"name": "n"}}"#, "200 subnet"),
          Row(
            "more", "PUT", path + "/\(id)", #"{"subnet": {"name": "n", "cidr": ""}}"#,
            "400 badRequest"),
          Row(
            "public", "POST", path, #"{"subnet": {"network_id": "$pool", "cidr": "10.0.0.0/24"}}"#,
            "403 forbidden"),
          Row(
            "late", "POST", path,
            #"{"subnet": {"network_id": "\#(used)", "cidr": "10.0.0.0/24"}}"#, "400 badRequest"),
        ])
    }
  }
}
