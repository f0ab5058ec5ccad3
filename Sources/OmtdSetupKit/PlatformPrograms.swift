import Diagnostics
@preconcurrency import Glibc
import Transport

// Programs of the controller and files that only the user may read.

extension Platform {
  static func isExecutable(_ path: String) -> Bool {
    kind(path) == .file && access(path, X_OK) == 0
  }

  /// Where a program is that `PATH` has.
  static func program(_ name: String) -> String? {
    (variable("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { $0.hasPrefix("/") && isExecutable($0) }
  }

  /// A path of the command line with `$NAME`, `${NAME}`, `~` and `~user` written out, as Ansible
  /// reads them (`unfrackpath`, that is Python's `expandvars` and then `expanduser`): what is not set
  /// stays as it is written.
  static func expanded(_ path: String) -> String {
    let path = PathVariables.expanded(path, variable)
    guard path.hasPrefix("~") else { return path }
    let name = path.dropFirst().prefix { $0 != "/" }
    let home = name.isEmpty ? variable("HOME") ?? homeFolder(of: nil) : homeFolder(of: String(name))
    guard let home else { return path }
    let rest = path.dropFirst(name.count + 1)
    return home == "/" && rest.hasPrefix("/") ? String(rest) : home + rest
  }

  /// By the system's list of users; of who runs this where no name is given.
  private static func homeFolder(of user: String?) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var room = [CChar](repeating: 0, count: 1 << 16)
    let status =
      user.map { getpwnam_r($0, &entry, &room, room.count, &found) }
      ?? getpwuid_r(getuid(), &entry, &room, room.count, &found)
    guard status == 0, found != nil, let home = entry.pw_dir else { return nil }
    return String(cString: home)
  }

  /// Runs a program to its end and collects its standard output. It reads the terminal and writes
  /// its errors as this program does.
  ///
  /// - Throws: where it cannot be started or takes longer.
  static func output(
    of words: [String], within deadline: Duration
  ) throws(Diagnostic) -> (status: Int32, output: [UInt8]) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .error("cannot make a pipe: \(systemError)") }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    defer { close(ends[0]) }
    let started = spawn(words, output: ends[1])
    close(ends[1])
    let child = try started.get()
    let end = ContinuousClock.now + deadline
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 200)
      if ready > 0 {
        let count = read(ends[0], &buffer, buffer.count)
        if count == 0 { break }
        if count > 0 { output += buffer.prefix(count) }
      }
      if ContinuousClock.now >= end || output.count > 1 << 20 {
        kill(child, SIGKILL)
        _ = wait(for: child)
        throw .error("`\(words.first ?? "")` did not end within \(deadline)")
      }
    }
    return (wait(for: child), output)
  }

  /// - Parameter defaults: signals that mean the usual to it, whatever they mean here.
  static func spawn(
    _ words: [String], output: Int32?, defaults: [Int32] = [SIGPIPE]
  ) -> Result<pid_t, Diagnostic> {
    ChildProcess.spawn(words, files: [nil, output], defaults: defaults).mapError {
      .error("cannot run `\(words.first ?? "")`: \(Self.words($0.number))")
    }
  }

  /// The exit status, or 128 and the number of the signal that ended it.
  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) == -1, errno == EINTR {}
    return exitStatus(status)
  }

  static func exitStatus(_ status: Int32) -> Int32 {
    status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  /// Writes a file that only its owner may read, beside the old one, and puts it in its place. A
  /// file that is there keeps its owner.
  ///
  /// - Parameter keepsMode: a file that is there keeps its mode as well.
  /// - Throws: what the system says; then the old file is as it was.
  static func replace(
    _ path: String, with bytes: [UInt8], keepsMode: Bool = false
  ) throws(Diagnostic) {
    var target = path
    if let real = realpath(path, nil) {
      target = String(cString: real)
      free(real)
    }
    var template = Array((target + ".XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    let name = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0 else { throw .error("cannot write `\(path)`: \(systemError)") }
    var rest = bytes[...]
    var isFine = true
    while isFine, !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else { isFine = errno == EINTR }
    }
    var info = stat()
    if isFine, stat(target, &info) == 0 {
      _ = fchown(descriptor, info.st_uid, info.st_gid)
      if keepsMode { isFine = fchmod(descriptor, info.st_mode & 0o7777) == 0 }
    }
    isFine = isFine && fsync(descriptor) == 0
    let words = systemError
    close(descriptor)
    guard isFine, rename(name, target) == 0 else {
      unlink(name)
      throw .error("cannot write `\(path)`: \(words)")
    }
  }

  /// A folder that only the user may enter.
  /// - Throws: what the system says.
  static func makePrivateFolder() throws(Diagnostic) -> String {
    var template = Array(((variable("TMPDIR") ?? "/tmp") + "/omtd-setup.XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .error("cannot make a temporary folder: \(systemError)")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Overwrites the files of a folder, then removes them and it.
  static func shred(folder: String) {
    for name in list(folder) {
      let path = folder + "/" + name
      if let size = readBytes(path)?.count, let file = fopen(path, "r+") {
        let zeros = [UInt8](repeating: 0, count: size)
        fwrite(zeros, 1, size, file)
        fclose(file)
      }
      unlink(path)
    }
    rmdir(folder)
  }

  /// All of standard input.
  static func readInput() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
    }
  }

  private static var systemError: String { String(cString: strerror(errno)) }
}
