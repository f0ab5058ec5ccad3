import Diagnostics
import Values

// What tasks add while a run goes on: `add_host` and `group_by`.

extension Inventory {
  /// Adds a host, or finds it, puts it into groups and sets variables of it.
  ///
  /// A name that inventories do not accept is not added.
  package mutating func addHost(
    _ name: String, groups names: [String], variables: [String: Variable]
  ) {
    guard let index = try? host(name, in: nil, source: nil, at: nil) else { return }
    for group in names {
      guard let number = try? self.group(group, at: nil) else { continue }
      list(host: index, in: number)
    }
    hosts[index].variables.merge(variables) { $1 }
    settle()
  }

  /// Puts a group under parents, making what is not there; a relation that would be a circle is
  /// left out.
  package mutating func addGroup(_ name: String, parents: [String]) {
    guard let child = try? group(name, at: nil) else { return }
    for parent in parents {
      guard let number = try? group(parent, at: nil), number != child,
        !ancestors(of: number).contains(child)
      else { continue }
      link(parent: number, child: child)
    }
    settle()
  }

  /// Each group with all its hosts, in order.
  package var hostsByGroup: [(group: String, hosts: [String])] {
    groups.indices.map { index in
      (groups[index].name, members(of: index).map { hosts[$0].name })
    }
  }
}
