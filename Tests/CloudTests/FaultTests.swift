import Cloud
import Synchronization
import Testing

/// What a client makes of a cloud that errs, over real connections.
@Suite struct FaultTests {
  private func client(_ server: LoopbackServer, _ clock: ManualClock = ManualClock()) -> CloudClient
  {
    let settings = CloudSettings(
      name: "test", authURL: server.url + "/identity/v2.0", tokens: [Token("T0K3N-VALUE")])
    return CloudClient(settings: settings, transport: CurlTransport(), clock: clock.clock)
  }

  /// A cloud whose catalog leads to itself.
  private func cloud(
    _ answer: @escaping @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply
  ) throws -> LoopbackServer {
    try LoopbackServer { request in
      guard request.path.hasSuffix("/tokens") else { return answer(request) }
      let base = "http://" + (request.headers["host"] ?? "")
      return .answer(200, [:], ScriptedTransport.session(at: base))
    }
  }

  private static let request = ServerRequest(name: "web1", flavor: "42", image: "I1")

  @Test func aCreateRequestWhoseReplyIsLostIsNotSentAgain() async throws {
    let server = try cloud { $0.method == "POST" ? .close : .answer(200, [:], #"{"servers": []}"#) }
    defer { server.stop() }
    let client = client(server)
    _ = try await client.servers()
    let error = await failure { () async throws(CloudError) in
      try await client.createServer(Self.request)
    }
    #expect(error?.isReplyLost == true)
    #expect(server.received("/compute/v2.0/servers").count == 1)
  }

  struct Status: Sendable {
    var status: Int
    var body: String
    var kind: CloudError.Kind
    var isReplyLost: Bool
    var fault: String?
  }

  static func fault(_ name: String, _ code: Int, _ message: String) -> String {
    #"{"\#(name)": {"code": \#(code), "message": "\#(message)", "details": "d"}}"#
  }

  static let statuses: [Status] = [
    Status(
      status: 400, body: fault("badRequest", 400, "Malformed"), kind: .badRequest,
      isReplyLost: false, fault: "badRequest"),
    Status(
      status: 400,
      body: fault(
        "badRequest", 400, "Cannot perform 'STOP' action while there is a pending 'START'."),
      kind: .buildInProgress, isReplyLost: false, fault: "badRequest"),
    Status(
      status: 401, body: fault("unauthorized", 401, "Invalid token"), kind: .unauthorized,
      isReplyLost: false, fault: "unauthorized"),
    Status(
      status: 401, body: fault("fault", 401, "x"), kind: .unauthorized, isReplyLost: false,
      fault: "fault"),
    Status(
      status: 403, body: fault("forbidden", 403, "x"), kind: .forbidden, isReplyLost: false,
      fault: "forbidden"),
    Status(
      status: 404, body: fault("itemNotFound", 404, "x"), kind: .notFound, isReplyLost: false,
      fault: "itemNotFound"),
    Status(status: 404, body: "", kind: .notFound, isReplyLost: false),
    Status(
      status: 409, body: fault("conflict", 409, "x"), kind: .conflict, isReplyLost: false,
      fault: "conflict"),
    Status(
      status: 409, body: fault("buildInProgress", 409, "x"), kind: .buildInProgress,
      isReplyLost: false, fault: "buildInProgress"),
    Status(
      status: 413, body: fault("overLimit", 413, "x"), kind: .overLimit, isReplyLost: false,
      fault: "overLimit"),
    Status(
      status: 500, body: fault("internalServerError", 500, "x"), kind: .server(500),
      isReplyLost: true, fault: "internalServerError"),
    Status(status: 500, body: "Error", kind: .server(500), isReplyLost: true),
    Status(
      status: 501, body: fault("notImplemented", 501, "x"), kind: .server(501), isReplyLost: false,
      fault: "notImplemented"),
    Status(status: 502, body: "<html>", kind: .server(502), isReplyLost: true),
    Status(
      status: 503, body: fault("serviceUnavailable", 503, "x"),
      kind: .unavailable(retryAfter: nil), isReplyLost: false, fault: "serviceUnavailable"),
    Status(
      status: 503, body: "<html>", kind: .unavailable(retryAfter: nil), isReplyLost: true),
    Status(status: 429, body: "", kind: .unavailable(retryAfter: nil), isReplyLost: false),
    Status(
      status: 302, body: "",
      kind: .badAnswer(reason: "a redirect of a request that changes things"),
      isReplyLost: true),
  ]

  @Test(arguments: statuses)
  func aStatusBecomesATypedErrorAndAPostIsNotRepeated(_ row: Status) async throws {
    let server = try cloud { _ in
      .answer(row.status, ["Location": "/elsewhere"], row.body)
    }
    defer { server.stop() }
    let client = client(server)
    let error = try #require(
      await failure { () async throws(CloudError) in try await client.createServer(Self.request) })
    #expect(error.kind == row.kind)
    #expect(error.isReplyLost == row.isReplyLost)
    #expect(error.fault == row.fault)
    #expect(error.status == row.status)
    #expect(error.method == .post)
    #expect(error.origin == server.url)
    #expect(error.path == "/compute/v2.0/servers")
    #expect(server.received("/compute/v2.0/servers").count == 1)
  }

  @Test func anHTMLPageOf502IsTriedAgainForReadingAndShownInTheEnd() async throws {
    let page = "<html>\n<b>Bad Gateway</b> T0K3N-VALUE" + String(repeating: "é", count: 400)
    let server = try cloud { _ in .answer(502, ["Content-Type": "text/html"], page) }
    defer { server.stop() }
    let clock = ManualClock()
    let client = client(server, clock)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .server(502))
    let shown = "<html> <b>Bad Gateway</b> (redacted)"
    #expect(
      error?.excerpt == shown + String(repeating: "é", count: 300 - shown.unicodeScalars.count)
        + "…")
    #expect(server.received("/compute/v2.0/servers/detail").count == 5)
    #expect(
      clock.sleeps == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
  }

  @Test func aFaultThatPassesIsNotNoticed() async throws {
    let count = Mutex(0)
    let server = try cloud { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return number == 1
        ? .close : number == 2 ? .answer(503) : .answer(200, [:], #"{"servers":[]}"#)
    }
    defer { server.stop() }
    let servers = try await client(server).servers()
    #expect(servers.isEmpty)
    #expect(count.withLock { $0 } == 3)
  }

  struct Answer: Sendable {
    var body: String
    var reason: String
  }

  static let unreadable: [Answer] = [
    Answer(body: "<html>", reason: "no JSON: expected a JSON value at line 1, column 1"),
    Answer(body: "", reason: "no JSON: expected a JSON value, found the end at line 1, column 1"),
    Answer(
      body: #"{"servers": [{"id": 1"#,
      reason: "no JSON: expected `,` or `}` in a JSON object at line 1, column 22"),
    Answer(body: "[]", reason: "`answer`: expected an object, found a list"),
    // Of a portal that answers everything: not a cloud without machines.
    Answer(body: "{}", reason: "`answer.servers`: expected a list, found nothing"),
    Answer(
      body: #"{"servers": {}}"#, reason: "`answer.servers`: expected a list, found an object"),
    Answer(
      body: #"{"servers": [7]}"#, reason: "`answer.servers[0]`: expected an object, found a number"),
    Answer(
      body: #"{"servers": [{"id": 1, "status": 5}]}"#,
      reason: "`answer.servers[0].status`: expected text, found a number"),
    Answer(
      body: #"{"servers": [{"id": [], "status": "ACTIVE"}]}"#,
      reason: "`answer.servers[0].id`: expected a number or text, found a list"),
    Answer(
      body: #"{"servers": [{"status": "ACTIVE"}]}"#,
      reason: "`answer.servers[0].id`: expected a number or text, found nothing"),
  ]

  @Test(arguments: unreadable)
  func anAnswerOfAnotherShapeNamesThePlaceThatIsWrong(_ row: Answer) async throws {
    let server = try cloud { _ in .answer(200, [:], row.body) }
    defer { server.stop() }
    let client = client(server)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .badAnswer(reason: row.reason))
  }

  @Test func theAnswerWithAPasswordIsNeverShown() async throws {
    let server = try cloud { _ in
      .answer(202, [:], #"{"server": {"adminPass": "pa55w0rd", "id": 1, "st"#)
    }
    defer { server.stop() }
    let client = client(server)
    let error = try #require(
      await failure { () async throws(CloudError) in try await client.createServer(Self.request) })
    #expect(error.isReplyLost)
    #expect(error.excerpt == "(withheld, since it may hold a password)")
    var dumped = ""
    dump(error, to: &dumped)
    #expect(!dumped.contains("pa55w0rd"))
  }

  @Test func aRedirectToAnotherHostIsFollowedWithoutTheToken() async throws {
    let other = try LoopbackServer { _ in .answer(200, [:], #"{"servers": []}"#) }
    defer { other.stop() }
    let elsewhere = other.url + "/moved"
    let server = try cloud { _ in .answer(302, ["Location": elsewhere]) }
    defer { server.stop() }
    let servers = try await client(server).servers()
    #expect(servers.isEmpty)
    let received = try #require(other.received.first)
    #expect(received.target == "/moved")
    #expect(received.headers["x-auth-token"] == nil)
    #expect(!received.headers.values.contains { $0.contains("T0K3N") })
    #expect(!received.body.contains("T0K3N"))
    let first = try #require(server.received("/compute/v2.0/servers/detail").first)
    #expect(first.headers["x-auth-token"] == "T0K3N-VALUE")
  }

  @Test func aRedirectOnTheSameHostKeepsTheTokenAndACircleEnds() async throws {
    let server = try cloud { request in
      request.path == "/b"
        ? .answer(200, [:], #"{"servers": []}"#) : .answer(301, ["Location": "/b"])
    }
    defer { server.stop() }
    _ = try await client(server).servers()
    #expect(server.received("/b").first?.headers["x-auth-token"] == "T0K3N-VALUE")

    let circle = try cloud { _ in .answer(307, ["Location": "detail?x=1"]) }
    defer { circle.stop() }
    let lost = client(circle)
    let error = await failure { () async throws(CloudError) in try await lost.servers() }
    #expect(error?.kind == .badAnswer(reason: "more than five redirects"))
    #expect(circle.received("/compute/v2.0/servers/detail").count == 6)
  }

  @Test func aFullQuotaIsNotTriedAgain() async throws {
    let server = try cloud { _ in .answer(413, [:], Self.fault("overLimit", 413, "Limit")) }
    defer { server.stop() }
    let client = client(server)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .overLimit)
    #expect(error?.message == "Limit")
    #expect(error?.details == "d")
    #expect(server.received("/compute/v2.0/servers/detail").count == 1)
  }

  @Test func anotherTokenIsTriedOnlyWhereOneIsRefused() async throws {
    let server = try LoopbackServer { request in
      if request.path.hasSuffix("/tokens") {
        return request.body.contains("\"GOOD\"")
          ? .answer(200, [:], ScriptedTransport.session(at: "http://" + request.headers["host"]!))
          : .answer(401, [:], Self.fault("unauthorized", 401, "Invalid token"))
      }
      return .answer(200, [:], #"{"servers": []}"#)
    }
    defer { server.stop() }
    func client(_ tokens: [String]) -> CloudClient {
      CloudClient(
        settings: CloudSettings(
          name: "t", authURL: server.url + "/identity/v2.0", tokens: tokens.map { Token($0) }),
        transport: CurlTransport(), clock: ManualClock().clock)
    }
    let session = try await client(["BAD1", "GOOD", "BAD2"]).authenticate()
    #expect(session.token == Token("GOOD"))
    #expect(server.received("/identity/v2.0/tokens").count == 2)
    let none = client(["BAD1", "BAD2"])
    let error = await failure { () async throws(CloudError) in try await none.servers() }
    #expect(error?.kind == .unauthorized)
    #expect(server.received("/identity/v2.0/tokens").count == 4)
    // Refused once, refused for the run.
    _ = await failure { () async throws(CloudError) in try await none.servers() }
    #expect(server.received("/identity/v2.0/tokens").count == 4)
  }

  @Test func aTokenThatExpiresEndsTheCallAtOnce() async throws {
    let server = try cloud { _ in .answer(401, [:], Self.fault("fault", 401, "x")) }
    defer { server.stop() }
    let client = client(server)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .unauthorized)
    #expect(server.received("/compute/v2.0/servers/detail").count == 1)
  }

  @Test func aCompressedBodyThatNobodyAskedForIsNotUnpacked() async throws {
    let server = try cloud { _ in
      .answer(200, ["Content-Encoding": "gzip"], "\u{1f}bomb")
    }
    defer { server.stop() }
    let client = client(server)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .badAnswer(reason: "a compressed body that nobody asked for"))
  }

  @Test func theTokenIsNotSentInTheClearToAnotherMachine() async {
    let clock = ManualClock()
    let client = CloudClient(
      settings: CloudSettings(
        name: "t", authURL: "http://192.0.2.1/identity/v2.0", tokens: [Token("T0K3N")]),
      transport: CurlTransport(), clock: clock.clock)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .badRequest && error?.status == nil)
    #expect(error?.message == "the token is not sent over plain http to another machine")
    #expect(error?.diagnostic.summary == "the request to the cloud is not sent")
    #expect(clock.sleeps.isEmpty)
  }
}
