/// What a request to `/sandbox/faults` asks for: `"do"` with a word, or with an object that has the word
/// as key and its number as value (`{"status": 503}`). Other numbers stand beside it.
struct FaultOrder {
  enum Action {
    case exchange(ExchangeFault)
    case job(JobFault)
    case effect(Effect)
  }

  var action: Action
  /// True for faults that only make sense for builds.
  var isBuildOnly = false

  init(_ body: Wire) throws(APIFault) {
    guard let order = body["do"] else { throw .badRequest("What shall the fault do?") }
    let word: String
    let values: Wire
    if let text = order.text {
      (word, values) = (text, body)
    } else if let pairs = order.pairs,
      let pair = pairs.first(where: { Self.words.contains($0.0) })
    {
      (word, values) = (pair.0, order)
    } else {
      throw .badRequest("Unknown fault")
    }
    if let fault = Self.exchange(word, values) {
      action = .exchange(fault)
    } else if let fault = Self.job(word, values) {
      action = .job(fault)
      isBuildOnly = ["build-error", "slow-build", "no-ip", "ssh-late"].contains(word)
    } else if let effect = Self.effect(word, values) {
      action = .effect(effect)
    } else {
      throw .badRequest("Unknown fault, or one without its number: \(word)")
    }
  }

  func ruleAction() throws(APIFault) -> FaultRule.Action {
    switch action {
    case .exchange(let fault): .exchange(fault)
    case .job(let fault): .job(fault)
    case .effect(let effect): .exchange(.effect(effect))
    }
  }

  private static let words: Set = [
    "drop-before", "drop-after", "status", "delay", "html", "truncate", "wrong-type", "slow",
    "endless", "redirect", "unknown-state", "build-error", "fail", "stuck", "slow-build", "no-ip",
    "ssh-late", "stop-machine", "suspend", "unsuspend", "delete-machine", "expire-token",
    "renew-token", "pool-empty", "pool-refill", "steal-quota", "no-backend",
  ]

  private static func exchange(_ word: String, _ values: Wire) -> ExchangeFault? {
    switch word {
    case "drop-before": .dropBefore
    case "drop-after": .dropAfter
    case "status":
      values["status"]?.int.map {
        .status(
          min(599, max(100, $0)), retryAfter: values["retry_after"]?.int,
          isAfter: values["after"]?.bool ?? false)
      }
    case "delay": values["delay"]?.number.map { .delay(seconds: min(600, max(0, $0 / 1000))) }
    case "html": .html(values["html"]?.int ?? values["status"]?.int ?? 502)
    case "truncate": .truncate
    case "wrong-type": .wrongType
    case "slow": .slow(min(1e9, max(0.1, values["slow"]?.number ?? 1)))
    case "endless": .endless
    case "redirect": (values["redirect"] ?? values["location"])?.text.map { .redirect($0) }
    case "unknown-state":
      .unknownState(values["unknown-state"]?.text ?? values["state"]?.text ?? "MIGRATING")
    default: nil
    }
  }

  private static func job(_ word: String, _ values: Wire) -> JobFault? {
    let seconds = (values[word] ?? values["seconds"])?.number.map { min(1e6, max(0, $0)) }
    let message = (values[word] ?? values["message"])?.text
    switch word {
    case "build-error": return .fail(message ?? "Image customization failed: disk is full")
    case "fail": return .fail(message ?? "Backend job failed")
    case "stuck": return .stuck
    case "slow-build": return .slow(seconds: seconds ?? 60)
    case "ssh-late": return .sshLate(seconds: seconds ?? 30)
    case "no-ip": return .noIP
    default: return nil
    }
  }

  private static func effect(_ word: String, _ values: Wire) -> Effect? {
    let server = values["server"] ?? values[word]
    switch word {
    case "stop-machine": return .stopMachine(Effect.Name(server))
    case "suspend": return .suspend(Effect.Name(server), true)
    case "unsuspend": return .suspend(Effect.Name(server), false)
    case "delete-machine": return .deleteMachine(Effect.Name(server))
    case "expire-token": return .expireToken(after: values["after"]?.int ?? 0)
    case "renew-token": return .renewToken
    case "pool-empty": return .poolEmpty(values["network"]?.id, true)
    case "pool-refill": return .poolEmpty(values["network"]?.id, false)
    case "no-backend": return .noBackend(values["on"]?.bool ?? true)
    case "steal-quota":
      guard let resource = Resource(rawValue: values["resource"]?.text ?? "cyclades.vm") else {
        return nil
      }
      return .stealQuota(
        resource, project: values["project"]?.text, amount: values["amount"]?.int,
        leave: values["leave"]?.int ?? 0)
    default: return nil
    }
  }
}

/// A change of the state that no request of the API makes.
enum Effect: Sendable {
  /// A server by its number or its name.
  enum Name: Sendable {
    case number(Int)
    case name(String)

    init(_ wire: Wire?) {
      if let id = wire?.id { self = .number(id) } else { self = .name(wire?.text ?? "") }
    }
  }

  /// The guest is off; the status follows.
  case stopMachine(Name)
  case suspend(Name, Bool)
  /// Gone at once, as if somebody had deleted it by hand.
  case deleteMachine(Name)
  /// After so many more requests the token is refused.
  case expireToken(after: Int)
  case renewToken
  /// nil: all public networks.
  case poolEmpty(Int?, Bool)
  /// Another member takes `amount`, or all but `leave`, of a project's resource.
  case stealQuota(Resource, project: String?, amount: Int?, leave: Int)
  case noBackend(Bool)
}
