import Diagnostics
import Values

/// A host that an inventory plugin lists; without an `ansible_host` it has no address.
package struct ListedHost: Sendable {
  package var name: String
  package var variables: ValueMap

  package init(name: String, variables: ValueMap) {
    self.name = name
    self.variables = variables
  }
}

/// What an inventory plugin gives for one file.
package struct HostListing: Sendable {
  package var hosts: [ListedHost]
  package var warnings: [Diagnostic]

  package init(hosts: [ListedHost], warnings: [Diagnostic] = []) {
    self.hosts = hosts
    self.warnings = warnings
  }
}

/// Reads a file of which a plugin of `InventoryOptions.plugins` knows the hosts, and groups these
/// by the keys of `plugin: constructed`.
///
/// Whatever fails is refused: hosts that are missing would be passed over in silence.
struct PluginInventory {
  private(set) var inventory: Inventory
  private let root: SourceValue
  private let source: InventoryOptions.Plugin
  private let path: String

  init(
    _ root: SourceValue, source: @escaping InventoryOptions.Plugin, path: String,
    inventory: Inventory
  ) {
    self.root = root
    self.source = source
    self.path = path
    self.inventory = inventory
  }

  mutating func read() async throws(InventoryFault) {
    do {
      let keys = try ConstructedKeys(root)
      let listing = try await source(keys.rest)
      inventory.warnings += listing.warnings
      var added: [Int] = []
      for listed in reachable(listing.hosts) {
        let host = try inventory.host(listed.name, in: nil, source: path, at: root.location)
        for (key, value) in listed.variables {
          if let name = key.string { inventory.set(name, .value(value), ofHost: host) }
        }
        added.append(host)
      }
      if keys.areUsed { try construct(added) }
      try checkAddresses(added)
    } catch let fault as InventoryFault {
      throw .refused(fault.diagnostic)
    } catch let diagnostic as Diagnostic {
      throw .refused(diagnostic)
    } catch {
      throw .refused(.error("\(error)", at: root.location))
    }
  }

  private mutating func construct(_ hosts: [Int]) throws {
    guard let evaluate = inventory.options.evaluate else {
      throw Diagnostic.error("expressions cannot be evaluated here", at: root.location)
    }
    var constructed = ConstructedInventory(root, evaluate: evaluate, inventory: inventory)
    defer { inventory = constructed.inventory }
    try constructed.apply(to: hosts)
  }

  // MARK: Addresses

  private var composedAddress: SourceValue? { root["compose"]?["ansible_host"] }

  /// Those with an address. A host without one would be looked for under its name, and another
  /// machine may answer to that.
  private mutating func reachable(_ hosts: [ListedHost]) -> [ListedHost] {
    if composedAddress != nil { return hosts }
    let lost = hosts.filter { $0.variables["ansible_host"] == nil }.map { "`\($0.name)`" }
    guard !lost.isEmpty else { return hosts }
    inventory.warnings.append(
      .warning(
        "left out, for they have no address: \(lost.joined(separator: ", "))",
        at: root.location,
        hint: "`compose: {ansible_host: ...}` gives one, `filters` chooses machines"))
    return hosts.filter { $0.variables["ansible_host"] != nil }
  }

  private func checkAddresses(_ hosts: [Int]) throws(Diagnostic) {
    for host in hosts {
      let text: String? =
        switch inventory.hosts[host].variables["ansible_host"] {
        case .value(let value)?: value.string
        case .source(let source)?: source.text
        case nil: nil
        }
      guard text?.isEmpty ?? true else { continue }
      throw .error(
        "`\(inventory.hosts[host].name)` has no address, and `compose` gives it none",
        at: composedAddress?.location ?? root.location)
    }
  }
}

/// The keys of `plugin: constructed` in the file of another plugin, of the right types.
struct ConstructedKeys {
  /// The file without these keys.
  let rest: SourceValue
  /// True where a host gets groups or variables by them.
  let areUsed: Bool

  private static let flags: Set<String> = ["strict", "leading_separator"]
  private static let mappings: Set<String> = ["compose", "groups"]
  private static let entryTexts: Set<String> = [
    "parent_group", "prefix", "separator", "default_value",
  ]

  init(_ root: SourceValue) throws(Diagnostic) {
    var rest: [SourceEntry] = []
    var areUsed = false
    for entry in root.entries ?? [] {
      let name = entry.key.string ?? ""
      if Self.flags.contains(name) {
        try Self.checkFlag(entry)
      } else if Self.mappings.contains(name) {
        try Self.checkMapping(entry)
        areUsed = true
      } else if name == "keyed_groups" {
        try Self.checkKeyedGroups(entry)
        areUsed = true
      } else {
        rest.append(entry)
      }
    }
    var file = root
    file.content = .map(rest)
    self.rest = file
    self.areUsed = areUsed
  }

  private static func checkFlag(_ entry: SourceEntry) throws(Diagnostic) {
    guard entry.value.plain.bool != nil else {
      throw .error("`\(entry.key.string ?? "")` is yes or no", at: entry.value.location)
    }
  }

  private static func checkMapping(_ entry: SourceEntry) throws(Diagnostic) {
    let name = entry.key.string ?? ""
    guard let members = entry.value.entries else {
      throw .error("`\(name)` is a mapping of names to expressions", at: entry.value.location)
    }
    for member in members {
      guard let text = member.key.string, !text.isEmpty else {
        throw .error("a name in `\(name)` is text", at: member.keyLocation)
      }
    }
  }

  private static func checkKeyedGroups(_ entry: SourceEntry) throws(Diagnostic) {
    guard let items = entry.value.items else {
      throw .error("`keyed_groups` is a list of mappings", at: entry.value.location)
    }
    for item in items {
      guard let members = item.entries else {
        throw .error("an entry of `keyed_groups` is a mapping", at: item.location)
      }
      for member in members {
        let name = member.key.string ?? JSON.text(member.key)
        if name == "key" { continue }
        if name == "trailing_separator" {
          try checkFlag(member)
        } else if entryTexts.contains(name) {
          guard member.value.text != nil else {
            throw .error("`\(name)` is text", at: member.value.location)
          }
        } else {
          let near = suggestion(
            for: name, among: entryTexts.union(["key", "trailing_separator"]).sorted())
          throw .error(
            "`keyed_groups` has no key `\(name)`", at: member.keyLocation,
            length: name.unicodeScalars.count, hint: near.map { "did you mean `\($0)`?" })
        }
      }
      guard item["key"] != nil else {
        throw .error("an entry of `keyed_groups` needs a `key`", at: item.location)
      }
    }
  }
}
