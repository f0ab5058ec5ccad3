import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

/// What a run takes over from the plan that was shown before it: connections and what is known of
/// the hosts, passwords, and what a person answered. So asking first costs nothing, and what was agreed
/// to is what is done.
package struct Rehearsal: Sendable {
  let sessions: Sessions
  /// By the place of the question; a play that is imported twice asks twice.
  let answers: [SourceLocation: [Variable]]
  package let connection: ConnectionDefaults
  let ended: ContinuousClock.Instant

  /// Nothing is run behind it.
  package func end() async { await sessions.close() }

  /// Longer than that a connection is not trusted to have stood idle.
  static let patience: Duration = .seconds(60)
}

extension Runner {
  /// To be taken once the plan was made. Its connections stay open for the run behind it.
  package var rehearsal: Rehearsal {
    Rehearsal(
      sessions: sessions, answers: answersGiven, connection: world.run.connection, ended: .now)
  }
}

extension Sessions {
  /// After a plan: nothing is imagined any more. What was read stays known for as long as ever.
  func beginAgain(after rehearsal: Rehearsal) async {
    let isStale = ContinuousClock.now - rehearsal.ended > Rehearsal.patience
    for session in all {
      if isStale { await session.close() }
      await session.beginAgain()
    }
  }
}
