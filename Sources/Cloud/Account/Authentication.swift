import Values

extension CloudClient {
  /// Tries the tokens in order; only a refused one makes way for the next.
  func openSession() async throws(CloudError) -> CloudSession {
    let url = ServiceKind.identity.versioned(settings.authURL) + "/tokens"
    var refusal: CloudError?
    for token in settings.tokens {
      do throws(CloudError) {
        return try await session(at: url, token: token)
      } catch {
        guard error.kind == .unauthorized else { throw error }
        refusal = error
      }
    }
    throw refusal
      ?? CloudError(
        .unauthorized, method: .post, origin: WebAddress(url)?.origin ?? "",
        path: WebAddress(url)?.path ?? "", message: "there is no token")
  }

  private func session(at url: String, token: Token) async throws(CloudError) -> CloudSession {
    var request = HTTPRequest(
      .post, url, token: token, deadline: patience.deadline, isAnswerSecret: true)
    CallBody.json(["auth": ["token": ["id": .string(token.open())]]]).fill(&request)
    // The token check changes nothing.
    let answer = try await perform(request, mayRepeat: true)
    let session = try answer.decoded { (value) throws(BadField) in
      try CloudSession(value, token: token, overrides: settings.serviceURLs)
    }
    return session
  }
}

extension CloudSession {
  init(
    _ value: Value, token: Token, overrides: [ServiceKind: String]
  ) throws(BadField) {
    let access = try Fields(value["access"], path: "access")
    let user = try access.object("user")
    let tenant = try access.optionalObject("token")?.optionalObject("tenant")
    let userID = try user.text("id")
    var endpoints: [ServiceKind: String] = [:]
    let services = try access.objects("serviceCatalog") { (service) throws(BadField) in
      (
        kind: ServiceKind(rawValue: try service.optionalText("type") ?? ""),
        endpoints: try service.objects("endpoints") { (endpoint) throws(BadField) in
          (try endpoint.optionalText("versionId"), try endpoint.optionalText("publicURL"))
        }
      )
    }
    for service in services {
      guard let kind = service.kind else { continue }
      let candidates = service.endpoints.compactMap { entry in entry.1.map { (entry.0, $0) } }
      let wanted = candidates.first { $0.0 == kind.defaultVersion } ?? candidates.first
      if let url = wanted?.1 { endpoints[kind] = kind.versioned(url) }
    }
    for (kind, url) in overrides { endpoints[kind] = kind.versioned(url) }
    self.init(
      token: token, userID: userID, userName: try user.optionalText("name") ?? "",
      defaultProject: try tenant?.optionalText("id") ?? userID,
      projects: user.value("projects") == nil ? nil : try user.texts("projects"),
      endpoints: endpoints)
  }
}
