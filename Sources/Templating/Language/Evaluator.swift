import Diagnostics
import OrderedCollections
import Values

/// One evaluation: a condition, an argument, a template file, against one set of variables.
///
/// Synchronous and repeatable. Impure calls are answered from the tape; one that the tape lacks
/// ends the evaluation with `EvaluationStop.impure`.
package final class Evaluator {
  package let environment: Environment
  let main: ScopeState
  let tape: Tape
  let loader: ((String) -> (text: String, file: String)?)?

  package internal(set) var warnings: [Diagnostic] = []
  /// Variables on top of the scope, such as `item`; they hide those of the scope.
  package var locals: [String: Variable] = [:] {
    didSet { main.forget() }
  }
  /// Decrypts `!vault` text; the result becomes secret.
  package var decrypt: ((String, SourceLocation) throws -> Value)?

  var answered = 0
  package var limits = Limits()
  var depth = 0
  var source = TemplateSource(text: "", location: .nowhere, style: .plain)
  var options = TemplateOptions.jinja
  var autoescape = false
  var globals: [String: RuntimeValue] = [:]
  var nesting = 0
  /// Address of the stack where the evaluation was entered.
  var stackStart: UInt?
  var rendering: Rendering?
  /// Places of the calls and filters being evaluated, innermost last.
  var callPlaces: [Place] = []

  package init(
    environment: Environment, scope: any Scope, tape: Tape = Tape(),
    loader: ((String) -> (text: String, file: String)?)? = nil
  ) {
    self.environment = environment
    self.main = ScopeState(scope)
    self.tape = tape
    self.loader = loader
  }

  /// The answer of an impure call.
  /// - Throws: the answer's own error, or the request to answer it.
  package func impure(
    kind: String, name: String, arguments: [Value] = [], options: ValueMap = [:],
    location: SourceLocation
  ) throws -> Value {
    let call = ImpureCall(
      kind: kind, name: name, arguments: arguments, options: options, location: location)
    guard answered < tape.answers.count, tape.answers[answered].0 == call else {
      throw EvaluationStop.impure(call)
    }
    let answer = tape.answers[answered].1
    answered += 1
    switch answer {
    case .success(let value): return value
    case .failure(let diagnostic):
      throw EvaluationStop.failed(diagnostic, isUndefined: false)
    }
  }

  package func warn(_ summary: String, at location: SourceLocation, hint: String? = nil) {
    let warning = Diagnostic.warning(summary, at: location, hint: hint)
    if !warnings.contains(warning) { warnings.append(warning) }
  }
}

/// What one evaluation may still use before it is ended with an error.
package struct Limits {
  /// Statements and expressions.
  package var steps = 20_000_000
  /// Bytes of text.
  package var output = 256 << 20
  static let depth = 220
  static let nesting = 1500
  /// Bytes of stack that one evaluation may take; threads have eight times as much.
  static let stack: UInt = 1 << 20
  static let valueDepth = 120
  static let items = 10_000_000

  mutating func step() throws {
    steps -= 1
    if steps < 0 { throw Failure("the template does not come to an end: it took too many steps") }
  }

  mutating func grow(by bytes: Int) throws {
    output -= bytes
    if output < 0 { throw Failure("the result of the template is too large") }
  }

  /// - Throws: where a sequence or text of that many elements would be made.
  static func check(size: Int) throws {
    if size > items { throw Failure("the result would be too large: \(size) elements") }
  }
}

/// The variables of one scope as far as this evaluation has rendered them.
final class ScopeState {
  let scope: any Scope
  /// Empty once forgotten; rendered at first use.
  var rendered: [String: RuntimeValue] = [:]
  /// Names whose templates are being rendered, outermost first.
  var active: [String] = []
  var hosts: [String: ScopeState] = [:]

  init(_ scope: any Scope) { self.scope = scope }

  func forget() { rendered = [:] }
}

extension SourceLocation {
  static let nowhere = SourceLocation(file: "", line: 1, column: 1)
}
