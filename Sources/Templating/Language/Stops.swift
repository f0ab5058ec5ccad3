import Diagnostics
import Values

/// Why an evaluation ended without a value.
package enum EvaluationStop: Error {
  case failed(Diagnostic, isUndefined: Bool)
  /// The tape has no answer for this call: the engine answers it and starts the evaluation again.
  case impure(ImpureCall)
}

/// A call whose answer waits, varies or has an effect.
package struct ImpureCall: Hashable, Sendable {
  /// `lookup`, or the name of the function or filter itself (`now`, `random`).
  package var kind: String
  /// The name of the lookup, otherwise the same as `kind`.
  package var name: String
  package var arguments: [Value]
  package var options: ValueMap
  package var location: SourceLocation

  package init(
    kind: String, name: String, arguments: [Value] = [], options: ValueMap = [:],
    location: SourceLocation
  ) {
    self.kind = kind
    self.name = name
    self.arguments = arguments
    self.options = options
    self.location = location
  }
}

/// The answers of an evaluation's impure calls, in the order in which the calls were made.
package struct Tape: Sendable {
  package var answers: [(ImpureCall, Result<Value, Diagnostic>)]

  package init(_ answers: [(ImpureCall, Result<Value, Diagnostic>)] = []) {
    self.answers = answers
  }
}

/// Ends the innermost unknown-aware operation, whose result it becomes.
struct UnknownStop: Error {
  let unknown: Unknown
}

/// `break` and `continue`.
enum LoopExit: Error {
  case leave
  case next
}
