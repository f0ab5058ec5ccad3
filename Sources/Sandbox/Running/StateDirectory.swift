@preconcurrency import Glibc

/// The directory of one sandbox: the database, the log, its name and key, and `sandbox.json` while it
/// runs. Everything in it is for its owner only.
package struct StateDirectory: Sendable {
  /// Absolute.
  package let path: String

  /// A relative path begins where the process is.
  package init(_ path: String) { self.path = Platform.absolute(path) }

  package var database: String { path + "/state.sqlite" }
  package var announcement: String { path + "/sandbox.json" }
  /// For the real machines alone.
  package var machines: String { path + "/machines" }
  package var hasMachines: Bool { access(machines, F_OK) == 0 }
  private var identityFile: String { path + "/identity.json" }

  /// `OMTD_SANDBOX_DIR`, or the user's own place for such things.
  package static var standard: StateDirectory {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let path = variable("OMTD_SANDBOX_DIR") { return StateDirectory(path) }
    let home = variable("XDG_STATE_HOME") ?? "\(variable("HOME") ?? "/tmp")/.local/state"
    return StateDirectory(home + "/omtd-setup/sandbox")
  }

  /// Makes the directory and those above it.
  ///
  /// - Throws: where it cannot, or where it is another user's.
  package func make() throws {
    var place = ""
    for part in path.split(separator: "/") {
      place += "/\(part)"
      if mkdir(place, 0o700) != 0, errno != EEXIST { throw Platform.failure("mkdir", place) }
    }
    var info = stat()
    guard lstat(path, &info) == 0 else { throw Platform.failure("stat", path) }
    guard info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid() else {
      throw MachineFailure("`\(path)` is no directory of this user")
    }
    if chmod(path, 0o700) != 0 { throw Platform.failure("chmod", path) }
  }

  /// One sandbox at a time; the lock ends with `unlock`, or with the process.
  ///
  /// - Parameter isServing: the process becomes the `server`.
  /// - Throws: where another one runs.
  @discardableResult
  package func lock(isServing: Bool = false) throws -> Int32 {
    let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Platform.failure("open", path + "/lock") }
    // Whoever asks whether a sandbox runs holds it for an instant.
    for _ in 0..<20 {
      if flock(file, LOCK_EX | LOCK_NB) == 0 {
        let text = isServing ? Array("\(getpid())".utf8) : []
        guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
          close(file)
          throw Platform.failure("write", path + "/lock")
        }
        return file
      }
      usleep(10_000)
    }
    close(file)
    throw MachineFailure("a sandbox runs in `\(path)` already")
  }

  /// The process that serves here, or is about to: it holds the lock.
  package var server: Int32? {
    let file = open(path + "/lock", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard flock(file, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    return Platform.read(path + "/lock").flatMap { Int32(String(decoding: $0, as: UTF8.self)) }
  }

  package func unlock(_ lock: Int32) { close(lock) }

  /// Of what kind the machines of this state are; nil where there is no state yet.
  ///
  /// - Throws: where a sandbox runs, or the database cannot be read.
  package func keptKind() throws -> MachineKind? {
    guard access(database, F_OK) == 0 else { return nil }
    let lock = try lock()
    defer { unlock(lock) }
    let store = try Store(path: database)
    defer { try? store.close() }
    return try store.note("kind").flatMap { RowDecoder()($0) }
  }

  /// The key and the port, the same after every restart.
  package struct Identity: Codable, Sendable {
    package var token: String
    package var port: UInt16
  }

  package func identity() throws -> Identity {
    if let bytes = Platform.read(identityFile), let kept: Identity = RowDecoder()(bytes) {
      return kept
    }
    let fresh = Identity(token: Platform.randomText(40), port: 0)
    try keep(fresh)
    return fresh
  }

  package func keep(_ identity: Identity) throws {
    try Platform.write(identityFile, RowEncoder()(identity) ?? [])
  }

  /// What `sandbox.json` says while a sandbox runs.
  package struct Announcement: Codable, Sendable {
    package var authURL: String
    package var token: String
    package var kind: MachineKind
    package var pid: Int32
    package var port: UInt16

    enum CodingKeys: String, CodingKey {
      case authURL = "auth_url"
      case token, kind, pid, port
    }
  }

  package func announce(_ announcement: Announcement) throws {
    let text: Wire = [
      "auth_url": .text(announcement.authURL), "token": .text(announcement.token),
      "kind": .text(announcement.kind.rawValue), "pid": .int(Int(announcement.pid)),
      "port": .int(Int(announcement.port)),
    ]
    try Platform.write(self.announcement, text.bytes + Array("\n".utf8))
  }

  package func withdraw() { unlink(announcement) }

  /// The sandbox that says it runs here; the file may be older than its process.
  package func announced() -> Announcement? {
    Platform.read(announcement).flatMap { RowDecoder().plain($0) }
  }

  package var exists: Bool { access(path, F_OK) == 0 }

  /// Removes all files of the sandbox, and the directory if nothing else is in it; only under the lock.
  package func remove() {
    empty()
    for file in [announcement, identityFile, path + "/lock"] { unlink(file) }
    rmdir(path)
  }

  /// Removes the database; only under the lock.
  package func empty() {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(database + suffix) }
  }
}
