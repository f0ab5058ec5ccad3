/// One running loop: a byte stream, its protocol, and the request that it carries. Lives on the
/// I/O queue.
final class Loop {
  enum Event {
    case ready
    /// The request is answered, and the loop is free or, where a process of the request holds its
    /// pipes, of no more use.
    case replied(ShellReply, isFree: Bool)
    /// The request's time is over.
    case overdue
    case refused(String)
    case failed(ConnectionFailure)
  }

  let identity: Identity
  /// Closed after its first request.
  let isSingle: Bool
  private(set) var processGroup: Int32?
  var job: Job?
  var receiver: ((Event) -> Void)?

  private let stream: any ByteStream
  private var shell: FramedShell
  private let timeouts: Endpoint.Timeouts
  private let explain: LoopConnection.Explanation
  private let alarm = Alarm()
  private var isClosed = false
  private var reply: ShellReply?
  private var start = ContinuousClock.now

  /// How long a finished request may keep its pipes before the loop is given up.
  static let settlingTime: Duration = .milliseconds(300)

  init(
    identity: Identity, isSingle: Bool, shell: FramedShell, stream: any ByteStream,
    timeouts: Endpoint.Timeouts, explain: @escaping LoopConnection.Explanation
  ) {
    self.identity = identity
    self.isSingle = isSingle
    self.shell = shell
    self.stream = stream
    self.timeouts = timeouts
    self.explain = explain
  }

  var isIdle: Bool { shell.state == .idle && job == nil && !isClosed }
  var partial: ShellReply { reply ?? shell.partial }
  var hasStarted: Bool { shell.state != .starting }

  func open() {
    stream.receiver = { [weak self] event in self?.receive(event) }
    let wait = identity == .login ? timeouts.loginShell : timeouts.escalate
    alarm.set(after: wait) { [weak self] in self?.startIsOverdue(wait) }
    stream.open()
  }

  /// Sends the frame and its input. Only while idle.
  func send(
    _ frame: (script: String, input: [[UInt8]]), outputLimit: Int, mayLeaveProcesses: Bool,
    deadline: Duration
  ) {
    let length = frame.input.reduce(0) { $0 + $1.count }
    let head = shell.begin(
      script: frame.script, inputLength: length, outputLimit: outputLimit,
      mayLeaveProcesses: mayLeaveProcesses)
    reply = nil
    start = ContinuousClock.now
    stream.write([head] + frame.input)
    alarm.set(after: deadline) { [weak self] in self?.receiver?(.overdue) }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    alarm.clear()
    receiver = nil
    stream.receiver = nil
    stream.close()
  }

  private func receive(_ event: StreamEvent) {
    switch event {
    case .stdout(let bytes): act(on: shell.receive(bytes, from: .stdout))
    case .stderr(let bytes): act(on: shell.receive(bytes, from: .stderr))
    case .ended(let end): finish(end)
    }
  }

  private func act(on signals: [FramedShell.Signal]) {
    for signal in signals where !isClosed {
      switch signal {
      case .ready(let group):
        processGroup = group
        alarm.clear()
        stream.write([shell.takeOpening()])
        receiver?(.ready)
      case .asked(let times): answer(times)
      case .reply(let reply):
        self.reply = reply
        alarm.set(after: Self.settlingTime) { [weak self] in self?.settle(isFree: false) }
      case .settled: settle(isFree: true)
      case .broken(let why):
        receiver?(.failed(ConnectionFailure(.run, .lost, "the shell is out of step: \(why)")))
      }
    }
  }

  private func settle(isFree: Bool) {
    alarm.clear()
    guard let reply else { return }
    self.reply = nil
    receiver?(.replied(reply, isFree: isFree))
  }

  private func answer(_ times: Int) {
    guard case .become(let become) = identity else { return }
    let escalation = Escalation(become, nonce: "")
    guard let password = become.password else {
      receiver?(.failed(escalation.missingPassword))
      return
    }
    guard times == 1 else {
      receiver?(.failed(escalation.wrongPassword))
      return
    }
    stream.write([Array((password.open() + "\n").utf8)])
  }

  private func startIsOverdue(_ wait: Duration) {
    let printed = Bytes.trimmed(Bytes.text(shell.partial.stderr + shell.partial.stdout))
    switch identity {
    case .login:
      receiver?(
        .failed(
          ConnectionFailure(
            .loginShell, .deadline, "the login shell did not start within \(wait.inWords)",
            detail: printed)))
    case .become(let become):
      receiver?(
        .failed(
          ConnectionFailure(
            .escalate, .deadline,
            "`\(become.method)` gave no shell of `\(become.user)` within \(wait.inWords)",
            detail: printed, isUnreachable: false)))
    }
  }

  private func finish(_ end: StreamEnd) {
    switch end {
    case .refused(let words): receiver?(.refused(words))
    case .failed(let failure): receiver?(.failed(failure))
    case .exited(let status):
      if let reply {
        self.reply = nil
        receiver?(.replied(reply, isFree: false))
        return
      }
      let words = Bytes.trimmed(Bytes.text(shell.partial.stderr.suffix(2000)))
      if let failure = explain(status, words ?? "") {
        receiver?(.failed(failure))
      } else if hasStarted {
        receiver?(
          .failed(
            ConnectionFailure(
              .run, .lost, "the shell on the host ended" + Self.inWords(status), detail: words)))
      } else {
        receiver?(.failed(startFailure(status)))
      }
    }
  }

  private func startFailure(_ status: Int32?) -> ConnectionFailure {
    let partial = shell.partial
    switch identity {
    case .become(let become):
      return Escalation(become, nonce: "").failure(
        partial.stderr.isEmpty ? partial.stdout : partial.stderr)
    case .login:
      let printed = Bytes.trimmed(Bytes.text(partial.stdout + partial.stderr))
      let isClosed = printed?.contains("account is currently not available") ?? false
      return ConnectionFailure(
        .loginShell, .refused,
        isClosed
          ? "the login shell lets nobody in (`nologin`)"
          : "the login shell ended" + Self.inWords(status), detail: printed)
    }
  }

  private static func inWords(_ status: Int32?) -> String {
    status.map { " with status \($0)" } ?? ""
  }
}
