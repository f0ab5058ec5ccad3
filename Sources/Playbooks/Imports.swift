import Diagnostics
import Values

extension TaskContext {
  /// The context in which an include's tasks are checked before the run.
  fileprivate func insideInclude(_ task: PlayTask) -> TaskContext {
    var context = self
    context.depth += 1
    context.play = PlayContext(copyOf: play)
    context.layers = task.layersInside()
    return context
  }
}

/// What an import or include of a file names.
private struct FileArgument {
  var file: SourceValue
  var apply: SourceValue?
  /// Words of the old form `include: file a=1`: variables.
  var variables: [SourceEntry] = []
}

extension Session {
  /// `import_tasks`: its file is read now, in the place of the task.
  func importTasks(_ action: TaskAction, _ draft: TaskDraft, in context: TaskContext)
    -> [TaskNode]
  {
    if let loop = draft.loop {
      error(
        "`import_tasks` cannot have a loop", at: loop.location, length: draft.loopWord.scalarCount,
        hint: "use `include_tasks`")
      return []
    }
    guard let argument = fileArgument(action, takesApply: false, takesVariables: false) else {
      return []
    }
    return importFile(argument.file, draft, in: context)
  }

  /// The old `include`: an import where its file is known before the run, else an include.
  func legacyInclude(_ action: TaskAction, _ draft: TaskDraft, in context: TaskContext)
    -> [TaskNode]
  {
    guard let argument = fileArgument(action, takesApply: false, takesVariables: true) else {
      return []
    }
    let isStatic = draft.isStatic ?? (draft.loop == nil && !argument.file.isTemplate)
    warn(
      "`include` is an action of old releases", at: action.location,
      length: action.name.scalarCount,
      hint: "write `\(isStatic ? "import_tasks" : "include_tasks")`")
    var draft = draft
    draft.keywords.vars += argument.variables
    if isStatic, draft.loop == nil { return importFile(argument.file, draft, in: context) }
    var include = action
    include.name = "include_tasks"
    include.arguments = ActionArguments(freeForm: argument.file)
    return [.task(finish(draft, include, in: context))]
  }

  private func importFile(_ file: SourceValue, _ draft: TaskDraft, in context: TaskContext)
    -> [TaskNode]
  {
    checkTexts(of: draft.keywords, isGuarded: context.isGuarded)
    guard let name = staticText(file, of: "import_tasks", in: context, vars: draft.keywords.vars)
    else { return [] }
    let candidates = context.search.taskFiles(name, isHandler: context.isHandler)
    guard let path = candidates.first(where: { files.kind($0) == .file }) else {
      error(
        "task file `\(name)` not found", at: file.location, length: file.width, exitCode: 1)
      return []
    }
    if isTooDeep(context.chain, at: file.location) { return [] }
    guard !context.chain.contains(path) else {
      reportCircle(path, file, in: context, isGuarded: false)
      return []
    }
    let layer = Layer(.imported, draft.keywords)
    var inner = context.inside(layer)
    inner.chain.append(path)
    inner.search = context.search.entering(folder: folderOfPath(path))
    guard let document = document(path, namedAt: file.location) else { return [] }
    if document.isNull { warn("`\(path)` has no tasks", at: file.location, length: file.width) }
    let body = nodes(document, what: "a file of tasks", in: inner)
    // Handlers are looked up in flat lists, in which the first of a name counts.
    if context.isHandler { return body }
    return [
      .block(
        Block(
          .imported(path: path), name: draft.name, body: body, keywords: draft.keywords,
          layers: context.layers, location: draft.location, isHandler: context.isHandler))
    ]
  }

  /// `import_role`: the role's tasks stand in the place of the task.
  func importRole(_ action: TaskAction, _ draft: TaskDraft, in context: TaskContext)
    -> [TaskNode]
  {
    if let loop = draft.loop {
      error(
        "`import_role` cannot have a loop", at: loop.location, length: draft.loopWord.scalarCount,
        hint: "use `include_role`")
      return []
    }
    if context.isHandler {
      error(
        "`import_role` cannot be a handler", at: action.location, length: action.name.scalarCount)
      return []
    }
    guard let inclusion = roleInclusion(action, takesApply: false) else { return [] }
    guard case .role(let nameValue) = inclusion.target,
      let name = staticText(nameValue, of: "import_role", in: context, vars: draft.keywords.vars)
    else { return [] }
    var use = RoleUse(
      .imported, name: name, at: nameValue.location, keywords: draft.keywords, isPublic: true)
    use.isPublic = inclusion.isPublic.flatMap(literalBool) ?? true
    use.validatesArguments = inclusion.rolespecValidate.flatMap(literalBool) ?? true
    for (part, value) in inclusion.parts {
      guard let file = staticText(value, of: "import_role", in: context, vars: draft.keywords.vars)
      else { return [] }
      use.parts[part] = file
    }
    checkTexts(of: draft.keywords, isGuarded: context.isGuarded)
    var parents = context
    parents.isHandler = false
    guard let expansion = expand(use, in: parents, parents: context.parents) else { return [] }
    if use.isPublic { context.play.roleScopes += expansion.allScopes }
    context.play.handlerSections += expansion.handlerSections
    return expansion.nodes
  }

  /// Takes the arguments of include_tasks or include_role into the task and checks its keywords.
  func takeInclusion(
    into task: inout PlayTask, _ draft: TaskDraft, _ action: TaskAction, in context: TaskContext,
    isGuarded: Bool
  ) {
    for entry in draft.words
    where !Vocabulary.include.contains(entry.name) && !entry.name.hasPrefix("with_")
      && Vocabulary.removed[entry.name] == nil
    {
      let canApply = Keyword(rawValue: entry.name) != nil
      error(
        "`\(entry.name)` is no keyword of `\(action.module)`", at: entry.keyLocation,
        length: entry.name.scalarCount,
        hint: canApply ? "put it into `apply`" : nil)
    }
    context.play.mayGainHandlers = true
    if action.module == "include_role" {
      if context.isHandler {
        error("`include_role` cannot be a handler", at: action.location)
        return
      }
      task.inclusion = roleInclusion(action, takesApply: true)
      checkIncludedRole(task, in: context, isGuarded: isGuarded)
      return
    }
    guard let argument = fileArgument(action, takesApply: true, takesVariables: false) else {
      return
    }
    task.inclusion = Inclusion(
      target: .tasks(file: argument.file), apply: applied(argument.apply))
    guard !argument.file.isTemplate, let name = argument.file.text else { return }
    let candidates = context.search.taskFiles(name, isHandler: context.isHandler)
    if let path = candidates.first(where: { files.kind($0) == .file }) {
      checkIncluded(path, argument.file, task, in: context, isGuarded: isGuarded)
    } else {
      late(
        "task file `\(name)` not found", at: argument.file.location, length: argument.file.width,
        isGuarded: isGuarded || mayAppear(candidates))
    }
  }

  private func checkIncludedRole(_ task: PlayTask, in context: TaskContext, isGuarded: Bool) {
    guard let inclusion = task.inclusion, case .role(let name) = inclusion.target,
      !name.isTemplate, let text = name.text
    else { return }
    guard let found = findRole(text, in: context) else {
      reportMissingRole(text, at: name.location, in: context, isGuarded: isGuarded)
      return
    }
    guard !inclusion.parts.values.contains(where: \.isTemplate),
      !context.chain.contains(found.path)
    else { return }
    let use = RoleUse(
      .included, name: text, at: name.location, parts: inclusion.parts.compactMapValues(\.text))
    guard checkedIncludes.insert("\(found.path)\(use.parts.values.sorted())").inserted else {
      return
    }
    let inner = context.insideInclude(task)
    tentatively(isGuarded) { _ = expand(use, in: inner, parents: context.parents) }
  }

  /// Reads an included file for what is wrong in it; its tasks are made at the include's turn.
  private func checkIncluded(
    _ path: String, _ file: SourceValue, _ task: PlayTask, in context: TaskContext,
    isGuarded: Bool
  ) {
    if context.chain.contains(path) {
      // With a condition it may come to an end.
      if !isGuarded { reportCircle(path, file, in: context, isGuarded: false) }
      return
    }
    guard checkedIncludes.insert("\(path)\(context.isHandler)").inserted,
      !isTooDeep(context.chain, at: file.location)
    else { return }
    var inner = context.insideInclude(task)
    inner.chain.append(path)
    inner.search = context.search.entering(folder: folderOfPath(path))
    tentatively(isGuarded) {
      let document = document(path, namedAt: file.location)
      _ = nodes(document, what: "a file of tasks", in: inner)
    }
  }

  private func fileArgument(_ action: TaskAction, takesApply: Bool, takesVariables: Bool)
    -> FileArgument?
  {
    var file = action.arguments.freeForm
    var result: FileArgument?
    var variables: [SourceEntry] = []
    var apply: SourceValue?
    for entry in action.arguments.entries {
      switch entry.name {
      case "file" where file == nil: file = entry.value
      case "_raw_params" where file == nil: file = entry.value
      case "apply" where takesApply: apply = entry.value
      default:
        if takesVariables {
          variables.append(entry)
        } else {
          let isVariable = entry.name != "apply" && entry.name != "file"
          error(
            "unknown parameter `\(entry.name)` for `\(action.module)`", at: entry.keyLocation,
            length: entry.name.scalarCount, hint: isVariable ? "put it under `vars`" : nil)
        }
      }
    }
    if let file, !file.isNull, file.text != nil || file.isTemplate {
      result = FileArgument(file: file, apply: apply, variables: variables)
    } else {
      error(
        "`\(action.module)` names no file", at: action.location, length: action.name.scalarCount)
    }
    return result
  }

  private func roleInclusion(_ action: TaskAction, takesApply: Bool) -> Inclusion? {
    var name: SourceValue?
    var inclusion = Inclusion(
      target: .role(name: SourceValue(.scalar(.null), at: action.location)), apply: Keywords())
    for entry in action.arguments.entries {
      let value = entry.value
      if let part = RolePart.allCases.first(where: { $0.keyword == entry.name }) {
        checkKeyword(entry, is: .scalar)
        inclusion.parts[part] = value
        continue
      }
      switch entry.name {
      case "name": name = value
      case "role": name = name ?? value
      case "public": inclusion.isPublic = checkedBool(entry)
      case "allow_duplicates": inclusion.allowDuplicates = checkedBool(entry)
      case "rolespec_validate": inclusion.rolespecValidate = checkedBool(entry)
      case "apply" where takesApply: inclusion.apply = applied(value)
      default:
        let words = [
          "name", "public", "allow_duplicates", "rolespec_validate", "tasks_from", "vars_from",
          "defaults_from", "handlers_from",
        ]
        let near = suggestion(for: entry.name, among: words).map { "did you mean `\($0)`?" }
        error(
          "unknown parameter `\(entry.name)` for `\(action.module)`", at: entry.keyLocation,
          length: entry.name.scalarCount, hint: near ?? "put variables under `vars`")
      }
    }
    guard let name, !name.isNull, name.items == nil, name.entries == nil else {
      error(
        "`\(action.module)` names no role", at: action.location, length: action.name.scalarCount,
        hint: "add `name`")
      return nil
    }
    inclusion.target = .role(name: name)
    return inclusion
  }

  private func checkedBool(_ entry: SourceEntry) -> SourceValue {
    checkKeyword(entry, is: .bool)
    return entry.value
  }

  /// The keywords under `apply`.
  private func applied(_ value: SourceValue?) -> Keywords {
    var keywords = Keywords()
    guard let value, !value.isNull else { return keywords }
    guard let entries = value.entries else {
      error("`apply` must be a mapping, not \(value.kindName)", at: value.location)
      return keywords
    }
    for entry in entries
    where entry.name != "name" && !takeInheritable(entry, into: &keywords, of: .block) {
      reportUnknown(entry, of: .block)
    }
    return keywords
  }

  func reportCircle(
    _ path: String, _ file: SourceValue, in context: TaskContext, isGuarded: Bool
  ) {
    let start = context.chain.firstIndex(of: path) ?? 0
    let circle = context.chain[start...] + [path]
    late(
      "`\(path)` brings in itself", at: file.location, length: file.width,
      evidence: [.init("circle", circle.joined(separator: "\n"))], isGuarded: isGuarded)
  }
}
