import ArgumentParser
import Sandbox
import SandboxOptions

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Serves until `stop`; its address and token are in `sandbox.json` of the state directory."
  )

  @OptionGroup var state: StateOption

  @OptionGroup var options: ServeOptions

  func run() async throws {
    let directory = state.directory
    let (trees, port, room) = (options.trees, options.port, options.room)
    let asksSimulated = options.simulated
    let (buildSeconds, actionSeconds, deleteSeconds) =
      (options.buildSeconds, options.actionSeconds, options.deleteSeconds)
    let (apiVersion, versionedEndpoints) = (options.apiVersion, options.versionedEndpoints)
    try await complaining {
      // One that was simulated goes on as that.
      let simulated = try asksSimulated || directory.keptKind() == .simulated
      let backend: any MachineBackend =
        simulated
        ? SimulatedBackend()
        : try RealBackend(stateDirectory: directory.machines, treesDirectory: trees)
      // The time of real machines is their own.
      let isReal = !simulated
      let serving = Serving(
        directory: directory, port: port, machines: room ?? 64, backend: backend
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
      let task = Task { try await serving.run() }
      try await Signals.ending({ task.cancel() }) { try await task.value }
    }
  }
}
