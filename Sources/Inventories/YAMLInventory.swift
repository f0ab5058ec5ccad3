import Diagnostics
import Values
import YAMLReader

/// Reads the YAML format: groups as keys, each with `hosts`, `children` and `vars`.
struct YAMLInventory {
  private(set) var inventory: Inventory
  private let path: String
  private let source: String

  init(path: String, inventory: Inventory) {
    self.path = path
    self.inventory = inventory
    source = Files.absolute(path)
  }

  mutating func read(_ text: String) async throws(InventoryFault) {
    let document: YAMLDocument
    do {
      document = try YAML.loadFile(text, file: path)
    } catch {
      throw .format(error)
    }
    guard let entries = document.root.entries, !entries.isEmpty else {
      throw .format(.error("expected a mapping of groups", at: document.root.location))
    }
    inventory.warnings += document.warnings
    if let plugin = document.root["plugin"] {
      return try await apply(document.root, plugin)
    }
    for entry in entries { _ = try group(entry, depth: 0) }
  }

  /// A plugin that we lack would leave the inventory incomplete: that is never passed over.
  private mutating func apply(
    _ root: SourceValue, _ plugin: SourceValue
  ) async throws(InventoryFault) {
    let name = plugin.text ?? ""
    if let source = inventory.options.plugins[name] {
      var reader = PluginInventory(root, source: source, path: self.source, inventory: inventory)
      defer { inventory = reader.inventory }
      return try await reader.read()
    }
    guard ConstructedInventory.names.contains(name), let evaluate = inventory.options.evaluate
    else {
      throw .refused(
        .error(
          "inventory plugin `\(name)` is not supported", at: plugin.location,
          length: name.unicodeScalars.count,
          hint: "use a program that writes the inventory as JSON"))
    }
    var constructed = ConstructedInventory(root, evaluate: evaluate, inventory: inventory)
    defer { inventory = constructed.inventory }
    try constructed.apply()
  }

  /// Reads a group with everything under it; nil where it is no group.
  private mutating func group(_ entry: SourceEntry, depth: Int) throws(InventoryFault) -> Int? {
    guard entry.value.isNull || entry.value.entries != nil else {
      warn("`\(text(entry.key))` is no group: it is not a mapping", at: entry.keyLocation)
      return nil
    }
    guard let name = entry.key.string else {
      throw .format(
        .error("the name of a group must be text, not `\(text(entry.key))`", at: entry.keyLocation))
    }
    let group = try inventory.group(name, at: entry.keyLocation)
    let sections = entry.value.entries ?? []
    for section in sections where ["vars", "children", "hosts"].contains(section.key.string) {
      let isFine =
        section.value.isNull || section.value.entries != nil || section.value.text != nil
      guard isFine else {
        throw .format(
          .error("`\(text(section.key))` must be a mapping", at: section.value.location))
      }
    }
    for section in sections {
      let kind = section.key.string
      if section.value.isNull { continue }
      guard let members = members(of: section) else {
        warn("`\(text(section.key))` in group `\(name)` is not a mapping", at: section.keyLocation)
        continue
      }
      switch kind {
      case "vars": try set(members, ofGroup: group)
      case "children":
        for member in members {
          guard let child = try self.group(member, depth: depth + 1) else {
            throw .format(
              .error("`\(text(member.key))` is no group", at: member.value.location))
          }
          try inventory.add(child: child, to: group, at: member.keyLocation)
        }
      case "hosts":
        for member in members { try hosts(member, in: group, section.value.location) }
      default:
        warn(
          "unknown key `\(text(section.key))` in group `\(name)`; there are `hosts`, `children` "
            + "and `vars`", at: section.keyLocation)
      }
    }
    return group
  }

  /// The entries of a section; a single name stands for a mapping of it to nothing.
  private func members(of section: SourceEntry) -> [SourceEntry]? {
    if let entries = section.value.entries { return entries }
    guard let name = section.value.text,
      ["vars", "children", "hosts"].contains(section.key.string)
    else { return nil }
    let nothing = SourceValue(.scalar(.null), at: section.value.location)
    return [SourceEntry(key: .string(name), keyLocation: section.value.location, value: nothing)]
  }

  private mutating func set(_ entries: [SourceEntry], ofGroup group: Int) throws(InventoryFault) {
    for entry in entries {
      try inventory.set(
        text(entry.key), .source(entry.value), ofGroup: group, at: entry.keyLocation)
    }
  }

  private mutating func hosts(
    _ entry: SourceEntry, in group: Int, _ mapping: SourceLocation
  ) throws(InventoryFault) {
    guard let name = entry.key.string else {
      throw .format(
        .error(
          "the name of a host must be text, not `\(text(entry.key))`", at: entry.keyLocation,
          hint: "put it in quotes"))
    }
    let range: HostRange
    do {
      range = try HostRange(name, at: entry.keyLocation)
    } catch {
      throw .format(error)
    }
    guard let variables = entry.value.entries ?? (isFalsy(entry.value) ? [] : nil) else {
      throw .format(
        .error("the variables of host `\(name)` must be a mapping", at: entry.value.location))
    }
    for hostName in range.hosts {
      let host = try inventory.host(
        hostName, in: group, port: range.port, source: source, at: entry.keyLocation)
      for variable in variables {
        inventory.set(text(variable.key), .source(variable.value), ofHost: host)
      }
    }
    inventory.hostEntries.append(
      HostEntry(
        group: inventory.groups[group].name, pattern: name, place: entry.keyLocation,
        hosts: range.hosts, variables: entry.value.entries == nil ? .map([:]) : entry.value.plain,
        form: .key(in: mapping)))
  }

  private func isFalsy(_ value: SourceValue) -> Bool {
    switch value.content {
    case .scalar(.null), .scalar(.bool(false)), .scalar(.int(0)): true
    case .scalar(.string(let text)): text.isEmpty
    case .list(let items): items.isEmpty
    default: false
    }
  }

  private func text(_ key: Value) -> String { key.string ?? JSON.text(key) }

  private mutating func warn(_ summary: String, at place: SourceLocation) {
    inventory.warnings.append(.warning(summary, at: place))
  }
}
