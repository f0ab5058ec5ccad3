import Cloud
import Synchronization

/// Answers from a closure, without a network, and notes the requests; opens a session by itself.
final class ScriptedTransport: HTTPTransport {
  private let log = Mutex<[HTTPRequest]>([])
  private let answer: @Sendable (HTTPRequest, Int) throws(CloudError) -> HTTPResponse

  /// - Parameter answer: Gets the request and how many came before it, session requests left out.
  init(_ answer: @escaping @Sendable (HTTPRequest, Int) throws(CloudError) -> HTTPResponse) {
    self.answer = answer
  }

  convenience init(_ status: Int = 200, _ body: String = "") {
    self.init { (_, _) throws(CloudError) in HTTPResponse(status, body) }
  }

  var requests: [HTTPRequest] { log.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse {
    if request.url.hasSuffix("/tokens") {
      return HTTPResponse(200, ScriptedTransport.session(at: "https://cloud.example.org"))
    }
    let number = log.withLock { log in
      log.append(request)
      return log.count - 1
    }
    return try answer(request, number)
  }

  /// A catalog as a cloud since 0.19 publishes it: some endpoints without a version.
  static func session(at base: String) -> String {
    let services = [
      ("identity", "/identity/v2.0"), ("account", "/account/v1.0"), ("compute", "/compute/v2.0"),
      ("network", "/network"), ("volume", "/volume/"), ("image", "/image"),
      ("object-store", "/object-store/v1"),
    ]
    let catalog = services.map { service in
      """
      {"name": "x", "type": "\(service.0)", "endpoints_links": [], "endpoints": [{"versionId": \
      "v2.0", "publicURL": "\(base)\(service.1)", "region": "default", "SNF:uiURL": "x"}]}
      """
    }
    return """
      {"access": {"token": {"id": "T0K3N-VALUE", "expires": "2026-12-31T10:00:00+00:00", \
      "tenant": {"id": "P1", "name": "Real Name"}}, "user": {"id": "U1", "name": "Real Name", \
      "roles": [{"id": "1", "name": "default"}], "roles_links": [], "projects": ["P1", "P2"]}, \
      "serviceCatalog": [\(catalog.joined(separator: ", "))]}}
      """
  }
}

extension HTTPResponse {
  init(_ status: Int, _ body: String = "", headers: [HTTPHeader] = []) {
    self.init(status: status, headers: headers, body: Array(body.utf8))
  }
}

extension CloudSettings {
  static let sample = CloudSettings(
    name: "test", authURL: "https://cloud.example.org/identity/v2.0",
    tokens: [Token("T0K3N-VALUE")])
}

extension CloudClient {
  init(_ transport: any HTTPTransport, clock: ManualClock = ManualClock()) {
    self.init(settings: .sample, transport: transport, clock: clock.clock)
  }
}

/// Time that passes by sleeping alone; jitter is always full.
final class ManualClock: Sendable {
  private let state = Mutex<(now: Duration, sleeps: [Duration])>((.seconds(1000), []))

  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  var clock: CloudClock {
    CloudClock(
      now: { self.state.withLock { $0.now } },
      sleep: { delay in
        self.state.withLock { state in
          state.now += delay
          state.sleeps.append(delay)
        }
      }, jitter: { 1 })
  }
}

/// The error of a call, nil where there is none.
func failure<T>(
  _ call: () async throws(CloudError) -> T
) async -> CloudError? {
  do throws(CloudError) {
    _ = try await call()
    return nil
  } catch { return error }
}
