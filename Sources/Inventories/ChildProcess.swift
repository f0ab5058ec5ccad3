@preconcurrency import Glibc

/// Runs a program to its end and collects what it writes.
enum ChildProcess {
  struct Outcome {
    /// The exit status, or 128 and the number of the signal that ended it.
    var status: Int32
    var output: [UInt8]
    var errors: [UInt8]
  }
  enum Failure: Error {
    /// It could not be started: the system's error number.
    case notStarted(Int32)
    case deadline
    case tooMuchOutput
  }

  private static let outputLimit = 256 << 20

  /// Runs `arguments` with an empty standard input in a process group of its own, which is killed
  /// when the deadline passes.
  static func run(
    _ arguments: [String], deadline: Duration
  ) throws(Failure) -> Outcome {
    guard let output = Pipe(), let errors = Pipe() else { throw .notStarted(errno) }
    var pid = pid_t()
    let code = spawn(arguments, output, errors, &pid)
    output.closeWriter()
    errors.closeWriter()
    guard code == 0 else { throw .notStarted(code) }
    let end = ContinuousClock.now + deadline
    do {
      return try collect(pid, output, errors, until: end)
    } catch {
      kill(-pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) == -1, errno == EINTR {}
      throw error
    }
  }

  private static func spawn(
    _ arguments: [String], _ output: Pipe, _ errors: Pipe, _ pid: inout pid_t
  ) -> Int32 {
    guard let program = arguments.first else { return ENOENT }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.writer, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.writer, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var argv = arguments.map { strdup($0) }
    argv.append(nil)
    defer { for pointer in argv { free(pointer) } }
    return posix_spawn(&pid, program, &actions, &attributes, argv, environ)
  }

  private static func collect(
    _ pid: pid_t, _ output: Pipe, _ errors: Pipe, until end: ContinuousClock.Instant
  ) throws(Failure) -> Outcome {
    var outcome = Outcome(status: 0, output: [], errors: [])
    var openPipes = [output, errors]
    while !openPipes.isEmpty {
      var waiting = openPipes.map { pollfd(fd: $0.reader, events: Int16(POLLIN), revents: 0) }
      let count = poll(&waiting, nfds_t(waiting.count), milliseconds(until: end))
      if count == 0 { throw .deadline }
      if count < 0 {
        if errno == EINTR { continue }
        throw .notStarted(errno)
      }
      for (index, entry) in waiting.enumerated().reversed() where entry.revents != 0 {
        let chunk = openPipes[index].read()
        if openPipes[index] === output {
          outcome.output += chunk
        } else {
          outcome.errors += chunk
        }
        if chunk.isEmpty { openPipes.remove(at: index) }
      }
      if outcome.output.count + outcome.errors.count > outputLimit { throw .tooMuchOutput }
    }
    var status: Int32 = 0
    while true {
      let ended = waitpid(pid, &status, WNOHANG)
      if ended == pid || (ended == -1 && errno != EINTR) { break }
      if ContinuousClock.now >= end { throw .deadline }
      usleep(2000)
    }
    outcome.status = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    return outcome
  }

  private static func milliseconds(until end: ContinuousClock.Instant) -> Int32 {
    let left = ContinuousClock.now.duration(to: end).components
    let total = left.seconds.multipliedReportingOverflow(by: 1000)
    if total.overflow { return Int32.max }
    return Int32(clamping: max(0, total.partialValue + left.attoseconds / 1_000_000_000_000_000))
  }
}

/// A pipe whose ends are not given on to other programs, closed with its owner.
private final class Pipe {
  let reader: Int32
  private(set) var writer: Int32

  init?() {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(reader, F_SETFD, FD_CLOEXEC)
    _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    close(reader)
    closeWriter()
  }

  func closeWriter() {
    if writer >= 0 { close(writer) }
    writer = -1
  }

  /// What is there; empty at the end.
  func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(reader, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      return Array(buffer[..<max(0, count)])
    }
  }
}
