import Cloud
import Diagnostics
import Testing

@Suite struct ErrorTextTests {
  private func text(_ error: CloudError) -> String {
    Renderer { _ in nil }.render(error.diagnostic)
  }

  private func error(
    _ kind: CloudError.Kind, _ method: HTTPMethod = .get, path: String = "/compute/v2.0/servers"
  ) -> CloudError {
    CloudError(kind, method: method, origin: "https://cyclades.example.org", path: path)
  }

  @Test func aFullQuotaIsShownInTheCloudsWords() async throws {
    let body = """
      {"overLimit": {"code": 413, "message": "Resource Limit Exceeded for your account.", \
      "details": "Limit for resource 'Virtual Machine' exceeded for your account. Available: 0, \
      Requested: 1"}}
      """
    let client = CloudClient(ScriptedTransport(413, body))
    let error = try #require(
      await failure { () async throws(CloudError) in
        try await client.createServer(ServerRequest(name: "w", flavor: "1", image: "I"))
      })
    #expect(
      text(error) == """
        error: the request exceeds a limit of the cloud
          request: POST https://cloud.example.org/compute/v2.0/servers
          status:  413 overLimit
          message: Resource Limit Exceeded for your account.
          details: Limit for resource 'Virtual Machine' exceeded for your account. Available: 0, \
        Requested: 1

        """)
    #expect(
      "\(error)" == """
        POST https://cloud.example.org/compute/v2.0/servers: the request exceeds a limit of the \
        cloud (413): Resource Limit Exceeded for your account.
        """)
  }

  @Test func aRefusedTokenHasARemedy() {
    #expect(
      text(error(.unauthorized)) == """
        error: the cloud does not accept the token
          request: GET https://cyclades.example.org/compute/v2.0/servers

        hint: take a new token from the cloud's web site, under API access

        """)
  }

  @Test func aLostReplyIsSaidToBeOne() {
    #expect(
      text(error(.transport(.receive, reason: "Empty reply from server"), .post)) == """
        error: the connection to the cloud broke
          request: POST https://cyclades.example.org/compute/v2.0/servers
          reason:  Empty reply from server

        hint: the request may have been carried out all the same: look before you repeat it

        """)
  }

  @Test func aCertificateThatIsNotTrustedHasARemedy() {
    #expect(
      text(error(.transport(.tls, reason: "self-signed certificate"))) == """
        error: cannot connect securely to the cloud
          request: GET https://cyclades.example.org/compute/v2.0/servers
          reason:  self-signed certificate

        hint: set `ca_certs` in `[global]` of `~/.kamakirc` to the certificates of a private cloud

        """)
  }

  @Test(
    arguments: [
      (.forbidden, "the cloud forbids the request"), (.notFound, "the cloud has no such object"),
      (.conflict, "the cloud refuses the request: the object is in use"),
      (
        .buildInProgress, "the cloud refuses the request: the machine is busy with another task"
      ),
      (.badRequest, "the cloud does not take the request"), (.server(502), "the cloud failed"),
      (.unavailable(retryAfter: nil), "the cloud is not available"),
      (.transport(.resolve, reason: ""), "cannot find the cloud's host"),
      (.transport(.connect, reason: ""), "cannot connect to the cloud"),
      (.deadline(.receive), "the cloud did not answer in time"),
      (.tooLarge(limit: 1), "the cloud's answer is too large"),
      (.badAnswer(reason: ""), "the cloud's answer cannot be understood"),
      (.cancelled(.send), "the request to the cloud was given up"),
    ] as [(CloudError.Kind, String)])
  func everyKindHasItsLine(kind: CloudError.Kind, summary: String) {
    #expect(error(kind).diagnostic.summary == summary)
  }

  /// A query may hold what is private; the path is enough to find the fault.
  @Test func theQueryOfARequestIsNotShown() async throws {
    let client = CloudClient(ScriptedTransport(404))
    let error = try #require(
      await failure { () async throws(CloudError) in
        try await client.objects(in: "c", prefix: "private")
      })
    #expect(error.path == "/object-store/v1/U1/c")
    #expect(!"\(error)".contains("private"))
  }
}
