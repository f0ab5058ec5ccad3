/// The time that retries and paces go by.
package struct CloudClock: Sendable {
  /// Time since some fixed moment; never goes back.
  package var now: @Sendable () -> Duration
  /// Ends early only where the task is cancelled.
  package var sleep: @Sendable (Duration) async -> Void
  /// A number from 0 to 1, for the jitter of back-off.
  package var jitter: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async -> Void,
    jitter: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.jitter = jitter
  }

  package static let system: CloudClock = {
    let start = ContinuousClock.now
    return CloudClock(
      now: { start.duration(to: .now) }, sleep: { try? await Task.sleep(for: $0) },
      jitter: { Double.random(in: 0...1) })
  }()
}
