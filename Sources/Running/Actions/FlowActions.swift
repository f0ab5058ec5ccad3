import ModuleKit
import Playbooks
import Templating
import Values

/// `meta`: directs the run itself.
struct MetaTaskAction: EngineAction {
  static let specification = Specification(
    "meta", summary: "Directs the run itself", parameters: [], takesFreeForm: true,
    effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    let words = context.task.freeForm?.text ?? ""
    guard let action = MetaAction(rawValue: words) else {
      throw context.failed(
        "unknown meta action `\(words)`", at: context.task.freeForm?.location)
    }
    return ActionOutcome(values: ["msg": .string(words)], effects: [.meta(action)])
  }
}

/// `pause`: waits; without a terminal a prompt is not waited for.
struct PauseAction: EngineAction {
  static let specification = Specification(
    "pause", summary: "Waits for some time or for a key",
    parameters: [
      Parameter("minutes", .float), Parameter("seconds", .float), Parameter("prompt"),
      Parameter("echo", .bool, default: true),
    ], rules: [.mutuallyExclusive(["minutes", "seconds"])], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    var seconds: Double?
    for (name, factor) in [("minutes", 60.0), ("seconds", 1.0)] {
      guard let source = context.source(name), let value = try context.evaluator.render(source)
      else { continue }
      guard case .double(let number)? = ParameterType.convert(value.opened, to: .float) else {
        throw context.failed("`\(name)` must be a number", at: source.location)
      }
      seconds = number * factor
    }
    let prompt = try context.text("prompt")
    let pause = min(max(0, seconds ?? 0), 86_400 * 30)
    return ActionOutcome(
      values: ["stdout": .string("Paused for \(pause) seconds"), "user_input": ""],
      effects: [.pause(.milliseconds(Int64(pause * 1000)), prompt: prompt)])
  }
}

/// The implicit first task of a role with argument specifications.
struct ValidateSpecAction: EngineAction {
  static let specification = Specification(
    "validate_argument_spec", summary: "Checks a role's variables",
    parameters: [
      Parameter("argument_spec", .dictionary, isRequired: true),
      Parameter("provided_arguments", .dictionary),
      Parameter("validate_args_context", .dictionary),
    ], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    guard let source = context.source("argument_spec"),
      case .map(let options)? = try context.evaluator.render(source)
    else { throw context.failed("`argument_spec` must be a mapping") }
    var problems: [String] = []
    for (name, rule) in options {
      guard let name = name.string else { continue }
      guard let variable = context.evaluation.scope.variable(name) else {
        if rule["required"] == true { problems.append("missing required argument: \(name)") }
        continue
      }
      guard let value = try context.evaluator.render(variable), !value.containsUnknown else {
        continue
      }
      let type = Self.type(rule["type"]?.string ?? "str")
      guard let converted = ParameterType.convert(value.opened, to: type) else {
        problems.append("argument `\(name)` is not of type `\(rule["type"]?.string ?? "str")`")
        continue
      }
      if let choices = rule["choices"]?.elements, !choices.contains(converted) {
        problems.append("argument `\(name)` is none of its choices")
      }
    }
    guard problems.isEmpty else {
      return ActionOutcome(
        isFailed: true,
        values: [
          "msg": .string("role arguments: " + problems.joined(separator: "; ")),
          "argument_errors": .strings(problems),
        ])
    }
    return ActionOutcome(values: ["msg": "The arg spec validation passed"])
  }

  private static func type(_ name: String) -> ParameterType {
    switch name {
    case "bool": .bool
    case "int": .int
    case "float": .float
    case "dict": .dictionary
    case "list": .list(of: .raw)
    case "raw", "json", "jsonarg": .raw
    default: .string
    }
  }
}
