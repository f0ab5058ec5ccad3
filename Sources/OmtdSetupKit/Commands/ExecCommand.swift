import ArgumentParser
import Diagnostics
import Playbooks
import Running
import Values
import YAMLReader

/// `exec`: one module on hosts of a pattern, without a playbook.
struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Runs one module on the hosts of a pattern.")

  @Argument(help: "The pattern of hosts.") var pattern: String
  @Option(name: [.customShort("m"), .customLong("module-name")], help: "The module.")
  var module = "command"
  @Option(name: [.customShort("a"), .customLong("args")], help: "Its arguments.")
  var arguments = ""
  @Flag(name: [.customShort("C"), .customLong("check")], help: "Change nothing, predict.")
  var check = false
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments
  @OptionGroup(title: "Output") var output: OutputArguments

  func run() async throws {
    try await AdHoc.run(
      pattern: pattern, module: module, arguments: arguments, mode: check ? .check : .apply,
      inventory: inventory, connection: connection, output: output)
  }
}

/// `facts`: what is found out about hosts.
struct FactsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facts", abstract: "Shows what is found out about hosts.")

  @Argument(help: "The pattern of hosts.") var pattern: String
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments
  @OptionGroup(title: "Output") var output: OutputArguments

  func run() async throws {
    var output = output
    output.verbosity = max(1, output.verbosity)
    try await AdHoc.run(
      pattern: pattern, module: "setup", arguments: "", mode: .apply, inventory: inventory,
      connection: connection, output: output)
  }
}

/// A playbook of one play and one task, made of what the command line says.
enum AdHoc {
  static func run(
    pattern: String, module: String, arguments: String, mode: RunMode,
    inventory: InventoryArguments, connection: ConnectionArguments, output: OutputArguments
  ) async throws {
    let pipeline = try Pipeline(
      inventory: inventory, connection: connection, output: output, selection: .parsed)
    let place = SourceLocation(file: "<command line>", line: 1, column: 1)
    let text = JSON.text(
      [
        [
          "hosts": .string(pattern), "gather_facts": false, "name": "exec",
          "tasks": [["action": .string("\(module) \(arguments)")]],
        ]
      ], style: .python)
    let books = try pipeline.playbooks(inline: text, at: place)
    let out = try Output(output)
    let runner = try pipeline.runner(mode, playbooks: books) { out.take($0) }
    let recap = await LiveRun.run(runner, books, out, on: .finishesTask)
    if recap.exitCode != 0 { throw ExitStatus(code: recap.exitCode) }
  }
}
