import TestKit
import Testing
import Values

/// The projects of Tests/ModuleProjects on a booted machine: each file is planned, applied as the
/// plan said, and applied again without a change.
@Suite struct ModuleProjectTests {
  static let folder = Files.package + "/Tests/ModuleProjects"
  /// `OMTD_PROJECTS=A,B` chooses some while working on them.
  static let names =
    Files.variable("OMTD_PROJECTS").map { $0.split(separator: ",").map(String.init) }
    ?? Files.names(folder).filter { !Files.names("\(folder)/\($0)").isEmpty }

  @Test("A module does on a machine what its plan said, once", arguments: names)
  func project(name: String) async throws {
    await Gate.hosts.enter()
    do { try await run(name) } catch { Issue.record("\(name): \(error)") }
    await Gate.hosts.leave()
  }

  private func run(_ name: String) async throws {
    let scratch = ScratchFolder()
    let hosts = try await BootedHosts.fresh()
    scratch.write("hosts", hosts.inventory)
    let program = InventoryRun(inventory: scratch.path + "/hosts", folder: "\(Self.folder)/\(name)")
    let files = Files.names(program.folder).filter { $0.hasSuffix(".yaml") }
    if files.contains("prepare.yaml") {
      let said = try await program.run("apply", ["prepare.yaml"]).said
      guard said.status == 0 else {
        throw TestProblem("prepare.yaml:\n\(said.stdout)\(said.stderr)")
      }
    }
    for file in files where file != "prepare.yaml" {
      let planned = try await program.run("plan", [file])
      #expect(planned.said.status == 0, "\(name)/\(file): \(planned.said.stderr)")
      let applied = try await program.run("apply", [file])
      guard applied.said.status == 0 else {
        throw TestProblem("\(file):\n\(applied.said.stdout)\(applied.said.stderr)")
      }
      let rows = applied.changes
      #expect(!rows.isEmpty, "\(name)/\(file) changes nothing")
      #expect(planned.changes == rows, "\(name)/\(file): the plan against what was done")
      let again = try await program.run("apply", [file])
      #expect(again.said.status == 0, "\(name)/\(file): \(again.said.stdout)")
      if !file.hasSuffix(".always.yaml") {
        #expect(again.changes == [], "\(name)/\(file) again")
      }
    }
  }
}

/// The program with one inventory, and the events of its runs.
struct InventoryRun {
  var inventory: String
  var folder: String

  struct Outcome {
    var said: Command.Result
    var events: [Value]
    /// What changed or would change, but for what nobody can predict.
    var changes: [Value] {
      events.filter { $0["event"] == "result" }.flatMap { $0["rows"]?.elements ?? [] }
        .filter { $0["kind"] == "change" }
    }
  }

  /// - Parameter words: options and playbooks.
  func run(_ command: String, _ words: [String]) async throws -> Outcome {
    let scratch = ScratchFolder()
    let log = scratch.path + "/events"
    var all = [Files.binary, command, "-i", inventory, "--json", log]
    if command == "apply" { all.append("--yes") }
    let said = try await Command(words: all + words, folder: folder, deadline: 300).run()
    let lines = Files.exists(log) ? try Files.lines(log).filter { !$0.isEmpty } : []
    return Outcome(said: said, events: try lines.map { try JSON.parse($0) })
  }
}
