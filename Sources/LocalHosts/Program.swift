import Subprocess

/// The shell program that does the work: `Scripts/`, embedded in this one, and written to the state
/// directory, since the launcher of a machine outlives whoever started it.
struct Program: Sendable {
  let state: String
  let trees: String
  private var folder: String { state + "/program" }

  private static let entry = "machine.sh"
  private static let files: [(name: String, bytes: [UInt8])] = [
    ("trees.sh", PackageResources.trees_sh),
    ("network.sh", PackageResources.network_sh),
    ("machines.sh", PackageResources.machines_sh),
    ("orders.sh", PackageResources.orders_sh),
    (entry, PackageResources.machine_sh),
  ]

  init(state: String, trees: String) throws(LocalMachineProblem) {
    // They become parts of options of `mount`.
    for path in [state, trees] {
      let isPlain = path.utf8.allSatisfy { byte in
        (45...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == UInt8(ascii: "_")
      }
      guard path.hasPrefix("/"), isPlain else {
        throw LocalMachineProblem("`\(path)` is no absolute path of letters, digits and `._/-`")
      }
    }
    self.state = state
    self.trees = trees
  }

  var hasState: Bool { Platform.exists(state) }

  /// Each file is replaced whole: launchers that run go on with the one that they have read.
  func write() throws(LocalMachineProblem) {
    guard Platform.isRoot else {
      throw LocalMachineProblem("booting machines needs root: it mounts and makes networks")
    }
    try Platform.makeDirectory(state)
    try Platform.makeDirectory(folder)
    for file in Self.files {
      try Platform.replace("\(folder)/\(file.name)", with: file.bytes)
    }
  }

  /// One command of the program.
  ///
  /// - Returns: what it prints, without the last line feed.
  /// - Throws: with its last word, when it fails or takes longer than `seconds`.
  @discardableResult
  func run(
    _ arguments: [String], input: String = "", seconds: Int
  ) async throws(LocalMachineProblem) -> String {
    var options = PlatformOptions()
    // When the task is cancelled: `timeout` passes it on to all that it started.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(15))]
    let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
    do {
      // In a process group of its own, and whole even when this process is killed.
      result = try await Subprocess.run(
        .name("timeout"),
        arguments: Arguments(
          ["--kill-after=10", String(seconds), "bash", "\(folder)/\(Self.entry)", state]
            + arguments),
        environment: .inherit.updating(["OMTD_HOSTS_TREES": trees]), platformOptions: options,
        input: .string(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    } catch {
      throw LocalMachineProblem("cannot run bash: \(error)")
    }
    let output = result.standardOutput
    if result.terminationStatus.isSuccess {
      return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }
    let lines = result.standardError.split(separator: "\n").map(String.init)
    if case .exited(124) = result.terminationStatus {
      throw LocalMachineProblem(
        "`\(arguments[0])` of a machine took longer than \(seconds) s",
        evidence: lines.joined(separator: "\n"))
    }
    throw Self.problem(lines)
  }

  /// The last word of the program is the cause; what it showed of a log stands before.
  private static func problem(_ lines: [String]) -> LocalMachineProblem {
    let mark = "machine: "
    guard let index = lines.lastIndex(where: { $0.hasPrefix(mark) }) else {
      return LocalMachineProblem(
        "the machine program failed", evidence: lines.suffix(20).joined(separator: "\n"))
    }
    let others = lines.filter { $0 != lines[index] }
    return LocalMachineProblem(
      String(lines[index].dropFirst(mark.count)),
      evidence: others.suffix(20).joined(separator: "\n"))
  }
}
