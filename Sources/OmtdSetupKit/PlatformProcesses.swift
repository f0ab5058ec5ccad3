import Diagnostics
@preconcurrency import Glibc

// Processes, times and files of the cloud commands.

extension Platform {
  /// Seconds since 1970.
  static var now: Int { time(nil) }

  static func lives(_ process: Int) -> Bool {
    guard let id = pid_t(exactly: process), id > 0 else { return false }
    return kill(id, 0) == 0 || errno == EPERM
  }

  static var ownPath: String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw in
      raw.baseAddress.map {
        readlink("/proc/self/exe", $0.assumingMemoryBound(to: CChar.self), raw.count)
      }
        ?? -1
    }
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
  }

  /// Returns only where the program cannot be run.
  static func replaceProcess(_ words: [String]) {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    execvp(words[0], &arguments)
    for word in arguments { free(word) }
  }

  /// Makes a folder and those above it, for the user only.
  static func makeFolders(_ folder: String) {
    var place = folder.hasPrefix("/") ? "" : "."
    for part in folder.split(separator: "/") {
      place += "/\(part)"
      mkdir(place, 0o700)
    }
  }

  /// Whether somebody holds the lock (`flock`) of this file.
  static func isLocked(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Takes the lock of this file, until `unlock` or the end of the process.
  ///
  /// - Returns: nil where somebody holds it.
  /// - Throws: where there can be no such file.
  static func lock(_ path: String) throws(Diagnostic) -> Int32? {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .error("cannot write `\(path)`: \(words(errno))") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      return nil
    }
    return file
  }

  static func unlock(_ lock: Int32) { close(lock) }

  /// Starts a program that outlives this one; what it prints goes to `serve.log` of the folder.
  ///
  /// - Returns: its process; nil where it cannot be started.
  static func startDetached(_ words: [String], log folder: String) -> Int? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, folder + "/serve.log", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A session of its own (`spawn.h` of glibc): an interrupt of ours is none of its.
    posix_spawnattr_setflags(&attributes, 0x80)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for word in arguments { free(word) } }
    var process = pid_t()
    return posix_spawnp(&process, words[0], &actions, &attributes, arguments, environ) == 0
      ? Int(process) : nil
  }

  /// True once a process that this one started has ended.
  static func hasEnded(_ process: Int) -> Bool {
    guard let id = pid_t(exactly: process) else { return true }
    var status: Int32 = 0
    return waitpid(id, &status, WNOHANG) != 0
  }

  static func remove(_ path: String) { unlink(path) }

  /// Removes a folder that is empty.
  static func removeFolder(_ path: String) { rmdir(path) }
}
