/// A request on its way, and who waits for it. Lives on the I/O queue.
final class Job {
  /// How the request gets the rights that it asks for.
  enum Way: Equatable {
    /// Over the lasting loop of its identity.
    case lasting
    /// A new process inside a request to the login loop; the nonce marks that it had its shell.
    case within(nonce: String)
    /// Over a loop of its own, used once.
    case single
  }

  typealias Answer = Result<ShellReply, ConnectionFailure>

  let id: UInt64
  let request: ShellRequest
  let start = ContinuousClock.now
  var way: Way = .lasting
  /// How often the host had no room for the loop.
  var refusals = 0
  private var answer: ((Answer) -> Void)?

  init(id: UInt64, _ request: ShellRequest, answer: @escaping (Answer) -> Void) {
    self.id = id
    self.request = request
    self.answer = answer
  }

  /// Whose loop carries the request.
  var carrier: Identity {
    switch way {
    case .lasting, .single: request.identity
    case .within: .login
    }
  }

  var isOver: Bool { answer == nil }

  func finish(_ result: Answer) {
    guard let answer else { return }
    self.answer = nil
    switch result {
    case .success(let reply): answer(.success(reply))
    case .failure(var failure):
      failure.elapsed = ContinuousClock.now - start
      answer(.failure(failure))
    }
  }

  func fail(_ failure: ConnectionFailure) { finish(.failure(failure)) }

  /// The script and the input that go to the carrier.
  func frame(prelude: String, shell: String) -> (script: String, input: [[UInt8]]) {
    guard case .within(let nonce) = way else { return (request.script, request.input) }
    let program = Array(
      LoopText.freshProgram(
        prelude: prelude, script: request.script, hasInput: !request.input.isEmpty
      ).utf8)
    var text = LoopText.freshBootstrap(nonce: nonce, length: program.count)
    var input = [program] + request.input
    switch request.identity {
    case .login: text = "exec \(Quoting.word(shell)) -c \(Quoting.word(text))"
    case .become(let become):
      if let password = become.password {
        // The password has been right before. If it is not asked for now, the new shell drops it.
        text = LoopText.skipping(to: nonce) + text
        input.insert(Array((password.open() + "\n" + nonce + "\n").utf8), at: 0)
      }
      text = Escalation(become, nonce: nonce).command(
        running: text, asks: become.password != nil)
    }
    return (LoopText.ownLocale + text, input)
  }

  /// The reply to the caller made of the carrier's.
  func read(_ reply: ShellReply) -> Answer {
    guard case .within(let nonce) = way else { return .success(reply) }
    guard let mark = Self.find(nonce, in: reply.stderr) else {
      guard case .become(let become) = request.identity else {
        return .failure(
          ConnectionFailure(
            .escalate, .refused, "no fresh shell on the host",
            detail: Bytes.trimmed(Bytes.text(reply.stderr)), isUnreachable: false))
      }
      return .failure(Escalation(become, nonce: nonce).failure(reply.stderr))
    }
    var reply = reply
    reply.stderr.removeFirst(mark.end)
    return .success(reply)
  }

  /// What a request that did not end had printed, without what belongs to its start.
  func trim(_ partial: ShellReply) -> ShellReply {
    guard case .within(let nonce) = way, let mark = Self.find(nonce, in: partial.stderr) else {
      return partial
    }
    var partial = partial
    partial.stderr.removeFirst(mark.end)
    return partial
  }

  /// Where the fresh shell's line ends on stderr, and its process group.
  static func find(_ nonce: String, in stderr: [UInt8]) -> (end: Int, processGroup: Int32?)? {
    let marker = Array(("\n" + nonce + " ").utf8)
    guard let start = Bytes.firstIndex(of: marker, in: stderr) else { return nil }
    let line = stderr[(start + marker.count)...].prefix { $0 != UInt8(ascii: "\n") }
    guard line.endIndex < stderr.endIndex else { return nil }
    return (line.endIndex + 1, FramedShell.processGroup(Array(line)))
  }
}
