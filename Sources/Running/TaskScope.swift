import Playbooks
import Templating
import Values

/// The variables of one task on one host, looked up by rank: nothing is merged.
struct TaskScope: Scope {
  /// What stays the same for every item of the task's loop.
  private final class Frame: Sendable {
    let world: World
    let host: String
    let tables: TaskTables?
    /// Every table that holds variables, highest rank first.
    let layers: [[String: Variable]]
    /// Nothing but the inventory and extra variables says how the host is reached.
    let isReachedByInventory: Bool

    init(_ world: World, _ host: String, _ tables: TaskTables?, own: HostVariables?) {
      self.world = world
      self.host = host
      self.tables = tables
      var layers: [[String: Variable]] = []
      layers.reserveCapacity(16)
      var reaches = false
      func add(_ table: RankTable?) {
        guard let table, !table.entries.isEmpty else { return }
        layers.append(table.entries)
        reaches = reaches || table.reaches
      }
      let play = world.play
      if !world.extra.entries.isEmpty { layers.append(world.extra.entries) }
      add(tables?.parameters)
      add(own?.assigned)
      add(own?.included)
      add(tables?.local)
      for table in tables?.roleVars ?? [] { add(table) }
      for table in own?.publicVars ?? [] { add(table) }
      add(play.roleVars)
      add(play.fromFiles[host])
      add(play.prompted)
      add(play.vars)
      add(own?.facts)
      for table in (own?.inventory ?? []).reversed() where !table.entries.isEmpty {
        layers.append(table.entries)
      }
      for table in tables?.roleDefaults ?? [] { add(table) }
      for table in own?.publicDefaults ?? [] { add(table) }
      add(play.roleDefaults)
      self.layers = layers
      isReachedByInventory = !reaches
    }
  }

  private let frame: Frame
  /// The loop's item, its index, a result under judgement: above everything.
  var bindings: [String: Variable]

  /// - Parameter own: the host's variables, where they are other than the world's.
  init(
    world: World, host: String, tables: TaskTables?, own: HostVariables? = nil,
    bindings: [String: Variable] = [:]
  ) {
    frame = Frame(world, host, tables, own: own ?? world.hosts[host])
    self.bindings = bindings
  }

  var world: World { frame.world }
  var host: String { frame.host }

  func variable(_ name: String) -> Variable? {
    if let bound = bindings[name] { return bound }
    if let magic = magic(name) { return magic }
    if frame.world.run.mergesHashes { return merged(name) }
    for layer in frame.layers { if let value = layer[name] { return value } }
    return nil
  }

  /// What all layers say of a name, highest rank first.
  func values(_ name: String) -> [Variable] { frame.layers.compactMap { $0[name] } }

  /// Nothing but the inventory and extra variables says how the host is reached: it is so for every
  /// task with the same keywords.
  var isReachedByInventory: Bool {
    frame.isReachedByInventory && !bindings.keys.contains(where: ConnectionPlan.reads)
  }

  var names: [String] {
    var all = Set(bindings.keys)
    all.formUnion(Self.magicNames)
    for layer in frame.layers { all.formUnion(layer.keys) }
    return all.filter { variable($0) != nil }.sorted()
  }

  var hosts: [String]? {
    let all = world.groups["all"] ?? []
    return world.hosts["localhost"] == nil || all.contains("localhost") ? all : all + ["localhost"]
  }

  var delegation: SourceValue? { frame.tables?.task.setting(.delegateTo) }

  func scope(ofHost name: String) -> (any Scope)? {
    guard world.hosts[name] != nil else { return nil }
    var world = world
    world.play = PlayContext()
    return HostScope(inner: TaskScope(world: world, host: name, tables: nil))
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
    "ansible_playbook_python",
    "ansible_inventory_sources", "ansible_search_path", "ansible_dependent_role_names",
    "environment",
  ]

  /// A role that another one only depends on has no parents.
  private static func includers(of scope: RoleScope) -> [RoleScope] {
    scope.use.form == .dependency ? [] : scope.parents
  }

  private func magic(_ name: String) -> Variable? {
    guard Self.magicNames.contains(name) else { return nil }
    if name == "environment" {
      guard let task = frame.tables?.task else { return nil }
      return .source(SourceValue(.list(task.allSettings(.environment)), at: task.location))
    }
    return magicValue(name).map { .value($0) }
  }

  private func magicValue(_ name: String) -> Value? {
    let world = frame.world
    let task = frame.tables?.task
    let run = world.run
    let play = world.play
    switch name {
    case "inventory_hostname": return .string(host)
    case "inventory_hostname_short":
      return .string(String(host.prefix { $0 != "." }))
    case "group_names": return .strings(world.hosts[host]?.groupNames ?? [])
    case "groups":
      return world.groupMap
    case "ansible_facts": return .map(world.hosts[host]?.factMap ?? [:])
    case "play_hosts", "ansible_play_batch": return .strings(play.batch)
    case "ansible_play_hosts": return .strings(play.liveHosts)
    case "ansible_play_hosts_all": return .strings(play.allHosts)
    case "ansible_play_name": return .string(play.name)
    case "playbook_dir": return .string(run.absolute(run.playbookDirectory))
    case "inventory_file": return run.inventoryFile.map { .string($0) }
    case "inventory_dir":
      guard let file = run.inventoryFile else { return nil }
      return file.contains(",") ? .null : .string(parentPath(file))
    case "ansible_inventory_sources": return .strings(run.inventorySources)
    case "ansible_config_file": return run.configFile.map { .string($0) } ?? .null
    case "ansible_playbook_python": return .string(run.python)
    case "role_path": return (task?.role?.role.path).map { .string(run.absolute($0)) }
    case "role_name", "ansible_role_name": return (task?.role?.role.name).map { .string($0) }
    case "role_names", "ansible_role_names": return .strings(play.roleNames)
    case "ansible_play_role_names": return .strings(play.ownRoleNames)
    case "ansible_dependent_role_names": return .strings(play.dependentRoleNames)
    case "ansible_parent_role_names":
      return (task?.role).map { .strings(Self.includers(of: $0).map(\.role.name)) }
    case "ansible_parent_role_paths":
      return (task?.role).map {
        .strings(Self.includers(of: $0).map { run.absolute($0.role.path) })
      }
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
    case "ansible_search_path": return .strings((task?.search.folders ?? []).map(run.absolute))
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
    "ansible_dependent_role_names",
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
