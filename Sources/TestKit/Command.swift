import Dispatch
@preconcurrency import Glibc

/// One run of a program: no standard input, no terminal, a bare environment, a deadline.
package struct Command: Sendable {
  package var words: [String]
  package var folder: String
  /// Seconds; generous, since the tests share a machine. At its end the whole session is killed.
  package var deadline: Double
  /// The test holds a place already that bounds how many programs run.
  package var hasPlace: Bool

  package init(words: [String], folder: String, deadline: Double = 120, hasPlace: Bool = false) {
    self.words = words
    self.folder = folder
    self.deadline = deadline
    self.hasPlace = hasPlace
  }

  package struct Result: Sendable {
    package var stdout: String
    package var stderr: String
    /// The exit status, or 128 and the signal.
    package var status: Int
    package var isLate: Bool
  }

  /// Waits on a thread of its own; at most four programs without a place run at once.
  package func run() async throws -> Result {
    if !hasPlace { await Gate.programs.enter() }
    let outcome = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { @Sendable in
        continuation.resume(returning: Swift.Result { try wait() })
      }
    }
    if !hasPlace { await Gate.programs.leave() }
    return try outcome.get()
  }

  private func wait() throws -> Result {
    let scratch = ScratchFolder()
    let (out, err) = (scratch.path + "/out", scratch.path + "/err")
    let pid = try start(out: out, err: err)
    var status: Int32 = 0
    var isLate = false
    var left = Int(deadline * 200)
    while waitpid(pid, &status, WNOHANG) == 0 {
      usleep(5_000)
      left -= 1
      if left == 0 {
        isLate = true
        kill(-pid, SIGKILL)
      }
    }
    let signal = status & 0x7f
    return Result(
      stdout: try Files.text(out), stderr: try Files.text(err),
      status: Int(signal == 0 ? (status >> 8) & 0xff : 128 + signal), isLate: isLate)
  }

  private func start(out: String, err: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    // 0x80 is POSIX_SPAWN_SETSID: a session without a terminal, to be killed as one group.
    posix_spawnattr_setflags(&attributes, 0x80 | Int16(POSIX_SPAWN_SETSIGDEF))
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGQUIT, SIGPIPE] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    let environment = ["PATH=\(path)", "HOME=\(Files.home)", "LC_ALL=C.UTF-8"]
    // `env` changes the folder, for Glibc's module lacks the function that does.
    let program = "/usr/bin/env"
    var arguments: [UnsafeMutablePointer<CChar>?] =
      ([program, "-C", folder] + words).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, &actions, &attributes, &arguments, &variables)
    guard code == 0 else {
      throw TestProblem("cannot start \(words): \(String(cString: strerror(code)))")
    }
    return pid
  }
}
