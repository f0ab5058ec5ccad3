/// Real Debian machines on this computer: booted systemd, sshd and a network each.
///
/// All that is known of them lies in a state directory and in the kernel, so whoever opens the directory
/// again, after a restart or a kill, finds them as they are. Each call ends within a time limit, may be
/// repeated, and a machine that a killed call left half made goes with `destroy`. Calls for different
/// machines may run at the same time. Needs root, and a computer that lets a program mount and make
/// network links.
package struct LocalMachines: Sendable {
  let program: Program
  /// For how long a command may wait for others of the directory, before its own time begins: the limit
  /// that the scripts have, so that their word is heard first.
  private static let turn = 300

  /// - Parameters:
  ///   - stateDirectory: absolute, of letters, digits and `._/-`; two directories share no machine, no
  ///     network and no name in the kernel.
  ///   - treesDirectory: where the trees of the images are kept, 300 MB each; may serve several state
  ///     directories. nil: in `stateDirectory`.
  package init(
    stateDirectory: String, treesDirectory: String? = nil
  ) throws(LocalMachineProblem) {
    program = try Program(state: stateDirectory, trees: treesDirectory ?? stateDirectory)
  }

  /// Installs missing tools, builds the trees of the images (minutes, the first time), and makes the
  /// public network. To be called before all else; costs a tenth of a second when all is there.
  ///
  /// - Throws: also where this computer cannot boot machines, with the refusal of the kernel or the tool.
  package func prepare(_ images: [LocalImage] = [.debian12]) async throws -> LocalPublicNetwork {
    try program.write()
    let prefix = try await program.run(["prepare"] + images.map(\.rawValue), seconds: 3_600)
    return LocalPublicNetwork(prefix: prefix)
  }

  /// Makes a machine and boots it; returns when its disk is as ordered and its systemd starts, some
  /// seconds before sshd answers. A machine of this id that is there, whole, is left as it is.
  ///
  /// - Throws: with the cause, such as a user that the image lacks; nothing is left behind.
  package func create(_ order: LocalMachineOrder) async throws {
    let text = try order.text()
    do {
      try await program.run(["create", order.id], input: text, seconds: Self.turn + 120)
    } catch {
      // A failure of the removal hides nothing: `list` shows what is left.
      try? await destroy(order.id)
      throw error
    }
  }

  /// Boots a stopped machine with its disk. A running one is left alone.
  package func start(_ id: String) async throws {
    try await program.run(["start", checked(id)], seconds: Self.turn + 120)
  }

  /// Has the machine shut itself down, and pulls the plug after `patience` seconds. 0: at once.
  package func stop(_ id: String, patience: Int = 30) async throws {
    let seconds = max(0, min(patience, 600))
    try await program.run(
      ["stop", checked(id), String(seconds)], seconds: Self.turn + seconds + 60)
  }

  /// Has the machine boot again, `isHard` by pulling the plug; a stopped one is started. Returns when
  /// its systemd starts.
  package func reboot(_ id: String, isHard: Bool = false) async throws {
    // To be stopped and started are two turns.
    try await program.run(
      [isHard ? "reset" : "reboot", checked(id)], seconds: 2 * Self.turn + 180)
  }

  /// Ends the machine and removes all of it. Succeeds when there is none.
  package func destroy(_ id: String) async throws {
    try await program.run(["destroy", checked(id)], seconds: Self.turn + 120)
  }

  /// nil when there is no such machine.
  package func state(_ id: String) async throws -> LocalMachine.State? {
    try await list().first { $0.id == id }?.state
  }

  /// All machines of this state directory, whoever made them.
  package func list() async throws -> [LocalMachine] {
    try await program.run(["list"], seconds: 30).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let state = LocalMachine.State(rawValue: String(words[1])) else {
        return nil
      }
      return LocalMachine(id: String(words[0]), state: state)
    }
  }

  /// The process that the machine is part of, for as long as it runs.
  package func process(_ id: String) async throws -> Int32? {
    Int32(try await program.run(["process", checked(id)], seconds: 30))
  }

  /// Adds an interface, at once if the machine runs, and for its coming boots.
  package func attach(_ interface: LocalInterface, to id: String) async throws {
    try await program.run(
      ["attach", checked(id)] + interface.words(), seconds: Self.turn + 60)
  }

  /// Removes the interface with this hardware address. Succeeds when there is none.
  package func detach(mac: String, from id: String) async throws {
    try await program.run(
      ["detach", checked(id), checked(mac: mac)], seconds: Self.turn + 60)
  }

  /// Removes all machines and networks of this state directory, and the directory itself unless it holds
  /// something else, such as trees of images. `prepare` has to be called again before anything else.
  package func removeAll() async throws {
    guard program.hasState else { return }
    try program.write()
    try await program.run(["remove-all"], seconds: Self.turn + 300)
  }
}
