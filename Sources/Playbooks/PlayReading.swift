import Diagnostics
import Templating
import Values

/// What `import_playbook` adds to the plays of the file it names.
struct PlayAdditions {
  var when: [SourceValue] = []
  var tags: [SourceValue] = []
  var vars: [SourceEntry] = []
}

extension Session {
  /// Reads a playbook with all that it imports.
  func playbook(_ path: String) -> Playbook {
    guard let root = readPlaybook(path, namedAt: nil) else {
      return Playbook(path: path, plays: [])
    }
    return Playbook(
      path: path,
      plays: plays(root, file: path, additions: PlayAdditions(), chain: [normalizedPath(path)]))
  }

  private func readPlaybook(_ path: String, namedAt location: SourceLocation?) -> SourceValue? {
    guard files.kind(path) == .file else {
      let isFolder = files.kind(path) == .directory
      error(
        isFolder ? "playbook `\(path)` is a folder" : "playbook `\(path)` not found", at: location,
        exitCode: 1)
      return nil
    }
    return document(path, namedAt: location)
  }

  private func plays(
    _ root: SourceValue, file: String, additions: PlayAdditions, chain: [String]
  ) -> [Play] {
    if root.isNull {
      error("playbook `\(file)` is empty", at: root.location)
      return []
    }
    guard let items = root.items else {
      error("a playbook must be a list of plays, not \(root.kindName)", at: root.location)
      return []
    }
    return items.flatMap { item -> [Play] in
      guard let entries = item.entries else {
        error(
          "a play must be a mapping, not \(item.kindName)", at: item.location, length: item.width)
        return []
      }
      let imports = ["import_playbook", "ansible.builtin.import_playbook", "include"]
      if let entry = entries.first(where: { imports.contains($0.name) }) {
        return importPlaybook(entry, entries, file: file, additions: additions, chain: chain)
      }
      return play(entries, at: item.location, file: file, additions: additions).map { [$0] } ?? []
    }
  }

  private func importPlaybook(
    _ entry: SourceEntry, _ entries: [SourceEntry], file: String, additions: PlayAdditions,
    chain: [String]
  ) -> [Play] {
    var keywords = Keywords()
    for other in entries where other.name != entry.name && other.name != "name" {
      if other.name == "static" { continue }
      guard Vocabulary.importPlaybook.contains(other.name),
        takeInheritable(other, into: &keywords, of: .importPlaybook)
      else {
        reportUnknown(other, of: .importPlaybook)
        continue
      }
    }
    if entry.name == "include" {
      warn(
        "`include` is an action of old releases", at: entry.keyLocation, length: 7,
        hint: "write `import_playbook`")
    }
    checkTexts(of: keywords, isGuarded: false)
    let play = PlayContext(file: file, directory: folderOfPath(file))
    play.vars = additions.vars
    let context = TaskContext(play: play, layers: [], search: SearchPath(folders: []))
    guard
      let name = staticText(entry.value, of: "import_playbook", in: context, vars: keywords.vars)
    else { return [] }
    let path = normalizedPath(joinedPath(folderOfPath(file), name))
    if isTooDeep(chain, at: entry.value.location) { return [] }
    guard !chain.contains(path) else {
      error("playbook `\(name)` imports itself", at: entry.value.location, length: name.scalarCount)
      return []
    }
    guard files.kind(path) == .file else {
      error(
        "playbook `\(name)` not found", at: entry.value.location, length: entry.value.width,
        exitCode: 1)
      return []
    }
    guard let root = readPlaybook(path, namedAt: entry.value.location) else { return [] }
    var inner = additions
    inner.when += keywords.when
    inner.tags += keywords.tags
    inner.vars = merged(keywords.vars, with: additions.vars)
    return plays(root, file: path, additions: inner, chain: chain + [path])
  }

  /// The variables of `entries`, with those of `winners` in their place.
  private func merged(_ entries: [SourceEntry], with winners: [SourceEntry]) -> [SourceEntry] {
    let names = Set(winners.map(\.name))
    return entries.filter { !names.contains($0.name) } + winners
  }

  private func play(
    _ entries: [SourceEntry], at location: SourceLocation, file: String, additions: PlayAdditions
  ) -> Play? {
    let directory = folderOfPath(file)
    var play = Play(
      hosts: SourceValue(.scalar(.null), at: location), keywords: Keywords(), location: location,
      file: file, directory: directory)
    var lists: [String: SourceValue] = [:]
    var hasHosts = false
    for entry in entries {
      let value = entry.value
      switch entry.name {
      case "name": play.name = value.isNull ? nil : value
      case "hosts":
        hasHosts = true
        if checkHosts(value, keyAt: entry.keyLocation) { play.hosts = value }
      case "gather_facts":
        checkKeyword(entry, is: .bool)
        play.gatherFacts = value
      case "gather_subset": play.gatherSubset = value
      case "gather_timeout":
        checkKeyword(entry, is: .int)
        play.gatherTimeout = value
      case "fact_path": play.factPath = value
      case "vars_files": play.varsFiles = varsFiles(value)
      case "vars_prompt": play.varsPrompt = prompts(value)
      case "roles", "tasks", "pre_tasks", "post_tasks", "handlers": lists[entry.name] = value
      case "force_handlers":
        checkKeyword(entry, is: .bool)
        play.forceHandlers = value
      case "max_fail_percentage":
        checkKeyword(entry, is: .percentage)
        play.maxFailPercentage = value
      case "serial":
        checkSerial(value)
        play.serial = value
      case "strategy": play.strategy = value
      case "order":
        checkChoice(
          entry, ["inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle"])
        play.order = value
      case "vars": play.vars = variables(value, of: .play)
      case "when", "delegate_to", "delegate_facts": reportUnknown(entry, of: .play)
      default:
        if takeInheritable(entry, into: &play.keywords, of: .play) { continue }
        if takeRemoved(entry, into: &play.keywords, of: .play) { continue }
        reportUnknown(entry, of: .play)
      }
    }
    if !hasHosts {
      error("a play names no `hosts`", at: location)
    }
    play.vars = merged(play.vars, with: additions.vars)
    play.keywords.tags += additions.tags
    play.keywords.when = additions.when
    for entry in play.vars { checkTexts(in: entry.value, as: .variable) }
    checkTexts(of: play.keywords, isGuarded: false)
    fill(&play, lists)
    return play
  }

  /// Reads the roles and the lists of tasks.
  private func fill(_ play: inout Play, _ lists: [String: SourceValue]) {
    let shared = PlayContext(file: play.file, directory: play.directory)
    shared.vars = play.vars
    shared.runsLocally = runsLocally(play)
    var context = TaskContext(
      play: shared, layers: [Layer(.play, play.keywords)],
      search: SearchPath(folders: [play.directory]))
    context.isGuarded = play.keywords.mayPreventFailure
    shared.fileVars = fileVariables(play.varsFiles, in: context)
    context.layers[0].staticVars = merged(shared.vars, with: shared.fileVars)
    checkHostNames(play, in: context)

    var sections: [[TaskNode]] = []
    play.preTasks = nodes(lists["pre_tasks"], what: "`pre_tasks`", in: context)
    if let roles = lists["roles"], !roles.isNull {
      if roles.items == nil {
        error("`roles` must be a list, not \(roles.kindName)", at: roles.location)
      }
      for item in roles.items ?? [] {
        guard let use = roleUse(item, form: .listed, in: context),
          let expansion = expand(use, in: context, parents: [])
        else { continue }
        shared.roleScopes += expansion.allScopes
        sections += expansion.handlerSections
        play.roleTasks += expansion.nodes
      }
    }
    play.tasks = nodes(lists["tasks"], what: "`tasks`", in: context)
    play.postTasks = nodes(lists["post_tasks"], what: "`post_tasks`", in: context)
    context.isHandler = true
    let handlers = nodes(lists["handlers"], what: "`handlers`", in: context)
    if !handlers.isEmpty { sections.append(handlers) }
    play.handlerSections = sections + shared.handlerSections
    play.roleScopes = shared.roleScopes
    checkNotified(play, shared)
  }

  private func checkHosts(_ value: SourceValue, keyAt location: SourceLocation) -> Bool {
    switch value.content {
    case .scalar(.string(let text)), .unsafe(.string(let text)):
      if !text.trimmed.isEmpty { return true }
      error("`hosts` is empty", at: location, length: 5)
    case .scalar(.null): error("`hosts` is empty", at: location, length: 5)
    case .list(let items):
      if items.isEmpty { error("`hosts` is empty", at: location, length: 5) }
      for item in items where item.text == nil {
        error("`hosts` takes host patterns, not \(item.kindName)", at: item.location)
      }
      return !items.isEmpty
    case .scalar, .unsafe, .vault, .map:
      error("`hosts` must be a text or a list, not \(value.kindName)", at: value.location)
    }
    return false
  }

  /// Templates in `hosts` and in a play's name see no variables of hosts.
  private func checkHostNames(_ play: Play, in context: TaskContext) {
    for value in play.hosts.items ?? [play.hosts] where value.isTemplate {
      guard case .fault(let fault, _) = staticValue(value, playScope(play, context)) else {
        continue
      }
      var shown = fault
      shown.exitCode = 4
      shown.location = fault.location ?? value.location
      shown.hint = fault.hint ?? "set it with `-e`, or in the variables of the play"
      add(shown)
    }
  }

  private func runsLocally(_ play: Play) -> Bool {
    if play.keywords[.connection] != nil { return true }
    return (play.hosts.items ?? [play.hosts]).contains { value in
      value.isTemplate
        || value.text.map { $0.contains("localhost") || $0.contains("127.0.0") }
          ?? false
    }
  }

  private func varsFiles(_ value: SourceValue) -> [SourceValue] {
    if value.isNull { return [] }
    let items = value.items ?? [value]
    for item in items {
      for name in item.items ?? [item] where name.text == nil {
        error("`vars_files` takes names of files, not \(name.kindName)", at: name.location)
      }
    }
    return items.filter { ($0.items ?? [$0]).allSatisfy { $0.text != nil } }
  }

  private func prompts(_ value: SourceValue) -> [VarsPrompt] {
    guard let items = value.items else {
      if !value.isNull {
        error("`vars_prompt` must be a list, not \(value.kindName)", at: value.location)
      }
      return []
    }
    return items.compactMap { item in
      guard let entries = item.entries, let name = item["name"] else {
        error("a question of `vars_prompt` needs a `name`", at: item.location)
        return nil
      }
      for entry in entries where !Vocabulary.varsPrompt.contains(entry.name) {
        let near = suggestion(for: entry.name, among: Vocabulary.varsPrompt.sorted())
        error(
          "unknown keyword `\(entry.name)` for `vars_prompt`", at: entry.keyLocation,
          length: entry.name.scalarCount, hint: near.map { "did you mean `\($0)`?" })
      }
      checkVariableName(name.plain, at: name.location)
      return VarsPrompt(
        name: name.plain.quoted, location: item.location, prompt: item["prompt"],
        default: item["default"], isPrivate: item["private"], confirm: item["confirm"],
        encrypt: item["encrypt"], salt: item["salt"], saltSize: item["salt_size"],
        isUnsafe: item["unsafe"])
    }
  }

  /// The variables of those files whose names are known; a plain name that is missing is reported.
  private func fileVariables(_ items: [SourceValue], in context: TaskContext) -> [SourceEntry] {
    var all: [SourceEntry] = []
    for item in items {
      let names = item.items ?? [item]
      var isKnown = true
      var found: (path: String, value: SourceValue)?
      for name in names where found == nil {
        let scope = VariableTable(staticVariables(context, vars: all))
        guard case .known(let value) = staticValue(name, scope), let text = value.string else {
          isKnown = false
          checkTexts(in: name, as: .task(isGuarded: false))
          continue
        }
        let candidates = context.search.candidates(text, in: "vars")
        if let path = candidates.first(where: { files.kind($0) == .file }) {
          found = sealed(document(path, namedAt: name.location), from: path).map { (path, $0) }
          if found == nil { isKnown = false }
        }
      }
      if let (path, value) = found {
        if let entries = value.entries {
          for entry in entries { checkTexts(in: entry.value, as: .variable) }
          all = merged(all, with: entries)
        } else if !value.isNull {
          error(
            "`\(path)` must be a mapping of variables, not \(value.kindName)", at: value.location)
        }
      } else if isKnown, let first = names.first {
        // Ansible goes on without it.
        late(
          "variables file `\(first.text ?? "")` not found", at: first.location,
          length: first.width, isGuarded: true)
      }
    }
    return all
  }

  /// Warns of names that no handler of the play answers to, where all its handlers are known.
  private func checkNotified(_ play: Play, _ shared: PlayContext) {
    if shared.mayGainHandlers { return }
    var names: Set<String> = []
    for handler in play.handlerSections.joined().flatMap(\.tasks) {
      for value in [handler.name].compactMap({ $0 }) + handler.listen {
        guard !value.isTemplate, let text = value.text else { return }
        names.insert(text)
        if let role = handler.role { names.insert("\(role.role.name) : \(text)") }
      }
    }
    for (name, location) in shared.notified where !names.contains(name) {
      // `role : handler` may be written in several ways.
      let last = name.split(separator: ":").last.map { String($0).trimmed } ?? name
      if names.contains(last) { continue }
      warn(
        "no handler is called `\(name)`", at: location, length: name.scalarCount,
        hint: suggestion(for: name, among: names.sorted()).map { "did you mean `\($0)`?" })
    }
  }
}

extension Session {
  func playScope(_ play: Play, _ context: TaskContext) -> VariableTable {
    VariableTable(staticVariables(context, vars: []))
  }
}
