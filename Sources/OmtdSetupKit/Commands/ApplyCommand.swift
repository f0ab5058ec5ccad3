import ArgumentParser
import Diagnostics
import Playbooks
import Running

/// `apply`: brings hosts to what the playbooks describe.
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Brings the hosts to what the playbooks describe.")

  @Argument(help: "Playbooks.") var playbooks: [String] = []
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @OptionGroup(title: "Selection") var selection: SelectionArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments
  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup(title: "Machines") var machineArguments: MachineArguments

  @Flag(
    name: .customLong("machines-only"), help: "Only create and change machines; no playbook runs.")
  var machinesOnly = false

  @Flag(name: [.customShort("C"), .customLong("check")], help: "Change nothing, predict.")
  var check = false

  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.")
  var yes = false

  func validate() throws {
    if playbooks.isEmpty, !machinesOnly {
      throw ValidationError("name a playbook, or say --machines-only")
    }
  }

  func run() async throws {
    var pipeline = try await Pipeline(
      inventory: inventory, connection: connection, output: output, selection: selection)
    let books = try pipeline.playbooks(playbooks)
    if try Listings.print(pipeline, books) { return }
    Terminal.show(pipeline.warnings)
    let out = try Output(pipeline.output, settings: pipeline.settings)
    out.begin(check ? .check : .apply, books.map(\.path))
    let rehearsal: Rehearsal?
    do {
      guard try await prepare(&pipeline, books, out) else { return try out.succeed() }
      rehearsal = try await agreed(pipeline, books, out)
    } catch {
      out.end(with: error)
      throw error
    }
    let runner = try pipeline.runner(
      check ? .check : .apply, playbooks: books, after: rehearsal
    ) { out.take($0) }
    let recap = await LiveRun.run(runner, books, out, on: .finishesTask)
    Summary.timing(recap)
    RetryFile.write(recap, playbooks: playbooks, pipeline.settings)
    let failed = pipeline.machines?.failed ?? [:]
    Summary.machines(failed)
    if recap.exitCode != 0 { throw ExitStatus(code: recap.exitCode) }
    if !failed.isEmpty { throw ExitStatus(code: 4) }
  }

  /// Shows the plan and asks where a person types; nil where nobody is asked.
  private func agreed(_ pipeline: Pipeline, _ books: [Playbook], _ out: Output) async throws
    -> Rehearsal?
  {
    guard !yes, !check, Platform.isTerminal(0) else { return nil }
    guard let rehearsal = try await Approval.ask(pipeline, books, out) else {
      throw ExitStatus(code: 1)
    }
    return rehearsal
  }

  /// Brings machines about; false where no play is to run.
  private func prepare(
    _ pipeline: inout Pipeline, _ books: [Playbook], _ out: Output
  ) async throws -> Bool {
    if let fleet = try await Machines.read(pipeline, books, machineArguments) {
      let goesOn = !machinesOnly && !Machines.areIdle(books)
      pipeline.use(
        try await fleet.bring(isPlan: check, asks: !yes && !check, goesOn: goesOn, out))
      if !goesOn { return false }
    }
    return !machinesOnly
  }
}
