package enum HTTPMethod: String, Hashable, Sendable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case delete = "DELETE"

  /// True where the call changes nothing.
  package var isReading: Bool { self == .get || self == .head }
  /// True where a second call leaves the same state as the first (RFC 9110, 9.2.2).
  package var isIdempotent: Bool { self != .post }
}

package struct HTTPHeader: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One request, sent once: no retry, no redirect.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// Absolute, `http` or `https`, already percent-encoded.
  package var url: String
  package var headers: [HTTPHeader]
  /// Sent as `X-Auth-Token`; apart from the headers, so that nothing prints it.
  package var token: Token?
  package var body: [UInt8]?
  /// From the first byte sent, connecting included, to the last one received.
  package var deadline: Duration
  /// The largest body that is accepted, in bytes.
  package var answerLimit: Int
  /// True where the answer may hold a password: then no error shows any part of it.
  package var isAnswerSecret: Bool

  package init(
    _ method: HTTPMethod, _ url: String, headers: [HTTPHeader] = [], token: Token? = nil,
    body: [UInt8]? = nil, deadline: Duration = .seconds(90),
    answerLimit: Int = HTTPRequest.usualAnswerLimit, isAnswerSecret: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.token = token
    self.body = body
    self.deadline = deadline
    self.answerLimit = answerLimit
    self.isAnswerSecret = isAnswerSecret
  }

  /// 16 MiB.
  package static let usualAnswerLimit = 16 << 20
}

package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: [HTTPHeader]
  package var body: [UInt8]

  package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The last header of that name, compared without case.
  package func header(_ name: String) -> String? {
    let wanted = name.lowercased()
    return headers.last { $0.name.lowercased() == wanted }?.value
  }
}

/// What carries one request to a server and its answer back.
package protocol HTTPTransport: Sendable {
  /// - Throws: only what kept the answer from coming; any status is an answer.
  func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse
}
