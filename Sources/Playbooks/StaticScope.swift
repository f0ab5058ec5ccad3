import Diagnostics
import Templating
import Values

extension Session {
  /// The text of a name that must be known before the run: an imported file, a role.
  ///
  /// It may use extra variables, those of the play, of its files and of the roles around.
  /// - Returns: nil after what is wrong has been reported.
  func staticText(
    _ value: SourceValue, of what: String, in context: TaskContext, vars: [SourceEntry] = []
  ) -> String? {
    guard value.isTemplate else {
      switch value.plain {
      case .string(let text): return text
      case .int(let number): return String(number)
      default:
        error("\(what) needs a name, not \(value.kindName)", at: value.location)
        return nil
      }
    }
    let scope = VariableTable(staticVariables(context, vars: vars))
    switch staticValue(value, scope) {
    case .known(let result):
      if let text = result.string { return text }
      error("the name for \(quotedAction(what)) is \(result.kindName)", at: value.location)
    case .unknowable(let reason):
      error(
        "the name for \(quotedAction(what)) is not known before the run: \(reason)",
        at: value.location, length: value.width, hint: hint(for: what))
    case .fault(let fault, let isUndefined):
      var fault = fault
      if isUndefined, fault.hint == nil { fault.hint = hint(for: what) }
      fault.location = fault.location ?? value.location
      fault.exitCode = 4
      add(fault)
    }
    return nil
  }

  private func quotedAction(_ what: String) -> String {
    what.contains(" ") ? what : "`\(what)`"
  }

  private func hint(for what: String) -> String? {
    what.hasPrefix("import_")
      ? "only extra variables and those of plays and roles are known here; or use "
        + "`include_\(what.dropFirst(7))`"
      : "only extra variables and those of plays and roles are known here"
  }

  enum StaticResult {
    case known(Value)
    case unknowable(String)
    case fault(Diagnostic, isUndefined: Bool)
  }

  /// Renders a value with variables that are known before the run.
  func staticValue(_ value: SourceValue, _ scope: VariableTable) -> StaticResult {
    if case .vault = value.content, files.decrypt == nil {
      return .unknowable("it comes from the vault")
    }
    let evaluator = Evaluator(environment: loader.environment, scope: scope)
    evaluator.decrypt = files.decrypt
    do throws(EvaluationStop) {
      guard let result = try evaluator.render(value) else { return .unknowable("it is omitted") }
      if let unknown = result.firstUnknown { return .unknowable(unknown.reason) }
      return .known(result.opened)
    } catch {
      switch error {
      case .failed(let fault, let isUndefined): return .fault(fault, isUndefined: isUndefined)
      case .impure(let call): return .unknowable("`\(call.name)` is asked during the run")
      }
    }
  }

  /// What is known of variables before the run, for names inside the context.
  func staticVariables(_ context: TaskContext, vars: [SourceEntry]) -> [String: Variable] {
    let play = context.play
    var table: [String: Variable] = [:]
    func add(_ entries: [SourceEntry]) {
      for entry in entries { table[entry.name] = .source(entry.value) }
    }
    let scopes = context.role.map { $0.parents.reversed() + $0.withDependencies } ?? []
    for scope in play.roleScopes + scopes { add(scope.role.defaults) }
    add(play.vars)
    add(play.fileVars)
    for scope in play.roleScopes + scopes {
      add(scope.role.vars)
      add(scope.use.keywords.vars)
    }
    for layer in context.layers {
      if case .play = layer.origin { continue }
      add(layer.keywords.vars)
    }
    add(vars)
    for scope in scopes { add(scope.use.parameters) }
    table.merge(loader.extraVars) { $1 }
    for name in StaticNames.unknown {
      table[name] = .value(.unknown(Unknown("`\(name)` is set during the run")))
    }
    table["playbook_dir"] = .value(.string(play.directory))
    if let role = context.role {
      table["role_path"] = .value(.string(role.role.path))
      table["role_name"] = .value(.string(role.role.name))
    }
    return table
  }
}

private enum StaticNames {
  /// Variables that exist in every run, whose values only the run knows.
  static let unknown = [
    "ansible_check_mode", "ansible_diff_mode", "ansible_forks", "ansible_inventory_sources",
    "ansible_limit", "ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all",
    "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity", "ansible_version", "groups",
    "hostvars", "inventory_dir", "inventory_file", "omit", "play_hosts",
  ]
}
