import ModuleKit
import Playbooks
import Templating
import Values

/// `fail`: ends the host with a message.
struct FailAction: EngineAction {
  static let specification = Specification(
    "fail", summary: "Fails with a message",
    parameters: [Parameter("msg", default: "Failed as requested from task")], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    let message = try context.source("msg").map { (source) throws(EvaluationStop) in
      try context.evaluator.render(source) ?? .null
    }
    return ActionOutcome(
      isFailed: true, values: ["msg": message ?? "Failed as requested from task"])
  }
}

/// `assert`: fails unless every condition holds.
struct AssertAction: EngineAction {
  static let specification = Specification(
    "assert", summary: "Fails unless every condition holds",
    parameters: [
      Parameter("that", .raw, isRequired: true),
      Parameter("fail_msg", .raw, aliases: ["msg"]), Parameter("success_msg", .raw),
      Parameter("quiet", .bool, default: false),
    ], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    guard let that = context.source("that") else {
      throw context.failed("missing required parameter `that` for module `assert`")
    }
    for condition in that.items ?? [that] {
      let value = try context.evaluator.condition(condition)
      if case .unknown = value { continue }
      guard value.opened == .bool(false) else { continue }
      var message: Value = "Assertion failed"
      if let source = context.source("fail_msg") ?? context.source("msg") {
        message = try context.evaluator.render(source) ?? message
      }
      return ActionOutcome(
        isFailed: true,
        values: [
          "msg": message, "assertion": condition.plain, "evaluated_to": false,
        ])
    }
    var message: Value = "All assertions passed"
    if let source = context.source("success_msg") {
      message = try context.evaluator.render(source) ?? message
    }
    var outcome = ActionOutcome(values: ["msg": message])
    outcome.isQuiet = try context.flag("quiet") ?? false
    return outcome
  }
}
