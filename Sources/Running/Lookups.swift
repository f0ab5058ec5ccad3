import Diagnostics
import Playbooks
import Templating
import Values

/// Answers the calls of templates that wait, vary or have an effect: on the controller, one at a
/// time, in host order.
package struct Lookups: Sendable {
  package typealias Answer =
    @Sendable (_ call: ImpureCall, _ context: LookupContext) async -> Result<Value, Diagnostic>

  private let answer: Answer

  package init(_ answer: @escaping Answer) { self.answer = answer }

  package func callAsFunction(
    _ call: ImpureCall, _ context: LookupContext
  ) async -> Result<Value, Diagnostic> {
    await answer(call, context)
  }
}

/// Where a lookup was written and what it may see.
package struct LookupContext: Sendable {
  package var search: SearchPath
  package var scope: any Scope
  package var files: ControllerFiles
  package var playbookDirectory: String
}
