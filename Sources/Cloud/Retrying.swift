extension CloudClient {
  /// Sends a request, again where it may be repeated and the fault may pass.
  ///
  /// A repeated DELETE that finds nothing has done its work, as the first may have arrived.
  func perform(_ request: HTTPRequest, mayRepeat: Bool) async throws(CloudError) -> Answer {
    let start = clock.now()
    var wasLost = false
    var attempt = 1
    while true {
      await pace.wait()
      do throws(CloudError) {
        return Answer(request: request, response: try await followed(request))
      } catch {
        if wasLost, error.isAlreadyGone {
          return Answer(request: request, response: HTTPResponse(status: 204))
        }
        if case .unavailable(let delay?) = error.kind {
          pace.hold(for: min(delay, patience.longestRetryAfter))
        }
        guard mayRepeat, error.mayPass, attempt < patience.attempts,
          clock.now() - start < patience.total, !Task.isCancelled
        else { throw error }
        wasLost = wasLost || error.isReplyLost
        await clock.sleep(delay(before: attempt + 1))
        attempt += 1
      }
    }
  }

  /// Doubles with each attempt; half of it is chance, so that many clients do not come at once.
  private func delay(before attempt: Int) -> Duration {
    let doublings = min(max(0, attempt - 2), 20)
    let full = min(patience.firstDelay * (1 << doublings), patience.longestDelay)
    return full / 2 + full / 2 * min(max(0, clock.jitter()), 1)
  }

  /// One attempt, with the redirects of a GET: at most five, never from `https` to `http`, and
  /// without the token once the origin is another.
  private func followed(_ first: HTTPRequest) async throws(CloudError) -> HTTPResponse {
    var request = first
    for _ in 0...CloudClient.redirectLimit {
      if request.token != nil, let reason = refusal(of: request.url) {
        throw .unsent(request, reason)
      }
      let response = try await transport.send(request)
      if let encoding = response.header("Content-Encoding"), encoding.lowercased() != "identity" {
        throw .answering(
          request, nil, kind: .badAnswer(reason: "a compressed body that nobody asked for"))
      }
      switch response.status {
      case 200..<300: return response
      case 301, 302, 303, 307, 308:
        request.url = try target(of: response, to: request)
        if WebAddress(request.url)?.origin != WebAddress(first.url)?.origin { request.token = nil }
      default: throw CloudError(request, response)
      }
    }
    throw .answering(request, nil, kind: .badAnswer(reason: "more than five redirects"))
  }

  private static let redirectLimit = 5

  private func target(
    of response: HTTPResponse, to request: HTTPRequest
  ) throws(CloudError) -> String {
    guard request.method.isReading else {
      throw .answering(
        request, response, kind: .badAnswer(reason: "a redirect of a request that changes things"))
    }
    guard let here = WebAddress(request.url), let location = response.header("Location"),
      let there = here.resolving(location)
    else { throw .answering(request, response, kind: .badAnswer(reason: "a redirect to nowhere")) }
    guard there.isSecure || !here.isSecure else {
      throw .answering(
        request, response,
        kind: .badAnswer(reason: "a redirect from https to http, to \(there.origin)"))
    }
    return there.description
  }

  /// Why the token must not go to this address; nil where it may.
  private func refusal(of url: String) -> String? {
    guard let address = WebAddress(url) else { return "the address is not an http or https URL" }
    // `ignore_ssl` is about whose certificate it is, not about doing without.
    if address.isSecure || address.isLoopback { return nil }
    return "the token is not sent over plain http to another machine"
  }
}

extension CloudError {
  /// True for faults that may be gone a moment later.
  var mayPass: Bool {
    switch kind {
    case .unavailable, .server(502), .server(504): true
    case .transport(let phase, _): phase != .tls
    case .deadline(let phase): !phase.mayHaveArrived
    default: false
    }
  }
}
