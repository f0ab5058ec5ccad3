import Diagnostics
import ModuleKit
import Playbooks
import Transport
import Values

// `--verify-facts`: each fact is read again where a module uses it. A difference is a fault of this
// program, in what it reads ahead or in what it forgets too late, and ends the run.

/// What the check needs to know of a run: how many steps were sent for each host, and the first
/// fact that was found to be stale.
actor FactCheck {
  private var steps: [String: Int] = [:]
  private var fault: Diagnostic?

  func noteStep(of host: String) { steps[host, default: 0] += 1 }

  /// The steps of all hosts but one.
  func steps(besides host: String) -> Int {
    steps.reduce(0) { $0 + ($1.key == host ? 0 : $1.value) }
  }

  func note(_ found: Diagnostic) { fault = fault ?? found }

  func takeFault() -> Diagnostic? {
    defer { fault = nil }
    return fault
  }
}

extension HostTask {
  /// Reads again what a module has just used of a table.
  ///
  /// Hosts that are at the same task may change what each other have read: nothing is said where
  /// another host has stepped since the task began.
  func verify(
    _ facts: [any Fact], in table: FactTable, _ seat: Seat, exports: String
  ) async throws(ConnectionFailure) {
    guard world.run.verifiesFacts else { return }
    let known = facts.filter {
      type(of: $0).freshness == .local && table.line(of: $0) != nil
    }
    guard !known.isEmpty else { return }
    let now = try await seat.session.readAgain(known, identity: seat.identity, exports: exports)
    guard await sessions.check.steps(besides: host) == othersSteps else { return }
    for fact in known {
      let (before, after) = (Self.line(of: fact, in: table), Self.line(of: fact, in: now))
      guard before != after else { continue }
      await sessions.check.note(
        Diagnostic(
          .error, "fact `\(fact)` of `\(seat.machine)` was not true any more when it was used",
          at: task.location,
          evidence: [
            .init("task", header.name), .init("host", host), .init("known", before ?? ""),
            .init("now", after ?? "unreadable"),
          ]))
    }
  }

  /// What a guard would compare.
  private static func line(of fact: any Fact, in table: FactTable) -> String? {
    guard let line = table.line(of: fact) else { return nil }
    return fact is FileFact || fact is FollowedFileFact
      ? SteadyBasis.line(line) : fact.steady(line)
  }
}
