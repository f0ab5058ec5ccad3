import Sandbox
import Testing

/// Rows 19 and 20, and images as Plankton shows them.
@Suite struct CatalogueTests {
  /// Made with `ssh-keygen -t rsa`; the fingerprint is that of `ssh-keygen -l -E md5`.
  private static let rsa =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDqTqC8oSktCWln48SaPyu9NAEtwh/TqA116WS1LUPgxi9JO1L31LUuG1YqnSkELtzpMd7OPih1vHVox/7UIVvfVA/sxNtqzlyiZPCOTqY9gFj79yF8g6VRBDVqUCZlNNWOJjJr2tr5/2J7fsqsq5ErE3Ksrxekcrnyc1sb/HaV6w== row"
  private static let print = "7b:ff:a7:77:24:f6:9a:da:8b:f0:c9:b8:49:19:f2:41"

  @Test("Keypairs: 201, 409, 404, 400, 500 as text above ten, a private key on request (row 19)")
  func keypairs() async throws {
    try await TestCloud.run { cloud in
      let path = "/compute/v2.0/os-keypairs"
      func body(_ name: String, _ more: String = #", "public_key": "ssh-ed25519 AAAA c""#) -> String
      {
        #"{"keypair": {"name": "\#(name)"\#(more)}}"#
      }
      let made = try await cloud.call("POST", path, body("deploy"))
      #expect(made.status == 201)
      #expect(made.at("keypair.fingerprint") == "'unknown fingerprint'")
      #expect(made.at("keypair.public_key") == "'ssh-ed25519 AAAA c'")
      #expect(made.at("keypair.private_key") == "absent")
      try await check(
        cloud,
        [
          Row("twice", "POST", path, body("deploy"), "409 conflict"),
          Row("no name", "POST", path, #"{"keypair": {}}"#, "400 badRequest"),
          Row("unprintable", "POST", path, body("schlüssel"), "400 badRequest"),
          Row("blank", "POST", path, body("with blank"), "201 keypair"),
          Row("encoded", "GET", path + "/with%20blank", nil, "200"),
          Row("none", "GET", path + "/nix", nil, "404 itemNotFound"),
          Row("delete", "DELETE", path + "/with%20blank", nil, "204"),
          Row("again", "DELETE", path + "/with%20blank", nil, "404 itemNotFound"),
        ])
      let one = try await cloud.call("GET", path + "/deploy")
      #expect(one.at("keypair.deleted") == "false" && one.at("keypair.deleted_at") == "null")
      let list = try await cloud.call("GET", path)
      #expect(list.at("keypairs.0.keypair.name") == "'deploy'")
      let rsa = try await cloud.call(
        "POST", path, body("rsa", #", "public_key": "\#(Self.rsa)""#))
      #expect(rsa.at("keypair.fingerprint") == "'\(Self.print)'")
      let own = try await cloud.call("POST", path, body("own", ""))
      #expect(own.word("keypair.public_key").hasPrefix("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"))
      #expect(own.word("keypair.private_key").contains("PRIVATE KEY-----"))
      #expect(own.word("keypair.fingerprint").split(separator: ":").count == 16)
      for number in 4...10 {
        #expect(try await cloud.call("POST", path, body("k\(number)")).status == 201)
      }
      let eleventh = try await cloud.call("POST", path, body("k11"))
      #expect(eleventh.status == 500)
      #expect(eleventh.response.headers["content-type"] == "text/plain")
    }
  }

  @Test("Images: the detail, 404, 501 for creation, an empty list for changes-since (row 20)")
  func images() async throws {
    try await TestCloud.run { cloud in
      let list = try await cloud.call("GET", "/compute/v2.0/images/detail")
      let names = list.json["images"]?.items?.compactMap { $0["name"]?.text }
      #expect(names == ["debian-12", "debian-12-python"])
      #expect(list.at("images.0.status") == "'ACTIVE'" && list.at("images.0.progress") == "100")
      #expect(list.at("images.0.metadata.users") == "'root'")
      #expect(list.at("images.0.size") == "absent" && list.at("images.0.public") == "true")
      let time = try await cloud.call("POST", "/sandbox/clock", #"{"advance": 10}"#).word("now")
      let since = time.replacing("+00:00", with: "Z")
      let none = try await cloud.call("GET", "/compute/v2.0/images/detail?changes-since=\(since)")
      #expect(none.status == 200 && none.at("images") == "[]")
      try await check(
        cloud,
        [
          Row("one", "GET", "/compute/v2.0/images/$image", nil, "200"),
          Row("none", "GET", "/compute/v2.0/images/nix", nil, "404 itemNotFound"),
          Row("create", "POST", "/compute/v2.0/images", "{}", "501 notImplemented"),
        ])
    }
  }

  @Test("Plankton has sizes, newest first; older versions send a bare list")
  func plankton() async throws {
    try await TestCloud.run { cloud in
      let list = try await cloud.call("GET", "/image/v1.0/images/detail")
      #expect(list.at("images.0.name") == "'debian-12-python'")
      #expect(list.at("images.1.status") == "'AVAILABLE'")
      #expect((Int(list.at("images.1.size")) ?? 0) > 1 << 30)
      #expect(list.at("images.1.properties.osfamily") == "'linux'")
      let head = try await cloud.call("HEAD", "/image/v1.0/images/$image")
      #expect(head.response.headers["x-image-meta-name"] == "debian-12" && head.text.isEmpty)
      _ = try await cloud.call("POST", "/sandbox/settings", #"{"apiVersion": "0.15"}"#)
      let old = try await cloud.call("GET", "/image/v1.0/images/detail")
      #expect(old.json.items?.count == 2)
    }
  }

  @Test("An object becomes an image that a server can be made of")
  func register() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/images"
      #expect(try await cloud.call("PUT", path, "").status == 201)
      _ = try await cloud.call(
        "PUT", path + "/mine.diskdump", "data", headers: [("Content-Type", "x/y")])
      let made = try await cloud.call(
        "POST", "/image/v1.0/images", "",
        headers: [
          ("X-Image-Meta-Name", "mine"), ("X-Image-Meta-Property-OS", "debian"),
          ("X-Image-Meta-Location", "pithos://\(cloud.user)/images/mine.diskdump"),
        ])
      #expect(made.status == 200 && made.at("image.size") == "4")
      #expect(made.at("image.properties.os") == "'debian'")
      let image = made.word("image.id")
      let server = try await cloud.call(
        "POST", "/compute/v2.0/servers",
        #"{"server": {"name": "m", "flavorRef": 1, "imageRef": "\#(image)", "networks": []}}"#)
      #expect(server.status == 202)
      #expect(try await cloud.call("DELETE", "/compute/v2.0/images/\(image)").status == 204)
      let gone = try await cloud.call("GET", "/compute/v2.0/images/\(image)")
      #expect(gone.fault == "404 itemNotFound")
      let none = try await cloud.call(
        "POST", "/image/v1.0/images", "",
        headers: [
          ("X-Image-Meta-Name", "no"),
          ("X-Image-Meta-Location", "pithos://\(cloud.user)/images/none"),
        ])
      #expect(none.fault == "404 itemNotFound")
    }
  }

  @Test("The old version: no later field, keypairs and passwords are no paths, keys are ignored")
  func oldVersion() async throws {
    try await TestCloud.run(settings: #"{"apiVersion": "0.15"}"#) { cloud in
      let token = try #require(cloud.client.token)
      let access = try await cloud.call(
        "POST", "/identity/v2.0/tokens", #"{"auth": {"token": {"id": "\#(token)"}}}"#)
      #expect(access.at("access.user.projects") == "absent")
      let network = access.json["access"]?["serviceCatalog"]?.items?
        .first { $0["type"]?.text == "network" }?["endpoints"]?[0]?["publicURL"]?.text
      #expect(network?.hasSuffix("/network/v2.0") == true)
      #expect(try await cloud.call("GET", "/compute/v2.0/os-keypairs").fault == "400 badRequest")
      let made = try await cloud.create(
        "old", #""SNF:key_names": ["nix"], "adminPass": "weak", "user_data": "!""#)
      #expect(made.status == 202 && made.word("server.adminPass") != "weak")
      for key in [
        "shared_to_project", "key_name", "SNF:key_names", "SNF:rescue", "tags", "volumes",
      ] {
        #expect(made.at("server.\(key)") == "absent", "\(key)")
      }
      let id = made.word("server.id")
      let password = try await cloud.call("GET", "/compute/v2.0/servers/\(id)/password")
      #expect(password.fault == "400 badRequest")
      let flavor = try await cloud.call("GET", "/compute/v2.0/flavors/1")
      #expect(flavor.at("flavor.SNF:volume_type") == "absent")
      #expect(flavor.at("flavor.SNF:allow_create") == "true")
    }
  }
}
