import ArgumentParser
import Sandbox

/// The command line of the embedded cloud.
@main
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "okeanos-sandbox",
    abstract: "A Synnefo cloud on this machine, on the loopback address only.",
    subcommands: [Serve.self, Status.self, Stop.self, Reset.self, Destroy.self])
}

/// Says on the error output what ended a command, and has the process end with 1.
func complaining(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let failure as MachineFailure {
    Platform.complain(failure.message)
    throw ExitCode(1)
  }
}

/// Where the state of the sandbox is.
struct StateOption: ParsableArguments {
  @Option(name: .customLong("state"), help: "State directory of the sandbox.")
  var path: String?

  var directory: StateDirectory { path.map { StateDirectory($0) } ?? .standard }
}

/// A sandbox that answers.
struct Running {
  var announcement: StateDirectory.Announcement
  var client: LoopbackClient

  /// nil where none answers in this directory.
  init?(_ directory: StateDirectory) {
    guard let found = directory.announced(), Platform.lives(found.pid) else { return nil }
    announcement = found
    client = LoopbackClient(port: found.port, token: found.token)
    guard let reply = try? client.send("GET", "/sandbox/status"), reply.status == 200 else {
      return nil
    }
  }
}
