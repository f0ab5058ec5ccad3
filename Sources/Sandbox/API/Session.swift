/// Who asks: what the token says, checked before anything else.
struct Session: Sendable {
  var user: String
  /// Where a create request goes that names no project.
  var defaultProject: String
}

extension World {
  /// - Throws: 401 `unauthorized` without a token; 401 `fault` for one that is refused.
  func session(_ request: Request) throws(APIFault) -> Session {
    guard let token = request.query("X-Auth-Token") ?? request.headers["x-auth-token"],
      !token.isEmpty
    else { throw .unauthorized("Access denied: no token") }
    guard let user = users.rows.values.first(where: { $0.token == token }) else {
      throw Self.refused("Invalid token")
    }
    guard user.tokenExpires > now, !isTokenRefused else {
      throw Self.refused("Authentication expired")
    }
    return Session(user: user.id, defaultProject: user.defaultProject)
  }

  /// A fault that was asked for: tokens have expired.
  var isTokenRefused: Bool { faults.tokenEndsAt.map { request >= $0 } ?? false }

  /// What Cyclades makes of Astakos's no: the name is `fault`, the inner reply is text.
  private static func refused(_ message: String) -> APIFault {
    let inner = APIFault.unauthorized(message).body
    return APIFault("fault", 401, message, String(decoding: inner.bytes, as: UTF8.self))
  }

  /// The project a create request names, or the user's own. Whether the user is in it shows when it is
  /// charged.
  func namedProject(_ body: Wire, _ session: Session) throws(APIFault) -> String {
    let named = body["project"].flatMap { $0.isNull ? nil : $0 }
    guard let named else { return session.defaultProject }
    guard let id = named.text else { throw .badRequest("Malformed `project`.") }
    return id
  }

  /// The same.
  ///
  /// - Throws: 400 where the user has no part in it.
  func project(of body: Wire, _ session: Session) throws(APIFault) -> String {
    let id = try namedProject(body, session)
    guard project(id)?.members.contains(session.user) ?? false else {
      throw .badRequest("User \(session.user) not in project \(id)")
    }
    return id
  }

  func links(_ service: String, _ path: String) -> Wire {
    let href = Wire.text("\(base)/\(service)/\(path)")
    return [["rel": "self", "href": href], ["rel": "bookmark", "href": href]]
  }
}
