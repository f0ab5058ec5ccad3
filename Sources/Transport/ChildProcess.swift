import CLinux
@preconcurrency import Glibc

/// Starts programs.
package enum ChildProcess {
  struct Running {
    var id: pid_t
    /// Non-blocking ends of the child's standard streams.
    var stdin: Int32
    var stdout: Int32
    var stderr: Int32
  }

  /// A new session has no terminal that `ssh` or `sudo` could ask on. (`spawn.h` of glibc)
  private static let newSession: Int16 = 0x80

  /// Starts `arguments[0]`, found through `PATH`, with three pipes, in a session of its own, and with
  /// none of our signal settings.
  ///
  /// - Throws: `StartError` with the C library's error number.
  static func start(_ arguments: [String]) throws(StartError) -> Running {
    signal(SIGPIPE, SIG_IGN)
    var pipes: [Int32] = []
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard pipe2(&ends, O_CLOEXEC) == 0 else {
        let number = errno
        for end in pipes { close(end) }
        throw StartError(number: number)
      }
      pipes += ends
    }
    let (childIn, ours, out, childOut, err, childErr) = (
      pipes[0], pipes[1], pipes[2], pipes[3], pipes[4], pipes[5]
    )
    let started = spawn(arguments, files: [childIn, childOut, childErr], ownSession: true)
    for end in [childIn, childOut, childErr] { close(end) }
    let process: pid_t
    do throws(StartError) { process = try started.get() } catch {
      for end in [ours, out, err] { close(end) }
      throw error
    }
    for end in [ours, out, err] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    return Running(id: process, stdin: ours, stdout: out, stderr: err)
  }

  /// The system's error number.
  package struct StartError: Error { package var number: Int32 }

  /// Starts `arguments[0]`, found through `PATH`, with no signal blocked.
  ///
  /// - Parameters:
  ///   - files: its standard input, output and error; nil leaves ours.
  ///   - defaults: signals that mean the usual there, whatever they mean here; nil means all.
  package static func spawn(
    _ arguments: [String], files: [Int32?], defaults: [Int32]? = nil, ownSession: Bool = false
  ) -> Result<pid_t, StartError> {
    guard let program = arguments.first else { return .failure(StartError(number: EINVAL)) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in files.enumerated() {
      if let file { posix_spawn_file_actions_adddup2(&actions, file, Int32(number)) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    if let defaults {
      for number in defaults { sigaddset(&signals, number) }
    } else {
      sigfillset(&signals)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
    posix_spawnattr_setflags(&attributes, flags | (ownSession ? newSession : 0))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, program, &actions, &attributes, words, environ)
    return failure == 0 ? .success(process) : .failure(StartError(number: failure))
  }
}

/// Collects children that were let go. Lives on the I/O queue.
final class Reaper {
  static let shared = Confined(Reaper())

  private var processes: Set<pid_t> = []
  private let alarm = Alarm()

  func adopt(_ process: pid_t) {
    processes.insert(process)
    reap()
  }

  private func reap() {
    processes = processes.filter { waitpid($0, nil, WNOHANG) == 0 }
    if !processes.isEmpty {
      alarm.set(after: .milliseconds(200)) { [weak self] in self?.reap() }
    }
  }
}
