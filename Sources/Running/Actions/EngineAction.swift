import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

/// A task that acts on the engine, not on a host. Pure: what it changes comes back as effects.
protocol EngineAction: Sendable {
  static var specification: Specification { get }
  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome
}

struct ActionContext {
  let task: PlayTask
  let host: String
  let world: World
  let evaluation: Evaluation
  let evaluator: Evaluator
  var delegate: String?
  var delegatesFacts = false
  /// What one template gives for arguments, rendered once: it may have asked for lookups.
  let fromTemplate: ValueMap?

  init(
    task: PlayTask, host: String, world: World, evaluation: Evaluation, evaluator: Evaluator,
    delegate: String? = nil, delegatesFacts: Bool = false
  ) throws(EvaluationStop) {
    self.task = task
    self.host = host
    self.world = world
    self.evaluation = evaluation
    self.evaluator = evaluator
    self.delegate = delegate
    self.delegatesFacts = delegatesFacts
    fromTemplate = try evaluation.argumentsFromTemplate(evaluator)
  }

  /// The rendered arguments by name.
  func arguments() throws(EvaluationStop) -> [Evaluation.Given] {
    do {
      return try evaluation.renderedArguments(evaluator, fromTemplate: fromTemplate ?? [:])
    } catch let stop as EvaluationStop {
      throw stop
    } catch let diagnostic as Diagnostic {
      throw .failed(diagnostic, isUndefined: false)
    } catch {
      throw .failed(.error("\(error)", at: task.location), isUndefined: false)
    }
  }

  /// Holds what is given against what the action takes. The loader has told of it already; here it
  /// fails the task where something keeps that from being an error.
  func check(_ specification: Specification) throws(EvaluationStop) {
    if let text = task.freeForm, !specification.takesFreeForm,
      !specification.parameters.contains(where: { $0.name == "free_form" }),
      !["group_by", "meta", "pause"].contains(specification.name),
      !Vocabulary.takesAnyArgument.contains(specification.name)
    {
      throw failed("module `\(specification.name)` takes no free text", at: text.location)
    }
    guard !Vocabulary.takesAnyArgument.contains(specification.name) else { return }
    var given: Set<String> = []
    for entry in task.arguments {
      guard let name = entry.key.string else { continue }
      guard let parameter = specification.parameter(name) else {
        throw failed(
          "unknown parameter `\(name)` for module `\(specification.name)`", at: entry.keyLocation)
      }
      // One that is a template may be left out.
      if entry.value.text?.contains("{{") != true { given.insert(parameter.name) }
    }
    for case .mutuallyExclusive(let names) in specification.rules {
      let both = names.filter(given.contains)
      guard both.count > 1 else { continue }
      throw failed("`\(both[0])` and `\(both[1])` exclude each other")
    }
  }

  /// The argument as written.
  func source(_ name: String) -> SourceValue? {
    if let own = task.arguments.last(where: { $0.key.string == name }) { return own.value }
    for defaults in task.allSettings(.moduleDefaults).reversed() {
      for entry in defaults.entries ?? []
      where shortActionName(entry.key.string ?? "") == task.module {
        if let value = entry.value[name] { return value }
      }
    }
    return fromTemplate?[.string(name)].map {
      SourceValue(.unsafe($0), at: task.argumentsTemplate?.location ?? task.location)
    }
  }

  func text(_ name: String) throws(EvaluationStop) -> String? {
    guard let source = source(name), let value = try evaluator.render(source) else { return nil }
    return ParameterType.convert(value.opened, to: .string)?.string
  }

  func flag(_ name: String) throws(EvaluationStop) -> Bool? {
    guard let source = source(name), let value = try evaluator.render(source) else { return nil }
    return ParameterType.boolean(of: value.opened)
  }

  /// The name of a variable, which is a template only where it stands in the task: what a template
  /// gave for the arguments may come from a host.
  func rendered(name: String) throws(EvaluationStop) -> String {
    guard let entry = task.arguments.last(where: { $0.key.string == name }),
      let value = try evaluator.render(SourceValue(.scalar(entry.key), at: entry.keyLocation))
    else { return name }
    return ParameterType.convert(value.opened, to: .string)?.string ?? name
  }

  func failed(_ summary: String, at location: SourceLocation? = nil) -> EvaluationStop {
    .failed(.error(summary, at: location ?? task.location), isUndefined: false)
  }

  /// Whose variables the action changes.
  var target: String { delegatesFacts ? delegate ?? host : host }
}

struct ActionOutcome {
  var isChanged = false
  var isFailed = false
  var isSkipped = false
  /// Its result is not shown where it is well.
  var isQuiet = false
  var values: ValueMap = [:]
  var effects: [Effect] = []
  /// Why it failed, with its place.
  var diagnostic: Diagnostic?
}

/// What a task changes in the engine, carried out in host order.
enum Effect: Sendable {
  /// Variables of a host, with the rank of `set_fact`.
  case assign([String: Variable], host: String)
  /// Facts that a module found, and whose they are.
  case learn(ValueMap, host: String)
  /// `include_vars`.
  case include([String: Variable], host: String)
  case addHost(name: String, groups: [String], variables: [String: Value])
  case groupBy(key: String, parents: [String], host: String)
  case meta(MetaAction)
  case pause(PauseRequest)

  /// The host whose variables it changes.
  var target: String? {
    switch self {
    case .assign(_, let host), .learn(_, let host), .include(_, let host): host
    case .addHost, .groupBy, .meta, .pause: nil
    }
  }

  var isAddition: Bool {
    switch self {
    case .addHost, .groupBy: true
    default: false
    }
  }
}

enum MetaAction: String, Sendable, CaseIterable {
  case noop
  case flushHandlers = "flush_handlers"
  case endPlay = "end_play"
  case endHost = "end_host"
  case endBatch = "end_batch"
  case endRole = "end_role"
  case clearFacts = "clear_facts"
  case clearHostErrors = "clear_host_errors"
  case refreshInventory = "refresh_inventory"
  case resetConnection = "reset_connection"

  /// Decided once for all hosts of the batch.
  var isForAll: Bool {
    switch self {
    case .endHost, .endRole, .resetConnection: false
    default: true
    }
  }
}

package enum EngineActions {
  private static let all: [any EngineAction] = [
    DebugAction(), FailAction(), AssertAction(), SetFactAction(), IncludeVarsAction(),
    AddHostAction(), GroupByAction(), MetaTaskAction(), PauseAction(), ValidateSpecAction(),
  ]

  private static let byName: [String: any EngineAction] = {
    var table: [String: any EngineAction] = [:]
    for action in all { table[type(of: action).specification.name] = action }
    return table
  }()

  static func named(_ name: String) -> (any EngineAction)? { byName[name] }

  /// For the catalogue that playbooks are checked against; includes are among them.
  package static var specifications: [Specification] {
    all.map { type(of: $0).specification } + inclusions
  }

  private static let inclusions: [Specification] = [
    Specification(
      "include_tasks", summary: "Tasks of a file, loaded at the task's turn",
      parameters: [Parameter("file", .path), Parameter("apply", .dictionary)],
      takesFreeForm: true, effect: .engine),
    Specification(
      "import_tasks", summary: "Tasks of a file, loaded with the playbook",
      parameters: [Parameter("file", .path)], takesFreeForm: true, effect: .engine),
    Specification(
      "include_role", summary: "A role, loaded at the task's turn",
      parameters: rolePartParameters + [
        Parameter("apply", .dictionary), Parameter("public", .bool, default: false),
        Parameter("allow_duplicates", .bool, default: true),
        Parameter("rolespec_validate", .bool, default: true),
      ], effect: .engine),
    Specification(
      "import_role", summary: "A role, loaded with the playbook",
      parameters: rolePartParameters + [
        Parameter("public", .bool), Parameter("allow_duplicates", .bool, default: true),
        Parameter("rolespec_validate", .bool, default: true),
      ], effect: .engine),
    Specification(
      "import_playbook", summary: "The plays of another playbook", parameters: [],
      takesFreeForm: true, effect: .engine),
  ]

  private static let rolePartParameters: [Parameter] = [
    Parameter("name", aliases: ["role"], isRequired: true),
    Parameter("tasks_from", default: "main"), Parameter("vars_from", default: "main"),
    Parameter("defaults_from", default: "main"), Parameter("handlers_from", default: "main"),
  ]
}
