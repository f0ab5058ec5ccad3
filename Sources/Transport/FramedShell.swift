/// The protocol of one loop: fed with what comes on both streams, it says what that means and
/// what is to be written. It does no input or output of its own.
///
/// Life: starting, then idle, running, settling, idle, … A nonce that is fresh for each frame marks
/// its end on both streams, so nothing that a host prints by itself is taken for a reply.
package struct FramedShell {
  package enum Signal: Equatable, Sendable {
    /// The shell runs; the opening is to be written now. The group is that of the loop's processes.
    case ready(processGroup: Int32?)
    /// `sudo` or `su` asks for a password, for the how many-th time.
    case asked(times: Int)
    /// Both streams of the request have ended.
    case reply(ShellReply)
    /// The loop takes the next request.
    case settled
    /// What came cannot be ours; the loop is of no more use.
    case broken(String)
  }

  package enum Source: Sendable { case stdout, stderr }

  package enum State: Equatable, Sendable { case starting, idle, running, settling, broken }

  package private(set) var state: State = .starting
  /// The shell text that the host is to run.
  package let command: String
  private var opening: [UInt8]

  private let escalation: Escalation?
  private var stdout: MarkedOutput
  private var stderr: MarkedOutput
  private var questions = 0
  private var nonce: String
  private var makeNonce: @Sendable () -> String

  private static let noiseLimit = 64 << 10

  /// - Parameter makeNonce: sixteen hexadecimal digits, never the same twice.
  package init(
    identity: Identity = .login, shell: String = "/bin/sh", prelude: String = "",
    makeNonce: @escaping @Sendable () -> String = { Platform.nonce() }
  ) {
    let nonce = makeNonce()
    self.nonce = nonce
    self.makeNonce = makeNonce
    opening = Array(LoopText.program(prelude: prelude).utf8)
    let bootstrap = LoopText.bootstrap(nonce: nonce, length: opening.count)
    switch identity {
    case .login:
      escalation = nil
      command = "exec \(Quoting.word(shell)) -c \(Quoting.word(bootstrap))"
    case .become(let become):
      let escalation = Escalation(become, nonce: makeNonce())
      self.escalation = escalation
      let text = escalation.command(
        running: bootstrap, asks: become.password != nil)
      command = "exec \(Quoting.word(shell)) -c \(Quoting.word(text))"
    }
    stdout = MarkedOutput(nonce: nonce, limit: Self.noiseLimit)
    stderr = MarkedOutput(nonce: nonce, limit: Self.noiseLimit)
  }

  /// What is to be written once the shell is ready: the loop itself and the prelude.
  package mutating func takeOpening() -> [UInt8] {
    defer { opening = [] }
    return opening
  }

  /// The frame of a request, to be written before its input. Only while idle.
  ///
  /// - Parameter inputLength: bytes of input that will follow; exactly so many must.
  package mutating func begin(
    script: String, inputLength: Int, outputLimit: Int, mayLeaveProcesses: Bool
  ) -> [UInt8] {
    precondition(state == .idle, "a request for a loop that is \(state)")
    nonce = makeNonce()
    state = .running
    stdout = MarkedOutput(nonce: nonce + " ", limit: outputLimit)
    stderr = MarkedOutput(nonce: nonce, limit: outputLimit)
    // A script of no bytes would make `dd` read nothing, which not every `dd` does.
    let script = script.isEmpty ? ":" : script
    let mode = mayLeaveProcesses ? "fenced" : "plain"
    let header = "\(nonce) \(script.utf8.count) \(inputLength) \(mode)\n"
    return Array(header.utf8) + Array(script.utf8)
  }

  package mutating func receive(_ bytes: [UInt8], from source: Source) -> [Signal] {
    switch state {
    case .starting: return start(bytes, source)
    case .running: return run(bytes, source)
    case .settling: return source == .stdout ? settle(bytes) : []
    // What a process of an earlier request prints late belongs to nobody.
    case .idle, .broken: return []
    }
  }

  /// What has come of a frame that is not complete.
  package var partial: ShellReply {
    ShellReply(
      status: -1, stdout: stdout.soFar, stderr: stderr.soFar,
      isTruncated: stdout.isTruncated || stderr.isTruncated)
  }

  private mutating func start(_ bytes: [UInt8], _ source: Source) -> [Signal] {
    var signals: [Signal] = []
    switch source {
    case .stdout: if !stdout.isComplete { _ = stdout.append(bytes) }
    case .stderr:
      if !stderr.isComplete { _ = stderr.append(bytes) }
      let now = escalation.map { $0.questions(in: stderr.soFar) } ?? 0
      if !stderr.isComplete, now > questions {
        questions = now
        signals.append(.asked(times: now))
      }
    }
    if stdout.isBroken || stderr.isBroken { return fail("a line without end") }
    if let line = stdout.trailer, stderr.isComplete {
      state = .idle
      signals.append(.ready(processGroup: Self.processGroup(line)))
    }
    return signals
  }

  private mutating func run(_ bytes: [UInt8], _ source: Source) -> [Signal] {
    var rest: [UInt8] = []
    switch source {
    case .stdout:
      if stdout.isComplete { settlingBytes += bytes } else { rest = stdout.append(bytes) ?? [] }
    case .stderr: if !stderr.isComplete { _ = stderr.append(bytes) }
    }
    settlingBytes += rest
    if stdout.isBroken || stderr.isBroken { return fail("a line without end") }
    guard let line = stdout.trailer, stderr.isComplete else { return [] }
    guard let status = Int32(Bytes.text(line)), (0...255).contains(status) else {
      return fail("no exit status at the end of the output")
    }
    let reply = ShellReply(
      status: status, stdout: stdout.kept, stderr: stderr.kept,
      isTruncated: stdout.isTruncated || stderr.isTruncated)
    state = .settling
    let pending = settlingBytes
    settlingBytes = []
    stdout = MarkedOutput(nonce: nonce, limit: 0)
    return [.reply(reply)] + settle(pending)
  }

  /// Bytes after the end of stdout that came before the end of stderr.
  private var settlingBytes: [UInt8] = []

  private mutating func settle(_ bytes: [UInt8]) -> [Signal] {
    settlingBytes += bytes
    let end = Array((nonce + " end\n").utf8)
    guard Bytes.firstIndex(of: end, in: settlingBytes) != nil else {
      settlingBytes = Array(settlingBytes.suffix(end.count))
      return []
    }
    settlingBytes = []
    state = .idle
    return [.settled]
  }

  private mutating func fail(_ why: String) -> [Signal] {
    state = .broken
    return [.broken(why)]
  }

  /// From `PID LINE` of the ready line, where LINE is `/proc/PID/stat` or empty.
  static func processGroup(_ line: [UInt8]) -> Int32? {
    let text = Bytes.text(line)
    let words = text.split(separator: " ")
    guard let first = words.first, let process = Int32(first), process > 1 else { return nil }
    // Fields follow the last `)`, as the command's name may hold anything: state, parent, group.
    guard let close = text.lastIndex(of: ")") else { return process }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 2, let group = Int32(fields[2]), group > 1 else { return process }
    return group
  }
}
