import Diagnostics
import Values

/// The output of the command `inventory`, as values and text.
extension Inventory {
  /// What `--list` shows: groups with hosts and children, and the variables of each host.
  ///
  /// - Parameter isExport: variables stand where they were written, not merged into the hosts.
  package func listing(
    limit: String? = nil, isExport: Bool = false
  ) throws(Diagnostic) -> Value {
    let shown = try hosts(matching: "all", limit: limit)
    let shownSet = Set(shown)
    var root = ValueMap()
    var seen = Set<Int>()
    describe(Inventory.all, shownSet, isExport, &root, &seen)
    var variables = ValueMap()
    for name in shown {
      let own = listedVariables(ofHost: name, isExport: isExport, marksUnsafe: true)
      if !own.isEmpty { variables[.string(name)] = .map(own) }
    }
    root["_meta"] = ["hostvars": .map(variables), "profile": "inventory_legacy"]
    return .map(root)
  }

  private func describe(
    _ group: Int, _ shown: Set<String>, _ isExport: Bool, _ root: inout ValueMap,
    _ seen: inout Set<Int>
  ) {
    // Groups may be nested a thousand deep: a list of open ones, not recursion.
    var open = [group]
    while let group = open.popLast() {
      guard seen.insert(group).inserted else { continue }
      let record = groups[group]
      var description = ValueMap()
      let names = record.hosts.map { hosts[$0].name }.filter(shown.contains)
      if group != Inventory.all, !names.isEmpty {
        description["hosts"] = .list(names.map { .string($0) })
      }
      if !record.children.isEmpty {
        description["children"] = .list(record.children.map { .string(groups[$0].name) })
      }
      if isExport {
        let variables = listed(variables(ofGroup: record.name), true)
        if !variables.isEmpty { description["vars"] = .map(variables) }
      }
      if !description.isEmpty { root[.string(record.name)] = .map(description) }
      open += record.children.reversed()
    }
  }

  /// What `--host` shows: the variables of a host as written, templates as their text.
  ///
  /// - Parameters:
  ///   - isExport: those of its groups are left out.
  ///   - marksUnsafe: text that is no template is marked as such, as in `--list`.
  package func listedVariables(
    ofHost name: String, isExport: Bool = false, marksUnsafe: Bool = false
  ) -> ValueMap {
    listed(isExport ? ownVariables(ofHost: name) : variables(ofHost: name), marksUnsafe)
  }

  private func listed(_ variables: [String: Variable], _ marksUnsafe: Bool) -> ValueMap {
    var map = ValueMap()
    for key in variables.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      switch variables[key] {
      case .source(let source): map[.string(key)] = listed(source, marksUnsafe)
      case .value(let value): map[.string(key)] = value
      case nil: continue
      }
    }
    return map
  }

  private func listed(_ source: SourceValue, _ marksUnsafe: Bool) -> Value {
    switch source.content {
    case .scalar(let value): value
    case .unsafe(let value):
      value.string == nil || !marksUnsafe ? value : ["__ansible_unsafe": value]
    case .vault(let ciphertext): ["__ansible_vault": .string(ciphertext)]
    case .list(let items): .list(items.map { listed($0, marksUnsafe) })
    case .map(let entries):
      .map(
        ValueMap(
          entries.map { ($0.key, listed($0.value, marksUnsafe)) }, uniquingKeysWith: { $1 }))
    }
  }

  /// What `--graph` shows: the tree of groups with the hosts that each lists.
  ///
  /// - Parameter text: how a value that is no text is shown.
  /// - Throws: where there is no such group.
  package func graph(
    from name: String = "all", showsVariables: Bool = false,
    text: @escaping (Value) -> String = { JSON.text($0) }
  ) throws(Diagnostic) -> String {
    guard let start = groupIndex[name] else {
      throw .error("there is no group `\(name)`")
    }
    var lines: [String] = []
    // Groups may be nested a thousand deep: a list of what is left to show, not recursion.
    var open: [GraphItem] = [.group(start, depth: 0)]
    while let item = open.popLast(), lines.count < 1_000_000 {
      switch item {
      case .group(let group, let depth):
        lines.append(branch("@\(groups[group].name):", depth))
        open.append(.members(group, depth: depth + 1))
        open += groups[group].children.reversed().map { .group($0, depth: depth + 1) }
      case .members(let group, let depth):
        show(group, depth, showsVariables ? text : nil, &lines)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private enum GraphItem {
    case group(Int, depth: Int)
    /// The hosts and variables of a group, behind its children.
    case members(Int, depth: Int)
  }

  private func show(
    _ group: Int, _ depth: Int, _ text: ((Value) -> String)?, _ lines: inout [String]
  ) {
    if group != Inventory.all {
      for host in groups[group].hosts {
        lines.append(branch(hosts[host].name, depth))
        if let text {
          add(listedVariables(ofHost: hosts[host].name), depth + 1, text, &lines)
        }
      }
    }
    guard let text else { return }
    add(listed(variables(ofGroup: groups[group].name), false), depth, text, &lines)
  }

  private func add(
    _ variables: ValueMap, _ depth: Int, _ text: (Value) -> String, _ lines: inout [String]
  ) {
    for (key, value) in variables {
      let text = value.string ?? text(value)
      lines.append(branch("{\(key.string ?? "") = \(text)}", depth))
    }
  }

  private func branch(_ name: String, _ depth: Int) -> String {
    depth == 0 ? name : String(repeating: "  |", count: depth) + "--" + name
  }
}
