import ArgumentParser
import Diagnostics
import Inventories
import Templating
import Values

/// `inventory`: what the inventory says.
struct InventoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inventory", abstract: "Shows the inventory.")

  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "All groups, hosts and variables as JSON.") var list = false
  @Flag(help: "The groups as a tree.") var graph = false
  @Flag(help: "With --graph: variables as well.") var vars = false
  @Option(help: "The variables of one host.") var host: String?
  @Flag(name: [.customShort("y"), .customLong("yaml")], help: "YAML instead of JSON.")
  var yaml = false
  @Flag(help: "Variables where they were written, not merged into the hosts.") var export = false
  @Option(help: "Write to this file.") var output: String?
  @Option(
    name: .customLong("playbook-dir"), help: "Read group_vars and host_vars of this folder too.")
  var playbookFolder: String?
  @Argument(help: "With --graph: the group to begin at.") var group: String?

  func run() async throws {
    let connection = ConnectionArguments.parsed
    let pipeline = try await Pipeline(
      inventory: inventory, connection: connection, output: .quiet, selection: .parsed,
      takesFaultyInventories: true)
    Terminal.show(pipeline.warnings)
    do throws(Diagnostic) {
      var all = pipeline.inventory
      let folder = playbookFolder ?? pipeline.settings.playbookFolder.value
      if let folder { try all.loadVars(playbookDirectory: folder) }
      let text = try text(of: all)
      guard let output else { return Platform.write(text, to: 1) }
      try Platform.replace(output, with: Array(text.utf8))
    } catch {
      throw Diagnostics([error])
    }
  }

  private func text(of all: Inventory) throws(Diagnostic) -> String {
    let style = JSONStyle(indent: 4, sortKeys: true)
    if let host {
      // One of the names of this computer means the one that the inventory has, or is made up.
      let isLocal = Inventory.localNames.contains(host)
      let host = isLocal ? try all.hosts(matching: host).first ?? host : host
      guard isLocal || all.hasHost(host) else {
        throw Diagnostic(.error, "no host `\(host)` in the inventory", exitCode: 5)
      }
      if yaml { return all.tree(ofHost: host, isExport: export) }
      let values = all.listedVariables(ofHost: host, isExport: export)
      return JSON.text(.map(values), style: style) + "\n"
    }
    if graph {
      let group = group ?? "all"
      guard all.hasGroup(group) else {
        throw Diagnostic(.error, "there is no group `\(group)`", exitCode: 5)
      }
      return try all.graph(from: group, showsVariables: vars) { value in
        value.containsSecret ? Secret.redacted : value.pythonText
      }
    }
    if yaml { return try all.tree(limit: inventory.limit, isExport: export) }
    let listing = try all.listing(limit: inventory.limit, isExport: export)
    return JSON.text(listing, style: style) + "\n"
  }
}

extension ConnectionArguments {
  /// The options as if none were given.
  static var parsed: ConnectionArguments {
    (try? ConnectionArguments.parse([])) ?? ConnectionArguments()
  }
}

extension SelectionArguments {
  static var parsed: SelectionArguments {
    (try? SelectionArguments.parse([])) ?? SelectionArguments()
  }
}
