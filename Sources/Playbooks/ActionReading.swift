import Diagnostics
import ModuleKit
import Values

/// The one action of a task: its name, its place, what it is given.
struct TaskAction {
  var name: String
  var location: SourceLocation
  var arguments: ActionArguments
  /// `local_action`: runs on the controller.
  var isLocal = false

  var module: String { shortActionName(name) }
}

extension Session {
  /// Finds the action among the entries of a task that are no keywords.
  ///
  /// - Returns: nil after what is wrong has been reported.
  func action(
    of task: [SourceEntry], words: [SourceEntry], level: Level, at location: SourceLocation
  )
    -> TaskAction?
  {
    let explicit = task.filter { $0.name == "action" || $0.name == "local_action" }
    let modules = words.filter { isModule($0.name) }
    let others = words.filter { !isModule($0.name) }
    let chosen: SourceEntry
    if let first = explicit.first ?? modules.first {
      chosen = first
      let rivals = explicit.dropFirst() + (explicit.isEmpty ? modules.dropFirst() : modules[...])
      for rival in rivals {
        error(
          "a task has one action, found `\(first.name)` and `\(rival.name)`",
          at: rival.keyLocation, length: rival.name.scalarCount, hint: "make two tasks of it")
      }
      if rivals.isEmpty {
        for other in others { reportStray(other, beside: first, level: level) }
      }
      if !(rivals.isEmpty && others.isEmpty) { return nil }
    } else if let first = others.first {
      // Nothing here is a module: a word near a keyword was meant as one, others as modules.
      let known = catalogue.byName.keys.filter { !$0.contains(".") }
      for entry in others {
        let keyword = suggestion(for: entry.name, among: level.words.sorted())
        let module = suggestion(for: entry.name, among: known.sorted() + Vocabulary.structural)
        if keyword != nil, module == nil, others.count > 1 {
          reportUnknown(entry, of: level)
        } else if entry.name == first.name || module != nil {
          reportUnknownModule(entry.name, at: entry.keyLocation, isGuarded: false)
        } else {
          reportUnknown(entry, of: level)
        }
      }
      return nil
    } else {
      error(
        "a task names no module", at: location,
        hint: task.contains { $0.name == "name" } ? "add the module under `name`" : nil)
      return nil
    }
    return read(chosen, task)
  }

  private func isModule(_ name: String) -> Bool {
    catalogue[name] != nil || Vocabulary.structural.contains(shortActionName(name))
      || CommunityModules.contains(name)
  }

  private func reportStray(_ entry: SourceEntry, beside action: SourceEntry, level: Level) {
    let name = entry.name
    if catalogue[action.name]?.parameter(name) != nil {
      error(
        "`\(name)` is no keyword of \(level.rawValue)", at: entry.keyLocation,
        length: name.scalarCount,
        hint: "it is a parameter of `\(action.name)`: indent it under the module")
    } else {
      reportUnknown(entry, of: level)
    }
  }

  /// Reads `module: …`, `action: module …` and `action: {module: …}`.
  private func read(_ entry: SourceEntry, _ task: [SourceEntry]) -> TaskAction? {
    guard entry.name == "action" || entry.name == "local_action" else {
      var action = TaskAction(
        name: entry.name, location: entry.keyLocation, arguments: ActionArguments())
      action.arguments = arguments(
        entry.value, of: action.module, takesCommand: takesCommand(action.name))
      addExtraArguments(task, to: &action)
      return action
    }
    guard var action = explicitAction(entry) else { return nil }
    action.isLocal = entry.name == "local_action"
    guard isModule(action.name) else {
      reportUnknownModule(action.name, at: action.location, isGuarded: false)
      return nil
    }
    addExtraArguments(task, to: &action)
    return action
  }

  private func explicitAction(_ entry: SourceEntry) -> TaskAction? {
    let value = entry.value
    if let entries = value.entries, let module = value["module"], let name = module.text {
      let rest = entries.filter { $0.name != "module" }
      let words = name.split(separator: " ", maxSplits: 1).map(String.init)
      return TaskAction(
        name: words.first ?? name, location: module.location,
        arguments: ActionArguments(entries: rest))
    }
    guard !value.isTemplate || value.text?.utf8.first != UInt8(ascii: "{") else {
      error(
        "the module of `\(entry.name)` cannot be a template", at: value.location,
        length: value.width)
      return nil
    }
    guard let text = value.text?.trimmed, !text.isEmpty else {
      error(
        "`\(entry.name)` must name a module", at: value.location,
        hint: "write `\(entry.name): module name=value`")
      return nil
    }
    let scalars = text.unicodeScalars
    let name = String(scalars.prefix { $0 != " " && $0 != "\n" && $0 != "\t" })
    let rest = String(scalars.dropFirst(name.scalarCount)).trimmed
    var words = SourceValue(.scalar(.string(rest)), at: value.location)
    if !rest.isEmpty {
      let whole = value.text ?? text
      let offset = whole.scalarCount - String(whole.trailing(rest)).scalarCount
      words.location = value.place(atOffset: offset)
    }
    let short = shortActionName(name)
    return TaskAction(
      name: name, location: value.location,
      arguments: rest.isEmpty || !isModule(name)
        ? ActionArguments()
        : arguments(words, of: short, takesCommand: takesCommand(name)))
  }

  /// Puts the mapping of `args` below what the action itself was given.
  private func addExtraArguments(_ task: [SourceEntry], to action: inout TaskAction) {
    guard let args = task.first(where: { $0.name == "args" })?.value, !args.isNull else { return }
    if let entries = args.entries {
      action.arguments.addMissing(entries.filter { $0.key.string != nil })
    } else if args.isTemplate {
      action.arguments.template = args
    } else if let text = args.text, text.contains("=") {
      action.arguments.addMissing(
        arguments(args, of: action.module, takesCommand: false).entries)
    } else {
      error("`args` must be a mapping, not \(shown(args))", at: args.location, length: args.width)
    }
  }

  private func takesCommand(_ name: String) -> Bool {
    let short = shortActionName(name)
    if Vocabulary.structural.contains(short) { return false }
    guard let specification = catalogue[name] else {
      return ["win_command", "win_shell"].contains(short)
    }
    return specification.takesFreeForm && specification.effect != .engine
  }

  /// Reports a module that is not among ours.
  func reportUnknownModule(_ name: String, at location: SourceLocation, isGuarded: Bool) {
    if CommunityModules.contains(name) {
      late(
        "module `\(name)` is not built in", at: location, length: name.scalarCount,
        isGuarded: isGuarded)
      return
    }
    let known = catalogue.byName.keys.filter { $0.contains(".") == name.contains(".") }
    let near = suggestion(
      for: name, among: (known + Vocabulary.structural + CommunityModules.names).sorted())
    error(
      "unknown module `\(name)`", at: location, length: name.scalarCount,
      hint: near.map { "did you mean `\($0)`?" })
  }
}

extension String {
  /// The end of the text from the last place where `part` stands.
  fileprivate func trailing(_ part: String) -> Substring.UnicodeScalarView {
    let all = Array(unicodeScalars)
    let wanted = Array(part.unicodeScalars)
    guard !wanted.isEmpty, all.count >= wanted.count else { return unicodeScalars[...] }
    for start in stride(from: all.count - wanted.count, through: 0, by: -1)
    where all[start..<(start + wanted.count)].elementsEqual(wanted) {
      return unicodeScalars.dropFirst(start)
    }
    return unicodeScalars[...]
  }
}
