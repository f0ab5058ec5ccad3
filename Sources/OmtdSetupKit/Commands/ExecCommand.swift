import ArgumentParser
import Diagnostics
import Playbooks
import Reporting
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
  @Flag(name: .customLong("list-hosts"), help: "Only list the hosts.") var listHosts = false
  @Flag(name: [.customShort("o"), .customLong("one-line")], help: "One line a host.")
  var oneLine = false
  @Flag(help: ArgumentHelp("Results as `ansible` shows them.", visibility: .hidden))
  var ansible = false
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments
  @OptionGroup(title: "Output") var output: OutputArguments

  func run() async throws {
    if listHosts {
      let pipeline = try await Pipeline(
        inventory: inventory, connection: connection, output: output, selection: .parsed)
      return try AdHoc.list(pattern, pipeline)
    }
    try await AdHoc.run(
      pattern: pattern, module: module, arguments: arguments, mode: check ? .check : .apply,
      inventory: inventory, connection: connection, output: output,
      form: oneLine ? .oneLine : ansible ? .adHoc : .play)
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
    inventory: InventoryArguments, connection: ConnectionArguments, output: OutputArguments,
    form: PlainReport.Form = .play
  ) async throws {
    var pipeline = try await Pipeline(
      inventory: inventory, connection: connection, output: output, selection: .parsed)
    let place = SourceLocation(file: "<command line>", line: 1, column: 1)
    let isCommand = ["command", "shell", "raw", "script"].contains(shortActionName(module))
    guard !isCommand || !arguments.isEmpty else {
      throw Diagnostic(.error, "no command to run", hint: "give one with `-a`", exitCode: 5)
    }
    var task: ValueMap = ["action": .string("\(module) \(arguments)")]
    if arguments.hasPrefix("{"), case .map(let given)? = try? JSON.parse(arguments) {
      task = [.string(module): .map(given)]
    }
    let text = JSON.text(
      [
        [
          "hosts": .string(pattern), "gather_facts": false, "name": "exec",
          "tasks": [.map(task)],
        ]
      ], style: .python)
    let books = try pipeline.playbooks(inline: text, at: place)
    Terminal.show(pipeline.warnings)
    try await locate(pattern, &pipeline, books)
    let out = try Output(pipeline.output, form: form, settings: pipeline.settings)
    let runner = try pipeline.runner(mode, playbooks: books) { out.take($0) }
    let recap = await LiveRun.run(runner, books, out, on: .finishesTask)
    if recap.exitCode != 0 { throw ExitStatus(code: recap.exitCode) }
  }

  /// Tells the run where the machines among the hosts are; a cloud is asked only where there are any.
  private static func locate(
    _ pattern: String, _ pipeline: inout Pipeline, _ books: [Playbook]
  ) async throws {
    let limit = pipeline.inventoryArguments.limit
    guard let hosts = try? pipeline.inventory.select([pattern], limit: limit).names,
      let fleet = try await Machines.read(pipeline, books, .parsed, only: Set(hosts))
    else { return }
    pipeline.use(try await fleet.located(Set(hosts)))
  }

  /// The hosts that the pattern means.
  static func list(_ pattern: String, _ pipeline: Pipeline) throws {
    let limit = pipeline.inventoryArguments.limit
    let hosts: [String]
    do throws(Diagnostic) {
      let selection = try pipeline.inventory.requireHosts(matching: [pattern], limit: limit)
      Terminal.show(Diagnostics(selection.warnings))
      hosts = selection.names
    } catch {
      throw Diagnostics([error])
    }
    let lines = ["  hosts (\(hosts.count)):"] + hosts.map { "    \($0)" }
    Platform.write(lines.joined(separator: "\n") + "\n", to: 1)
  }
}
