import Diagnostics
import Playbooks
import Templating
import Values

/// The handlers of a play in the order of their definition, and who has notified them.
struct HandlerBook {
  struct Handler {
    var task: PlayTask
    var names: [String]
    var topics: [String]
  }

  var all: [Handler] = []
  /// Hosts by handler.
  var notified: [Int: Set<String>] = [:]

  init() {}

  init(_ play: Play, _ world: World, _ program: Program) {
    for section in play.handlerSections { add(section, world, program) }
  }

  mutating func add(_ nodes: [TaskNode], _ world: World, _ program: Program) {
    // Of two equal names the later section wins, within a section the first.
    var new: [Handler] = []
    for task in nodes.flatMap(\.tasks) {
      let handler = Handler(
        task: task, names: Self.names(of: task, world, program),
        topics: task.listen.compactMap(\.text))
      new.append(handler)
    }
    all += new
  }

  private static func names(
    of task: PlayTask, _ world: World, _ program: Program
  ) -> [String] {
    guard let source = task.name else { return [] }
    let name = ((try? PlaySetup.render(source, world, program)) ?? nil)?.string ?? source.text ?? ""
    guard let role = task.role?.role else { return [name] }
    var names = [name, "\(role.name) : \(name)"]
    if let collection = role.collection { names.append("\(collection).\(role.name) : \(name)") }
    return names
  }

  /// A handler that came with its role more than once runs once, where it was defined last.
  mutating func mergeRepeated() {
    for (index, hosts) in notified {
      guard
        let last = all.lastIndex(where: { $0.task.location == all[index].task.location }),
        last != index
      else { continue }
      notified[index] = nil
      notified[last, default: []].formUnion(hosts)
    }
  }

  /// The handlers that a notification means: the named one that wins, and all that listen.
  func matching(_ topic: String) -> [Int] {
    var found: [Int] = []
    if let last = all.lastIndex(where: { $0.names.contains(topic) }) {
      // Within one flat list the first of equal names runs.
      let section = all.indices.filter { all[$0].names.contains(topic) }
      let sameFile = section.first { all[$0].task.search == all[last].task.search }
      found.append(sameFile ?? last)
    }
    found += all.indices.filter { all[$0].topics.contains(topic) && !found.contains($0) }
    return found
  }
}

extension Runner {
  func notify(_ task: PlayTask, host: String, _ result: TaskResult) throws(Diagnostic) {
    for source in task.notify {
      let tables = tables.tables(for: task)
      let scope = TaskScope(world: world, host: host, tables: tables)
      let evaluator = Evaluation(tables: tables, scope: scope, program: program).evaluator()
      let value: Value?
      do {
        value = try evaluator.render(source)
      } catch {
        throw .error("`notify` cannot be rendered", at: source.location)
      }
      for topic in value?.elements ?? [value ?? .null] {
        guard let name = topic.string else { continue }
        let found = handlers.matching(name)
        if found.isEmpty {
          throw unknown(handler: name, source.location)
        }
        for index in found { handlers.notified[index, default: []].insert(host) }
      }
    }
  }

  /// The end of a run at a handler that is not there. Where the files were doubted for it before,
  /// the place has been shown.
  private func unknown(handler name: String, _ location: SourceLocation) -> Diagnostic {
    if loader.warnings.contains(where: { $0.location == location }) {
      return .error("the run ends at the handler that is missing")
    }
    return .error("no handler is called `\(name)`", at: location, length: name.unicodeScalars.count)
  }

  /// Runs what was notified, in the order of definition. A handler that a handler notifies runs in
  /// the same flush if it is defined later.
  func flushHandlers(
    _ hosts: [String], isForced: Bool, inRescue: Bool = false
  ) async throws(Diagnostic) {
    handlers.mergeRepeated()
    for index in handlers.all.indices {
      guard !stop.isMade else { return }
      guard let waiting = handlers.notified[index] else { continue }
      let chosen = hosts.filter {
        waiting.contains($0) && (isGoing($0) || isForced && !book.unreachable.contains($0))
      }
      handlers.notified[index] = waiting.subtracting(chosen)
      guard !chosen.isEmpty else { continue }
      let failed = chosen.filter(book.failed.contains)
      book.failed.subtract(failed)
      _ = try await run(handlers.all[index].task, on: chosen, upcoming: [], inRescue: inRescue)
      book.failed.formUnion(failed)
    }
  }

  /// `meta: flush_handlers`, on the hosts whose condition holds.
  func flush(
    _ task: PlayTask, _ header: TaskHeader, _ hosts: [String], _ inRescue: Bool
  ) async throws(Diagnostic) -> [String] {
    emit(.taskStarted(header))
    let outcomes = try await perform(task, header, on: hosts, upcoming: [])
    let chosen = zip(hosts, outcomes).filter { $0.1.result.status != .skipped }.map(\.0)
    for (host, outcome) in zip(hosts, outcomes)
    where [.failed, .skipped].contains(outcome.result.status) {
      try await use(outcome, of: task, header, host, copiedTo: [host], inRescue)
    }
    try await flushHandlers(chosen.filter(isGoing), isForced: false, inRescue: inRescue)
    return hosts.filter(isGoing)
  }
}
