import Diagnostics

/// Why a call to a cloud failed, with the request and what the cloud said.
package struct CloudError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// 401: the token is not accepted; final for the run.
    case unauthorized
    case forbidden
    case notFound
    /// 409: the object is in use.
    case conflict
    /// 409 `buildInProgress`, or 400 with a pending task: wait, then try again.
    case buildInProgress
    /// 413: the quota (or a limit of the request); never retried.
    case overLimit
    case badRequest
    /// 5xx but 503.
    case server(Int)
    /// 429 and 503.
    case unavailable(retryAfter: Duration?)
    case transport(Phase, reason: String)
    /// The total deadline has passed, or the bytes came too slowly.
    case deadline(Phase)
    case tooLarge(limit: Int)
    /// An answer that came but cannot be understood.
    case badAnswer(reason: String)
    case cancelled(Phase)
  }

  /// How far a request had come.
  package enum Phase: String, Hashable, Sendable {
    case resolve, connect, tls, send, receive

    /// True where the server may have read the request.
    var mayHaveArrived: Bool { self == .send || self == .receive }
  }

  package var kind: Kind
  package var method: HTTPMethod
  /// Scheme, host and port.
  package var origin: String
  /// Without the query.
  package var path: String
  package var status: Int?
  /// The name of Synnefo's fault object, such as `overLimit`.
  package var fault: String?
  package var message: String?
  package var details: String?
  /// The start of a body that is not a fault; at most 300 scalars, without the token.
  package var excerpt: String?

  package init(
    _ kind: Kind, method: HTTPMethod, origin: String, path: String, status: Int? = nil,
    fault: String? = nil, message: String? = nil, details: String? = nil, excerpt: String? = nil
  ) {
    self.kind = kind
    self.method = method
    self.origin = origin
    self.path = path
    self.status = status
    self.fault = fault
    self.message = message
    self.details = details
    self.excerpt = excerpt
  }

  /// True where the request changes something and may have been carried out all the same: look for
  /// the object before asking again.
  package var isReplyLost: Bool {
    if method.isReading { return false }
    return switch kind {
    case .transport(let phase, _), .deadline(let phase), .cancelled(let phase):
      phase.mayHaveArrived
    case .server(let status): status != 501
    // Cyclades' own 503 is sent after everything was rolled back; one of a front-end is not.
    case .unavailable: status != 429 && fault == nil
    case .tooLarge, .badAnswer: true
    case .unauthorized, .forbidden, .notFound, .conflict, .buildInProgress, .overLimit, .badRequest:
      false
    }
  }
}
