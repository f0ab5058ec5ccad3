import Diagnostics
import Inventories
import Playbooks
import Templating
import Values

// What tasks change in the inventory of the run, and reading it anew.

extension Runner {
  /// Carries out what `add_host` and `group_by` found, in order, and says in their result what was
  /// new. A `changed_when` has said so already.
  func add(
    _ effects: [Effect], _ result: inout TaskResult, of task: PlayTask
  ) throws(Diagnostic) {
    guard [.ok, .changed].contains(result.status) else { return }
    var rest = effects[...]
    func addNext(_ values: ValueMap) throws(Diagnostic) -> Bool? {
      guard values["add_host"] != nil || values["add_group"] != nil,
        let effect = rest.popFirst()
      else { return nil }
      additions.append(effect)
      let isNew = try add(effect)
      return task.changedWhen.isEmpty ? isNew : nil
    }
    var isChanged = false
    if let items = result.items {
      var rows = result.values["results"]?.elements ?? []
      for index in items.indices {
        guard let isNew = try addNext(items[index].values) else { continue }
        isChanged = isChanged || isNew
        result.items?[index].values["changed"] = .bool(isNew)
        result.items?[index].status = isNew ? .changed : .ok
        if rows.indices.contains(index), case .map(var row) = rows[index] {
          row["changed"] = .bool(isNew)
          rows[index] = .map(row)
        }
      }
      result.values["results"] = .list(rows)
    } else {
      isChanged = try addNext(result.values) ?? false
    }
    if isChanged {
      result.values["changed"] = true
      result.status = .changed
    }
  }

  /// - Returns: true where the inventory was another one before.
  private func add(_ effect: Effect) throws(Diagnostic) -> Bool {
    let (host, isNew): (String, Bool)
    switch effect {
    case .addHost(let name, let groups, let variables):
      host = name
      isNew = try inventory.addHost(name, groups: groups, variables: variables)
    case .groupBy(let key, let parents, let name):
      host = name
      isNew = try inventory.addHost(host, toGroup: key, parents: parents)
    default: return false
    }
    if isNew {
      learnAgain(host)
      refreshGroups()
    }
    return isNew
  }

  /// The inventory's part of a host's variables anew; what tasks set stays.
  private func learnAgain(_ host: String) {
    if world.hosts[host] == nil { learnHost(host) }
    world.hosts[host]?.inventory = inventory.layers(ofHost: host).map { RankTable($0) }
    world.hosts[host]?.groupNames = inventory.groupNames(ofHost: host)
  }

  /// `meta: refresh_inventory`: the sources are read again, and what tasks added is added again.
  /// The hosts of the play that runs stay the same; later plays see what is new.
  func refreshInventory() async throws(Diagnostic) {
    guard let reload else { return }
    do {
      inventory = try await reload()
    } catch {
      throw error.all.first ?? .error("the inventory cannot be read anew")
    }
    for effect in additions { _ = try add(effect) }
    for host in inventory.hostNames { learnAgain(host) }
    for host in world.hosts.keys where !inventory.hasHost(host) {
      world.hosts[host]?.groupNames = []
    }
    refreshGroups()
    guard let play else { return }
    let pattern = try PlaySetup.pattern(play, world, program)
    world.play.allHosts = try inventory.hosts(matching: pattern, limit: world.run.limit)
    world.play.liveHosts = world.play.allHosts.filter { !book.isOut($0) }
  }
}
