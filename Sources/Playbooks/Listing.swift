import Templating
import Values

/// What `--list-hosts`, `--list-tasks`, `--list-tags` and `--syntax-check` print, byte for byte as
/// Ansible does.
package struct Listing: Sendable {
  package var hosts = false
  package var tasks = false
  package var tags = false

  package init(hosts: Bool = false, tasks: Bool = false, tags: Bool = false) {
    self.hosts = hosts
    self.tasks = tasks
    self.tags = tags
  }

  /// The tags that `--tags` stands at where the user names none: a list of tags has those of
  /// `never` as well.
  package func selection(only: [String], skip: [String]) -> TagSelection {
    TagSelection(only: tags && only.isEmpty && skip.isEmpty ? ["never", "all"] : only, skip: skip)
  }

  /// - Parameters:
  ///   - hosts: the hosts of each play, limits applied, in order; asked only where they are listed.
  ///   - loader: the one that read the playbooks; it renders names and tags.
  package func text(
    of playbooks: [Playbook], selection: TagSelection, loader: Loader,
    hosts hostsOf: (Play) -> [String] = { _ in [] }
  ) -> String {
    var text = ""
    for playbook in playbooks {
      text += "\nplaybook: \(playbook.path)\n"
      guard hosts || tasks || tags else { continue }
      for (index, play) in playbook.plays.enumerated() {
        text += self.text(
          of: play, number: index + 1, selection: selection, loader: loader, hostsOf)
      }
    }
    return text
  }

  private func text(
    of play: Play, number: Int, selection: TagSelection, loader: Loader,
    _ hostsOf: (Play) -> [String]
  ) -> String {
    let patterns = loader.hostPatterns(of: play)
    let pattern = patterns.joined(separator: ",")
    let playTags = loader.tags(play.keywords.tags, in: play)
    var text =
      "\n  play #\(number) (\(pattern)): \(loader.displayName(of: play))\t"
      + "TAGS: [\(sorted(playTags))]\n"
    if hosts {
      let names = hostsOf(play)
      let list = patterns.map(quoted).joined(separator: ", ")
      text += "    pattern: [\(list)]\n    hosts (\(names.count)):\n"
      text += names.map { "      \($0)\n" }.joined()
    }
    guard tasks || tags else { return text }
    var all = playTags
    if tasks { text += "    tasks:\n" }
    for task in play.sections.flatMap(\.nodes).flatMap(listed) {
      let own = loader.tags(task.tags, in: play)
      guard selection.includes(own) else { continue }
      all.formUnion(own)
      if tasks { text += "      \(task.listedName)\tTAGS: [\(sorted(own))]\n" }
    }
    if tags { text += "      TASK TAGS: [\(sorted(all))]\n" }
    return text
  }

  /// The tasks that Ansible lists: of blocks their bodies only.
  private func listed(_ node: TaskNode) -> [PlayTask] {
    switch node {
    case .task(let task): [task]
    case .block(let block): block.body.flatMap(listed)
    }
  }

  private func sorted(_ tags: Set<String>) -> String {
    tags.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
      .joined(separator: ", ")
  }

}

extension PlayTask {
  /// The name as written, if there is one.
  package var writtenName: String? {
    guard let text = name?.plain.quoted, !text.isEmpty else { return nil }
    return text
  }

  /// The name with the role's in front; the action's where the task has none.
  package var fullName: String {
    if writtenName == nil, case .role(let value)? = inclusion?.target {
      return "\(action) : \(value.plain.quoted)"
    }
    let own = writtenName ?? action
    return role.map { "\($0.role.name) : \(own)" } ?? own
  }

  /// The name in the listing of tasks.
  var listedName: String { writtenName == nil ? action : fullName }

  /// True where `--start-at-task` means this task: its name, with or without the role's, equal to
  /// the pattern or matched by it as a shell pattern.
  package func isStart(_ pattern: String) -> Bool {
    [writtenName, fullName].compactMap { $0 }.contains {
      $0.utf8.elementsEqual(pattern.utf8) || matchesGlob($0, pattern)
    }
  }
}

extension Loader {
  /// The host patterns of a play as far as they are known before the run; templates that are not
  /// stay as written.
  package func hostPatterns(of play: Play) -> [String] {
    (play.hosts.items ?? [play.hosts]).flatMap { value -> [String] in
      let plain = known(value, in: play) ?? value.plain
      if let items = plain.elements { return items.map(\.quoted) }
      return [plain.quoted]
    }
  }

  /// The name of a play as it is shown: its own, or its host patterns.
  package func displayName(of play: Play) -> String {
    guard let name = play.name else { return hostPatterns(of: play).joined(separator: ",") }
    return (known(name, in: play) ?? name.plain).quoted
  }

  func tags(_ values: [SourceValue], in play: Play) -> Set<String> {
    values.tagNames { known($0, in: play) }
  }

  private func known(_ value: SourceValue, in play: Play) -> Value? {
    guard value.isTemplate else { return value.plain }
    let session = Session(self)
    let shared = PlayContext(file: play.file, directory: play.directory)
    shared.vars = play.vars
    shared.roleScopes = play.roleScopes
    let context = TaskContext(
      play: shared, layers: [], search: SearchPath(folders: [play.directory]))
    guard case .known(let result) = session.staticValue(value, session.playScope(play, context))
    else { return nil }
    return result
  }
}
