import Diagnostics
import ModuleKit
import Templating
import Values

extension Session {
  /// Looks for the controller's files that a task names literally, and reads templates for faults.
  func checkSources(
    _ task: PlayTask, _ specification: Specification, in context: TaskContext, isGuarded: Bool
  ) {
    let remote = task.arguments.first { $0.name == "remote_src" }?.value
    let isRemote = remote.flatMap(literalBool)
    if isRemote == true { return }
    let mayBeRemote = remote != nil && isRemote == nil
    for entry in task.arguments {
      guard let parameter = specification.parameter(entry.name), !entry.value.isTemplate,
        let name = entry.value.text, !name.isEmpty, !name.contains("://"), !name.hasPrefix("~")
      else { continue }
      switch parameter.type {
      case .source:
        checkFile(
          name, entry.value, in: "files", context, isGuarded: isGuarded || mayBeRemote)
      case .template:
        if let path = checkFile(
          name, entry.value, in: "templates", context, isGuarded: isGuarded || mayBeRemote)
        {
          checkTemplateFile(path, task, isGuarded: isGuarded)
        }
      default: break
      }
    }
    if specification.name == "script", let words = task.freeForm, !words.isTemplate,
      let name = words.text?.split(separator: " ").first.map(String.init), !name.hasPrefix("~")
    {
      let isQuoted = name.hasPrefix("\"") || name.hasPrefix("'")
      if !isQuoted { checkFile(name, words, in: "files", context, isGuarded: isGuarded) }
    }
  }

  @discardableResult
  private func checkFile(
    _ name: String, _ value: SourceValue, in subfolder: String, _ context: TaskContext,
    isGuarded: Bool
  ) -> String? {
    let candidates = context.search.candidates(name, in: subfolder)
    if let found = candidates.first(where: { files.kind($0) != nil }) { return found }
    let what = subfolder == "templates" ? "template" : "file"
    late(
      "\(what) `\(name)` not found", at: value.location, length: name.scalarCount,
      isGuarded: isGuarded || mayAppear(candidates))
    return nil
  }

  /// True where an earlier task may make one of the files.
  func mayAppear(_ candidates: [String]) -> Bool {
    if hasLocalWork { return true }
    return candidates.contains { path in
      var path = path
      while path != "/", path != "." {
        if namedFiles.contains(path) { return true }
        path = folderOfPath(path)
      }
      return false
    }
  }

  /// Notes what a task may leave on the controller.
  func rememberFiles(of task: PlayTask, in context: TaskContext) {
    guard task.specification?.effect != .engine else { return }
    let isLocal =
      context.play.runsLocally || task.setting(.delegateTo) != nil
      || task.setting(.connection) != nil
    if isLocal || task.module == "fetch" { hasLocalWork = true }
    for entry in task.arguments where ["dest", "path", "name", "output"].contains(entry.name) {
      if let text = entry.value.text, text.hasPrefix("/") {
        namedFiles.insert(normalizedPath(text))
      }
    }
  }

  private func checkTemplateFile(_ path: String, _ task: PlayTask, isGuarded: Bool) {
    let changesSyntax = task.arguments.contains {
      $0.name.hasSuffix("_string") || $0.name == "trim_blocks" || $0.name == "newline_sequence"
    }
    guard !changesSyntax, files.kind(path) == .file, checkedTemplates.insert(path).inserted,
      let text = try? files.read(path), !text.hasPrefix("#jinja2:")
    else { return }
    let start = SourceLocation(file: path, line: 1, column: 1)
    noteReading(path)
    do throws(Diagnostic) {
      let template = try Template.compile(
        text, at: start, options: .file, environment: loader.environment)
      template.warnings.forEach(add)
    } catch {
      addLate(error, isGuarded: isGuarded)
    }
  }
}
