import Cloud
import Diagnostics

/// What happens while machines are brought about, in OpenTofu's manner of telling it.
package enum FleetEvent: Sendable {
  case began(name: String, Work, id: CloudID?)
  case goesOn(name: String, Work, elapsed: Duration)
  case finished(name: String, Work, elapsed: Duration, id: CloudID?)
  case failed(name: String, Diagnostic)
  case notice(String)

  package enum Work: String, Sendable {
    case create, wait, start, update, resize, destroy, network, volume, move

    var doing: String {
      switch self {
      case .create: "creating"
      case .wait: "waiting for its build"
      case .start: "starting"
      case .update: "updating metadata"
      case .resize: "resizing: it stops and starts"
      case .destroy: "destroying"
      case .network: "creating"
      case .volume: "adding a volume"
      case .move: "moving to another network"
      }
    }

    var done: String {
      switch self {
      case .create, .wait, .network: "created"
      case .start: "started"
      case .update: "updated"
      case .resize: "resized"
      case .destroy: "destroyed"
      case .volume: "volume added"
      case .move: "moved"
      }
    }
  }

  /// One line; nil for what diagnostics tell.
  package var text: String? {
    switch self {
    case .began(let name, let work, let id):
      return "\(name): \(work.doing)..." + (id.map { " [id=\($0)]" } ?? "")
    case .goesOn(let name, let work, let elapsed):
      return "\(name): still \(work.doing)... [\(Self.seconds(elapsed))s elapsed]"
    case .finished(let name, let work, let elapsed, let id):
      return "\(name): \(work.done) after \(Self.seconds(elapsed))s"
        + (id.map { " [id=\($0)]" } ?? "")
    case .failed: return nil
    case .notice(let text): return text
    }
  }

  private static func seconds(_ duration: Duration) -> Int { Int(duration.components.seconds) }
}

extension CloudError {
  /// What the cloud said about a request, for people.
  package func diagnostic(_ summary: String, hint: String? = nil) -> Diagnostic {
    var evidence: [Diagnostic.Evidence] = [
      .init("request", "\(method.rawValue) \(origin)\(path)" + (status.map { " -> \($0)" } ?? ""))
    ]
    if let message, !message.isEmpty { evidence.append(.init(fault ?? "answer", message)) }
    if let details, !details.isEmpty { evidence.append(.init("details", details)) }
    if let excerpt { evidence.append(.init("answer", excerpt)) }
    switch kind {
    case .transport(let phase, let reason): evidence.append(.init(phase.rawValue, reason))
    case .deadline(let phase): evidence.append(.init(phase.rawValue, "no answer in time"))
    case .badAnswer(let reason): evidence.append(.init("answer", reason))
    case .tooLarge(let limit): evidence.append(.init("answer", "more than \(limit) bytes"))
    default: break
    }
    let action: String? =
      switch kind {
      case .unauthorized: "the token is not accepted: renew it on the site of the cloud"
      case .overLimit: "`omtd-setup quota` shows what is used and by which project"
      default: hint ?? advice
      }
    return .error(summary, evidence: evidence, hint: action)
  }
}
