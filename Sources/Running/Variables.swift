import Diagnostics
import OrderedCollections
import Playbooks
import Templating
import Values

/// The variables of one host that outlive a task.
package struct HostVariables: Sendable {
  /// From inventory, group_vars and host_vars, lowest rank first.
  package var inventory: [[String: Variable]]
  /// Facts under their injected names: `ansible_hostname`.
  package var facts: [String: Variable] = [:]
  /// `include_vars`.
  package var included: [String: Variable] = [:]
  /// `set_fact` and `register`.
  package var assigned: [String: Variable] = [:]
  /// In a rescue: the task that failed and its result.
  package var failure: [String: Variable] = [:]
  /// Roles that an include made public, in order.
  package var publicRoles: [RoleScope] = []
  package var groupNames: [String]

  package init(inventory: [[String: Variable]], groupNames: [String]) {
    self.inventory = inventory
    self.groupNames = groupNames
  }

  /// `ansible_facts`: the facts without their prefix.
  var factMap: ValueMap {
    var map = ValueMap()
    for (name, variable) in facts.sorted(by: { $0.key < $1.key }) {
      guard case .value(let value) = variable else { continue }
      map[.string(name.hasPrefix("ansible_") ? String(name.dropFirst(8)) : name)] = value
    }
    return map
  }

  mutating func learn(_ new: ValueMap) {
    for (key, value) in new {
      guard let name = key.string else { continue }
      // A host must not choose how it is reached, nor with whose rights.
      guard !Self.connectionVariables.contains(name) else { continue }
      let isPrefixed = name.hasPrefix("ansible_") || name == "facter" || name == "ohai"
      facts[isPrefixed ? name : "ansible_" + name] = .value(value)
    }
  }

  /// Names that decide how a host is reached: facts of a host cannot set them.
  static let connectionVariables: Set<String> = [
    "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_connection",
    "ansible_ssh_host", "ansible_ssh_port", "ansible_ssh_user", "ansible_ssh_pass",
    "ansible_ssh_private_key_file", "ansible_private_key_file", "ansible_ssh_common_args",
    "ansible_ssh_extra_args", "ansible_become", "ansible_become_user", "ansible_become_method",
    "ansible_become_password", "ansible_become_pass", "ansible_become_exe",
    "ansible_become_flags", "ansible_shell_type", "ansible_shell_executable",
    "ansible_remote_tmp", "ansible_python_interpreter",
  ]
}

/// Everything that tasks of any host see at one moment: a value that child tasks take with them.
package struct World: Sendable {
  package var hosts: [String: HostVariables]
  /// Groups in the order of the inventory, with their hosts.
  package var groups: OrderedDictionary<String, [String]>
  package var extra: [String: Variable]
  var play: PlayContext
  package var run: RunContext

  package init(
    hosts: [String: HostVariables], groups: OrderedDictionary<String, [String]>,
    extra: [String: Variable], run: RunContext
  ) {
    self.hosts = hosts
    self.groups = groups
    self.extra = extra
    self.run = run
    play = PlayContext()
  }
}

/// What the command line and the settings say of the whole run.
package struct RunContext: Sendable {
  package var mode: RunMode = .apply
  package var isDiffShown = false
  package var forks = 256
  package var verbosity = 0
  package var playbookDirectory = "."
  package var inventoryFile: String?
  package var inventorySources: [String] = []
  package var configFile: String?
  package var tags = TagSelection()
  package var limit: String?
  package var startAtTask: String?
  package var connection = ConnectionDefaults()
  package var prefetch: Prefetch = .full
  package var verifiesFacts = false
  package var forcesHandlers = false
  package var anyErrorsFatal = false
  /// `ANSIBLE_NO_LOG`: what tasks without a `no_log` do.
  package var hidesResults = false

  package enum Prefetch: Sendable {
    case none, full
    /// A part of what the scout finds, chosen by this seed.
    case random(UInt64)
  }

  package init() {}
}

/// What belongs to the play that runs.
struct PlayContext: Sendable {
  var name = ""
  var directory = "."
  var vars: [String: Variable] = [:]
  var prompted: [String: Variable] = [:]
  var fromFiles: [String: Variable] = [:]
  /// Defaults and variables of the roles that the whole play sees; later roles win.
  var roleDefaults: [String: Variable] = [:]
  var roleVars: [String: Variable] = [:]
  var allHosts: [String] = []
  var liveHosts: [String] = []
  var batch: [String] = []
  var roleNames: [String] = []

  /// The whole play sees a role's defaults and variables from now on.
  mutating func see(_ scope: RoleScope) {
    roleDefaults.merge(scope.role.defaults.table) { $1 }
    roleVars.merge(scope.role.vars.table) { $1 }
    if !roleNames.contains(scope.role.name) { roleNames.append(scope.role.name) }
  }
}

extension Array where Element == SourceEntry {
  /// The entries by name; later ones win.
  var table: [String: Variable] {
    var table: [String: Variable] = [:]
    for entry in self {
      if let name = entry.key.string { table[name] = .source(entry.value) }
    }
    return table
  }
}

/// The variables that a task brings along, by rank; the same for every host.
final class TaskTables: Sendable {
  /// Role and include parameters.
  let parameters: [String: Variable]
  /// `vars` of blocks and of the task itself.
  let local: [String: Variable]
  let roleVars: [[String: Variable]]
  let roleDefaults: [[String: Variable]]

  init(_ task: PlayTask) {
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
    self.parameters = parameters
    self.local = local
    var scopes: [RoleScope] = []
    if let role = task.role {
      scopes = [role] + Self.dependencies(of: role, depth: 0) + role.parents
    }
    roleVars = scopes.map(\.role.vars.table)
    roleDefaults = scopes.map(\.role.defaults.table)
  }

  /// Dependencies, nearest last listed first, since later ones win.
  private static func dependencies(of scope: RoleScope, depth: Int) -> [RoleScope] {
    guard depth < 50 else { return [] }
    return scope.dependencies.reversed().flatMap {
      [$0] + dependencies(of: $0, depth: depth + 1)
    }
  }
}

/// The variables of one task on one host, looked up by rank: nothing is merged.
struct TaskScope: Scope {
  let world: World
  let host: String
  let task: PlayTask?
  let tables: TaskTables?
  /// The loop's item, its index, a result under judgement: above everything.
  var bindings: [String: Variable] = [:]

  func variable(_ name: String) -> Variable? {
    if let bound = bindings[name] { return bound }
    if let magic = magic(name) { return magic }
    if let extra = world.extra[name] { return extra }
    let own = world.hosts[host]
    if let value = tables?.parameters[name] { return value }
    if let value = own?.assigned[name] { return value }
    if let value = own?.included[name] { return value }
    if let value = tables?.local[name] { return value }
    if let tables {
      for table in tables.roleVars { if let value = table[name] { return value } }
    }
    for scope in own?.publicRoles.reversed() ?? [] {
      if let entry = scope.role.vars.last(where: { $0.key.string == name }) {
        return .source(entry.value)
      }
    }
    let play = world.play
    if let value = play.roleVars[name] { return value }
    if let value = play.fromFiles[name] { return value }
    if let value = play.prompted[name] { return value }
    if let value = play.vars[name] { return value }
    if let value = own?.facts[name] { return value }
    for table in own?.inventory.reversed() ?? [] {
      if let value = table[name] { return value }
    }
    if let tables {
      for table in tables.roleDefaults { if let value = table[name] { return value } }
    }
    for scope in own?.publicRoles.reversed() ?? [] {
      if let entry = scope.role.defaults.last(where: { $0.key.string == name }) {
        return .source(entry.value)
      }
    }
    return play.roleDefaults[name]
  }

  var names: [String] {
    var all = Set(bindings.keys)
    all.formUnion(Self.magicNames)
    all.formUnion(world.extra.keys)
    if let tables {
      all.formUnion(tables.parameters.keys)
      all.formUnion(tables.local.keys)
      for table in tables.roleVars + tables.roleDefaults { all.formUnion(table.keys) }
    }
    if let own = world.hosts[host] {
      for table in [own.assigned, own.included, own.facts] + own.inventory {
        all.formUnion(table.keys)
      }
    }
    let play = world.play
    for table in [play.vars, play.prompted, play.fromFiles, play.roleVars, play.roleDefaults] {
      all.formUnion(table.keys)
    }
    return all.filter { variable($0) != nil }.sorted()
  }

  var hosts: [String]? {
    let all = world.groups["all"] ?? []
    return world.hosts["localhost"] == nil || all.contains("localhost") ? all : all + ["localhost"]
  }

  func scope(ofHost name: String) -> (any Scope)? {
    guard world.hosts[name] != nil else { return nil }
    var world = world
    world.play = PlayContext()
    return HostScope(inner: TaskScope(world: world, host: name, task: nil, tables: nil))
  }

  private static let magicNames: Set<String> = [
    "inventory_hostname", "inventory_hostname_short", "group_names", "groups", "play_hosts",
    "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch", "ansible_play_name",
    "playbook_dir", "inventory_dir", "inventory_file", "role_path", "role_name", "role_names",
    "ansible_role_name", "ansible_role_names", "ansible_play_role_names",
    "ansible_parent_role_names", "ansible_parent_role_paths", "ansible_check_mode",
    "ansible_diff_mode", "ansible_forks", "ansible_version", "ansible_run_tags",
    "ansible_skip_tags", "ansible_verbosity", "ansible_limit", "ansible_facts",
    "ansible_failed_task", "ansible_failed_result", "ansible_config_file",
    "ansible_inventory_sources", "ansible_search_path",
  ]

  /// A role that another one only depends on has no parents.
  private static func includers(of scope: RoleScope) -> [RoleScope] {
    scope.use.form == .dependency ? [] : scope.parents
  }

  private func magic(_ name: String) -> Variable? {
    guard Self.magicNames.contains(name) else { return nil }
    return magicValue(name).map { .value($0) }
  }

  private func magicValue(_ name: String) -> Value? {
    let run = world.run
    let play = world.play
    switch name {
    case "inventory_hostname": return .string(host)
    case "inventory_hostname_short":
      return .string(String(host.prefix { $0 != "." }))
    case "group_names": return .strings(world.hosts[host]?.groupNames ?? [])
    case "groups":
      var map = ValueMap()
      for (group, hosts) in world.groups { map[.string(group)] = .strings(hosts) }
      return .map(map)
    case "ansible_facts": return .map(world.hosts[host]?.factMap ?? [:])
    case "play_hosts", "ansible_play_batch": return .strings(play.batch)
    case "ansible_play_hosts": return .strings(play.liveHosts)
    case "ansible_play_hosts_all": return .strings(play.allHosts)
    case "ansible_play_name": return .string(play.name)
    case "playbook_dir": return .string(run.playbookDirectory)
    case "inventory_file": return run.inventoryFile.map { .string($0) }
    case "inventory_dir":
      return run.inventoryFile.map { .string(parentPath($0)) }
    case "ansible_inventory_sources": return .strings(run.inventorySources)
    case "ansible_config_file": return run.configFile.map { .string($0) }
    case "role_path": return (task?.role?.role.path).map { .string($0) }
    case "role_name", "ansible_role_name": return (task?.role?.role.name).map { .string($0) }
    case "role_names", "ansible_role_names", "ansible_play_role_names":
      return .strings(play.roleNames)
    case "ansible_parent_role_names":
      return (task?.role).map { .strings(Self.includers(of: $0).map(\.role.name)) }
    case "ansible_parent_role_paths":
      return (task?.role).map { .strings(Self.includers(of: $0).map(\.role.path)) }
    case "ansible_check_mode": return .bool(run.mode.imagines)
    case "ansible_diff_mode": return .bool(run.isDiffShown)
    case "ansible_forks": return .int(run.forks)
    case "ansible_verbosity": return .int(run.verbosity)
    case "ansible_run_tags": return .strings(run.tags.only.sorted())
    case "ansible_skip_tags": return .strings(run.tags.skip.sorted())
    case "ansible_limit": return run.limit.map { .string($0) }
    case "ansible_version":
      return [
        "full": "2.19.0", "major": 2, "minor": 19, "revision": 0, "string": "2.19.0",
      ]
    case "ansible_search_path": return .strings(task?.search.folders ?? [])
    case "ansible_failed_task", "ansible_failed_result":
      if case .value(let value)? = world.hosts[host]?.failure[name] { return value }
      return nil
    default: return nil
    }
  }
}

/// What `hostvars[name]` shows of a host: nothing of the play's own variables.
private struct HostScope: Scope {
  let inner: TaskScope

  private static let ofPlays: Set<String> = [
    "play_hosts", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch",
    "ansible_play_name", "role_names", "ansible_role_names", "ansible_play_role_names",
  ]

  func variable(_ name: String) -> Variable? {
    Self.ofPlays.contains(name) ? nil : inner.variable(name)
  }
  var names: [String] { inner.names.filter { !Self.ofPlays.contains($0) } }
  var hosts: [String]? { inner.hosts }
  func scope(ofHost name: String) -> (any Scope)? { inner.scope(ofHost: name) }
}

extension Value {
  static func strings(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }
}

func parentPath(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
