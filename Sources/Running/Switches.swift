import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

// Keywords that are decided anew for each item of a task.

extension HostTask {
  /// The keywords of a task that are rendered for each item.
  struct Switches {
    var isHidden = false
    var ignoresErrors = false
    var ignoresUnreachable = false
    var delegate: Delegate?
    var delegatesFacts = false
    /// `check_mode` of the task: true imagines in `apply`, false acts in a plan.
    var checkMode: Bool?
    var isDiffShown = true
    var retries: Int?
    var delay: Double = 5
    var exports: [(name: String, value: String)] = []
    /// In seconds; for each try.
    var timeout: Int?
    var background: Background?
  }

  func switches(_ evaluator: Evaluator) throws(EvaluationStop) -> Switches {
    let task = tables.task
    var switches = Switches()
    func flag(_ keyword: Keyword) throws(EvaluationStop) -> Bool? {
      guard let source = task.setting(keyword), let value = try evaluator.render(source) else {
        return nil
      }
      return ParameterType.boolean(of: value.opened)
    }
    switches.isHidden = try isHidden(evaluator)
    switches.ignoresErrors = try flag(.ignoreErrors) ?? false
    switches.ignoresUnreachable = try flag(.ignoreUnreachable) ?? false
    switches.checkMode = try flag(.checkMode)
    switches.isDiffShown = try flag(.diff) ?? world.run.isDiffShown
    switches.delegatesFacts = try flag(.delegateFacts) ?? false
    if let source = task.setting(.delegateTo), let value = try evaluator.render(source) {
      switches.delegate = value.opened.string.map { Delegate($0, address: address(of: $0)) }
    }
    if let source = task.setting(.timeout), let value = try evaluator.render(source) {
      let seconds = ParameterType.convert(value.opened, to: .int)?.int
      switches.timeout = seconds == 0 ? nil : seconds ?? -1
    }
    switches.background = try background(evaluator)
    if let source = task.retries, let value = try evaluator.render(source) {
      switches.retries = ParameterType.convert(value.opened, to: .int)?.int
    }
    if let source = task.delay, let value = try evaluator.render(source),
      case .double(let seconds)? = ParameterType.convert(value.opened, to: .float)
    {
      switches.delay = max(0, min(seconds, 31_536_000))
    }
    for source in task.allSettings(.environment) {
      let value = try evaluator.render(source) ?? .null
      for map in value.opened.elements ?? [value.opened] {
        for (name, value) in map.map ?? [:] {
          guard let name = name.string, Self.isVariableName(name) else { continue }
          switches.exports.removeAll { $0.name == name }
          switches.exports.append(
            (name, ParameterType.convert(value.opened, to: .string)?.string ?? ""))
        }
      }
    }
    return switches
  }

  private func address(of delegate: String) -> String? {
    let scope = TaskScope(world: world, host: delegate, tables: tables)
    guard let variable = scope.variable("ansible_host") else { return nil }
    let evaluator = Evaluator(environment: .ansible, scope: scope)
    return (try? evaluator.render(variable))?.flatMap { $0.string }
  }

  private static func isVariableName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
        || (0x61...0x7A).contains($0)
    }
  }
}
