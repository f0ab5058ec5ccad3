import ArgumentParser
import Diagnostics

/// The program: one subcommand, one file.
package struct OmtdSetup: AsyncParsableCommand {
  package static let version = "0.1.0"
  package static let configuration = CommandConfiguration(
    commandName: "omtd-setup",
    abstract: "Brings hosts to what playbooks describe: planned first, over ssh, in parallel.",
    version: "omtd-setup \(version)",
    subcommands: [
      ApplyCommand.self, PlanCommand.self, InventoryCommand.self, FactsCommand.self,
      ExecCommand.self, VaultCommand.self,
    ])

  package init() {}

  /// Parses, runs, and ends with the documented status: the only way out of the program.
  package static func start() async {
    do {
      var command = try parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
      Platform.end(0)
    } catch let diagnostics as Diagnostics {
      Terminal.show(diagnostics)
      let first = diagnostics.all.first { $0.severity == .error }
      Platform.end(first?.exitCode ?? 1)
    } catch let status as ExitStatus {
      Platform.end(status.code)
    } catch {
      exit(withError: error)
    }
  }
}

/// Ends the program with a status after everything was said.
struct ExitStatus: Error {
  var code: Int32
}
