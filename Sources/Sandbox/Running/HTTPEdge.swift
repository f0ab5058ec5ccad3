import FlyingFox
import FlyingSocks
import FoundationEssentials

/// The HTTP side: requests in, replies out, on the loopback address only.
package struct HTTPEdge: Sendable {
  private let server: HTTPServer
  private let cloud: Cloud

  /// Bodies up to here are read before the handler sees the head, with whose `Expect` it can answer:
  /// less than the shortest JSON of a call has. FlyingFox reads all bodies in portions of this size.
  private static let eagerBytes = 10

  /// Binds nothing yet. Port 0 takes any that is free.
  package init(cloud: Cloud, port: UInt16) throws {
    self.cloud = cloud
    let configuration = HTTPServer.Configuration(
      address: Platform.loopback(port), timeout: 900, sharedRequestBufferSize: Self.eagerBytes,
      sharedRequestReplaySize: 0,
      pool: ContinuingPool(base: HTTPServer.defaultPool(logger: .disabled)), logger: .disabled)
    server = HTTPServer(config: configuration, handler: Door(cloud: cloud))
  }

  /// Serves until the task is cancelled.
  package func run() async throws {
    // Methods that FlyingFox does not know: it is the cloud that says what may be done.
    await server.appendRoute(
      HTTPRoute(methods: ["COPY", "MOVE", "PROPFIND", "MKCOL", "LOCK", "UNLOCK"], path: "*"),
      to: Door(cloud: cloud))
    try await server.run()
  }

  /// The port, once it listens.
  ///
  /// - Throws: where it does not within ten seconds.
  package func port() async throws -> UInt16 {
    try await server.waitUntilListening(timeout: 10)
    guard case .ip4(_, let port)? = await server.listeningAddress else {
      throw MachineFailure("the server does not listen on an IPv4 address")
    }
    return port
  }

  package func stop() async { await server.stop(timeout: 1) }
}

private struct Door: HTTPHandler {
  var cloud: Cloud

  /// Bytes of a body; above it a request is refused without being read.
  private static let limit = 1 << 28

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    if let count = request.bodySequence.count, count > Self.limit {
      return HTTPResponse(
        statusCode: HTTPStatusCode(413, phrase: Self.phrase(413)), headers: [.connection: "close"])
    }
    var headers: [String: String] = [:]
    for (key, value) in request.headers { headers[key.rawValue.lowercased()] = value }
    let parts = request.target.path().split(separator: "/").map { Self.decoded($0) }
    let delivery = await cloud.answer(
      Request(
        method: request.method.rawValue, path: parts,
        query: request.query.map { ($0.name, $0.value) }, headers: headers,
        body: try await body(request)))
    return response(delivery, isHead: request.method == .HEAD)
  }

  private func body(_ request: HTTPRequest) async throws -> [UInt8] {
    let isExpected =
      request.version == .http11
      && request.headers[HTTPHeader("Expect")]?.lowercased() == "100-continue"
    return try await Expectation.$current.withValue(isExpected ? Expectation() : nil) {
      [UInt8](try await request.bodyData)
    }
  }

  /// Percent signs that begin no byte stay.
  private static func decoded(_ text: Substring) -> String {
    var output: [UInt8] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let byte = UInt8(
          String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        output.append(byte)
        index += 3
      } else {
        output.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private func response(_ delivery: Delivery, isHead: Bool) -> HTTPResponse {
    switch delivery {
    case .whole(let reply):
      return HTTPResponse(
        statusCode: HTTPStatusCode(reply.status, phrase: Self.phrase(reply.status)),
        headers: Self.headers(reply),
        body: HTTPBodySequence(
          data: Data(isHead ? [] : reply.body), suggestedBufferSize: 1 << 20))
    case .nothing: return HTTPResponse(webSocket: HangUp())
    case .half(let reply): return paced(reply, .half)
    case .slow(let reply, let rate): return paced(reply, .slow(rate))
    case .endless(let reply): return paced(reply, .endless)
    }
  }

  private func paced(_ reply: Reply, _ pace: PacedBody.Pace) -> HTTPResponse {
    let count = pace == .endless ? Int.max / 2 : reply.body.count
    return HTTPResponse(
      statusCode: HTTPStatusCode(reply.status, phrase: Self.phrase(reply.status)),
      headers: Self.headers(reply),
      body: HTTPBodySequence(from: PacedBody(bytes: reply.body, pace: pace), count: count))
  }

  private static func headers(_ reply: Reply) -> HTTPHeaders {
    var headers: HTTPHeaders = [:]
    headers[HTTPHeader("Content-Type")] = "application/json; charset=UTF-8"
    headers[HTTPHeader("Vary")] = "X-Auth-Token"
    headers[HTTPHeader("Cache-Control")] = "no-cache, no-store, must-revalidate, max-age=0"
    for (name, value) in reply.headers { headers[HTTPHeader(name)] = value }
    return headers
  }

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "CREATED"
    case 202: "ACCEPTED"
    case 204: "NO CONTENT"
    case 304: "NOT MODIFIED"
    case 400: "BAD REQUEST"
    case 401: "UNAUTHORIZED"
    case 403: "FORBIDDEN"
    case 404: "NOT FOUND"
    case 405: "METHOD NOT ALLOWED"
    case 409: "CONFLICT"
    case 413: "REQUEST ENTITY TOO LARGE"
    default: "STATUS \(status)"
    }
  }
}

/// Ends the connection before a byte of the reply: FlyingFox closes it where a handler of its upgrade
/// path throws.
private struct HangUp: WSHandler {
  struct Ended: Error {}

  func makeFrames(
    for client: AsyncThrowingStream<WSFrame, any Error>
  ) async throws -> AsyncStream<WSFrame> { throw Ended() }
}
