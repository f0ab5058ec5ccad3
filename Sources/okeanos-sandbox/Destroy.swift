import ArgumentParser
import Sandbox

struct Destroy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Ends the sandbox and all its machines, and removes what they left; images of `--trees` stay."
  )

  @OptionGroup var state: StateOption

  func run() async throws {
    let directory = state.directory
    guard directory.exists else {
      print("there is no sandbox in \(directory.path)")
      return
    }
    if Running(directory) != nil || directory.server != nil {
      var stop = Stop()
      stop.state = state
      try await stop.run()
    }
    try await complaining {
      try directory.lock()
      // Also those of a sandbox that was killed while it made them.
      if directory.hasMachines {
        try await RealBackend(stateDirectory: directory.machines).removeAll()
      }
    }
    directory.remove()
    print("destroyed")
  }
}
