import CSSH2
import Transport

/// One command on a session, as a byte stream. Lives on the I/O queue.
final class Channel: ByteStream {
  var receiver: ((StreamEvent) -> Void)?

  private let session: Session
  private let command: String
  private var handle: OpaquePointer?
  private var input = PendingBytes()
  private var works: [Session.Work] = []
  private var endedOutputs = 0
  private var isStarted = false
  private var isClosed = false
  private var isEnded = false
  private var sending: ArraySlice<UInt8>?
  private let closing = Alarm()

  /// How long after the end of both outputs the host may take to tell the command's status.
  private static let closingTime: Duration = .seconds(2)
  private static let window: UInt32 = 2 << 20
  private static let packet: UInt32 = 32768

  init(session: Session, command: String) {
    self.session = session
    self.command = command
  }

  func open() {
    if let death = session.death {
      let channel = Confined(self)
      IOQueue.async { channel.value.end(.failed(death)) }
      return
    }
    session.watchDeath(self) { [weak self] failure in self?.end(.failed(failure)) }
    session.add { self.stepOpen() }
  }

  func write(_ chunks: [[UInt8]]) {
    input.add(chunks)
    session.wake()
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    receiver = nil
    session.unwatchDeath(self)
    input.drop()
    closing.clear()
    guard session.death == nil else { return }
    // An opening under way, and a half-sent packet, go to their end before the channel is freed.
    session.add { self.stepClose() }
  }

  // MARK: Steps, each one call of the library

  private func stepOpen() -> Session.Step {
    if handle == nil {
      if let other = session.opener, other !== self { return .idle }
      if isClosed && session.opener == nil { return .finished }
      session.opener = self
      let opened = libssh2_channel_open_ex(
        session.handle, "session", 7, Self.window, Self.packet, nil, 0)
      guard let opened else {
        let code = libssh2_session_last_errno(session.handle)
        if code == LIBSSH2_ERROR_EAGAIN { return .again }
        session.opener = nil
        if code == LIBSSH2_ERROR_CHANNEL_FAILURE {
          end(.refused(Library.message(session.handle)))
        } else {
          session.fail()
        }
        return .finished
      }
      session.opener = nil
      handle = opened
    }
    guard let handle, !isClosed else { return .finished }
    let code = command.withCString {
      libssh2_channel_process_startup(handle, "exec", 4, $0, UInt32(command.utf8.count))
    }
    if code == LIBSSH2_ERROR_EAGAIN { return .again }
    guard code == 0 else {
      if code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED {
        end(
          .failed(
            ConnectionFailure(
              .loginShell, .refused, "the host runs no commands for this login",
              detail: Library.message(session.handle))))
      } else {
        session.fail()
      }
      return .finished
    }
    isStarted = true
    works = [
      session.add(isFed: { self.hasInput }, { self.stepRead(0) }),
      session.add(isFed: { self.hasInput }, { self.stepRead(SSH_EXTENDED_DATA_STDERR) }),
      session.add { self.stepWrite() },
    ]
    return .finished
  }

  private func stepRead(_ stream: Int32) -> Session.Step {
    guard let handle else { return .finished }
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, used in
      count = buffer.withMemoryRebound(to: CChar.self) {
        libssh2_channel_read_ex(handle, stream, $0.baseAddress, $0.count)
      }
      used = max(0, count)
    }
    if count == Library.again { return .again }
    if count > 0 {
      // What comes after `close` is read all the same, so that the window stays open.
      receiver?(stream == 0 ? .stdout(bytes) : .stderr(bytes))
      return .progressed
    }
    if count == 0 {
      guard libssh2_channel_eof(handle) == 1 else { return .idle }
      endedOutputs += 1
      if endedOutputs == 2 { awaitClose() }
      return .finished
    }
    if isClosed && Int32(count) == LIBSSH2_ERROR_CHANNEL_CLOSED { return .finished }
    session.fail()
    return .finished
  }

  /// Whether the library holds something of this channel that was not taken yet.
  private var hasInput: Bool {
    guard let handle else { return false }
    return libssh2_poll_channel_read(handle, 1) != 0 || libssh2_channel_eof(handle) == 1
  }

  /// The status comes behind the end of the outputs and before the channel's end; a command that
  /// has only closed its outputs never tells one.
  private func awaitClose() {
    guard !isClosed else { return }
    closing.set(after: Self.closingTime) { [weak self] in self?.end(.exited(status: nil)) }
    works.append(session.add { self.stepAwaitClose() })
  }

  private func stepAwaitClose() -> Session.Step {
    guard let handle, !isEnded else { return .finished }
    let code = libssh2_channel_wait_closed(handle)
    if code == LIBSSH2_ERROR_EAGAIN { return .again }
    // The host may hang up behind its last word.
    end(.exited(status: exitStatus(handle)))
    if code != 0 { session.fail() }
    return .finished
  }

  /// nil where the host told none. The library says 0 for that as well.
  private func exitStatus(_ handle: OpaquePointer) -> Int32? {
    let status = libssh2_channel_get_exit_status(handle)
    return status == 0 ? nil : status
  }

  private func stepWrite() -> Session.Step {
    guard let handle else { return .finished }
    // A half-sent chunk is offered again exactly as it was.
    guard let chunk = sending ?? input.next?.prefix(32000) else {
      return isClosed ? .finished : .idle
    }
    let count = chunk.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        libssh2_channel_write_ex(handle, 0, $0.baseAddress, $0.count)
      }
    }
    if count == Library.again {
      sending = chunk
      return .again
    }
    let wasHeld = sending != nil
    sending = nil
    if count >= 0 {
      if !isClosed { input.advance(count) } else if wasHeld { input.drop() }
      return count == 0 ? .idle : .progressed
    }
    // The command closed its input; its outputs tell the rest.
    if Int32(count) == LIBSSH2_ERROR_CHANNEL_CLOSED
      || Int32(count) == LIBSSH2_ERROR_CHANNEL_EOF_SENT || libssh2_channel_eof(handle) == 1
    {
      input.drop()
      return .finished
    }
    session.fail()
    return .finished
  }

  private func stepClose() -> Session.Step {
    if session.opener === self { return .idle }
    guard let handle else { return .finished }
    for work in works { work.cancel() }
    let code = libssh2_channel_free(handle)
    if code == LIBSSH2_ERROR_EAGAIN { return .again }
    self.handle = nil
    return .finished
  }

  private func end(_ how: StreamEnd) {
    guard !isEnded else { return }
    isEnded = true
    closing.clear()
    session.unwatchDeath(self)
    let receiver = self.receiver
    self.receiver = nil
    receiver?(.ended(how))
  }
}
