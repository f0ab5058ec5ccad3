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
      ExecCommand.self, VaultCommand.self, DocCommand.self, SchemaCommand.self,
      StatusCommand.self, DestroyCommand.self, GCCommand.self, ScaleCommand.self, QuotaCommand.self,
      ImagesCommand.self, FlavorsCommand.self, SSHCommand.self, RecoverCommand.self,
      SandboxCommand.self,
    ])

  package init() {}

  /// To be called before anything else is: ends the program where it cannot run.
  package static func prepare() {
    do {
      try Platform.prepare()
    } catch {
      end(with: error)
    }
  }

  /// Parses, runs, and ends with the documented status: the only way out of the program.
  package static func start() async {
    do {
      let name = CommandLine.arguments.first.flatMap { ProgramName(path: $0) }
      if let name { return try await start(as: name) }
      var command = try parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
      Platform.end(0)
    } catch {
      end(with: error)
      exit(withError: error)
    }
  }

  /// The same under a name of Ansible's, with its options and its status for wrong ones.
  private static func start(as name: ProgramName) async throws {
    var command: any ParsableCommand
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      switch try name.meaning(of: arguments) {
      case .usage:
        Platform.write(name.usage, to: 1)
        Platform.end(0)
      case .version: command = try parseAsRoot(["--version"])
      case .words(let words): command = try parseAsRoot(words)
      }
    } catch {
      end(with: error)
      guard exitCode(for: error) != .success else { exit(withError: error) }
      Platform.write("\(name.rawValue): \(message(for: error))\n", to: 2)
      Platform.end(ProgramName.wrongUse)
    }
    if var waiting = command as? any AsyncParsableCommand {
      try await waiting.run()
    } else {
      try command.run()
    }
    Platform.end(0)
  }

  /// Says what is wrong and ends; returns for errors of the command line itself.
  private static func end(with error: any Error) {
    switch error {
    case let diagnostic as Diagnostic: end(with: Diagnostics([diagnostic]))
    case let diagnostics as Diagnostics:
      Terminal.show(diagnostics)
      let first = diagnostics.all.first { $0.severity == .error }
      Platform.end(first?.exitCode ?? 1)
    case let status as ExitStatus: Platform.end(status.code)
    default: break
    }
  }
}

/// Ends the program with a status after everything was said.
struct ExitStatus: Error {
  var code: Int32
}
