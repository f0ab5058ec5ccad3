import FlyingSocks
import Synchronization

/// A client that waits for a word before it sends the body of its request (RFC 9110, 10.1.1).
final class Expectation: Sendable {
  /// Of the request whose body is being read.
  @TaskLocal static var current: Expectation?

  private let isOpen = Mutex(true)

  /// True the first time.
  fileprivate func close() -> Bool {
    isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
  }
}

/// Sends `100 Continue` where a read would wait for a body that is not coming yet. One whose first
/// bytes are here already needs no word.
struct ContinuingPool<Base: AsyncSocketPool>: AsyncSocketPool {
  var base: Base

  func prepare() async throws { try await base.prepare() }

  func run() async throws { try await base.run() }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    if events == .read, let expectation = Expectation.current, expectation.close() {
      Platform.tell(socket.file.rawValue, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    try await base.suspendSocket(socket, untilReadyFor: events)
  }
}
