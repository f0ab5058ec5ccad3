import Diagnostics
import Values

/// Why a source is not taken.
enum InventoryFault: Error {
  /// Its text is not of this format: another one is tried.
  case format(Diagnostic)
  /// It holds what is never accepted: nothing else is tried.
  case refused(Diagnostic)
}

extension Inventory {
  // MARK: Hosts and groups

  /// Adds a group, or finds it.
  mutating func group(_ name: String, at place: SourceLocation?) throws(InventoryFault) -> Int {
    if let known = groupIndex[name] { return known }
    guard !name.isEmpty else {
      throw .format(.error("a group needs a name", at: place))
    }
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.isASCII ? $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0) : true
    }
    if !isPlain || ("0"..."9").contains(name.unicodeScalars.first ?? "a") {
      warnings.append(
        .warning(
          "group name `\(name)` is not usable as a variable name", at: place,
          length: name.unicodeScalars.count))
    }
    groupIndex[name] = groups.count
    groups.append(GroupRecord(name: name))
    return groups.count - 1
  }

  /// Adds a host, or finds it, and lists it in a group.
  mutating func host(
    _ name: String, in group: Int?, port: Int? = nil, source: String?, at place: SourceLocation?
  ) throws(InventoryFault) -> Int {
    let index: Int
    if let known = hostIndex[name] {
      index = known
    } else {
      try check(hostName: name, at: place)
      index = hosts.count
      hostIndex[name] = index
      var record = HostRecord(name: name)
      record.source = source
      if let port { record.variables["ansible_port"] = variable(port, at: place) }
      hosts.append(record)
    }
    if let group { list(host: index, in: group) }
    return index
  }

  private func variable(_ port: Int, at place: SourceLocation?) -> Variable {
    guard let place else { return .value(.int(port)) }
    return .source(SourceValue(.scalar(.int(port)), at: place))
  }

  private func check(hostName name: String, at place: SourceLocation?) throws(InventoryFault) {
    guard let first = name.unicodeScalars.first else {
      throw .format(.error("a host needs a name", at: place))
    }
    let isForbidden = { (scalar: Unicode.Scalar) in
      scalar == ";" || scalar.value < 0x20 || scalar.value == 0x7F
    }
    guard first != "-", !name.unicodeScalars.contains(where: isForbidden) else {
      let shown = JSON.text(.string(name), style: .compact).dropFirst().dropLast()
      throw .refused(
        .error(
          "host name `\(shown)` is not allowed", at: place, length: name.unicodeScalars.count,
          hint: "a host name starts with a letter or digit, without `;` and control characters"))
    }
  }

  mutating func list(host: Int, in group: Int) {
    // The shorter list is searched: most hosts are in few groups.
    guard !hosts[host].groups.contains(group) else { return }
    hosts[host].groups.append(group)
    groups[group].hosts.append(host)
  }

  mutating func link(parent: Int, child: Int) {
    guard !groups[child].parents.contains(parent) else { return }
    groups[parent].children.append(child)
    groups[child].parents.append(parent)
  }

  /// Makes a group the child of another one.
  mutating func add(
    child: Int, to parent: Int, at place: SourceLocation?
  ) throws(InventoryFault) {
    guard child != parent else {
      throw .format(
        .error("group `\(groups[child].name)` cannot be its own child", at: place))
    }
    guard !groups[child].parents.contains(parent) else { return }
    if !groups[child].children.isEmpty, ancestors(of: parent).contains(child) {
      throw .format(
        .error(
          "group `\(groups[child].name)` is already a parent of `\(groups[parent].name)`",
          at: place))
    }
    link(parent: parent, child: child)
  }

  /// Sets a variable of a group; `ansible_group_priority` sets its priority.
  mutating func set(
    _ name: String, _ value: Variable, ofGroup group: Int, at place: SourceLocation?
  ) throws(InventoryFault) {
    guard name == "ansible_group_priority" else {
      groups[group].variables[name] = merged(groups[group].variables[name], value)
      return
    }
    let plain = Self.plain(value)
    guard let priority = plain.int ?? plain.string.flatMap({ Int($0) }) else {
      throw .format(.error("`ansible_group_priority` must be a whole number", at: place))
    }
    groups[group].priority = priority
  }

  private static func plain(_ variable: Variable) -> Value {
    switch variable {
    case .source(let source): source.plain
    case .value(let value): value
    }
  }

  mutating func set(_ name: String, _ value: Variable, ofHost host: Int) {
    if options.mergesHashes {
      hosts[host].variables[name] = merged(hosts[host].variables[name], value)
    } else {
      hosts[host].variables[name] = value
    }
  }

  // MARK: Rules

  /// Brings in order what sources leave open: groups without a parent are under `all`, hosts
  /// without a group in `ungrouped`, hosts with one not in it; depths are counted.
  mutating func settle() {
    for index in groups.indices where index != Inventory.all && groups[index].parents.isEmpty {
      link(parent: Inventory.all, child: index)
    }
    var isMoved = false
    for index in hosts.indices {
      let own = hosts[index].groups
      let isGrouped = own.contains { $0 != Inventory.all && $0 != Inventory.ungrouped }
      if isGrouped, own.contains(Inventory.ungrouped) {
        hosts[index].groups.removeAll { $0 == Inventory.ungrouped }
        isMoved = true
      } else if !isGrouped, !own.contains(Inventory.ungrouped) {
        list(host: index, in: Inventory.ungrouped)
      }
    }
    if isMoved {
      groups[Inventory.ungrouped].hosts.removeAll {
        !hosts[$0].groups.contains(Inventory.ungrouped)
      }
    }
    countDepths()
  }

  /// Longest ways from the groups without parents, parents before children.
  mutating func countDepths() {
    var waiting = groups.map(\.parents.count)
    var ready = groups.indices.filter { waiting[$0] == 0 }
    for index in ready { groups[index].depth = 0 }
    while let group = ready.popLast() {
      for child in groups[group].children {
        groups[child].depth = max(groups[child].depth, groups[group].depth + 1)
        waiting[child] -= 1
        if waiting[child] == 0 { ready.append(child) }
      }
    }
  }

  // MARK: While plays run

  /// Adds a host with groups and variables, as the action `add_host` does.
  ///
  /// - Returns: whether anything changed but variables.
  /// - Throws: for a name that is not allowed.
  package mutating func addHost(
    _ name: String, groups names: [String] = [], variables: [String: Value] = [:]
  ) throws(Diagnostic) -> Bool {
    do {
      var changed = !hasHost(name)
      let index = try host(name, in: nil, source: nil, at: nil)
      for groupName in names {
        let group = try group(groupName, at: nil)
        changed = changed || !hosts[index].groups.contains(group)
        list(host: index, in: group)
      }
      for (key, value) in variables {
        let before = hosts[index].variables[key].map(Self.plain)
        set(key, .value(value), ofHost: index)
        changed = changed || hosts[index].variables[key].map(Self.plain) != before
      }
      if changed {
        settle()
        try loadVars(ofHost: name, groups: names)
      }
      return changed
    } catch {
      throw error.diagnostic
    }
  }

  /// Puts a host into a group that is made where it is missing, as the action `group_by` does.
  package mutating func addHost(
    _ name: String, toGroup groupName: String, parents: [String] = []
  ) throws(Diagnostic) -> Bool {
    do {
      let isNew = !hasGroup(groupName)
      let group = try group(groupName, at: nil)
      var changed = isNew
      for parentName in parents {
        let parent = try self.group(parentName, at: nil)
        changed = changed || !groups[group].parents.contains(parent)
        try add(child: group, to: parent, at: nil)
      }
      if let host = hostIndex[name] {
        changed = changed || !hosts[host].groups.contains(group)
        list(host: host, in: group)
      }
      if changed {
        settle()
        try loadVars(ofHost: name, groups: [groupName] + parents)
      }
      return changed
    } catch {
      throw error.diagnostic
    }
  }
}

extension InventoryFault {
  var diagnostic: Diagnostic {
    switch self {
    case .format(let diagnostic), .refused(let diagnostic): diagnostic
    }
  }
}
