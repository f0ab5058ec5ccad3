import Sandbox
import Testing

/// Row 9: what `networks` of a create request gives.
@Suite struct CreateNetworksTests {
  @Test("Each form of `networks` gets its answer, and a refusal takes everything back (row 9)")
  func forms() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let bare = try await cloud.lan(nil)
      let other = try await cloud.call("POST", "/sandbox/users", "{}").word("token")
      let foreign = try await cloud.call(
        "POST", "/network/v2.0/networks", #"{"network": {"type": "MAC_FILTERED"}}"#, token: other
      ).word("network.id")
      let foreignIP = try await cloud.call(
        "POST", "/network/v2.0/floatingips", #"{"floatingip": {}}"#, token: other
      ).word("floatingip.floating_ip_address")
      let second = try await cloud.call(
        "POST", "/sandbox/networks", #"{"cidr": "198.18.0.0/24"}"#
      ).word("id")
      let bareIPv6 = try await cloud.call("POST", "/sandbox/networks", #"{"pool": false}"#).word(
        "id")
      let address = try await cloud.reserve().address
      let rows: [(String, String, String)] = [
        ("foreign network", #"[{"uuid": "\#(foreign)"}]"#, "404 itemNotFound"),
        ("no network", #"[{"uuid": "9999"}]"#, "404 itemNotFound"),
        ("no list", #"{"uuid": "1"}"#, "400 badRequest"),
        ("no object", #"["\#(lan)"]"#, "400 badRequest"),
        ("no key", #"[{"id": "\#(lan)"}]"#, "400 badRequest"),
        ("null on public", #"[{"uuid": "$pool", "fixed_ip": null}]"#, "500 internalServerError"),
        (
          "foreign address", #"[{"uuid": "$pool", "fixed_ip": "\#(foreignIP)"}]"#,
          "404 itemNotFound"
        ),
        (
          "address of another network", #"[{"uuid": "\#(second)", "fixed_ip": "\#(address)"}]"#,
          "409 conflict"
        ),
        ("public without IPv4", #"[{"uuid": "\#(bareIPv6)"}]"#, "403 forbidden"),
        ("private, outside", #"[{"uuid": "\#(lan)", "fixed_ip": "10.9.9.9"}]"#, "400 badRequest"),
        ("no subnet", #"[{"uuid": "\#(bare)", "fixed_ip": "10.9.9.9"}]"#, "400 badRequest"),
        ("no port", #"[{"port": "9999"}]"#, "404 itemNotFound"),
        (
          "second entry fails", #"[{"uuid": "$pool"}, {"uuid": "9999"}]"#, "404 itemNotFound"
        ),
        ("picks the free one", #"[{"uuid": "$pool"}]"#, "202 server"),
        ("none is left", #"[{"uuid": "$pool"}]"#, "409 conflict"),
        ("in use", #"[{"uuid": "$pool", "fixed_ip": "\#(address)"}]"#, "409 conflict"),
        ("private, number", #"[{"uuid": \#(lan), "fixed_ip": "192.168.10.77"}]"#, "202 server"),
        ("taken", #"[{"uuid": "\#(lan)", "fixed_ip": "192.168.10.77"}]"#, "409 conflict"),
        ("without address", #"[{"uuid": "\#(bare)"}]"#, "202 server"),
        ("nothing", "[]", "202 server"),
      ]
      for (name, networks, answer) in rows {
        let got = try await cloud.create(name, networks: networks)
        #expect(got.fault == answer, "\(name): \(got.text.prefix(200))")
      }
      let ports = try await cloud.call("GET", "/network/v2.0/ports")
      #expect(ports.json["ports"]?.items?.count == 3)
    }
  }

  @Test("An existing port is taken once, and only by its user (row 9)")
  func ports() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      let port = try await cloud.call(
        "POST", "/network/v2.0/ports", #"{"port": {"network_id": "\#(lan)"}}"#)
      #expect(port.status == 201 && port.at("port.status") == "'DOWN'")
      let id = port.word("port.id")
      let server = try await cloud.create(networks: #"[{"port": "\#(id)"}]"#)
      #expect(server.status == 202)
      let busy = try await cloud.call("GET", "/network/v2.0/ports/\(id)")
      #expect(busy.at("port.status") == "'BUILD'" && busy.at("port.mac_address") == "null")
      #expect(busy.at("port.device_id") == "'\(server.word("server.id"))'")
      #expect(try await cloud.create(networks: #"[{"port": \#(id)}]"#).fault == "409 conflict")
      try await cloud.advance(5)
      let plugged = try await cloud.call("GET", "/network/v2.0/ports/\(id)")
      #expect(plugged.at("port.status") == "'ACTIVE'")
      #expect(plugged.word("port.mac_address").split(separator: ":").count == 6)
      let other = try await cloud.call("POST", "/sandbox/users", "{}").word("token")
      let foreign = try await cloud.call(
        "POST", "/compute/v2.0/servers",
        #"{"server": {"name": "x", "flavorRef": 1, "imageRef": "$image", "networks": [{"port": "\#(id)"}]}}"#,
        token: other)
      #expect(foreign.fault == "404 itemNotFound")
    }
  }

  @Test("Forced networks come first, defaults where the request names none, 503 when full (row 9)")
  func operators() async throws {
    try await TestCloud.run { cloud in
      let address = try await cloud.reserve().address
      let body = #"{"server": {"name": "x", "flavorRef": 1, "imageRef": "$image"}}"#
      let first = try await cloud.call("POST", "/compute/v2.0/servers", body)
      try await cloud.advance(5)
      let shown = try await cloud.server(first.word("server.id"))
      #expect(shown.at("server.attachments.0.ipv4") == "'\(address)'")
      // The default needs a free floating IP, and there is none any more.
      let second = try await cloud.call("POST", "/compute/v2.0/servers", body)
      #expect(second.fault == "409 conflict")
      let forced = try await cloud.call(
        "POST", "/sandbox/networks", #"{"cidr": "198.18.0.0/29", "pool": false}"#
      ).word("id")
      _ = try await cloud.call("POST", "/sandbox/settings", #"{"forcedNetworks": [\#(forced)]}"#)
      let lan = try await cloud.lan()
      let id = try await cloud.active("f", networks: #"[{"uuid": "\#(lan)"}]"#)
      let answer = try await cloud.server(id)
      #expect(answer.at("server.attachments.0.network_id") == "'\(forced)'")
      #expect(answer.at("server.attachments.0.OS-EXT-IPS:type") == "'fixed'")
      #expect(answer.at("server.attachments.1.network_id") == "'\(lan)'")
      // A /29 has five addresses beside its gateway.
      for number in 0..<4 { #expect(try await cloud.create("f\(number)").status == 202) }
      #expect(try await cloud.create("full").fault == "503 serviceUnavailable")
      _ = try await cloud.call("POST", "/sandbox/settings", #"{"forcedNetworks": []}"#)
      try await cloud.fault(#"{"do": "no-backend"}"#)
      #expect(try await cloud.create("none").fault == "503 serviceUnavailable")
    }
  }

  @Test("More than eight cards are refused, and nothing of them stays (row 9)")
  func many() async throws {
    try await TestCloud.run { cloud in
      let lan = try await cloud.lan()
      func cards(_ count: Int) -> String {
        "[" + Array(repeating: #"{"uuid": "\#(lan)"}"#, count: count).joined(separator: ",") + "]"
      }
      #expect(try await cloud.create("nine", networks: cards(9)).fault == "400 badRequest")
      #expect(try await cloud.call("GET", "/network/v2.0/ports").at("ports") == "[]")
      #expect(try await cloud.create("eight", networks: cards(8)).status == 202)
    }
  }
}
