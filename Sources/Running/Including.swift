import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

// include_tasks and include_role: decided for each host and item at the task's turn; hosts that
// include the same with the same variables go through it together.

extension Runner {
  private typealias Wanted = (one: HostTask.Wanted, hosts: [String])

  func include(
    _ task: PlayTask, _ header: TaskHeader, on hosts: [String], of all: [String],
    upcoming: [PlayTask], inRescue: Bool
  ) async throws(Diagnostic) {
    var wanted: [Wanted] = []
    for host in hosts {
      let work = HostTask(
        tables: tables.tables(for: task), header: header, host: host, world: world,
        program: program, sessions: sessions, upcoming: [], scoutTables: tables, emit: emit)
      let found = await work.inclusions()
      if let result = found.result {
        try await use(
          HostTask.Outcome(result: result), of: task, header, host, copiedTo: [host], inRescue)
        continue
      }
      for item in found.skipped { emit(.itemFinished(host: host, header, item)) }
      if let name = task.register { world.hosts[host]?.assigned[name] = .value(found.registered) }
      for one in found.wanted {
        if let index = wanted.firstIndex(where: {
          $0.one.includesSame(as: one) && !$0.hosts.contains(host)
        }) {
          wanted[index].hosts.append(host)
        } else {
          wanted.append((one, [host]))
        }
      }
    }
    // All is read and told before the first task of any of it.
    var parts: [(hosts: [String], loaded: LoadedTasks)] = []
    for (one, hosts) in wanted {
      let loaded: LoadedTasks
      do {
        loaded = try load(task, one.name, one.parts, one.bindings)
      } catch {
        try await fail(task, header, hosts, error, inRescue, isHidden: one.isHidden)
        continue
      }
      emit(
        .included(
          Included(
            path: loaded.path, role: loaded.scope?.role.name, hosts: hosts, label: one.label,
            isHidden: one.isHidden), header))
      for host in hosts { book.count(host) { $0.ok += 1 } }
      for section in loaded.handlerSections { handlers.add(section, world, program) }
      for scope in loaded.roleScopes { world.play.see(scope) }
      parts.append((hosts, loaded))
    }
    try stopForErrors(task, all, isOnce: hosts.count < all.count, inRescue)
    var alive = hosts.filter(isGoing)
    for (hosts, loaded) in parts {
      let chosen = hosts.filter { alive.contains($0) }
      guard !chosen.isEmpty else { continue }
      depth += 1
      defer { depth -= 1 }
      guard depth < 100 else {
        throw .error("includes are nested more than 100 deep", at: task.location)
      }
      let through = try await run(
        loaded.nodes, on: chosen, following: upcoming, rescued: inRescue)
      if let scope = loaded.scope, scope.use.isPublic {
        for host in through { world.hosts[host]?.publish(scope) }
      }
      alive = alive.filter { !chosen.contains($0) || through.contains($0) }
    }
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
    _ inRescue: Bool, isHidden: Bool
  ) async throws(Diagnostic) {
    let errors = problems.all.filter { $0.severity == .error }
    if !isHidden { for other in errors.dropFirst() { emit(.diagnostic(other)) } }
    for host in hosts {
      var result = TaskResult(
        status: .failed,
        values: [
          "changed": false, "failed": true,
          "msg": .string(errors.first?.summary ?? "cannot be included"),
        ], rest: nil, items: nil, rows: [], warnings: [], isHidden: isHidden, delegate: nil,
        elapsed: .zero)
      result.diagnostic = errors.first
      try await use(
        HostTask.Outcome(result: result), of: task, header, host, copiedTo: [host], inRescue,
        countsAsFailed: true)
    }
  }
}
