import Diagnostics
import Values

extension Inventory {
  /// The layers of a host's variables, lowest precedence first, empty ones left out:
  /// `all` and then all other groups of the sources; `all` of group_vars beside them and beside the
  /// playbook; all other groups there; the host itself, in the same three parts. (ansible-core,
  /// VARIABLE_PRECEDENCE)
  ///
  /// A name that is not in the inventory has the layers of `all`; the made-up `localhost` also
  /// its connection, `local`.
  package func layers(ofHost name: String) -> [[String: Variable]] {
    var layers: [[String: Variable]] = []
    func add(_ layer: [String: Variable]?) {
      if let layer, !layer.isEmpty { layers.append(layer) }
    }
    let folders = inventoryFolders + playbookFolders
    add(groups[Inventory.all].variables)
    guard let host = hostIndex[name] else {
      for folder in folders { add(folder.groups["all"]) }
      if Inventory.localNames.contains(name) { add(["ansible_connection": .value("local")]) }
      for folder in folders { add(folder.hosts[name]) }
      return layers
    }
    let members = groupsOf(host: host)
    for group in members { add(groups[group].variables) }
    for folder in folders { add(folder.groups["all"]) }
    for folder in folders {
      for group in members { add(folder.groups[groups[group].name]) }
    }
    add(hosts[host].variables)
    for folder in folders { add(folder.hosts[name]) }
    return layers
  }

  /// The layers merged: a later one replaces a variable, or merges mappings where that is set.
  package func variables(ofHost name: String) -> [String: Variable] {
    var result: [String: Variable] = [:]
    for layer in layers(ofHost: name) {
      if result.isEmpty {
        result = layer
      } else {
        for (key, value) in layer {
          result[key] = merged(result[key], value)
        }
      }
    }
    return result
  }

  /// One variable of a host, without merging all of them.
  package func variable(_ name: String, ofHost host: String) -> Variable? {
    let layers = layers(ofHost: host)
    if options.mergesHashes { return variables(ofHost: host)[name] }
    return layers.last { $0[name] != nil }?[name]
  }

  /// What the inventory itself tells a host of itself: `inventory_hostname`,
  /// `inventory_hostname_short`, `group_names`, `inventory_file`, `inventory_dir`.
  package func magicVariables(ofHost name: String) -> [String: Value] {
    let scalars = Array(name.unicodeScalars)[...]
    let isAddress = HostAddress.isIPv6(scalars) || HostAddress.isIPv4(name)
    let short = isAddress ? name : String(name.split(separator: ".").first ?? Substring(name))
    var result: [String: Value] = [
      "inventory_hostname": .string(name),
      "inventory_hostname_short": .string(short),
      "group_names": .list(groupNames(ofHost: name).map { .string($0) }),
      "inventory_file": .null,
      "inventory_dir": .null,
    ]
    if let host = hostIndex[name], let source = hosts[host].source {
      result["inventory_file"] = .string(source)
      if source.hasPrefix("/") { result["inventory_dir"] = .string(Files.parent(source)) }
    }
    return result
  }

  /// The variables that a group has in the sources and in group_vars, merged.
  package func variables(ofGroup name: String) -> [String: Variable] {
    guard let group = groupIndex[name] else { return [:] }
    var result = groups[group].variables
    for folder in inventoryFolders + playbookFolders {
      for (key, value) in folder.groups[name] ?? [:] { result[key] = merged(result[key], value) }
    }
    if groups[group].priority != 1 {
      result["ansible_group_priority"] = .value(.int(groups[group].priority))
    }
    return result
  }

  /// The value that a variable has after another layer sets it again.
  func merged(_ old: Variable?, _ new: Variable) -> Variable {
    guard options.mergesHashes, let old else { return new }
    return VariableMerge.merged(old, new)
  }
}

/// The merging of mappings of `hash_behaviour = merge`: recursive, lists replace.
package enum VariableMerge {
  package static func merged(_ old: Variable, _ new: Variable) -> Variable {
    switch (old, new) {
    case (.source(let a), .source(let b)): return .source(merged(a, b))
    case (.value(let a), .value(let b)): return .value(merged(a, b))
    default: return new
    }
  }

  private static func merged(_ old: SourceValue, _ new: SourceValue) -> SourceValue {
    guard case .map(var entries) = old.content, case .map(let additions) = new.content else {
      return new
    }
    var positions: [Value: Int] = [:]
    for (index, entry) in entries.enumerated() { positions[entry.key] = index }
    for addition in additions {
      if let position = positions[addition.key] {
        var entry = addition
        entry.value = merged(entries[position].value, addition.value)
        entries[position] = entry
      } else {
        entries.append(addition)
      }
    }
    return SourceValue(.map(entries), at: new.location)
  }

  private static func merged(_ old: Value, _ new: Value) -> Value {
    guard case .map(let a) = old, case .map(let b) = new else { return new }
    return .map(a.merging(b) { merged($0, $1) })
  }
}
