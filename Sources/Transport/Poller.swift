import CLinux
import Dispatch
@preconcurrency import Glibc
import Synchronization

/// Tells pipe ends that their descriptors are ready, for one direction, on the I/O queue.
///
/// One epoll instance, itself watched by one Dispatch source that is never let go: libdispatch walks
/// freed memory when the hang-up of a descriptor meets the cancelling of its source
/// (docs/decisions/0017).
final class Poller: Sendable {
  /// Names one call of `watch`: news of a descriptor that was closed, and whose number has been given
  /// out again since, reach nobody.
  typealias Ticket = UInt64

  static let input = Poller(EPOLLIN)
  static let output = Poller(EPOLLOUT)

  private let descriptor: Int32
  private let events: UInt32
  private let source: Confined<(any DispatchSourceProtocol)?>
  private let watched = Mutex(Watched())

  private struct Watched {
    var ends: [Ticket: WeakEnd] = [:]
    var last: Ticket = 0
  }

  private struct WeakEnd: @unchecked Sendable {  // its end is used on the I/O queue only
    weak var end: PipeEnd?
  }

  /// Descriptors told of in one turn of the queue.
  private static let turn = 64
  /// Between two looks at a descriptor that the system does not watch for us.
  private static let patience: Duration = .milliseconds(20)

  private init(_ events: EPOLL_EVENTS) {
    self.events = events.rawValue
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    let source =
      descriptor < 0
      ? nil : DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: IOQueue.queue)
    self.source = Confined(source)
    source?.setEventHandler { @Sendable [unowned self] in tell() }
    source?.resume()
  }

  /// Calls the end's handler while its descriptor is ready, until `forget`.
  func watch(_ file: Int32, for end: PipeEnd) -> Ticket {
    let weakEnd = WeakEnd(end: end)
    let ticket = watched.withLock { watched in
      watched.last += 1
      watched.ends[watched.last] = weakEnd
      return watched.last
    }
    var event = epoll_event()
    event.events = events
    event.data.u64 = ticket
    if epoll_ctl(descriptor, EPOLL_CTL_ADD, file, &event) != 0 { ask(ticket) }
    return ticket
  }

  func forget(_ file: Int32, _ ticket: Ticket) {
    epoll_ctl(descriptor, EPOLL_CTL_DEL, file, nil)
    watched.withLock { _ = $0.ends.removeValue(forKey: ticket) }
  }

  private func tell() {
    let ready = [epoll_event](unsafeUninitializedCapacity: Poller.turn) { buffer, count in
      count = max(0, Int(epoll_wait(descriptor, buffer.baseAddress, Int32(Poller.turn), 0)))
    }
    for event in ready { end(event.data.u64)?.handler?() }
  }

  /// Without the system's help (it has no memory, or no more descriptors): again and again.
  private func ask(_ ticket: Ticket) {
    IOQueue.after(Poller.patience) { [self] in
      guard let end = end(ticket) else { return }
      end.handler?()
      ask(ticket)
    }
  }

  private func end(_ ticket: Ticket) -> PipeEnd? {
    watched.withLock { $0.ends[ticket] }?.end
  }
}
