import ArgumentParser
import Diagnostics
import SandboxOptions

/// `sandbox`: the local cloud, which `okeanos_cloud: sandbox` uses.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "The local cloud of tests and examples.",
    subcommands: [Start.self, Stop.self, Status.self, Reset.self, Destroy.self])

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Starts it, where none runs.")
    @OptionGroup var options: ServeOptions

    func run() async throws {
      let start = try await SandboxProcess.start(options.words)
      let late = options.words.filter { $0 != "--simulated" || !start.isSimulated }
      if !start.isOurs, !late.isEmpty {
        Terminal.show(
          Diagnostics([
            .warning(
              "a sandbox runs already, and `\(late.joined(separator: " "))` has no effect on it",
              hint: "`omtd-setup sandbox stop` ends it")
          ]))
      }
      let kind = start.isSimulated && !options.simulated ? " (simulated machines)" : ""
      Platform.write("the sandbox runs at \(start.settings.authURL)\(kind)\n", to: 1)
    }
  }

  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends it; its machines stay on disk.")
    func run() throws { try SandboxCommand.pass(["stop"]) }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Whether it runs, and where.")
    @Flag(help: "One JSON object.") var json = false
    func run() throws { try SandboxCommand.pass(["status"] + (json ? ["--json"] : [])) }
  }

  struct Reset: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends its machines and forgets all.")
    func run() throws { try SandboxCommand.pass(["reset"]) }
  }

  struct Destroy: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends it and its machines, and removes all but the images.")
    func run() throws {
      let status = try Platform.runInForeground(SandboxCommand.words(["destroy"]))
      guard status == 0 else { throw ExitStatus(code: status) }
      SandboxProcess.forget()
    }
  }

  private static func words(_ words: [String]) -> [String] {
    [SandboxProcess.program] + words + ["--state", SandboxProcess.folder]
  }

  private static func pass(_ words: [String]) throws {
    Platform.replaceProcess(Self.words(words))
    throw Diagnostic.error("cannot run `\(SandboxProcess.program)`")
  }
}
