import Synchronization

/// Asks a run to end behind the task that is under way. May be made from any thread.
package final class StopRequest: Sendable {
  private let flag = Atomic(false)

  init() {}

  package var isMade: Bool { flag.load(ordering: .relaxed) }

  /// - Returns: true the first time.
  package func make() -> Bool { !flag.exchange(true, ordering: .relaxed) }
}
