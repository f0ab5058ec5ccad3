import Diagnostics
import Templating
import Values

enum Template {
  var warnings: [Diagnostic] { [] }
  static func compile(
    _ text: String, at location: SourceLocation, style: SourceValue.Style = .plain,
    options: TemplateOptions, environment: Environment
  ) throws(Diagnostic) -> (warnings: [Diagnostic], x: Int) { ([], 0) }
}
enum Expression {
  static func compile(
    _ text: String, at location: SourceLocation, style: SourceValue.Style = .plain,
    environment: Environment
  ) throws(Diagnostic) -> (warnings: [Diagnostic], x: Int) { ([], 0) }
}
extension Evaluator {
  func render(_ value: SourceValue) throws(EvaluationStop) -> Value? { value.plain }
}
