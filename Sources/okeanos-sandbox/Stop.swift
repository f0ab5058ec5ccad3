import ArgumentParser
import Sandbox

struct Stop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ends the sandbox, also one that starts; state and machines stay for the next start.")

  @OptionGroup var state: StateOption

  func run() async throws {
    let running = Running(state.directory)
    guard let process = running?.announcement.pid ?? state.directory.server else {
      print("no sandbox runs in \(state.directory.path)")
      return
    }
    if let running {
      try await complaining { _ = try running.client.send("POST", "/sandbox/stop") }
    } else {
      Platform.terminate(process)
    }
    let deadline = Platform.now() + 30
    while Platform.lives(process) {
      guard Platform.now() < deadline else {
        Platform.complain("process \(process) does not end")
        throw ExitCode(1)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    print("stopped")
  }
}

struct Reset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Ends all machines and forgets everything; a running sandbox goes on with an empty cloud.")

  @OptionGroup var state: StateOption

  func run() async throws {
    let directory = state.directory
    try await complaining {
      if let running = Running(directory) {
        var client = running.client
        client.patience = 300
        let reply = try client.send("POST", "/sandbox/reset")
        guard reply.status == 204 else { throw MachineFailure(reply.text) }
      } else {
        try directory.make()
        try directory.lock()
        if directory.hasMachines {
          try await RealBackend(stateDirectory: directory.machines).removeAll()
        }
        directory.empty()
      }
    }
    print("reset")
  }
}
