extension Inventory {
  /// Each group with all its hosts, in order.
  package var hostsByGroup: [(group: String, hosts: [String])] {
    groups.indices.map { index in
      (groups[index].name, members(of: index).map { hosts[$0].name })
    }
  }
}
