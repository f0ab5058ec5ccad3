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

/// `pause`: waits for some time, or for a person; what it waits for is its effect.
struct PauseAction: EngineAction {
  static let specification = Specification(
    "pause", summary: "Waits for some time or for a key",
    parameters: [
      Parameter("minutes", .float), Parameter("seconds", .float), Parameter("prompt"),
      Parameter("echo", .bool, default: true),
    ], rules: [.mutuallyExclusive(["minutes", "seconds"])], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    var request = PauseRequest()
    for (name, factor) in [("minutes", 60), ("seconds", 1)] {
      guard let source = context.source(name), let value = try context.evaluator.render(source)
      else { continue }
      guard let number = Self.whole(value.opened) else {
        throw context.failed("`\(name)` must be a number", at: source.location)
      }
      guard request.length == nil else {
        throw context.failed("`minutes` and `seconds` exclude each other", at: source.location)
      }
      // Ansible never waits less than a second.
      request.length = .seconds(max(1, min(number, 86_400 * 30) * factor))
      request.isInMinutes = name == "minutes"
    }
    let prompt = try context.text("prompt")
    request.prompt = prompt?.isEmpty ?? true ? nil : prompt
    let echoes = try context.flag("echo") ?? true
    request.isHidden = !echoes
    return ActionOutcome(
      values: ["rc": 0, "stderr": "", "stdout": "", "echo": .bool(echoes)],
      effects: [.pause(request)])
  }

  /// As Python's `int` has it: fractions are cut off, but not in a text.
  private static func whole(_ value: Value) -> Int? {
    switch value {
    case .int(let number): number
    case .double(let number): Int(exactly: max(-1, min(number, 1e9)).rounded(.towardZero))
    case .bool(let flag): flag ? 1 : 0
    case .string(let text): ParameterType.convert(.string(text), to: .int)?.int
    default: nil
    }
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
