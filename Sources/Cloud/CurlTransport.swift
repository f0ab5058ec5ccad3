/// HTTP over libcurl.
package final class CurlTransport: HTTPTransport {
  /// Whose certificates are accepted.
  package enum Trust: Hashable, Sendable {
    case system
    case file(String)
    case anything
  }

  private let trust: Trust

  package init(trust: Trust = .system) { self.trust = trust }

  package func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse {
    throw .answering(request, nil, kind: .transport(.connect, reason: "not connected"))
  }
}
