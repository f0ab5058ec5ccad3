import Diagnostics
import Values

extension Loader {
  /// Reads the file that an include_tasks names, at the task's turn.
  ///
  /// The tasks see the levels around the include and its variables; of its other keywords only
  /// those under `apply`.
  /// - Parameter file: the name as rendered.
  /// - Parameter bindings: what the tasks shall see besides, such as the item of the include's loop.
  /// - Throws: that the file is missing, or all that is wrong in it.
  package func includeTasks(
    file: String, from task: PlayTask, bindings: [String: Value] = [:]
  ) throws(Diagnostics) -> LoadedTasks {
    let session = Session(self)
    let place: SourceLocation
    if case .tasks(let value)? = task.inclusion?.target {
      place = value.location
    } else {
      place = task.location
    }
    let candidates = task.search.taskFiles(file, isHandler: task.isHandler)
    guard let path = candidates.first(where: { files.kind($0) == .file }) else {
      throw Diagnostics([
        .error(
          "task file `\(file)` not found", at: place, length: file.scalarCount,
          evidence: [.init("looked for", candidates.joined(separator: "\n"))])
      ])
    }
    var context = context(inside: task, bindings: bindings)
    context.search = task.search.entering(folder: folderOfPath(path))
    let document = session.document(path, namedAt: place)
    let nodes = session.nodes(document, what: "a file of tasks", in: context)
    try finish(session)
    return LoadedTasks(
      path: path, nodes: nodes, handlerSections: context.play.handlerSections,
      roleScopes: context.play.roleScopes)
  }

  /// Reads the role that an include_role names, at the task's turn.
  ///
  /// - Parameter parts: the rendered values of `tasks_from` and its sisters.
  /// - Throws: that the role is missing, or all that is wrong in it.
  package func includeRole(
    name: String, parts: [RolePart: String] = [:], from task: PlayTask,
    bindings: [String: Value] = [:]
  ) throws(Diagnostics) -> LoadedTasks {
    let session = Session(self)
    var place = task.location
    if case .role(let value)? = task.inclusion?.target { place = value.location }
    let context = context(inside: task, bindings: bindings)
    var use = RoleUse(.included, name: name, at: place)
    use.parts = parts
    use.isPublic = task.inclusion?.isPublic.flatMap(literalBool) ?? false
    use.allowsDuplicates = task.inclusion?.allowDuplicates.flatMap(literalBool)
    use.validatesArguments = task.inclusion?.rolespecValidate.flatMap(literalBool) ?? true
    let expansion = session.expand(use, in: context, parents: context.parents)
    try finish(session)
    guard let expansion else {
      throw Diagnostics([.error("role `\(name)` cannot be read", at: place)])
    }
    return LoadedTasks(
      path: expansion.scope.role.path, nodes: expansion.nodes, scope: expansion.scope,
      handlerSections: expansion.handlerSections + context.play.handlerSections,
      roleScopes: context.play.roleScopes)
  }

  private func context(inside task: PlayTask, bindings: [String: Value]) -> TaskContext {
    let directory = task.search.folders.last ?? "."
    let play = PlayContext(file: task.location.file, directory: directory)
    play.mayGainHandlers = true
    play.vars = task.layers.first?.staticVars ?? []
    return TaskContext(
      play: play, layers: task.layersInside(bindings: bindings),
      role: task.role, search: task.search, isHandler: task.isHandler, isRescued: task.isRescued,
      isGuarded: true)
  }
}

extension PlayTask {
  /// The levels around what an include brings in: those of the include, its variables, `apply`.
  func layersInside(bindings: [String: Value] = [:]) -> [Layer] {
    var inside =
      layers + [Layer(.included, Keywords(vars: keywords.vars), bindings: bindings)]
    if let apply = inclusion?.apply, !apply.isEmpty { inside.append(Layer(.block, apply)) }
    return inside
  }
}
