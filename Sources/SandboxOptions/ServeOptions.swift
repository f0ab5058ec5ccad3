import ArgumentParser

/// What a sandbox that starts may be told: by its own program, and by the one that starts it.
package struct ServeOptions: ParsableArguments {
  @Flag(help: "Machines are a row of state and nothing else.")
  package var simulated = false

  @Option(
    help: ArgumentHelp(
      "Where images of real machines are kept; may serve several sandboxes.", valueName: "folder"))
  package var trees: String?

  @Option(help: "Port; without it the one of the last time, or any.")
  package var port: UInt16?

  @Option(help: "How many machines the project of a new cloud has room for; without it 64.")
  package var room: Int?

  @Option(help: ArgumentHelp("Seconds of a build.", valueName: "seconds"))
  package var buildSeconds: Double?

  @Option(help: ArgumentHelp("Seconds of an action on a server.", valueName: "seconds"))
  package var actionSeconds: Double?

  @Option(help: ArgumentHelp("Seconds of a deletion.", valueName: "seconds"))
  package var deleteSeconds: Double?

  @Option(
    help: ArgumentHelp("The Synnefo version that is played: 0.15 to 0.21.", valueName: "version"))
  package var apiVersion: String?

  @Flag(help: "Name versions in the addresses of networks, volumes and images.")
  package var versionedEndpoints = false

  package init() {}

  package func validate() throws {
    for seconds in [buildSeconds, actionSeconds, deleteSeconds].compactMap({ $0 }) {
      guard (0...86_400).contains(seconds) else { throw ValidationError("seconds are 0 to 86400") }
    }
    guard (1...100_000).contains(room ?? 1) else { throw ValidationError("room is 1 to 100000") }
  }

  /// The same as words of a command line.
  package var words: [String] {
    var words = simulated ? ["--simulated"] : []
    let values: [(String, String?)] = [
      ("--trees", trees), ("--port", port.map { "\($0)" }), ("--room", room.map { "\($0)" }),
      ("--build-seconds", buildSeconds.map { "\($0)" }),
      ("--action-seconds", actionSeconds.map { "\($0)" }),
      ("--delete-seconds", deleteSeconds.map { "\($0)" }), ("--api-version", apiVersion),
    ]
    for (name, value) in values { if let value { words.append("\(name)=\(value)") } }
    return words + (versionedEndpoints ? ["--versioned-endpoints"] : [])
  }
}
