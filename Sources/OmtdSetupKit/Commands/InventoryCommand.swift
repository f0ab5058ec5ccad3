import ArgumentParser
import Diagnostics
import Inventories
import Values

/// `inventory`: what the inventory says.
struct InventoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inventory", abstract: "Shows the inventory.")

  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "All groups, hosts and variables as JSON.") var list = false
  @Flag(help: "The groups as a tree.") var graph = false
  @Flag(help: "With --graph: variables as well.") var vars = false
  @Option(help: "The variables of one host as JSON.") var host: String?
  @Argument(help: "With --graph: the group to begin at.") var group: String?

  func run() throws {
    let connection = ConnectionArguments.parsed
    let pipeline = try Pipeline(
      inventory: inventory, connection: connection, output: .quiet, selection: .parsed)
    Terminal.show(Diagnostics(pipeline.inventory.warnings))
    let style = JSONStyle(indent: 4, sortKeys: true)
    do {
      if let host {
        guard pipeline.inventory.hasHost(host) else {
          throw Diagnostic.error("no host `\(host)` in the inventory")
        }
        let values = pipeline.inventory.listedVariables(ofHost: host)
        Platform.write(JSON.text(.map(values), style: style) + "\n", to: 1)
      } else if graph {
        Platform.write(
          try pipeline.inventory.graph(from: group ?? "all", showsVariables: vars), to: 1)
      } else {
        Platform.write(
          JSON.text(try pipeline.inventory.listing(limit: inventory.limit), style: style) + "\n",
          to: 1)
      }
    } catch let diagnostic as Diagnostic {
      throw Diagnostics([diagnostic])
    }
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
