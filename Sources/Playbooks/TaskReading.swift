import Diagnostics
import Values

extension Session {
  /// Reads a list of tasks and blocks; imports in it are expanded.
  ///
  /// - Parameter what: how messages call the list, as in "`tasks` of a play".
  func nodes(_ value: SourceValue?, what: String, in context: TaskContext) -> [TaskNode] {
    guard let value, !value.isNull else { return [] }
    guard let items = value.items else {
      error("\(what) must be a list of tasks, not \(value.kindName)", at: value.location)
      return []
    }
    guard context.depth < TaskContext.depthLimit else {
      error("tasks are nested too deeply", at: value.location)
      return []
    }
    return items.flatMap { node($0, in: context) }
  }

  private func node(_ value: SourceValue, in context: TaskContext) -> [TaskNode] {
    guard let entries = value.entries else {
      error(
        "a task must be a mapping, not \(value.kindName)", at: value.location, length: value.width,
        hint: value.text.map { "write `\($0.prefix(40)):`" })
      return []
    }
    let isBlock = entries.contains { ["block", "rescue", "always"].contains($0.name) }
    return isBlock
      ? block(entries, at: value.location, in: context)
      : task(entries, at: value.location, in: context)
  }

  private func block(_ entries: [SourceEntry], at location: SourceLocation, in context: TaskContext)
    -> [TaskNode]
  {
    var keywords = Keywords()
    var name: SourceValue?
    var parts: [String: SourceValue] = [:]
    for entry in entries {
      switch entry.name {
      case "block", "rescue", "always": parts[entry.name] = entry.value
      case "name": name = entry.value
      case "notify": keywords.notify = notified(entry, in: context)
      default:
        if takeInheritable(entry, into: &keywords, of: .block) { continue }
        if takeRemoved(entry, into: &keywords, of: .block) { continue }
        reportUnknown(entry, of: .block)
      }
    }
    if context.isHandler {
      error(
        "a block cannot be a handler", at: location,
        hint: "notify each task by itself, or put them into a file for `include_tasks`",
        exitCode: 1)
    }
    checkTexts(of: keywords, isGuarded: context.isGuarded)
    let inner = context.inside(Layer(.block, keywords))
    var rescued = inner
    rescued.isRescued = inner.isRescued || parts["rescue"] != nil
    let body = nodes(parts["block"], what: "`block`", in: rescued)
    let rescue = nodes(parts["rescue"], what: "`rescue`", in: inner)
    let always = nodes(parts["always"], what: "`always`", in: inner)
    return [
      .block(
        Block(
          .written, name: name, body: body, rescue: rescue, always: always, keywords: keywords,
          layers: context.layers, location: location, isHandler: context.isHandler))
    ]
  }

  private func task(_ entries: [SourceEntry], at location: SourceLocation, in context: TaskContext)
    -> [TaskNode]
  {
    let level: Level = context.isHandler ? .handler : .task
    var draft = TaskDraft(location: location)
    var words: [SourceEntry] = []
    for entry in entries where !take(entry, into: &draft, level: level) { words.append(entry) }
    guard let action = action(of: entries, words: words, level: level, at: location) else {
      return []
    }
    if action.isLocal, draft.keywords[.delegateTo] == nil {
      draft.keywords[.delegateTo] = SourceValue(.scalar("localhost"), at: action.location)
    }
    switch action.module {
    case "import_tasks": return importTasks(action, draft, in: context)
    case "import_role": return importRole(action, draft, in: context)
    case "include": return legacyInclude(action, draft, in: context)
    case "import_playbook":
      error("`import_playbook` stands among plays, not among tasks", at: action.location)
      return []
    default: return [.task(finish(draft, action, in: context))]
    }
  }

  /// Takes a keyword into the draft; false where the word may be the module.
  private func take(_ entry: SourceEntry, into draft: inout TaskDraft, level: Level) -> Bool {
    let name = entry.name
    draft.words.append(entry)
    switch name {
    case "name": draft.name = entry.value.isNull ? nil : entry.value
    case "action", "local_action", "args": break
    case "loop": setLoop(.list, entry, &draft)
    case "loop_control": draft.control = loopControl(entry)
    case "register": draft.register = registered(entry)
    case "notify": draft.keywords.notify = names(entry)
    case "listen" where level == .handler: draft.listen = names(entry)
    case "until": draft.until = conditions(entry)
    case "changed_when": draft.changedWhen = conditions(entry)
    case "failed_when": draft.failedWhen = conditions(entry)
    case "retries":
      checkKeyword(entry, is: .int)
      draft.retries = entry.value
    case "delay":
      checkKeyword(entry, is: .float)
      draft.delay = entry.value
    case "async":
      checkKeyword(entry, is: .int)
      draft.async = entry.value
    case "poll":
      checkKeyword(entry, is: .float)
      draft.poll = entry.value
    default:
      if takeInheritable(entry, into: &draft.keywords, of: level) { return true }
      if name == "static" { draft.isStatic = literalBool(entry.value) }
      if takeRemoved(entry, into: &draft.keywords, of: level) { return true }
      if name.hasPrefix("with_"), name.utf8.count > 5 {
        setLoop(.lookup(String(name.dropFirst(5))), entry, &draft)
        return true
      }
      draft.words.removeLast()
      return false
    }
    return true
  }

  private func setLoop(_ kind: Loop.Kind, _ entry: SourceEntry, _ draft: inout TaskDraft) {
    if let other = draft.loop {
      error(
        "a task has one loop, found `\(draft.loopWord)` and `\(entry.name)`", at: entry.keyLocation,
        length: entry.name.scalarCount,
        evidence: [.init("first", other.location.description)], exitCode: 1)
      return
    }
    if entry.value.isNull {
      error("`\(entry.name)` has no value", at: entry.keyLocation, length: entry.name.scalarCount)
    }
    draft.loopWord = entry.name
    draft.loop = Loop(kind, entry.value, at: entry.keyLocation)
  }

  private func loopControl(_ entry: SourceEntry) -> LoopControl {
    var control = LoopControl()
    guard let entries = entry.value.entries else {
      if !entry.value.isNull {
        error(
          "`loop_control` must be a mapping, not \(shown(entry.value))", at: entry.value.location,
          length: entry.value.width)
      }
      return control
    }
    for part in entries {
      switch part.name {
      case "loop_var": control.loopVar = variableName(part)
      case "index_var": control.indexVar = variableName(part)
      case "label": control.label = part.value
      case "pause":
        checkKeyword(part, is: .float)
        control.pause = part.value
      case "extended":
        checkKeyword(part, is: .bool)
        control.extended = part.value
      case "extended_allitems":
        checkKeyword(part, is: .bool)
        control.extendedAllItems = part.value
      case "break_when": control.breakWhen = conditions(part)
      default:
        let near = suggestion(for: part.name, among: Vocabulary.loopControl.sorted())
        error(
          "unknown keyword `\(part.name)` for `loop_control`", at: part.keyLocation,
          length: part.name.scalarCount, hint: near.map { "did you mean `\($0)`?" })
      }
    }
    return control
  }

  private func variableName(_ entry: SourceEntry) -> SourceValue? {
    if !entry.value.isTemplate { checkVariableName(entry.value.plain, at: entry.value.location) }
    return entry.value.isNull ? nil : entry.value
  }

  private func registered(_ entry: SourceEntry) -> String? {
    checkVariableName(entry.value.plain, at: entry.value.location)
    return entry.value.text
  }

  /// The handlers that a block notifies for the tasks inside.
  private func notified(_ entry: SourceEntry, in context: TaskContext) -> [SourceValue] {
    let names = names(entry)
    remember(names, in: context)
    return names
  }

  /// Keeps literal names of handlers, to be looked for when the play has been read.
  func remember(_ handlers: [SourceValue], in context: TaskContext) {
    for name in handlers where !name.isTemplate {
      if let text = name.text { context.play.notified.append((text, name.location)) }
    }
  }

  /// The names of `notify` and `listen`: one, or a list.
  private func names(_ entry: SourceEntry) -> [SourceValue] {
    let items = entry.value.items ?? (entry.value.isNull ? [] : [entry.value])
    for item in items where item.items != nil || item.entries != nil {
      error(
        "`\(entry.name)` takes names of handlers, not \(item.kindName)", at: item.location,
        hint: item.entries?.first.map { "quote the name: \"\($0.name): …\"" })
    }
    return items.filter { $0.items == nil && $0.entries == nil }
  }
}

/// A task while its keywords are read and its action is not known yet.
struct TaskDraft {
  var location: SourceLocation
  /// The keywords as written.
  var words: [SourceEntry] = []
  var name: SourceValue?
  var keywords = Keywords()
  var loop: Loop?
  var loopWord = ""
  var control = LoopControl()
  var register: String?
  var listen: [SourceValue] = []
  var until: [SourceValue] = []
  var retries: SourceValue?
  var delay: SourceValue?
  var changedWhen: [SourceValue] = []
  var failedWhen: [SourceValue] = []
  var async: SourceValue?
  var poll: SourceValue?
  /// The old keyword `static`.
  var isStatic: Bool?

  /// True where something of the task itself may keep a mistake from mattering.
  var mayPreventFailure: Bool {
    keywords.mayPreventFailure || loop != nil || !failedWhen.isEmpty
  }
}

extension Session {
  /// Makes the task and checks all that is known of it.
  func finish(_ draft: TaskDraft, _ action: TaskAction, in context: TaskContext) -> PlayTask {
    var loop = draft.loop
    loop?.control = draft.control
    var task = PlayTask(
      id: loader.nextTask(), name: draft.name, action: action.name,
      actionLocation: action.location, specification: catalogue[action.name],
      keywords: draft.keywords, layers: context.layers, role: context.role,
      isHandler: context.isHandler, location: draft.location, search: context.search,
      isRescued: context.isRescued)
    task.arguments = action.arguments.entries
    task.freeForm = action.arguments.freeForm
    task.argumentsTemplate = action.arguments.template
    task.loop = loop
    task.register = draft.register
    task.notify = draft.keywords.notify ?? []
    if draft.keywords.notify == nil, !context.isHandler {
      task.notify = context.layers.last { $0.keywords.notify != nil }?.keywords.notify ?? []
    }
    task.listen = draft.listen
    task.until = draft.until
    task.retries = draft.retries
    task.delay = draft.delay
    task.changedWhen = draft.changedWhen
    task.failedWhen = draft.failedWhen
    task.async = draft.async
    task.poll = draft.poll
    remember(draft.keywords.notify ?? [], in: context)
    let isGuarded = draft.mayPreventFailure || context.isGuarded || context.isRescued
    switch action.module {
    case "include_tasks", "include_role":
      takeInclusion(into: &task, draft, action, in: context, isGuarded: isGuarded)
    case "meta": if !action.arguments.areBroken { checkMeta(task) }
    default:
      if action.arguments.areBroken { break }
      if action.arguments.hasStrayText, let text = task.freeForm {
        reportStrayText(text, of: action.module, isGuarded: isGuarded)
      } else {
        checkModule(task, in: context, isGuarded: isGuarded)
      }
    }
    checkLoop(task, isGuarded: isGuarded)
    checkTexts(of: task, isGuarded: isGuarded)
    rememberFiles(of: task, in: context)
    return task
  }

  private func reportStrayText(_ text: SourceValue, of module: String, isGuarded: Bool) {
    late(
      "module `\(module)` takes no free text, found `\((text.text ?? "").prefix(60))`",
      at: text.location, length: text.width,
      hint: "write `name=value`, or a mapping under the module", isGuarded: isGuarded)
  }

  private func checkLoop(_ task: PlayTask, isGuarded: Bool) {
    guard let loop = task.loop, loop.kind == .list, !loop.value.isTemplate, !loop.value.isNull,
      loop.value.items == nil
    else { return }
    // A loop guards what stands inside it, not its own list.
    let isHarmless = task.keywords.mayPreventFailure || !task.failedWhen.isEmpty || task.isRescued
    let text = loop.value.text
    late(
      "`loop` needs a list, not \(shown(loop.value))", at: loop.value.location,
      length: loop.value.width,
      hint: text.flatMap { isVariableName($0) ? "write \"{{ \($0) }}\"" : nil },
      isGuarded: isHarmless)
  }

  private func checkMeta(_ task: PlayTask) {
    guard let text = task.freeForm?.text, !(task.freeForm?.isTemplate ?? false) else {
      if task.freeForm == nil, task.argumentsTemplate == nil {
        error("`meta` needs an action", at: task.actionLocation, length: 4)
      }
      return
    }
    let name = text.trimmed
    if !Vocabulary.metaActions.contains(name) {
      let near = suggestion(for: name, among: Vocabulary.metaActions)
      error(
        "unknown meta action `\(name)`", at: task.freeForm?.location, length: name.scalarCount,
        hint: near.map { "did you mean `\($0)`?" }, exitCode: 1)
    } else if name == "end_role", task.role == nil || task.isHandler {
      error(
        "`end_role` has no role to end here", at: task.freeForm?.location,
        length: name.scalarCount)
    }
  }
}
