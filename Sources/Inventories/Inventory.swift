import Diagnostics
import Values

/// Hosts, groups and their variables, from all sources, in the order in which they were read.
///
/// Every host is in `all`; a host of no other group is in `ungrouped`. Names of hosts never start
/// with `-` and hold no `;` and no control character.
package struct Inventory: Sendable {
  struct HostRecord: Sendable {
    var name: String
    var variables: [String: Variable] = [:]
    /// The groups that list it, not their parents.
    var groups: [Int] = []
    /// The source that named it first.
    var source: String?
  }

  struct GroupRecord: Sendable {
    var name: String
    var variables: [String: Variable] = [:]
    var hosts: [Int] = []
    var children: [Int] = []
    var parents: [Int] = []
    var priority = 1
    /// The longest way from `all`.
    var depth = 0
  }

  var hosts: [HostRecord] = []
  var groups: [GroupRecord] = []
  var hostIndex: [String: Int] = [:]
  var groupIndex: [String: Int] = [:]
  /// group_vars and host_vars beside each source, in order of the sources.
  var inventoryFolders: [VarsFolder] = []
  /// group_vars and host_vars beside the playbook.
  var playbookFolders: [VarsFolder] = []
  var options: InventoryOptions

  static let all = 0
  static let ungrouped = 1

  /// What is odd but does not stop: unreadable sources, strange names, duplicate keys.
  package internal(set) var warnings: [Diagnostic] = []
  /// The sources that were understood.
  package internal(set) var readSources: [String] = []
  /// Where files list hosts, in the order in which they were read.
  package internal(set) var hostEntries: [HostEntry] = []

  /// An inventory of no hosts.
  package init(options: InventoryOptions = InventoryOptions()) {
    self.options = options
    for name in ["all", "ungrouped"] {
      groupIndex[name] = groups.count
      groups.append(GroupRecord(name: name))
    }
    link(parent: Inventory.all, child: Inventory.ungrouped)
  }

  // MARK: Names

  /// All hosts, in the order in which they were first named.
  package var hostNames: [String] { hosts.map(\.name) }
  /// All groups, `all` and `ungrouped` first.
  package var groupNames: [String] { groups.map(\.name) }

  /// The source that named a host first; nil for hosts that tasks added.
  package func source(ofHost name: String) -> String? {
    hostIndex[name].flatMap { hosts[$0].source }
  }
  package func hasHost(_ name: String) -> Bool { hostIndex[name] != nil }
  package func hasGroup(_ name: String) -> Bool { groupIndex[name] != nil }

  /// Sets variables of a host itself, as if its line in the inventory had them.
  package mutating func set(_ variables: [String: Variable], ofHost name: String) {
    guard let index = hostIndex[name] else { return }
    hosts[index].variables.merge(variables) { $1 }
  }

  /// The hosts of a group and of the groups under it: its own first, then level by level.
  package func hosts(inGroup name: String) -> [String] {
    groupIndex[name].map { members(of: $0).map { hosts[$0].name } } ?? []
  }

  /// The hosts that a group lists itself.
  package func hosts(directlyInGroup name: String) -> [String] {
    groupIndex[name].map { groups[$0].hosts.map { hosts[$0].name } } ?? []
  }

  package func children(ofGroup name: String) -> [String] {
    groupIndex[name].map { groups[$0].children.map { groups[$0].name } } ?? []
  }

  /// The groups of a host and their parents without `all`, by name: the variable `group_names`.
  package func groupNames(ofHost name: String) -> [String] {
    guard let host = hostIndex[name] else { return [] }
    return groupsOf(host: host).map { groups[$0].name }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The variable `groups`: each group with its hosts.
  package var groupsValue: Value {
    var map = ValueMap(minimumCapacity: groups.count)
    for (index, group) in groups.enumerated() {
      map[.string(group.name)] = .list(members(of: index).map { .string(hosts[$0].name) })
    }
    return .map(map)
  }

  /// The names of the machine itself, for which a host is made up where the inventory has none.
  package static let localNames: Set<String> = ["localhost", "127.0.0.1", "::1"]

  // MARK: Relations

  func members(of group: Int) -> [Int] {
    var result: [Int] = []
    var seen = Set<Int>()
    for group in descendants(of: group) {
      for host in groups[group].hosts where seen.insert(host).inserted { result.append(host) }
    }
    return result
  }

  /// The group and all groups under it, level by level.
  private func descendants(of group: Int) -> [Int] {
    var ordered = [group]
    var seen: Set<Int> = [group]
    var next = 0
    while next < ordered.count {
      for child in groups[ordered[next]].children where seen.insert(child).inserted {
        ordered.append(child)
      }
      next += 1
    }
    return ordered
  }

  /// All groups above a group.
  func ancestors(of group: Int) -> Set<Int> {
    var seen = Set<Int>()
    var open = groups[group].parents
    while let parent = open.popLast() {
      if seen.insert(parent).inserted { open += groups[parent].parents }
    }
    return seen
  }

  /// The groups of a host and their parents without `all`, lowest precedence first: by depth, then
  /// by priority, then by name.
  func groupsOf(host: Int) -> [Int] {
    var seen = Set<Int>()
    var open = hosts[host].groups
    while let group = open.popLast() {
      if seen.insert(group).inserted { open += groups[group].parents }
    }
    seen.remove(Inventory.all)
    return seen.sorted { a, b in
      let (x, y) = (groups[a], groups[b])
      if x.depth != y.depth { return x.depth < y.depth }
      if x.priority != y.priority { return x.priority < y.priority }
      return x.name.utf8.lexicographicallyPrecedes(y.name.utf8)
    }
  }
}
