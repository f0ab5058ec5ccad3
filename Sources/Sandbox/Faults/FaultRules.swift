/// What shall go wrong: rules that wait for their requests, and states that were set.
struct FaultRules: Sendable {
  private(set) var rules: [FaultRule] = []
  private var lastID = 0
  /// Networks that have no address left.
  var emptyPools: Set<Int> = []
  /// What another member took of projects.
  var stolen: [Charge] = []
  /// Requests are refused with 401 from this number on.
  var tokenEndsAt: Int?

  mutating func add(_ rule: FaultRule) -> Int {
    lastID += 1
    var rule = rule
    rule.id = lastID
    rules.append(rule)
    return lastID
  }

  mutating func clear() {
    rules = []
    emptyPools = []
    stolen = []
    tokenEndsAt = nil
  }

  /// The first rule for this exchange that is due. Every rule that fits counts the request.
  mutating func take(method: String, path: String, operation: String) -> FaultRule? {
    take { rule in
      if case .exchange = rule.action {
        rule.fits(method: method, path: path, operation: operation)
      } else {
        false
      }
    }
  }

  /// The first rule for a job of this operation on a server of this name. A job without a server meets
  /// only rules that name its operation.
  mutating func take(operation: String, server: String?) -> FaultRule? {
    take { rule in
      if case .job = rule.action {
        rule.fits(operation: operation, server: server)
      } else {
        false
      }
    }
  }

  private mutating func take(_ fits: (FaultRule) -> Bool) -> FaultRule? {
    var found: FaultRule?
    for index in rules.indices where fits(rules[index]) {
      rules[index].seen += 1
      let rule = rules[index]
      let isDue = rule.seen >= rule.nth && (rule.times < 0 || rule.seen < rule.nth + rule.times)
      if isDue, found == nil {
        rules[index].done += 1
        found = rule
      }
    }
    return found
  }
}

/// One rule: which requests or jobs it is for, and what happens to them.
struct FaultRule: Sendable {
  enum Action: Sendable {
    case exchange(ExchangeFault)
    case job(JobFault)
  }

  var id = 0
  var method: String?
  /// A regular expression that is searched for in the path.
  var path: String?
  /// `server.create`, and for jobs `build`, `start`, `stop`, …
  var operation: String?
  /// A regular expression that is searched for in the name of the server.
  var server: String?
  /// The first request that it is for, from 1 on, and how many from there; -1 for all.
  var nth = 1
  var times = 1
  var action: Action
  var seen = 0
  var done = 0

  func fits(method: String, path: String, operation: String) -> Bool {
    (self.method ?? method) == method && (self.operation ?? operation) == operation
      && Self.finds(self.path, in: path)
  }

  func fits(operation: String, server: String?) -> Bool {
    guard let server else { return self.operation == operation && self.server == nil }
    return (self.operation ?? operation) == operation && Self.finds(self.server, in: server)
  }

  static func finds(_ pattern: String?, in text: String) -> Bool {
    guard let pattern else { return true }
    guard let regex = try? Regex(pattern) else { return false }
    return text.firstMatch(of: regex) != nil
  }
}

/// What happens to a request and its reply.
enum ExchangeFault: Sendable {
  /// The connection ends without a byte; the request was not looked at, or was carried out.
  case dropBefore
  case dropAfter
  /// This status instead; `isAfter`: what was asked is done all the same.
  case status(Int, retryAfter: Int?, isAfter: Bool)
  case delay(seconds: Double)
  /// A page of a front end, with its status.
  case html(Int)
  /// Half of the body, then the end of the connection.
  case truncate
  /// Every number and text of the reply has another type.
  case wrongType
  /// So many bytes a second.
  case slow(Double)
  /// A body that does not end.
  case endless
  case redirect(String)
  /// A state that no client knows, in place of a server's status.
  case unknownState(String)
  /// Something else happens just before the request is looked at.
  case effect(Effect)
}

/// What happens to a job.
enum JobFault: Sendable {
  case fail(String)
  case stuck
  case slow(seconds: Double)
  case sshLate(seconds: Double)
  case noIP
}

extension World {
  /// Lets rules have their way with a job that was just put up.
  mutating func applyFaults(to id: Int) {
    guard let job = jobs[id], job.kind.machine == nil,
      let rule = faults.take(
        operation: job.kind.word, server: job.server.flatMap { servers[$0]?.name }),
      case .job(let fault) = rule.action
    else { return }
    switch fault {
    case .fail(let message): jobs.update(id) { $0.failure = message }
    case .stuck: jobs.update(id) { $0.isStuck = true }
    case .slow(let seconds): jobs.update(id) { $0.due += seconds }
    case .sshLate(let seconds): jobs.update(id) { $0.sshDelay = seconds }
    case .noIP: jobs.update(id) { $0.hidesAddresses = true }
    }
  }
}

extension Job.Kind {
  /// As rules name it.
  var word: String {
    switch self {
    case .build: "build"
    case .start: "start"
    case .stop: "stop"
    case .reboot: "reboot"
    case .resize: "resize"
    case .destroy: "destroy"
    case .connect: "connect"
    case .disconnect: "disconnect"
    case .createVolume: "create-volume"
    case .attachVolume: "attach-volume"
    case .detachVolume: "detach-volume"
    case .deleteVolume: "delete-volume"
    case .removeNetwork: "remove-network"
    case .halt: "halt"
    }
  }
}
