import Synchronization

/// The moment before which no request of a client may start, set by `Retry-After`.
final class Pace: Sendable {
  private let clock: CloudClock
  private let earliest = Mutex<Duration>(.zero)

  init(clock: CloudClock) { self.clock = clock }

  /// Holds back every request for that long from now on; never shortens what was set before.
  func hold(for delay: Duration) {
    let moment = clock.now() + delay
    earliest.withLock { $0 = max($0, moment) }
  }

  /// Returns when requests may start, or the task is cancelled.
  func wait() async {
    while !Task.isCancelled {
      let left = earliest.withLock { $0 } - clock.now()
      guard left > .zero else { return }
      await clock.sleep(left)
    }
  }
}
