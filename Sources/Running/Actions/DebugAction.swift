import ModuleKit
import Playbooks
import Templating
import Values

/// `debug`: shows a message or a variable.
struct DebugAction: EngineAction {
  static let specification = Specification(
    "debug", summary: "Shows a message or a variable",
    parameters: [
      Parameter("msg", .raw, default: "Hello world!"), Parameter("var", .raw),
      Parameter("verbosity", .int, default: 0),
    ], rules: [.mutuallyExclusive(["msg", "var"])], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    var outcome = ActionOutcome()
    let wanted = try context.text("verbosity").flatMap { Int($0) } ?? 0
    if wanted > context.world.run.verbosity {
      outcome.isSkipped = true
      outcome.values["skipped_reason"] = "Verbosity threshold not met."
      return outcome
    }
    if let source = context.source("var") {
      try show(source, context, &outcome)
    } else if let source = context.source("msg") {
      outcome.values["msg"] = try context.evaluator.render(source) ?? "Hello world!"
    } else {
      outcome.values["msg"] = "Hello world!"
    }
    return outcome
  }

  private func show(
    _ source: SourceValue, _ context: ActionContext, _ outcome: inout ActionOutcome
  ) throws(EvaluationStop) {
    guard var name = source.text else {
      throw context.failed("`var` must be the name of a variable", at: source.location)
    }
    // The name of a variable, which may itself be named by a template.
    if case .string(let rendered)? = try context.evaluator.render(source), rendered != name {
      guard context.evaluator.literal(source)?.text == rendered else {
        throw Evaluator.isData(at: source.location)
      }
      name = rendered
    }
    let value: Value
    do {
      let expression = try Expression.compile(
        name, at: source.location, style: source.style, environment: .ansible)
      value = try context.evaluator.evaluate(expression)
    } catch let stop as EvaluationStop {
      guard case .failed(_, let isUndefined) = stop, isUndefined else { throw stop }
      value = "VARIABLE IS NOT DEFINED!"
    } catch {
      throw context.failed("`\(name)` is no expression", at: source.location)
    }
    outcome.values[.string(name)] = value
  }
}
