import Values

/// How long and how often a client tries.
package struct CloudPatience: Hashable, Sendable {
  /// How often a call that may be repeated is sent, the first time included.
  package var attempts = 5
  /// The back-off before the second attempt; it doubles each time, up to `longestDelay`.
  package var firstDelay = Duration.milliseconds(500)
  package var longestDelay = Duration.seconds(20)
  /// How much of a `Retry-After` is obeyed.
  package var longestRetryAfter = Duration.seconds(60)
  /// When this has passed since the first attempt, none follows.
  package var total = Duration.seconds(180)
  /// Of one attempt.
  package var deadline = Duration.seconds(90)

  package init() {}
}

/// The API of a Synnefo cloud, typed.
///
/// Copies share one session, one pace and one connection pool. Reading calls, PUT and DELETE are
/// repeated after faults that may pass; POST never is, but for the token check. A call that creates
/// and fails with `isReplyLost` may have made its object.
package struct CloudClient: Sendable {
  package let settings: CloudSettings
  let transport: any HTTPTransport
  let patience: CloudPatience
  let clock: CloudClock
  let pace: Pace
  private let sessions = SessionCache()

  package init(
    settings: CloudSettings, transport: any HTTPTransport, clock: CloudClock = .system,
    patience: CloudPatience = CloudPatience()
  ) {
    self.settings = settings
    self.transport = transport
    self.clock = clock
    self.patience = patience
    pace = Pace(clock: clock)
  }

  /// A client over a transport of its own that trusts what the settings say.
  package init(settings: CloudSettings) {
    let trust: CurlTransport.Trust =
      settings.isInsecure ? .anything : settings.caFile.map { .file($0) } ?? .system
    var patience = CloudPatience()
    patience.deadline = settings.deadline
    self.init(settings: settings, transport: CurlTransport(trust: trust), patience: patience)
  }

  /// The session of the first token that the cloud accepts; asked for once and kept.
  @discardableResult
  package func authenticate() async throws(CloudError) -> CloudSession {
    try await sessions.session { () async throws(CloudError) in try await openSession() }
  }

  /// Calls a service with the session's token and gives its answer, which has a 2xx status.
  func call(
    _ method: HTTPMethod, _ service: ServiceKind, _ path: String, query: [(String, String)] = [],
    headers: [HTTPHeader] = [], body: CallBody = .none, isAnswerSecret: Bool = false
  ) async throws(CloudError) -> Answer {
    guard CloudClient.isWhole(path) else {
      throw CloudError(
        .badRequest, method: method, origin: settings.authURL, path: path,
        message: "an id or a name that is empty, `.` or `..` is not sent")
    }
    let session = try await authenticate()
    let base: String
    if let endpoint = session.endpoints[service] {
      base = endpoint
    } else {
      throw CloudError(
        .badAnswer(reason: "the catalog has no service of type `\(service.rawValue)`"),
        method: method, origin: settings.authURL, path: path)
    }
    let question =
      query.isEmpty
      ? "" : "?" + query.map { "\($0)=\(WebAddress.encoded($1))" }.joined(separator: "&")
    var request = HTTPRequest(
      method, base + path + question, headers: headers,
      token: settings.serviceTokens[service] ?? session.token, deadline: patience.deadline,
      isAnswerSecret: isAnswerSecret)
    body.fill(&request)
    return try await perform(request, mayRepeat: method.isIdempotent)
  }

  /// False where a part of the path is empty or dots: on the way such a path may become that of the
  /// object around, and a DELETE would hit it.
  private static func isWhole(_ path: String) -> Bool {
    path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { segment in
        !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
      }
  }

  /// The same with a JSON object as the body, for answers of which nothing is wanted.
  func order(
    _ method: HTTPMethod, _ service: ServiceKind, _ path: String, _ body: Value? = nil
  ) async throws(CloudError) {
    _ = try await call(method, service, path, body: body.map { .json($0) } ?? .none)
  }

  /// The same for an answer that is one JSON text.
  func ask<T>(
    _ method: HTTPMethod, _ service: ServiceKind, _ path: String, query: [(String, String)] = [],
    body: Value? = nil, isAnswerSecret: Bool = false,
    _ decode: (Value) throws(BadField) -> T
  ) async throws(CloudError) -> T {
    let answer = try await call(
      method, service, path, query: query, body: body.map { .json($0) } ?? .none,
      isAnswerSecret: isAnswerSecret)
    return try answer.decoded(decode)
  }
}

/// What a call sends.
enum CallBody {
  case none
  case json(Value)
  case content([UInt8], type: String)

  func fill(_ request: inout HTTPRequest) {
    switch self {
    case .none: return
    case .json(let value):
      request.body = Array(JSON.text(value, style: .compact).utf8)
      request.headers.append(HTTPHeader("Content-Type", "application/json"))
    case .content(let bytes, let type):
      request.body = bytes
      request.headers.append(HTTPHeader("Content-Type", type))
      // Another second for every 64 KiB.
      request.deadline += .seconds(bytes.count >> 16)
    }
  }
}

/// A 2xx answer with the request that it belongs to.
struct Answer: Sendable {
  var request: HTTPRequest
  var response: HTTPResponse

  /// - Throws: `.badAnswer` where the body is not JSON of the shape that `decode` takes.
  func decoded<T>(_ decode: (Value) throws(BadField) -> T) throws(CloudError) -> T {
    guard let text = String(validating: response.body, as: UTF8.self) else {
      throw unreadable("a body that is not UTF-8")
    }
    let value: Value
    do { value = try JSON.parse(text) } catch {
      let place = error.location.map { " at line \($0.line), column \($0.column)" } ?? ""
      throw unreadable("no JSON: \(error.summary)\(place)")
    }
    do { return try decode(value) } catch { throw unreadable(error.reason) }
  }

  private func unreadable(_ reason: String) -> CloudError {
    .answering(request, response, kind: .badAnswer(reason: reason))
  }
}

/// The one session of a client and its copies; who comes while it is being opened waits for it.
private actor SessionCache {
  private typealias Opening = Task<Result<CloudSession, CloudError>, Never>
  private var opening: Opening?

  /// A refusal is kept, since no token that was refused becomes good; another failure is not.
  func session(
    _ open: @escaping @Sendable () async throws(CloudError) -> CloudSession
  ) async throws(CloudError) -> CloudSession {
    while true {
      let task = opening ?? Opening(open)
      opening = task
      let result = await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }
      guard case .failure(let error) = result else { return try result.get() }
      if error.kind != .unauthorized, opening == task { opening = nil }
      // It was another caller that gave up.
      if case .cancelled = error.kind, !Task.isCancelled { continue }
      throw error
    }
  }
}

extension Task where Success == Result<CloudSession, CloudError>, Failure == Never {
  fileprivate init(_ open: @escaping @Sendable () async throws(CloudError) -> CloudSession) {
    self.init { () async -> Result<CloudSession, CloudError> in
      do throws(CloudError) { return .success(try await open()) } catch { return .failure(error) }
    }
  }
}
