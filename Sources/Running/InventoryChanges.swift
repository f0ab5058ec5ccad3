import Diagnostics
import Inventories
import Playbooks
import Templating
import Values

// What tasks change in the inventory of the run, and reading it anew.

extension Runner {
  /// A host or a group of `add_host` and `group_by`.
  func add(_ effect: Effect) throws(Diagnostic) {
    switch effect {
    case .addHost(let name, let groups, let variables):
      _ = try inventory.addHost(name, groups: groups, variables: variables)
      learnAgain(name)
      refreshGroups()
    case .groupBy(let key, let parents, let host):
      _ = try inventory.addHost(host, toGroup: key, parents: parents)
      learnAgain(host)
      refreshGroups()
    default: break
    }
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
    for effect in additions { try add(effect) }
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
