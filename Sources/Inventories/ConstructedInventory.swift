import Diagnostics
import Values
import YAMLReader

/// Applies a file of `plugin: constructed`: groups and variables computed by expressions from the
/// variables of the hosts that the sources before it gave.
struct ConstructedInventory {
  private(set) var inventory: Inventory
  private let evaluate: InventoryOptions.Evaluate
  private let root: SourceValue
  private let isStrict: Bool
  private let hasLeadingSeparator: Bool

  init(_ root: SourceValue, evaluate: @escaping InventoryOptions.Evaluate, inventory: Inventory) {
    self.root = root
    self.evaluate = evaluate
    self.inventory = inventory
    isStrict = root["strict"]?.plain.bool ?? false
    hasLeadingSeparator = root["leading_separator"]?.plain.bool ?? true
  }

  static let names: Set<String> = ["constructed", "ansible.builtin.constructed"]

  /// - Parameter chosen: the hosts to look at; nil for all that are there.
  mutating func apply(to chosen: [Int]? = nil) throws(InventoryFault) {
    inventory.countDepths()
    for index in chosen ?? Array(inventory.hosts.indices) {
      let variables = self.variables(index)
      for entry in root["compose"]?.entries ?? [] {
        guard let value = try result(entry.value, variables) else { continue }
        inventory.set(entry.key.string ?? "", .value(value), ofHost: index)
      }
      let composed = self.variables(index)
      for entry in root["groups"]?.entries ?? [] {
        guard let value = try result(entry.value, composed) else { continue }
        guard case .bool(let holds) = value.opened else {
          if isStrict {
            throw .format(
              .error("a condition of `groups` gives no boolean", at: entry.value.location))
          }
          continue
        }
        guard holds else { continue }
        try list(index, entry.key.string ?? "", parent: nil, at: entry.keyLocation)
      }
      for entry in root["keyed_groups"]?.items ?? [] {
        try keyed(entry, index, composed)
      }
    }
  }

  /// What an expression may use: the variables of the sources and what a host knows of itself.
  private func variables(_ host: Int) -> [String: Variable] {
    let name = inventory.hosts[host].name
    var variables = inventory.variables(ofHost: name)
    for (key, value) in inventory.magicVariables(ofHost: name) { variables[key] = .value(value) }
    return variables
  }

  /// nil where the expression fails and that is no error here.
  private func result(
    _ expression: SourceValue, _ variables: [String: Variable]
  ) throws(InventoryFault) -> Value? {
    do {
      return .some(try evaluate(expression, variables))
    } catch {
      // What is lacking here is told, what fails there is as `strict` says.
      if isStrict || error.exitCode != nil { throw .format(error) }
      return .none
    }
  }

  // MARK: Keyed groups

  private mutating func keyed(
    _ entry: SourceValue, _ host: Int, _ variables: [String: Variable]
  ) throws(InventoryFault) {
    guard let expression = entry["key"] else {
      throw .format(.error("an entry of `keyed_groups` needs a `key`", at: entry.location))
    }
    if let both = entry["trailing_separator"], entry["default_value"] != nil {
      throw .format(
        .error("`trailing_separator` has no use beside `default_value`", at: both.location))
    }
    guard let key = try result(expression, variables) else { return }
    if isStrict, isEmpty(key), entry["default_value"] == nil {
      throw .format(
        .error(
          "this key gives no group for `\(inventory.hosts[host].name)`, and `strict` asks for one",
          at: expression.location))
    }
    let prefix = entry["prefix"]?.plain.string ?? ""
    var separator = entry["separator"]?.plain.string ?? "_"
    let names = try self.names(key, entry, separator)
    if prefix.isEmpty, !hasLeadingSeparator { separator = "" }
    var parent: String?
    if let written = entry["parent_group"] {
      parent = written.text
      if written.text?.contains("{{") ?? false {
        parent = try result(written, variables)?.string
      }
    }
    for name in names {
      try list(host, prefix + separator + name, parent: parent, at: entry.location)
    }
  }

  /// The names behind prefix and separator: of a text itself, of a list its items, of a mapping
  /// each key with its value.
  private func names(
    _ key: Value, _ entry: SourceValue, _ separator: String
  ) throws(InventoryFault) -> [String] {
    let standard = entry["default_value"]?.plain.string
    switch key {
    case .null, .string(""): return standard.map { [$0] } ?? []
    case .string(let text): return [text]
    case .list(let items), .tuple(let items):
      return items.compactMap { isEmpty($0) ? standard ?? text($0) : text($0) }
    case .map(let map):
      let trails = entry["trailing_separator"]?.plain.bool ?? true
      return map.map { name, value in
        guard isEmpty(value) else { return text(name) + separator + text(value) }
        if let standard { return text(name) + separator + standard }
        return trails ? text(name) + separator + text(value) : text(name)
      }
    case .bool(false), .int(0): return []
    default:
      throw .format(
        .error("a key of `keyed_groups` must be text, a list or a mapping", at: entry.location))
    }
  }

  private func isEmpty(_ value: Value) -> Bool { value.isNull || value.string == "" }

  private func text(_ value: Value) -> String {
    switch value {
    case .string(let text): text
    case .null: "None"
    case .bool(let flag): flag ? "True" : "False"
    default: JSON.text(value)
    }
  }

  private mutating func list(
    _ host: Int, _ name: String, parent: String?, at place: SourceLocation
  ) throws(InventoryFault) {
    let group = try inventory.group(safe(name), at: place)
    inventory.list(host: host, in: group)
    guard let parent, !parent.isEmpty else { return }
    let above = try inventory.group(safe(parent), at: place)
    try inventory.add(child: group, to: above, at: place)
  }

  /// A computed name as a name of variables: whatever is no letter, digit or `_` becomes `_`, and so
  /// does a digit in front. (ansible-core, `to_safe_group_name`)
  private func safe(_ name: String) -> String {
    var result = String.UnicodeScalarView()
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let isWord =
        scalar == "_" || scalar.properties.isAlphabetic
        || scalar.properties.numericType != nil && index > 0
      result.append(isWord ? scalar : "_")
    }
    return String(result)
  }
}
