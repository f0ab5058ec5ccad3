import CSSH2
@preconcurrency import Glibc
import Transport

/// One libssh2 session over one socket. Lives on the I/O queue.
///
/// Everything that calls libssh2 is a `Work` whose step makes one call, driven by `pump`. A call
/// that returns EAGAIN with bytes half sent is called again to its end before any other call on
/// the session: anything else breaks the stream of packets.
final class Session {
  enum Step {
    /// Nothing to do, or nothing came.
    case idle
    /// The library wants to be called again with the same arguments.
    case again
    case progressed
    case finished
  }

  /// One line of calls to the library, such as the reading of one stream of a channel.
  final class Work {
    fileprivate let step: () -> Step
    /// Whether the library has read something for it in a call made for another one.
    fileprivate let isFed: () -> Bool
    fileprivate var isOver = false
    init(isFed: @escaping () -> Bool, _ step: @escaping () -> Step) {
      self.isFed = isFed
      self.step = step
    }
    func cancel() { isOver = true }
  }

  let handle: OpaquePointer
  /// Told once when the session dies, with the reason.
  var onDeath: ((ConnectionFailure) -> Void)?
  private(set) var death: ConnectionFailure?

  private let host: String
  private let socket: Int32
  private let reader: PipeEnd
  private let writer: PipeEnd
  private var works: [Work] = []
  /// Whose packet is half sent.
  private var sender: Work?
  private var isPumping = false
  private var isPumpQueued = false
  private let watch = Alarm()
  private var lastHeard = ContinuousClock.now
  private var watchers: [ObjectIdentifier: (ConnectionFailure) -> Void] = [:]
  /// Channels are opened one at a time: the library keeps that state in the session.
  var opener: AnyObject?

  /// Steps in one turn before the other hosts get theirs.
  private static let turn = 256

  /// Takes the socket over. nil where memory is short.
  init?(socket: Int32, host: String) {
    guard Library.start == 0, let handle = libssh2_session_init_ex(nil, nil, nil, nil) else {
      close(socket)
      return nil
    }
    self.handle = handle
    self.socket = socket
    self.host = host
    libssh2_session_set_blocking(handle, 0)
    // Closed when neither end watches the descriptor any more.
    let file = OpenFile(socket)
    let release: @Sendable () -> Void = { withExtendedLifetime(file) {} }
    reader = PipeEnd(socket, isInput: true, released: release)
    writer = PipeEnd(socket, isInput: false, released: release)
    reader.handler = { [weak self] in
      self?.lastHeard = ContinuousClock.now
      self?.pump()
    }
    writer.handler = { [weak self] in self?.pump() }
    reader.resume()
  }

  deinit {
    reader.close()
    writer.close()
    // First, so that freeing does not wait for the peer to close its channels.
    shutdown(socket, Int32(SHUT_RDWR))
    _ = libssh2_session_free(handle)
  }

  // MARK: Work

  @discardableResult
  func add(isFed: @escaping () -> Bool = { false }, _ step: @escaping () -> Step) -> Work {
    let work = Work(isFed: isFed, step)
    works.append(work)
    wake()
    return work
  }

  /// Pumps soon; any number of calls in one turn make one pump.
  func wake() {
    guard !isPumpQueued else { return }
    isPumpQueued = true
    let session = Confined(self)
    IOQueue.async {
      session.value.isPumpQueued = false
      session.value.pump()
    }
  }

  private func pump() {
    guard !isPumping, death == nil else { return }
    isPumping = true
    defer { isPumping = false }
    var steps = 0
    var isMoving = true
    var mayBeFed = true
    while isMoving && death == nil {
      isMoving = false
      if let sender {
        guard run(sender) != .again else { return }
        isMoving = true
      }
      for work in works where !work.isOver && death == nil {
        let step = run(work)
        steps += 1
        if step == .progressed || step == .finished { isMoving = true }
        if sender != nil { return }
      }
      works.removeAll { $0.isOver }
      // Each call reads packets of all channels; the socket will not tell of those again. Once,
      // for a peer may send what nobody takes.
      if isMoving {
        mayBeFed = true
      } else if mayBeFed {
        mayBeFed = false
        isMoving = works.contains { $0.isFed() }
      }
      if steps > Self.turn && isMoving {
        wake()
        break
      }
    }
    // With nobody to take it, input would wake us for nothing.
    if works.isEmpty { reader.suspend() } else { reader.resume() }
    writer.suspend()
  }

  private func run(_ work: Work) -> Step {
    let step = work.step()
    switch step {
    case .again:
      let isOutbound =
        libssh2_session_block_directions(handle) & Int32(LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0
      if isOutbound {
        sender = work
        // Unread input would wake us for nothing all the time.
        reader.suspend()
        writer.resume()
        return .again
      }
      if sender === work { sender = nil }
      return .idle
    case .finished:
      work.isOver = true
      if sender === work { sender = nil }
    case .idle, .progressed:
      if sender === work { sender = nil }
    }
    return step
  }

  // MARK: Life

  /// Whether the peer has hung up and nothing that it sent is left.
  var isAtEnd: Bool {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
  }

  /// Asks the peer for a sign of life; silence for three intervals is death.
  func keepAlive(every interval: Duration) {
    let seconds = max(1, Int(interval.components.seconds))
    libssh2_keepalive_config(handle, 1, UInt32(seconds))
    var isSending = false
    func tick() {
      watch.set(after: interval) { [weak self] in
        guard let self, self.death == nil else { return }
        // Without a channel nothing is read, so silence means nothing.
        if self.works.isEmpty { self.lastHeard = .now }
        let silence = ContinuousClock.now - self.lastHeard
        if silence > interval * 3 {
          self.die(
            ConnectionFailure(
              .run, .lost, "`\(self.host)` is silent for \(silence.inWords)",
              detail: "no answer to keepalive messages"))
          return
        }
        if !isSending {
          isSending = true
          self.add { [unowned self] in
            var next: Int32 = 0
            let code = libssh2_keepalive_send(self.handle, &next)
            if code == LIBSSH2_ERROR_EAGAIN { return .again }
            isSending = false
            if code < 0 { self.fail() }
            return .finished
          }
        }
        tick()
      }
    }
    tick()
  }

  func fail() {
    die(
      ConnectionFailure(
        .run, .lost, "the connection to `\(host)` broke", detail: Library.message(handle)))
  }

  func die(_ failure: ConnectionFailure) {
    guard death == nil else { return }
    death = failure
    watch.clear()
    sender = nil
    works = []
    reader.close()
    writer.close()
    let all = watchers.values
    watchers = [:]
    onDeath?(failure)
    for tell in all { tell(failure) }
  }

  /// Calls `tell` when the session dies, unless it is taken back before.
  func watchDeath(_ owner: AnyObject, _ tell: @escaping (ConnectionFailure) -> Void) {
    watchers[ObjectIdentifier(owner)] = tell
  }

  func unwatchDeath(_ owner: AnyObject) { watchers[ObjectIdentifier(owner)] = nil }
}
