import Diagnostics
import Synchronization

/// A user's wish that a run ends: requests under way are finished, nothing new is begun, nothing is
/// waited for. May be made from any thread.
package final class FleetStop: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package var isMade: Bool { flag.load(ordering: .relaxed) }

  /// - Returns: true the first time.
  @discardableResult
  package func make() -> Bool { !flag.exchange(true, ordering: .relaxed) }

  /// - Throws: where it is made: what is not done, or not waited for, in those words.
  func check(_ words: @autoclosure () -> String) throws(Diagnostic) {
    if isMade { throw .error("interrupted: \(words())") }
  }

  /// Ends early where it is made.
  func sleep(_ duration: Duration) async {
    let end = ContinuousClock.now + duration
    while !isMade, !Task.isCancelled {
      let left = end - ContinuousClock.now
      guard left > .zero else { return }
      try? await Task.sleep(for: min(left, .milliseconds(100)))
    }
  }
}
