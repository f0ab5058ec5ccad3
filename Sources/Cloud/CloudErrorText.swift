import Diagnostics

extension CloudError: CustomStringConvertible {
  /// What a user is told: what happened, the request, and the cloud's own words.
  package var diagnostic: Diagnostic {
    var evidence = [Diagnostic.Evidence("request", "\(method.rawValue) \(origin)\(path)")]
    if let status {
      evidence.append(.init("status", fault.map { "\(status) \($0)" } ?? String(status)))
    }
    if let reason { evidence.append(.init("reason", reason)) }
    if let message { evidence.append(.init("message", message)) }
    if let details { evidence.append(.init("details", details)) }
    if let excerpt { evidence.append(.init("answer", excerpt)) }
    return .error(summary, evidence: evidence, hint: advice)
  }

  /// One line, for logs.
  package var description: String {
    let words = [message, details, reason, excerpt].compactMap { $0 }.first
    let code = status.map { " (\($0))" } ?? ""
    return "\(method.rawValue) \(origin)\(path): \(summary)\(code)"
      + (words.map { ": \($0)" } ?? "")
  }

  private var summary: String {
    switch kind {
    case .unauthorized: "the cloud does not accept the token"
    case .forbidden: "the cloud forbids the request"
    case .notFound: "the cloud has no such object"
    case .conflict: "the cloud refuses the request: the object is in use"
    case .buildInProgress: "the cloud refuses the request: the machine is busy with another task"
    case .overLimit: "the request exceeds a limit of the cloud"
    case .badRequest where status == nil: "the request to the cloud is not sent"
    case .badRequest: "the cloud does not take the request"
    case .server: "the cloud failed"
    case .unavailable: "the cloud is not available"
    case .transport(.resolve, _): "cannot find the cloud's host"
    case .transport(.connect, _): "cannot connect to the cloud"
    case .transport(.tls, _): "cannot connect securely to the cloud"
    case .transport(.send, _), .transport(.receive, _): "the connection to the cloud broke"
    case .deadline: "the cloud did not answer in time"
    case .tooLarge: "the cloud's answer is too large"
    case .badAnswer: "the cloud's answer cannot be understood"
    case .cancelled: "the request to the cloud was given up"
    }
  }

  private var reason: String? {
    switch kind {
    case .transport(_, let reason), .badAnswer(let reason): reason
    case .tooLarge(let limit): "more than \(limit) bytes"
    case .unavailable(let delay?): "it asks to wait \(delay.components.seconds) s"
    default: nil
    }
  }

  /// What a user can do about it; nil where the words of the cloud must do.
  package var advice: String? {
    switch kind {
    case .unauthorized: "take a new token from the cloud's web site, under API access"
    case .transport(.tls, _):
      "set `ca_certs` in `[global]` of `~/.kamakirc` to the certificates of a private cloud"
    case _ where isReplyLost:
      "the request may have been carried out all the same: look before you repeat it"
    default: nil
    }
  }
}
