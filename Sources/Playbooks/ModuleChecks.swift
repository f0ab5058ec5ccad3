import Diagnostics
import ModuleKit
import Values

extension Session {
  /// Holds what a task gives its module against the module's specification.
  func checkModule(_ task: PlayTask, in context: TaskContext, isGuarded: Bool) {
    guard let specification = task.specification else {
      reportUnknownModule(task.action, at: task.actionLocation, isGuarded: isGuarded)
      return
    }
    let check = ModuleCheck(task, specification, self, isGuarded: isGuarded)
    if !Vocabulary.takesAnyArgument.contains(specification.name) {
      check.names()
      check.values()
      check.requirements()
    } else if specification.name == "set_fact" {
      for entry in task.arguments where !hasTemplateMark(entry.name) {
        check.factName(entry)
      }
    }
    checkSources(task, specification, in: context, isGuarded: isGuarded)
  }
}

/// One task against one specification.
private struct ModuleCheck {
  let task: PlayTask
  let specification: Specification
  let session: Session
  let isGuarded: Bool

  init(_ task: PlayTask, _ specification: Specification, _ session: Session, isGuarded: Bool) {
    self.task = task
    self.specification = specification
    self.session = session
    self.isGuarded = isGuarded
  }

  private func report(
    _ summary: String, at location: SourceLocation, length: Int = 1, hint: String? = nil
  ) {
    session.late(summary, at: location, length: length, hint: hint, isGuarded: isGuarded)
  }

  func factName(_ entry: SourceEntry) {
    if isVariableName(entry.name) || hasTemplateMark(entry.name) { return }
    report(
      "`\(entry.name)` is not a valid variable name", at: entry.keyLocation,
      length: entry.name.scalarCount)
  }

  func names() {
    let known = specification.parameters.flatMap { [$0.name] + $0.aliases }
    for entry in task.arguments where specification.parameter(entry.name) == nil {
      let name = entry.name
      if name == "_raw_params", specification.takesFreeForm || hasFreeFormParameter { continue }
      if hasTemplateMark(name) { continue }
      if specification.lacking.contains(name) {
        report(
          "parameter `\(name)` of module `\(specification.name)` is not supported",
          at: entry.keyLocation, length: name.scalarCount)
      } else {
        report(
          "unknown parameter `\(name)` for module `\(specification.name)`", at: entry.keyLocation,
          length: name.scalarCount,
          hint: suggestion(for: name, among: known).map { "did you mean `\($0)`?" })
      }
    }
  }

  func values() {
    for entry in task.arguments {
      guard let parameter = specification.parameter(entry.name) else { continue }
      check(entry.value, parameter, called: "`\(entry.name)`", depth: 0)
    }
  }

  private func check(
    _ value: SourceValue, _ parameter: Parameter, called name: String, depth: Int
  ) {
    if let wanted = expectation(of: parameter.type.kind, unmetBy: value) {
      report(
        "\(name) must be \(wanted), not \(session.shown(value))", at: value.location,
        length: value.width)
      return
    }
    if case .list(let element) = parameter.type {
      for item in value.items ?? [] {
        if let wanted = expectation(of: element.kind, unmetBy: item) {
          report(
            "an element of \(name) must be \(wanted), not \(session.shown(item))",
            at: item.location, length: item.width)
        }
      }
    }
    if !parameter.choices.isEmpty { choice(value, parameter, called: name) }
    guard !parameter.entries.isEmpty, depth < 8 else { return }
    for mapping in value.items ?? [value] {
      for entry in mapping.entries ?? [] {
        let known = parameter.entries.first {
          $0.name == entry.name || $0.aliases.contains(entry.name)
        }
        if let known {
          check(entry.value, known, called: "`\(entry.name)`", depth: depth + 1)
        } else if !hasTemplateMark(entry.name) {
          let names = parameter.entries.flatMap { [$0.name] + $0.aliases }
          report(
            "unknown key `\(entry.name)` in \(name)", at: entry.keyLocation,
            length: entry.name.scalarCount,
            hint: suggestion(for: entry.name, among: names).map { "did you mean `\($0)`?" })
        }
      }
    }
  }

  private func choice(_ value: SourceValue, _ parameter: Parameter, called name: String) {
    let parts: [SourceValue]
    if case .list = parameter.type {
      parts = value.items ?? (value.text?.contains(",") == true ? [] : [value])
    } else {
      parts = [value]
    }
    let choices = parameter.choices.map(\.quoted)
    for part in parts where !part.isTemplate && !part.isNull {
      let text = part.plain.quoted
      let isFlag = literalBool(part).map { flag in
        parameter.choices.contains {
          $0.string.flatMap { truth(of: $0) } == flag || $0.bool == flag
        }
      }
      if choices.contains(text) || isFlag == true { continue }
      let near = suggestion(for: text, among: choices).map { "did you mean `\($0)`?" }
      report(
        "\(session.shown(part)) is not a value of \(name)", at: part.location, length: part.width,
        hint: near ?? "use one of: \(choices.joined(separator: ", "))")
    }
  }

  private func truth(of text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "true", "on": true
    case "no", "false", "off": false
    default: nil
    }
  }

  private var hasFreeFormParameter: Bool {
    specification.parameters.contains { ["free_form", "_raw_params", "cmd"].contains($0.name) }
  }

  // MARK: What must and must not be there

  func requirements() {
    // What a template or `module_defaults` gives cannot be told before the run.
    if task.argumentsTemplate != nil || !task.allSettings(.moduleDefaults).isEmpty { return }
    for parameter in specification.parameters where parameter.isRequired && !has(parameter.name) {
      report(
        "module `\(specification.name)` needs `\(parameter.name)`", at: task.actionLocation,
        length: task.action.scalarCount)
    }
    for rule in specification.rules { check(rule) }
  }

  private func entry(_ name: String) -> SourceEntry? {
    guard let parameter = specification.parameter(name) else {
      return task.arguments.first { $0.name == name }
    }
    let names = [parameter.name] + parameter.aliases
    return task.arguments.first { names.contains($0.name) }
  }

  private func isFreeForm(_ name: String) -> Bool {
    task.freeForm != nil && ["free_form", "_raw_params", "cmd"].contains(name)
  }

  /// True where the parameter is given, or has a default.
  private func has(_ name: String) -> Bool {
    if isFreeForm(name) || entry(name) != nil { return true }
    return specification.parameter(name).map { !$0.default.isNull } ?? false
  }

  /// True where the parameter is certainly given: not one that may turn out omitted.
  private func isSurelyGiven(_ name: String) -> Bool {
    guard let entry = entry(name) else {
      // The free form is one parameter, whatever its names in rules are.
      return isFreeForm(name) && name != "cmd"
    }
    guard let text = entry.value.text, entry.value.isTemplate else { return true }
    return !text.contains("omit")
  }

  private func list(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }

  private func check(_ rule: Specification.Rule) {
    let module = "module `\(specification.name)`"
    let place = task.actionLocation
    let length = task.action.scalarCount
    switch rule {
    case .mutuallyExclusive(let names):
      let given = names.filter(isSurelyGiven)
      guard given.count > 1 else { return }
      let last = given.compactMap(entry).max { $0.keyLocation < $1.keyLocation }
      report(
        "\(given.map { "`\($0)`" }.joined(separator: " and ")) exclude each other in \(module)",
        at: last?.keyLocation ?? place, length: last?.name.scalarCount ?? length)
    case .requiredOneOf(let names):
      if names.contains(where: has) { return }
      report("\(module) needs one of \(list(names))", at: place, length: length)
    case .requiredTogether(let names):
      guard let first = names.first(where: isSurelyGiven), let given = entry(first) else { return }
      let missing = names.filter { !has($0) }
      if missing.isEmpty { return }
      report(
        "\(module) needs \(list(missing)) together with `\(first)`", at: given.keyLocation,
        length: given.name.scalarCount)
    case .requiredIf(let name, let wanted, let needs, let anyIsEnough):
      guard let literal = literal(name), literal == wanted || same(literal, wanted) else { return }
      let missing = needs.filter { !has($0) }
      if missing.isEmpty || (anyIsEnough && missing.count < needs.count) { return }
      let given = entry(name)
      let what = anyIsEnough && needs.count > 1 ? "one of \(list(needs))" : list(missing)
      report(
        "\(module) needs \(what) when `\(name)` is `\(wanted.quoted)`",
        at: given?.keyLocation ?? place, length: given?.name.scalarCount ?? length)
    case .requiredBy(let name, let needs):
      guard isSurelyGiven(name), let given = entry(name) else { return }
      let missing = needs.filter { !has($0) }
      if missing.isEmpty { return }
      report(
        "\(module) needs \(list(missing)) together with `\(name)`", at: given.keyLocation,
        length: given.name.scalarCount)
    }
  }

  private func literal(_ name: String) -> Value? {
    if let entry = entry(name) { return entry.value.isTemplate ? nil : entry.value.plain }
    return specification.parameter(name)?.default
  }

  private func same(_ literal: Value, _ wanted: Value) -> Bool {
    if let flag = wanted.bool {
      return literalBool(SourceValue(.scalar(literal), at: task.location)) == flag
    }
    return literal.string != nil && literal.string == wanted.string
  }
}

extension ParameterType {
  /// What literals of the type may be.
  fileprivate var kind: ParameterKind {
    switch self {
    case .string, .raw, .content: .any
    case .bool: .bool
    case .int: .int
    case .float: .float
    case .dictionary: .map
    case .path, .mode, .source, .template: .scalar
    case .list: .list
    }
  }
}
