import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

/// One evaluation: a task for one host and one item. Synchronous and pure; what waits, varies or
/// has an effect is read from the tape, and the evaluation starts again once it is answered.
struct Evaluation {
  let tables: TaskTables
  let scope: TaskScope
  let program: Program
  var tape = Tape()
  /// The scout opens no file and answers no impure call.
  var isScouting = false

  var task: PlayTask { _read { yield tables.task } }

  enum Prepared {
    case skipped(condition: String)
    /// A condition or an argument is not known yet.
    case conditional(Unknown)
    case module(any Planner)
    case action(any EngineAction)
  }

  func evaluator(_ bindings: [String: Value] = [:]) -> Evaluator {
    var scope = scope
    for (name, value) in bindings { scope.bindings[name] = .value(value) }
    let search = task.search
    let files = program.files
    let evaluator = Evaluator(
      environment: .ansible, scope: scope, tape: tape,
      loader: { name in
        for path in search.candidates(name, in: "templates") {
          if files.kind(path) == .file, let text = try? files.read(path) { return (text, path) }
        }
        return nil
      })
    evaluator.decrypt = files.decrypt
    return evaluator
  }

  /// Conditions, arguments and the module made of them.
  func prepare(_ evaluator: Evaluator) throws(EvaluationStop) -> Prepared {
    let action = EngineActions.named(task.module)
    switch try conditionsHold(evaluator) {
    case .no(let words): return .skipped(condition: words)
    // What may run may need its facts; only an action would leave something behind.
    case .unknown(let reason): if !isScouting || action != nil { return .conditional(reason) }
    case .yes: break
    }
    if let action { return .action(action) }
    guard let specification = task.specification,
      let type = program.modules[specification.name]
    else {
      throw .failed(
        .error("module `\(task.action)` is not supported", at: task.actionLocation),
        isUndefined: false)
    }
    do {
      let arguments = try arguments(evaluator, for: specification)
      if let unknown = arguments.unknown { return .conditional(unknown) }
      return .module(try make(type, arguments.known))
    } catch let stop as EvaluationStop {
      throw stop
    } catch let diagnostic as Diagnostic {
      throw .failed(diagnostic, isUndefined: false)
    } catch {
      throw .failed(.error("\(error)", at: task.location), isUndefined: false)
    }
  }

  private func make(_ type: any Module.Type, _ arguments: Arguments) throws(Diagnostic)
    -> any Planner
  {
    let module = try type.init(arguments)
    return PathExpansion(type, arguments) ?? module
  }

  enum Truth {
    case yes
    case no(String)
    case unknown(Unknown)
  }

  func conditionsHold(_ evaluator: Evaluator) throws(EvaluationStop) -> Truth {
    try truth(of: task.conditions, evaluator)
  }

  /// Conditions are and-ed in order, up to the first that is false or unknown.
  func truth(of conditions: [SourceValue], _ evaluator: Evaluator) throws(EvaluationStop) -> Truth {
    for condition in conditions {
      switch try evaluator.condition(condition) {
      case .unknown(let reason): return .unknown(reason)
      case let value where value.opened == .bool(false):
        return .no(condition.text ?? JSON.text(condition.plain, style: .python))
      default: break
      }
    }
    return .yes
  }

  struct RenderedArguments {
    var known: Arguments
    var unknown: Unknown?
  }

  typealias Given = (name: String, value: Value, location: SourceLocation?)

  /// The task's arguments rendered and checked; what names files of the controller is resolved.
  func arguments(
    _ evaluator: Evaluator, for specification: Specification
  ) throws -> RenderedArguments {
    let given = try renderedArguments(evaluator)
    var plain: [Given] = []
    var resolved: [String: Resolved] = [:]
    var unknown: Unknown?
    let isRemote = given.contains {
      $0.name == "remote_src" && ParameterType.boolean(of: $0.value.opened) == true
    }
    for argument in given {
      let parameter = specification.parameter(argument.name)
      if let parameter, parameter.type.isResolved, !(isRemote && parameter.type == .source) {
        resolved[parameter.name] = try resolve(
          argument, as: parameter.type, evaluator, options: given)
        if parameter.type != .content { plain.append(argument) }
        continue
      }
      if let reason = argument.value.firstUnknown {
        // The facts of a task hardly ever depend on all of its arguments.
        if isScouting { continue }
        unknown = unknown ?? reason
      }
      plain.append(argument)
    }
    if let unknown { return RenderedArguments(known: Arguments([:]), unknown: unknown) }
    return RenderedArguments(
      known: try Arguments.check(
        plain, resolved: resolved, for: specification, at: task.location))
  }

  /// All arguments as values, `omit` left out; defaults of `module_defaults` first.
  func renderedArguments(
    _ evaluator: Evaluator, fromTemplate: ValueMap? = nil
  ) throws -> [Given] {
    var given: [Given] = []
    func add(_ name: String, _ value: Value, _ location: SourceLocation?) {
      given.removeAll { $0.name == name }
      given.append((name, value, location))
    }
    for defaults in task.allSettings(.moduleDefaults) {
      for entry in defaults.entries ?? [] {
        guard let name = entry.key.string, shortActionName(name) == task.module,
          case .map(let map)? = try evaluator.render(entry.value)
        else { continue }
        for (key, value) in map {
          if let key = key.string { add(key, value, entry.value.location) }
        }
      }
    }
    for (key, value) in try fromTemplate ?? argumentsFromTemplate(evaluator) ?? [:] {
      if let key = key.string { add(key, value, task.argumentsTemplate?.location) }
    }
    for entry in task.arguments {
      guard let name = entry.key.string else { continue }
      guard let value = try evaluator.render(entry.value) else { continue }
      add(name, value, entry.value.location)
    }
    if task.module == "async_status", let folder = try jobFolder(evaluator) {
      add("_async_dir", .string(folder), nil)
    }
    if let freeForm = task.freeForm, let value = try evaluator.render(freeForm) {
      add("_raw_params", value, freeForm.location)
    }
    return given
  }

  /// Arguments that one template gives; nil where there is none, or it is not known.
  ///
  /// - Throws: where it gives no mapping: a template that stands free behind `name=value` is a mistake.
  func argumentsFromTemplate(_ evaluator: Evaluator) throws(EvaluationStop) -> ValueMap? {
    guard let template = task.argumentsTemplate, let value = try evaluator.render(template) else {
      return nil
    }
    switch value.opened {
    case .map(let map): return map
    case .unknown: return nil
    default:
      throw .failed(
        .error(
          "arguments are a mapping, and this template gives something else", at: template.location,
          hint: "a value with blanks in it is put in quotes"), isUndefined: false)
    }
  }

  /// Where the host keeps the jobs of `async`, if a variable says so.
  func jobFolder(_ evaluator: Evaluator) throws(EvaluationStop) -> String? {
    guard let variable = scope.variable("ansible_async_dir") else { return nil }
    return try evaluator.render(variable)?.opened.string
  }

  private func resolve(
    _ argument: Given, as type: ParameterType, _ evaluator: Evaluator, options: [Given]
  ) throws -> Resolved {
    let value = argument.value
    if let reason = value.firstUnknown { return .unknown(reason) }
    if type == .content {
      return .file(Payload(contentText(value.opened), isSecret: value.containsSecret))
    }
    guard var name = ParameterType.convert(value.opened, to: .string)?.string else {
      throw Diagnostic.error("`\(argument.name)` must be a path", at: argument.location)
    }
    // A command line: its first word is the file.
    if task.specification?.takesFreeForm ?? false { name = ShellWords.split(name)?.first ?? name }
    func isOff(_ name: String) -> Bool {
      options.contains {
        $0.name == name && ParameterType.boolean(of: $0.value.opened) == false
      }
    }
    var source = ControllerSource(program: program, search: task.search)
    source.decrypts = !isOff("decrypt")
    source.followsLinks = !isOff("local_follow")
    if isScouting {
      return (type == .source ? source.outline(name) : nil) ?? .unknown(Unknown("not opened yet"))
    }
    return type == .template
      ? try source.template(name, at: argument.location, evaluator, options: options)
      : try source.files(name, at: argument.location)
  }

  /// Text as it is; data as JSON, as Ansible writes `content`.
  private func contentText(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .map, .list, .tuple: JSON.text(value, style: .python)
    default: ParameterType.convert(value, to: .string)?.string ?? ""
    }
  }
}

extension Specification {
  /// Its result depends on files of the controller.
  var readsController: Bool { parameters.contains { $0.type == .source || $0.type == .template } }
}

extension ParameterType {
  /// True for what the engine turns into a payload.
  var isResolved: Bool { self == .source || self == .template || self == .content }
}

/// What does not change during a run: modules, files, lookups.
package final class Program: Sendable {
  package let modules: [String: any Module.Type]
  package let files: ControllerFiles
  package let readBytes: @Sendable (String) -> [UInt8]?
  package let attributes: @Sendable (String) -> (mode: UInt16, linkTarget: String?)?
  package let lookups: Lookups
  /// `ansible_managed` of templates.
  package let managedText: String
  /// The content of a file that is encrypted as a whole.
  package let decryptFile: @Sendable (_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8]

  package init(
    modules: [String: any Module.Type], files: ControllerFiles,
    readBytes: @escaping @Sendable (String) -> [UInt8]?,
    attributes: @escaping @Sendable (String) -> (mode: UInt16, linkTarget: String?)?,
    lookups: Lookups, managedText: String = "Ansible managed",
    decryptFile: @escaping @Sendable (_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8]
  ) {
    self.modules = modules
    self.files = files
    self.readBytes = readBytes
    self.attributes = attributes
    self.lookups = lookups
    self.managedText = managedText
    self.decryptFile = decryptFile
  }
}
