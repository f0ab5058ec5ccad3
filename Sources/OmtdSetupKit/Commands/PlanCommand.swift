import ArgumentParser
import Diagnostics
import Playbooks
import Reporting
import Running
import Synchronization

/// `plan`: shows what `apply` would do, and changes nothing.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what apply would do; changes nothing.")

  @Argument(help: "Playbooks.") var playbooks: [String]
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @OptionGroup(title: "Selection") var selection: SelectionArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments
  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup(title: "Machines") var machineArguments: MachineArguments

  @Flag(
    name: .customLong("detailed-exitcode"),
    help: "End with 0 for no changes, 2 for changes, 1 for an error.")
  var detailedExitCode = false

  func run() async throws {
    var pipeline = try await Pipeline(
      inventory: inventory, connection: connection, output: output, selection: selection)
    let books = try pipeline.playbooks(playbooks)
    if try Listings.print(pipeline, books) { return }
    Terminal.show(pipeline.warnings)
    let out = try Output(output, isQuiet: true)
    out.begin(.plan, books.map(\.path))
    var machinesChange = false
    var goesOn = true
    do {
      if let fleet = try await Machines.read(pipeline, books, machineArguments) {
        goesOn = !Machines.areIdle(books)
        let reachable = try await fleet.bring(isPlan: true, asks: false, goesOn: goesOn, out)
        machinesChange = reachable.hasChanges
        pipeline.use(reachable)
        if !goesOn, detailedExitCode, machinesChange { throw ExitStatus(code: 2) }
      }
    } catch {
      out.end(with: error)
      throw error
    }
    guard goesOn else { return try out.succeed() }
    let (report, recap) = try await Planning.run(pipeline, books, out)
    let text = report.text(style: Style(usesColor: Terminal.usesColor(1)))
    Platform.write(VaultMasks.masked(text), to: 1)
    if recap.exitCode != 0 { throw ExitStatus(code: detailedExitCode ? 1 : recap.exitCode) }
    if detailedExitCode, report.hasChanges || machinesChange { throw ExitStatus(code: 2) }
  }
}

/// A plan that is collected before it is shown.
enum Planning {
  static func run(
    _ pipeline: Pipeline, _ books: [Playbook], _ out: Output
  ) async throws -> (PlanReport, Recap) {
    let (report, recap, _) = try await run(pipeline, books, out, before: nil)
    return (report, recap)
  }

  /// - Parameter next: the output of the run behind this plan, if there is one. Its connections are those
  ///   of the plan, and are told of there.
  static func run(
    _ pipeline: Pipeline, _ books: [Playbook], _ out: Output, before next: Output?
  ) async throws -> (PlanReport, Recap, Rehearsal) {
    let report = Mutex(PlanReport(renderer: Terminal.renderer))
    let runner = try pipeline.runner(
      .plan, playbooks: books, ofConnections: { (next ?? out).take($0) }
    ) { event in
      out.take(event)
      report.withLock { $0.take(event) }
    }
    runner.isRehearsal = next != nil
    let recap = await LiveRun.run(runner, books, out, on: .endsProgram)
    return (report.withLock { $0 }, recap, runner.rehearsal)
  }
}

/// The question behind a plan.
enum Approval {
  /// Shows the plan; gives it where the user wants it, or where there is nothing to agree to.
  static func ask(_ pipeline: Pipeline, _ books: [Playbook], _ out: Output) async throws
    -> Rehearsal?
  {
    let (report, recap, rehearsal) = try await Planning.run(
      pipeline, books, try Output(.quiet, isQuiet: true), before: out)
    let text = report.text(style: Style(usesColor: Terminal.usesColor(1)))
    Platform.write(VaultMasks.masked(text), to: 1)
    let lost = recap.hosts.filter { $0.stats.failed > 0 || $0.stats.unreachable > 0 }.map(\.host)
    // That these have no machine was told.
    let isKnown = lost.allSatisfy { pipeline.machines?.failed[$0] != nil }
    guard recap.exitCode == 0 || (!lost.isEmpty && isKnown) else {
      await rehearsal.end()
      throw ExitStatus(code: recap.exitCode)
    }
    guard report.hasChanges else { return rehearsal }
    if Platform.agrees("\nApply this? Only `yes` is taken as such: ") { return rehearsal }
    await rehearsal.end()
    return nil
  }
}
