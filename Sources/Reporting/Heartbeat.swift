import Running

/// A line now and then while nothing else is printed, so that a CI does not take a long task for a
/// dead one. Pure, as `LiveView` is.
package struct Heartbeat: Sendable {
  private var running = RunningHosts()
  private var lastLine: Duration = .zero
  private static let pause: Duration = .seconds(30)

  package init() {}

  /// - Parameter isShown: something was printed for the event.
  package mutating func take(_ event: Event, isShown: Bool, at now: Duration) {
    running.take(event, at: now)
    if isShown { lastLine = now }
  }

  /// The line, if it is time for one.
  package mutating func line(at now: Duration) -> String? {
    guard now - lastLine >= Self.pause, let first = running.all.first else { return nil }
    lastLine = now
    var hosts = running.all.prefix(3).map(\.host).joined(separator: ", ")
    if running.all.count > 3 { hosts += " and \(running.all.count - 3) more" }
    let elapsed = RunningHosts.text(of: now - first.start)
    return "still running for \(elapsed): \(first.name) on \(hosts)\n"
  }
}
