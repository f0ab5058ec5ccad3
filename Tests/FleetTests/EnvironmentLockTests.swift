import Diagnostics
import Fleet
import TestKit
import Testing

struct EnvironmentLockTests {
  private let scratch = ScratchFolder()

  private var folder: StateFolder {
    StateFolder(environment: "e", variables: ["XDG_STATE_HOME": scratch.path])
  }

  @Test(arguments: [0, 1, -1, Int.min])
  func `a lock is waited for as long as was said, and no longer`(wait: Int) throws {
    let held = try EnvironmentLock(folder, wait: 0, now: 0)
    defer { withExtendedLifetime(held) {} }
    let start = ContinuousClock.now
    let said = #expect(throws: Diagnostic.self) {
      _ = try EnvironmentLock(folder, wait: wait, now: 0)
    }
    #expect(said?.summary == "environment `e` is being changed by another run")
    #expect(ContinuousClock.now - start >= .seconds(wait == 1 ? 1 : 0))
  }

  @Test func `a lock that is waited for without an end is had when the other run ends`()
    async throws
  {
    var held: EnvironmentLock? = try EnvironmentLock(folder, wait: 0, now: 0)
    let folder = folder
    let waiting = Task.detached { try EnvironmentLock(folder, wait: .max, now: 0) }
    try await Task.sleep(for: .milliseconds(300))
    withExtendedLifetime(held) {}
    held = nil
    let lock = try await waiting.value
    withExtendedLifetime(lock) {}
  }
}
