import Dispatch

/// The one serial queue on which all hosts' bytes are moved.
///
/// Whatever reads or writes file descriptors, sessions, loops and their timers lives here; nothing
/// on it blocks.
package enum IOQueue {
  package static let queue = DispatchQueue(label: "io", qos: .userInitiated)

  package static func async(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

  package static func after(_ delay: Duration, _ work: @escaping @Sendable () -> Void) {
    queue.asyncAfter(deadline: .now() + delay.dispatchInterval, execute: work)
  }

  package static func assertCurrent() { dispatchPrecondition(condition: .onQueue(queue)) }
}

/// Something that only the I/O queue touches, so that it may travel in closures.
package struct Confined<Content>: @unchecked Sendable {  // `value` checks the queue at each use
  private let content: Content

  package init(_ content: Content) { self.content = content }

  package var value: Content {
    IOQueue.assertCurrent()
    return content
  }
}

/// One timer that is set again and again; lives on the I/O queue.
package final class Alarm {
  private let source: any DispatchSourceTimer
  private var action: (() -> Void)?

  package init() {
    source = DispatchSource.makeTimerSource(queue: IOQueue.queue)
    source.schedule(deadline: .distantFuture)
    let confined = Confined(WeakAlarm(self))
    source.setEventHandler { @Sendable in confined.value.alarm?.fire() }
    source.activate()
  }

  deinit { source.cancel() }

  /// Replaces whatever was set before.
  package func set(after delay: Duration, _ action: @escaping () -> Void) {
    self.action = action
    source.schedule(deadline: .now() + delay.dispatchInterval, leeway: .milliseconds(1))
  }

  package func clear() {
    action = nil
    source.schedule(deadline: .distantFuture)
  }

  private func fire() {
    let action = self.action
    self.action = nil
    action?()
  }

  private final class WeakAlarm {
    weak var alarm: Alarm?
    init(_ alarm: Alarm) { self.alarm = alarm }
  }
}

extension Duration {
  package var dispatchInterval: DispatchTimeInterval {
    let (seconds, attoseconds) = components
    guard seconds < 1_000_000_000 else { return .seconds(1_000_000_000) }
    guard seconds >= 0 else { return .nanoseconds(0) }
    return .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
  }

  /// For messages: `90 s`, `0.5 s`.
  package var inWords: String {
    let (seconds, attoseconds) = components
    let tenths = attoseconds / 100_000_000_000_000_000
    return tenths == 0 || seconds >= 10 ? "\(seconds) s" : "\(seconds).\(tenths) s"
  }
}
