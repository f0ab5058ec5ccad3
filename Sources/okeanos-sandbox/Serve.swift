import ArgumentParser
import Sandbox

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Serves until `stop`; its address and token are in `sandbox.json` of the state directory."
  )

  @OptionGroup var state: StateOption

  @Flag(help: "Machines are a row of state and nothing else.")
  var simulated = false

  @Option(help: "Where images of real machines are kept; may serve several sandboxes.")
  var trees: String?

  @Option(help: "Port; without it the one of the last time, or any.")
  var port: UInt16?

  @Option(help: "How many machines the project of a new cloud has room for.")
  var room = 64

  @Option(help: "Seconds of a build.")
  var buildSeconds: Double?

  @Option(help: "Seconds of an action on a server.")
  var actionSeconds: Double?

  @Option(help: "Seconds of a deletion.")
  var deleteSeconds: Double?

  @Option(help: "The Synnefo version that is played: 0.15 to 0.21.")
  var apiVersion: String?

  @Flag(help: "Name versions in the addresses of networks, volumes and images.")
  var versionedEndpoints = false

  func validate() throws {
    for seconds in [buildSeconds, actionSeconds, deleteSeconds].compactMap({ $0 }) {
      guard seconds >= 0, seconds <= 86_400 else {
        throw ValidationError("seconds are 0 to 86400")
      }
    }
    guard (1...100_000).contains(room) else { throw ValidationError("room is 1 to 100000") }
  }

  func run() async throws {
    let directory = state.directory
    let (buildSeconds, actionSeconds, deleteSeconds) = (buildSeconds, actionSeconds, deleteSeconds)
    let (apiVersion, versionedEndpoints) = (apiVersion, versionedEndpoints)
    try await complaining {
      let backend: any MachineBackend =
        simulated
        ? SimulatedBackend()
        : try RealBackend(stateDirectory: directory.machines, treesDirectory: trees)
      // The time of real machines is their own.
      let isReal = !simulated
      let serving = Serving(
        directory: directory, port: port, machines: room, backend: backend
      ) { settings in
        if isReal {
          (settings.buildSeconds, settings.actionSeconds, settings.deleteSeconds) = (0, 0, 0)
        }
        if let buildSeconds { settings.buildSeconds = buildSeconds }
        if let actionSeconds { settings.actionSeconds = actionSeconds }
        if let deleteSeconds { settings.deleteSeconds = deleteSeconds }
        if let apiVersion { settings.apiVersion = apiVersion }
        if versionedEndpoints { settings.versionedEndpoints = true }
      }
      try await serving.run()
    }
  }
}
