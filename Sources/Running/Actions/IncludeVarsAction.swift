import Diagnostics
import ModuleKit
import Patterns
import Playbooks
import Templating
import Values

/// `include_vars`: variables from a file of the controller, or from the files of a folder.
struct IncludeVarsAction: EngineAction {
  static let specification = Specification(
    "include_vars", summary: "Variables from files of the controller",
    parameters: [
      Parameter("file", .path), Parameter("dir", .path), Parameter("name"),
      Parameter("depth", .int, default: 0), Parameter("files_matching"),
      Parameter("ignore_files", .list(of: .string)),
      Parameter("extensions", .list(of: .string), default: ["yaml", "yml", "json"]),
      Parameter("ignore_unknown_extensions", .bool, default: false),
      Parameter("hash_behaviour", choices: ["replace", "merge"]),
    ], takesFreeForm: true, effect: .engine)

  private static let forFiles: Set<String> = ["file", "_raw_params"]
  private static let forFolders: Set<String> = [
    "dir", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions",
  ]

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    let given = try context.arguments()
    func argument(_ names: String...) -> Value? {
      given.last { names.contains($0.name) }?.value.opened
    }
    let names = Set(given.map(\.name))
    guard names.isDisjoint(with: Self.forFiles) || names.isDisjoint(with: Self.forFolders) else {
      throw context.failed("`include_vars` takes parameters of a file or of a folder, not of both")
    }
    var found = Found()
    do throws(Diagnostic) {
      if let folder = argument("dir")?.string {
        try read(Selection(given, at: context.task.location), in: folder, context, &found)
      } else if let file = argument("file", "_raw_params")?.string {
        let source = ControllerSource(
          program: context.evaluation.program, search: context.task.search)
        let path = try source.find(file, in: "vars", at: context.task.location)
        found.add(try context.evaluation.program.files.variableEntries(path), from: path)
      }
    } catch {
      return failure(error, found, argument("name")?.string, context)
    }
    return outcome(
      found, name: argument("name")?.string, merges: argument("hash_behaviour") == "merge", context)
  }

  /// What was read, in order; a later value takes the place of an earlier one.
  private struct Found {
    var entries: [SourceEntry] = []
    var paths: [String] = []

    mutating func add(_ new: [SourceEntry], from path: String) {
      paths.append(path)
      put(new)
    }

    mutating func put(_ new: [SourceEntry]) {
      for entry in new {
        if let index = entries.firstIndex(where: { $0.key == entry.key }) {
          entries[index] = entry
        } else {
          entries.append(entry)
        }
      }
    }
  }

  private func outcome(
    _ found: Found, name: String?, merges: Bool, _ context: ActionContext
  ) -> ActionOutcome {
    var table: [String: Variable] = [:]
    var order: [String] = []
    if let name {
      order = [name]
      table[name] = .source(SourceValue(.map(found.entries), at: context.task.location))
    } else {
      order = found.entries.compactMap(\.key.string)
      table = found.entries.table
    }
    if merges {
      for (name, new) in table {
        guard let old = context.evaluation.scope.variable(name) else { continue }
        table[name] = TaskScope.merged(old, new)
      }
    }
    var shown = ValueMap()
    for name in order {
      switch table[name] {
      case .source(let source)?: shown[.string(name)] = source.plain
      case .value(let value)?: shown[.string(name)] = value
      case nil: break
      }
    }
    return ActionOutcome(
      values: [
        "ansible_included_var_files": .strings(found.paths.map(context.world.run.absolute)),
        "ansible_facts": .map(shown),
      ], effects: [.include(table, host: context.target)])
  }

  /// Nothing is set; the result still names the files that were read.
  private func failure(
    _ problem: Diagnostic, _ found: Found, _ name: String?, _ context: ActionContext
  ) -> ActionOutcome {
    var shown = ValueMap()
    for entry in found.entries { shown[entry.key] = entry.value.plain }
    return ActionOutcome(
      isFailed: true,
      values: [
        "msg": .string(problem.summary), "message": .string(problem.summary),
        "ansible_included_var_files": .strings(found.paths.map(context.world.run.absolute)),
        "ansible_facts": .map(name.map { [.string($0): .map(shown)] } ?? shown),
      ], diagnostic: problem)
  }

}

extension ControllerFiles {
  /// The variables of a file; none of an empty one.
  func variableEntries(_ path: String) throws(Diagnostic) -> [SourceEntry] {
    let root = try variables(path).root
    if root.isNull { return [] }
    guard let entries = root.entries else {
      throw .error("`\(path)` must hold a mapping", at: root.location)
    }
    return entries
  }
}

// MARK: - Folders

extension IncludeVarsAction {
  /// Which files of a folder are read.
  fileprivate struct Selection {
    var matching: Pattern?
    var ignored: [Pattern] = []
    var extensions = ["yaml", "yml", "json"]
    var passesOverOthers = false
    /// 0 is without limit.
    var depth = 0

    init(_ given: [Evaluation.Given], at location: SourceLocation) throws(Diagnostic) {
      for (name, value, place) in given {
        let value = value.opened
        switch name {
        case "files_matching":
          guard let text = value.string, !text.isEmpty else { continue }
          matching = try Self.compile(text, name, at: place ?? location)
        case "ignore_files":
          // Blanks part the names of a text, each of which stands at the end of a file's name.
          let words: [String] =
            value.elements?.compactMap(\.string)
            ?? (value.string ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
          for word in words {
            ignored.append(try Self.compile(word + "$", name, at: place ?? location))
          }
        case "extensions":
          extensions =
            value.elements?.compactMap(\.string) ?? (value.string ?? "").map { String($0) }
        case "ignore_unknown_extensions":
          passesOverOthers = ParameterType.boolean(of: value) ?? false
        case "depth":
          guard let number = ParameterType.convert(value, to: .int)?.int else {
            throw .error("`depth` must be a whole number", at: place ?? location)
          }
          depth = number
        default: break
        }
      }
    }

    private static func compile(
      _ text: String, _ name: String, at place: SourceLocation
    ) throws(Diagnostic) -> Pattern {
      do {
        return try Pattern.compile(text)
      } catch {
        throw .error("`\(name)` is no regular expression: \(error.message)", at: place)
      }
    }

    /// - Throws: for another ending, unless such files are passed over.
    func takes(_ file: String, in folder: String) throws(Diagnostic) -> Bool {
      do {
        if let matching, try matching.search(file) == nil { return false }
        for pattern in ignored where try pattern.search(file) != nil { return false }
      } catch {
        throw .error(
          "a pattern of `include_vars` takes too long: \(error.message)")
      }
      if extensions.contains(Self.ending(of: file)) { return true }
      if passesOverOthers { return false }
      throw .error(
        "`\(folder)/\(file)` has none of the extensions \(extensions.joined(separator: ", "))")
    }

    /// As Python's `splitext` without the dot: dots in front belong to the name.
    private static func ending(of file: String) -> String {
      let name = file.drop { $0 == "." }
      guard let dot = name.lastIndex(of: ".") else { return "" }
      return String(name[name.index(after: dot)...])
    }
  }

  /// Reads folder by folder. A folder counts only if all of its files can be read.
  private func read(
    _ selection: Selection, in name: String, _ context: ActionContext, _ found: inout Found
  ) throws(Diagnostic) {
    let files = context.evaluation.program.files
    let root = Self.root(name, context, files)
    guard files.kind(root) == .directory else {
      throw .error(
        files.kind(root) == nil ? "no folder `\(root)`" : "`\(root)` is no folder",
        at: context.task.location)
    }
    var folders: [(path: String, depth: Int)] = [(root, 1)]
    var next = 0
    while next < folders.count {
      let (path, depth) = folders[next]
      next += 1
      guard selection.depth == 0 || depth < selection.depth, depth < 50 else { continue }
      for name in files.list(path) where files.kind(path + "/" + name) == .directory {
        folders.append((path + "/" + name, depth + 1))
      }
    }
    folders.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    for (folder, _) in folders {
      var entries: [SourceEntry] = []
      for file in files.list(folder).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      where files.kind(folder + "/" + file) == .file {
        guard try selection.takes(file, in: folder) else { continue }
        let path = folder + "/" + file
        entries += try context.evaluation.program.files.variableEntries(path)
        found.paths.append(path)
      }
      found.put(entries)
    }
  }

  /// A folder is beside the file of the task, or in `vars` of its role.
  private static func root(
    _ name: String, _ context: ActionContext, _ files: ControllerFiles
  ) -> String {
    guard let role = context.task.role?.role else {
      return joinedPath(folderOfPath(context.task.location.file), name)
    }
    if name.split(separator: "/", omittingEmptySubsequences: false).first == "vars" {
      let path = joinedPath(role.path, name)
      return files.kind(path) == nil ? name : path
    }
    return joinedPath(joinedPath(role.path, "vars"), name)
  }
}
