/// Tokens and the catalogue (`/identity/v2.0`).
extension World {
  mutating func postTokens(_ request: Request) throws(APIFault) -> Reply {
    if request.body.isEmpty {
      return Reply(200, ["access": ["serviceCatalog": catalogue]])
    }
    let auth = try request.json()["auth"] ?? .null
    let user: User
    if let token = auth["token"] {
      guard let id = token["id"]?.text else { throw .badRequest("Malformed request: no token") }
      user = try holder(id, "Invalid token")
    } else if let pair = auth["passwordCredentials"] {
      guard let name = pair["username"]?.text, let id = pair["password"]?.text else {
        throw .badRequest("Malformed request: missing credentials")
      }
      user = try holder(id, "Invalid credentials")
      guard user.id == name else { throw .unauthorized("Invalid credentials") }
    } else {
      throw .badRequest("Malformed request: missing credentials")
    }
    if let tenant = auth["tenantName"], !tenant.isNull, tenant.text != user.id {
      throw .badRequest("Not conforming tenantName")
    }
    return Reply(200, ["access": access(user)])
  }

  private func holder(_ token: String, _ refusal: String) throws(APIFault) -> User {
    guard let user = users.rows.values.first(where: { $0.token == token }) else {
      throw .unauthorized(refusal)
    }
    guard user.isActive else { throw .unauthorized("User inactive") }
    guard user.tokenExpires > now else { throw .unauthorized("Authentication expired") }
    return user
  }

  private func access(_ user: User) -> Wire {
    var about: [(String, Wire)] = [
      ("id", .text(user.id)), ("name", .text(user.name)),
      ("roles", [["id": "1", "name": "default"]]), ("roles_links", []),
    ]
    if settings.has("0.17") {
      let own = projects.inOrder.filter {
        !$0.isSystem && $0.state == "active" && $0.members.contains(user.id)
      }
      about.append(("projects", .list(own.map { .text($0.id) })))
    }
    return [
      "token": [
        "id": .text(user.token), "expires": .text(Timestamp.text(user.tokenExpires)),
        "tenant": ["id": .text(user.defaultProject), "name": .text(user.name)],
      ],
      "user": .object(about),
      "serviceCatalog": catalogue,
    ]
  }

  private var catalogue: Wire {
    let isOld = !settings.has("0.19") || settings.versionedEndpoints
    func service(_ name: String, _ type: String, _ path: String, _ version: String) -> Wire {
      [
        "name": .text(name), "type": .text(type), "endpoints_links": [],
        "endpoints": [
          [
            "versionId": .text(version), "publicURL": .text(base + path), "region": "default",
            "SNF:uiURL": .text(base + "/ui"),
          ]
        ],
      ]
    }
    return [
      service("astakos_identity", "identity", "/identity/v2.0", "v2.0"),
      service("astakos_account", "account", "/account/v1.0", "v1.0"),
      service("cyclades_compute", "compute", "/compute/v2.0", "v2.0"),
      service("cyclades_network", "network", isOld ? "/network/v2.0" : "/network", "v2.0"),
      service("cyclades_volume", "volume", isOld ? "/volume/v2.0" : "/volume", "v2.0"),
      service("cyclades_plankton", "image", isOld ? "/image/v1.0" : "/image", "v1.0"),
      service("pithos_object-store", "object-store", "/object-store/v1", "v1"),
    ]
  }
}
