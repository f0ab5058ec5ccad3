import Diagnostics
import Values

/// One task module: arguments parsed into types once, and a pure plan.
package protocol Module: Planner {
  static var specification: Specification { get }
  /// Parses into types. Called with arguments that `Specification` has already checked; throws for
  /// what only this module can tell.
  init(_ arguments: Arguments) throws(Diagnostic)
}

/// What a task wants of its host.
package protocol Planner: Sendable {
  /// Pure and synchronous; called again after each answer, and after its steps have run, until it
  /// gives `.done`. An unchanged task needs two rounds at most.
  func plan(_ host: HostView) throws(Interruption) -> Outcome
}

package enum Outcome: Sendable {
  case done(ModuleResult)
  /// Effects to bring about, and how the host will differ after them.
  case steps([Step], diff: [Diff] = [])
}

/// What a module tells in the end; `register` stores its values with `changed` and the rest.
package struct ModuleResult: Sendable {
  package var isChanged: Bool
  package var isSkipped: Bool
  package var values: ValueMap
  package var warnings: [String]

  package init(
    changed: Bool, skipped: Bool = false, _ values: ValueMap = [:], warnings: [String] = []
  ) {
    isChanged = changed
    isSkipped = skipped
    self.values = values
    self.warnings = warnings
  }
}

/// How one thing on a host will differ: shown to people, never compared.
package enum Diff: Hashable, Sendable {
  /// The text of a file; nil where there is none.
  case text(path: String, before: String?, after: String?)
  /// Named attributes, only those that differ: `mode`, `owner`, `state`.
  case attributes(path: String, before: ValueMap, after: ValueMap)
  /// Binary, too long, or secret: only that it differs.
  case hidden(path: String, reason: String)
}
