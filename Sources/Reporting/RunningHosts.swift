import Running

/// The hosts that work on a task: those that started, less those that finished.
struct RunningHosts: Sendable {
  struct Work: Sendable {
    var host: String
    var task: Int
    var name: String
    /// On the clock that the caller reads.
    var start: Duration
  }

  /// The longest at work first.
  private(set) var all: [Work] = []

  mutating func take(_ event: Event, at now: Duration) {
    switch event {
    case .hostStarted(let host, let task):
      all.append(
        Work(
          host: TerminalText.oneLine(host), task: task.id, name: TerminalText.oneLine(task.name),
          start: now))
    case .taskFinished(let host, let task, _):
      let host = TerminalText.oneLine(host)
      all.removeAll { $0.host == host && $0.task == task.id }
    // Tasks begin when all hosts are through the one before; not every end is told.
    case .taskStarted, .playStarted, .included, .noMoreHosts, .runFinished: all = []
    default: break
    }
  }

  /// `3.2 s`, `2:05 min`, `1:02:05 h`.
  static func text(of elapsed: Duration) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let parts = max(.zero, elapsed).components
    let seconds = parts.seconds
    if seconds < 60 { return "\(seconds).\(parts.attoseconds / 100_000_000_000_000_000) s" }
    if seconds < 3600 { return "\(seconds / 60):\(two(seconds % 60)) min" }
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60)) h"
  }
}
