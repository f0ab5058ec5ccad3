import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// include_tasks and include_role: decided for each host and item at the task's turn; hosts that
// include the same with the same variables go through it together.

extension Runner {
  private struct Wanted {
    var name: String
    var parts: [RolePart: String]
    var bindings: [String: Value]
    var hosts: [String]
  }

  func include(
    _ task: PlayTask, _ header: TaskHeader, on hosts: [String], upcoming: [PlayTask],
    inRescue: Bool
  ) async throws(Diagnostic) -> [String] {
    var wanted: [Wanted] = []
    for host in hosts {
      let work = HostTask(
        task: task, header: header, host: host, world: world, tables: tables.tables(for: task),
        program: program, sessions: sessions, upcoming: [], scoutTables: tables, emit: emit)
      let (result, found) = await work.inclusions()
      if let result {
        try use(
          HostTask.Outcome(result: result), of: task, header, host, copiedTo: [host], inRescue)
      }
      for one in found {
        if let index = wanted.firstIndex(where: {
          $0.name == one.name && $0.parts == one.parts && $0.bindings == one.bindings
            && !$0.hosts.contains(host)
        }) {
          wanted[index].hosts.append(host)
        } else {
          wanted.append(
            Wanted(name: one.name, parts: one.parts, bindings: one.bindings, hosts: [host]))
        }
      }
    }
    var alive = hosts.filter(isGoing)
    for one in wanted {
      let chosen = one.hosts.filter { alive.contains($0) }
      guard !chosen.isEmpty else { continue }
      let loaded: LoadedTasks
      do {
        loaded = try load(task, one.name, one.parts, one.bindings)
      } catch {
        try fail(task, header, chosen, error, inRescue)
        alive = alive.filter(isGoing)
        continue
      }
      emit(.included(path: loaded.path, hosts: chosen, header))
      for host in chosen { book.count(host) { $0.ok += 1 } }
      for section in loaded.handlerSections { handlers.add(section, world, program) }
      for scope in loaded.roleScopes { world.play.see(scope) }
      depth += 1
      defer { depth -= 1 }
      guard depth < 100 else {
        throw .error("includes are nested more than 100 deep", at: task.location)
      }
      let through = try await run(
        loaded.nodes, on: chosen, following: upcoming, rescued: inRescue)
      if let scope = loaded.scope, scope.use.isPublic {
        for host in through { world.hosts[host]?.publicRoles.append(scope) }
      }
      alive = alive.filter { !chosen.contains($0) || through.contains($0) }
    }
    return alive.filter(isGoing)
  }

  private func load(
    _ task: PlayTask, _ name: String, _ parts: [RolePart: String], _ bindings: [String: Value]
  ) throws(Diagnostics) -> LoadedTasks {
    if case .role? = task.inclusion?.target {
      return try loader.includeRole(name: name, parts: parts, from: task, bindings: bindings)
    }
    return try loader.includeTasks(file: name, from: task, bindings: bindings)
  }

  private func fail(
    _ task: PlayTask, _ header: TaskHeader, _ hosts: [String], _ problems: Diagnostics,
    _ inRescue: Bool
  ) throws(Diagnostic) {
    let errors = problems.all.filter { $0.severity == .error }
    for other in errors.dropFirst() { emit(.diagnostic(other)) }
    for host in hosts {
      var result = TaskResult(
        status: .failed,
        values: [
          "changed": false, "failed": true,
          "msg": .string(errors.first?.summary ?? "cannot be included"),
        ], rest: nil, items: nil, rows: [], warnings: [], isHidden: false, delegate: nil,
        elapsed: .zero)
      result.diagnostic = errors.first
      try use(
        HostTask.Outcome(result: result), of: task, header, host, copiedTo: [host], inRescue)
    }
  }
}

extension HostTask {
  struct Wanted {
    var name: String
    var parts: [RolePart: String]
    var bindings: [String: Value]
  }

  /// What this host includes, item by item; a result where there is something to report.
  func inclusions() async -> (TaskResult?, [Wanted]) {
    func report(_ outcome: ItemOutcome) -> (TaskResult?, [Wanted]) {
      (
        TaskResult(
          status: outcome.result.status, values: outcome.result.values, rest: outcome.result.rest,
          items: nil, rows: outcome.result.rows, warnings: [], isHidden: hidesResults(),
          delegate: nil,
          elapsed: .zero, diagnostic: outcome.result.diagnostic), []
      )
    }
    var items: [[String: Value]] = [[:]]
    do {
      if let loop = task.loop {
        var evaluation = evaluation()
        let list = try await answered(&evaluation) { (_, evaluator) throws(EvaluationStop) in
          try LoopItems.list(loop, evaluator)
        }
        if let reason = list.firstUnknown { return report(conditional(reason, label: nil)) }
        var name = "item"
        if let source = loop.control.loopVar,
          let text = try evaluation.evaluator().render(source)?.string
        {
          name = text
        }
        let index = loop.control.indexVar?.text
        items = (list.opened.elements ?? []).enumerated().map { number, item in
          var bindings = [name: item]
          if let index { bindings[index] = .int(number) }
          return bindings
        }
      }
      var wanted: [Wanted] = []
      var skip: ItemOutcome?
      for bindings in items {
        var evaluation = evaluation(bindings.mapValues { .value($0) })
        let truth = try await answered(&evaluation) {
          (evaluation, evaluator) throws(EvaluationStop) in
          try evaluation.conditionsHold(evaluator)
        }
        switch truth {
        case .no(let words):
          skip = skipped(words, label: nil)
          continue
        case .unknown(let reason): return report(conditional(reason, label: nil))
        case .yes: break
        }
        let one = try await answered(&evaluation) { (_, evaluator) throws(EvaluationStop) in
          try self.wanted(evaluator, bindings)
        }
        guard let one else { return report(conditional(Unknown("the file's name"), label: nil)) }
        wanted.append(one)
      }
      if wanted.isEmpty {
        return report(skip ?? skipped("no items", label: nil))
      }
      return (nil, wanted)
    } catch {
      return report(failure(error, label: nil))
    }
  }

  private func wanted(
    _ evaluator: Evaluator, _ bindings: [String: Value]
  ) throws(EvaluationStop) -> Wanted? {
    guard let inclusion = task.inclusion else { return nil }
    let source: SourceValue =
      switch inclusion.target {
      case .tasks(let file): file
      case .role(let name): name
      }
    guard let value = try evaluator.render(source), !value.containsUnknown else { return nil }
    guard let name = value.opened.string else {
      throw .failed(
        .error("the name of what is included must be a string", at: source.location),
        isUndefined: false)
    }
    var parts: [RolePart: String] = [:]
    for (part, source) in inclusion.parts {
      if let text = try evaluator.render(source)?.opened.string { parts[part] = text }
    }
    var all = bindings
    // What an outer include bound stays seen inside.
    for layer in task.layers { all.merge(layer.bindings) { own, _ in own } }
    return Wanted(name: name, parts: parts, bindings: all)
  }
}
