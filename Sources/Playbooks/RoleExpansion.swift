import Diagnostics
import Values

/// A use of a role with everything that it brings.
struct RoleExpansion {
  var scope: RoleScope
  /// The blocks of its dependencies, then its own.
  var nodes: [TaskNode]
  var handlerSections: [[TaskNode]]

  /// The uses of its dependencies, deepest first, then its own.
  var allScopes: [RoleScope] { scope.withDependencies }
}

extension RoleScope {
  /// The uses of its dependencies, deepest first, then itself.
  package var withDependencies: [RoleScope] {
    dependencies.flatMap(\.withDependencies) + [self]
  }
}

extension Session {
  /// Reads the role of a use and places its tasks.
  ///
  /// - Parameter parents: the roles that depend on it or bring it in, innermost first.
  func expand(_ use: RoleUse, in context: TaskContext, parents: [RoleScope]) -> RoleExpansion? {
    guard let found = findRole(use.name, in: context) else {
      reportMissingRole(use.name, at: use.location, in: context, isGuarded: nil)
      return nil
    }
    if isTooDeep(context.chain, at: use.location) { return nil }
    guard !context.chain.contains(found.path) else {
      let circle = context.chain.drop { $0 != found.path } + [found.path]
      error(
        "role `\(use.name)` depends on itself", at: use.location, length: use.name.scalarCount,
        evidence: [.init("circle", circle.map(baseName).joined(separator: " -> "))], exitCode: 1)
      return nil
    }
    let name = found.collection == nil ? baseName(found.path) : use.name
    guard let loaded = loadRole(name, path: found.path, collection: found.collection, use: use)
    else { return nil }

    var chained = context
    chained.chain.append(found.path)
    // What a dependency needs of its dependent are the keywords and the chain of roles.
    let provisional = scope(use, loaded.role, parents: parents, dependencies: [])
    var dependencyContext = chained.inside(Layer(.role(provisional), use.keywords))
    dependencyContext.role = provisional
    let dependencies = loaded.dependencies.compactMap { value -> RoleExpansion? in
      guard let dependency = roleUse(value, form: .dependency, in: dependencyContext) else {
        return nil
      }
      return expand(dependency, in: dependencyContext, parents: [provisional] + parents)
    }
    let own = scope(
      use, loaded.role, parents: parents, dependencies: dependencies.map(\.scope),
      id: provisional.id)
    var inner = chained.inside(Layer(.role(own), use.keywords))
    inner.role = own
    inner.search.roles = ([own] + parents).map(\.role.path)
    return RoleExpansion(
      scope: own,
      nodes: dependencies.flatMap(\.nodes) + [ownBlock(loaded, own, in: inner, around: context)],
      handlerSections: dependencies.flatMap(\.handlerSections) + handlers(loaded, in: inner))
  }

  private func scope(
    _ use: RoleUse, _ role: Role, parents: [RoleScope], dependencies: [RoleScope], id: Int? = nil
  ) -> RoleScope {
    let mayRepeat =
      use.form == .imported || use.form == .included
      || use.allowsDuplicates
        ?? role.allowDuplicates
    return RoleScope(
      id: id ?? loader.nextScope(), role: role, use: use, parents: parents,
      dependencies: dependencies,
      duplicateKey: mayRepeat ? nil : use.fingerprint(path: role.path))
  }

  private func ownBlock(
    _ loaded: LoadedRole, _ scope: RoleScope, in inner: TaskContext, around context: TaskContext
  ) -> TaskNode {
    var context = inner
    let path = loaded.tasks?.path
    if let path { context.search = inner.search.entering(folder: folderOfPath(path)) }
    let check = validation(scope, in: context)
    let tasks = nodes(
      loaded.tasks?.value, what: "the tasks of role `\(scope.role.name)`", in: context)
    return .block(
      Block(
        .role(scope), body: check + tasks, keywords: scope.use.keywords,
        layers: context.layers
          .dropLast(), location: scope.use.location))
  }

  private func handlers(_ loaded: LoadedRole, in inner: TaskContext) -> [[TaskNode]] {
    guard let handlers = loaded.handlers else { return [] }
    var context = inner
    context.isHandler = true
    context.search = inner.search.entering(folder: folderOfPath(handlers.path))
    let section = nodes(
      handlers.value, what: "the handlers of role `\(inner.role?.role.name ?? "")`", in: context)
    return section.isEmpty ? [] : [section]
  }

  /// The implicit first task that checks what the role was given, if its metadata declares that.
  private func validation(_ scope: RoleScope, in context: TaskContext) -> [TaskNode] {
    let entryPoint = scope.use.parts[.tasks] ?? "main"
    guard scope.use.validatesArguments,
      let entry = scope.role.argumentSpecs.first(where: { $0.name == entryPoint }),
      let entries = entry.value.entries, !entries.isEmpty
    else { return [] }
    var name = "Validating arguments against arg spec '\(entryPoint)'"
    if let short = entry.value["short_description"]?.text { name += " - \(short)" }
    let place = entry.keyLocation
    func value(_ value: Value) -> SourceValue { SourceValue(.unsafe(value), at: place) }
    func pair(_ name: String, _ value: SourceValue) -> SourceEntry {
      SourceEntry(key: .string(name), keyLocation: place, value: value)
    }
    var task = PlayTask(
      id: loader.nextTask(), name: value(.string(name)),
      action: "ansible.builtin.validate_argument_spec", actionLocation: place,
      specification: catalogue["validate_argument_spec"],
      keywords: Keywords(tags: [value("always")]), layers: context.layers, role: scope,
      isHandler: false, location: place, search: context.search, isRescued: context.isRescued)
    task.arguments = [
      pair(
        "argument_spec", entry.value["options"] ?? SourceValue(.map([]), at: place)),
      pair("provided_arguments", SourceValue(.map(scope.use.parameters), at: place)),
      pair(
        "validate_args_context",
        value([
          "type": "role", "name": .string(scope.role.name),
          "argument_spec_name": .string(entryPoint), "path": .string(scope.role.path),
        ])),
    ]
    return [.task(task)]
  }

  /// Reads an entry of `roles:` or of `dependencies`: a name, or a mapping.
  func roleUse(_ value: SourceValue, form: RoleUse.Form, in context: TaskContext) -> RoleUse? {
    if value.text != nil, let name = staticText(value, of: "a role entry", in: context) {
      return RoleUse(form, name: name, at: value.location)
    }
    guard let entries = value.entries else {
      if value.text == nil {
        error(
          "a role entry must be a name or a mapping, not \(value.kindName)", at: value.location,
          exitCode: 1)
      }
      return nil
    }
    var keywords = Keywords()
    var name: SourceValue?
    var parameters: [SourceEntry] = []
    for entry in entries {
      switch entry.name {
      case "role": name = entry.value
      case "name" where value["role"] == nil: name = entry.value
      case "src" where form == .dependency && value["role"] == nil && value["name"] == nil:
        name = entry.value
      case "scm", "version", "src": if form != .dependency { parameters.append(entry) }
      default:
        if takeInheritable(entry, into: &keywords, of: .role) { continue }
        if takeRemoved(entry, into: &keywords, of: .role) { continue }
        checkVariableName(entry.key, at: entry.keyLocation)
        checkTexts(in: entry.value, as: .variable)
        parameters.append(entry)
      }
    }
    guard let name, !name.isNull else {
      error("a role entry names no role", at: value.location, hint: "add `role`", exitCode: 1)
      return nil
    }
    checkTexts(of: keywords, isGuarded: false)
    guard let text = staticText(name, of: "a role entry", in: context, vars: keywords.vars) else {
      return nil
    }
    return RoleUse(
      form, name: text, at: name.location, keywords: keywords, parameters: parameters)
  }
}

extension RoleUse {
  /// Equal for two uses of one role that count as the same.
  fileprivate func fingerprint(path: String) -> String {
    let parts = parts.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\($0.key.rawValue)=\($0.value)" }
    return [
      path, parts.joined(separator: ","), describe(parameters), describe(keywords.vars),
      keywords.when.map { describe($0.plain) }.joined(separator: "&"),
      keywords.tags.map { describe($0.plain) }.joined(separator: ","),
    ].joined(separator: "\u{1F}")
  }

  private func describe(_ entries: [SourceEntry]) -> String {
    entries.map { "\(describe($0.key))=\(describe($0.value.plain))" }.sorted()
      .joined(separator: ";")
  }

  private func describe(_ value: Value) -> String {
    switch value {
    case .list(let items): "[" + items.map(describe).joined(separator: ",") + "]"
    case .map(let map):
      "{" + map.map { "\(describe($0.key)):\(describe($0.value))" }.sorted().joined(separator: ",")
        + "}"
    case .string(let text): "s\(text.utf8.count):\(text)"
    default: "\(value)"
    }
  }
}
