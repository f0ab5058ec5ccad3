/// Which cloud to call, and as whom.
package struct CloudSettings: Hashable, Sendable {
  /// The name in kamaki's file, or the host where there is none.
  package var name: String
  /// The identity service, such as `https://accounts.okeanos.grnet.gr/identity/v2.0`.
  package var authURL: String
  /// At least one; the first that the cloud accepts is used.
  package var tokens: [Token]
  /// Certificates to trust instead of the system's.
  package var caFile: String?
  /// True where certificates are not checked (`ignore_ssl = on`).
  package var isInsecure: Bool
  /// Endpoints that stand for those of the catalog.
  package var serviceURLs: [ServiceKind: String]
  /// Tokens that stand for the session's.
  package var serviceTokens: [ServiceKind: Token]
  /// Of one request, from its first byte to the last of the answer.
  package var deadline = CloudPatience().deadline

  package init(
    name: String, authURL: String, tokens: [Token], caFile: String? = nil,
    isInsecure: Bool = false, serviceURLs: [ServiceKind: String] = [:],
    serviceTokens: [ServiceKind: Token] = [:]
  ) {
    self.name = name
    self.authURL = authURL
    self.tokens = tokens
    self.caFile = caFile
    self.isInsecure = isInsecure
    self.serviceURLs = serviceURLs
    self.serviceTokens = serviceTokens
  }
}
