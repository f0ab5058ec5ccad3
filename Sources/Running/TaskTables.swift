import Playbooks
import Values

/// A task and the variables that it brings along, by rank; the same for every host.
final class TaskTables: Sendable {
  let task: PlayTask
  /// Role and include parameters.
  let parameters: RankTable
  /// `vars` of blocks and of the task itself.
  let local: RankTable
  let roleVars: [RankTable]
  let roleDefaults: [RankTable]
  /// What keywords say of the connection.
  let keywords: ConnectionKeywords

  init(_ task: PlayTask) {
    self.task = task
    var parameters: [String: Variable] = [:]
    var local: [String: Variable] = [:]
    for layer in task.layers {
      switch layer.origin {
      case .play: break
      case .block, .imported: local.merge(layer.keywords.vars.table) { $1 }
      case .role(let scope):
        // `vars` of a role's entry lose to set_fact, its parameters win.
        local.merge(layer.keywords.vars.table) { $1 }
        parameters.merge(scope.use.parameters.table) { $1 }
      case .included: parameters.merge(layer.keywords.vars.table) { $1 }
      }
      for (name, value) in layer.bindings { parameters[name] = .value(value) }
    }
    // What an include itself says with `vars` is for the tasks inside.
    local.merge(task.keywords.vars.table) { $1 }
    self.parameters = RankTable(parameters)
    self.local = RankTable(local)
    keywords = ConnectionKeywords(of: task)
    var scopes: [RoleScope] = []
    if let role = task.role {
      scopes = [role] + Self.dependencies(of: role, depth: 0) + role.parents
    }
    roleVars = scopes.map { RankTable($0.role.vars.table) }
    roleDefaults = scopes.map { RankTable($0.role.defaults.table) }
  }

  /// Dependencies, nearest last listed first, since later ones win.
  private static func dependencies(of scope: RoleScope, depth: Int) -> [RoleScope] {
    guard depth < 50 else { return [] }
    return scope.dependencies.reversed().flatMap {
      [$0] + dependencies(of: $0, depth: depth + 1)
    }
  }
}
