import ArgumentParser
import Sandbox

struct Stop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ends the sandbox; state and machines stay for the next start.")

  @OptionGroup var state: StateOption

  func run() async throws {
    guard let running = Running(state.directory) else {
      print("no sandbox runs in \(state.directory.path)")
      return
    }
    try await complaining { _ = try running.client.send("POST", "/sandbox/stop") }
    let deadline = Platform.now() + 30
    while Platform.lives(running.announcement.pid) {
      guard Platform.now() < deadline else {
        Platform.complain("process \(running.announcement.pid) does not end")
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
