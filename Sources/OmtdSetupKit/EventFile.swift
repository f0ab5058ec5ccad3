import ArgumentParser
import Diagnostics

/// The file of events that a command without a playbook writes: one that changes machines.
struct EventArguments: ParsableArguments {
  @Option(
    name: .customLong("json"),
    help: ArgumentHelp("Write events as JSON lines to this file as well.", valueName: "file"))
  var json: String?

  /// Runs a command whose events go to the file, from its version to its recap.
  ///
  /// - Throws: what the command throws, which is told in the file first; `ExitStatus` 1 where the
  ///   file does not hold all.
  func record(_ command: String, _ body: (Output) async throws -> Void) async throws {
    var arguments = OutputArguments.quiet
    arguments.json = json
    let out = try Output(arguments, isQuiet: true)
    out.begin(.apply, [], command: command)
    do {
      try await body(out)
    } catch {
      out.end(with: error)
      throw error
    }
    try out.succeed()
  }
}
