/// One thing to tell the user: what is wrong, where, what shows it, and what to do next.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable { case error, warning, note }

  /// A labelled line under the summary: the command, the remote standard error, the other file.
  package struct Evidence: Hashable, Sendable {
    package var label: String
    package var text: String

    package init(_ label: String, _ text: String) {
      self.label = label
      self.text = text
    }
  }

  package var severity: Severity
  /// One line, lower case, no full stop; user text stands in backticks.
  package var summary: String
  /// The place of the value that is wrong, not of the task around it.
  package var location: SourceLocation?
  /// How many scalars of the excerpt the carets underline.
  package var length: Int
  /// The text that the place is in, where it stands in no file.
  package var text: String?
  package var evidence: [Evidence]
  /// At most one, and an action.
  package var hint: String?
  /// The exit status that this error asks for, where it is not the usual one of its stage.
  package var exitCode: Int32?

  package init(
    _ severity: Severity = .error, _ summary: String, at location: SourceLocation? = nil,
    length: Int = 1, evidence: [Evidence] = [], hint: String? = nil, exitCode: Int32? = nil
  ) {
    self.severity = severity
    self.summary = summary
    self.location = location
    self.length = length
    self.evidence = evidence
    self.hint = hint
    self.exitCode = exitCode
  }

  package static func error(
    _ summary: String, at location: SourceLocation? = nil, length: Int = 1,
    evidence: [Evidence] = [], hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .error, summary, at: location, length: length, evidence: evidence, hint: hint)
  }

  package static func warning(
    _ summary: String, at location: SourceLocation? = nil, length: Int = 1,
    evidence: [Evidence] = [], hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .warning, summary, at: location, length: length, evidence: evidence, hint: hint)
  }
}

/// Several problems found together, so that a user mends all of them at once.
package struct Diagnostics: Error, Sendable {
  package private(set) var all: [Diagnostic] = []

  package init(_ all: [Diagnostic] = []) { self.all = all }

  package var hasErrors: Bool { all.contains { $0.severity == .error } }
  package var isEmpty: Bool { all.isEmpty }

  package mutating func add(_ diagnostic: Diagnostic) { all.append(diagnostic) }
  package mutating func add(_ others: Diagnostics) { all += others.all }

  /// The same, none of which ends anything.
  package var asWarnings: Diagnostics {
    Diagnostics(
      all.map { diagnostic in
        var diagnostic = diagnostic
        if diagnostic.severity == .error { diagnostic.severity = .warning }
        return diagnostic
      })
  }

  /// Throws everything collected if any of it is an error.
  package func throwIfErrors() throws(Diagnostics) {
    if hasErrors { throw self }
  }
}
