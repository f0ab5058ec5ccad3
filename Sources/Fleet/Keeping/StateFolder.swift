import Cloud
import Diagnostics
@preconcurrency import Glibc
import Synchronization

/// Files of one environment on the controller, for their owner only. The one file of this target
/// that calls the C library.
package struct StateFolder: Sendable {
  package let path: String
  package let environment: String

  /// `$XDG_STATE_HOME/omtd-setup/ENVIRONMENT`, under `~/.local/state` where that is not set.
  package init(environment: String, variables: [String: String]) {
    self.environment = environment
    path = Self.root(variables) + "/environments/" + environment
  }

  static func root(_ variables: [String: String]) -> String {
    let state = variables["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (state ?? (variables["HOME"] ?? "/tmp") + "/.local/state") + "/omtd-setup"
  }

  package var journalPath: String { path + "/journal" }

  /// Makes the folder and those above it.
  package func make() throws(Diagnostic) {
    var place = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      place += "/\(part)"
      if mkdir(place, 0o700) != 0, errno != EEXIST {
        throw .error("cannot make `\(place)`: \(Self.words)")
      }
    }
  }

  static var words: String { String(cString: strerror(errno)) }

  /// The bytes of a file; nil where there is none.
  ///
  /// - Throws: where there is, or may be, one that cannot be read.
  package static func read(_ path: String) throws(Diagnostic) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      var byte: CChar = 0
      guard errno == ENOENT, readlink(path, &byte, 1) < 0 else {
        throw .error("cannot read `\(path)`: \(words)")
      }
      return nil
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .error("cannot read `\(path)`: \(words)") }
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }

  /// Replaces a file as a whole: written beside it, synchronised, renamed.
  package func write(_ name: String, _ text: String) throws(Diagnostic) {
    let target = path + "/" + name
    let beside = target + ".new"
    let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .error("cannot write `\(beside)`: \(Self.words)") }
    let isWritten = Self.writeAll(file, text) && fsync(file) == 0
    let words = Self.words
    close(file)
    guard isWritten, rename(beside, target) == 0 else {
      throw .error("cannot write `\(target)`: \(isWritten ? Self.words : words)")
    }
    syncFolder()
  }

  /// The file with the host key of a machine.
  package static func hostKeyName(_ server: CloudID) -> String { hostKeyPrefix + server.text }

  private static let hostKeyPrefix = "host-key-"

  /// All of them: their numbers mean nothing any more.
  func removeHostKeys() {
    guard let folder = opendir(path) else { return }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(Self.hostKeyPrefix) { names.append(name) }
    }
    closedir(folder)
    for name in names { remove(name) }
  }

  package func remove(_ name: String) { unlink(path + "/" + name) }

  /// A copy under a name that no copy has yet; its path.
  package func setAside(_ name: String) throws(Diagnostic) -> String? {
    guard let bytes = try Self.read(path + "/" + name) else { return nil }
    for number in 1..<10_000 {
      let copy = "\(name).kept-\(number)"
      if access(path + "/" + copy, F_OK) == 0 { continue }
      // Bytes that are no text are kept as they are: `String` would mend them.
      let file = open(path + "/" + copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard file >= 0 else { throw .error("cannot write `\(path)/\(copy)`: \(Self.words)") }
      defer { close(file) }
      guard Self.writeAll(file, bytes), fsync(file) == 0 else {
        throw .error("cannot write `\(path)/\(copy)`: \(Self.words)")
      }
      return path + "/" + copy
    }
    throw .error("`\(path)` is full of copies of `\(name)`")
  }

  func syncFolder() {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private static func writeAll(_ file: Int32, _ text: String) -> Bool {
    writeAll(file, Array(text.utf8))
  }

  fileprivate static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// The journal of an environment, open for appending: each record is on the disk when `append`
/// returns.
package final class Journal: Sendable {
  private struct State {
    var file: Int32
    var sum: JournalState
    /// Of the tests: the process ends itself behind the record with this number.
    var recordsLeft: Int?
    var failure: Diagnostic?
  }

  private let state: Mutex<State>
  private let folder: StateFolder

  /// Opens, or begins, the journal.
  ///
  /// - Parameter killAfter: `OMTD_JOURNAL_KILL`, a hook of the tests: the process kills itself
  ///   right behind the record with this number.
  /// - Throws: where it cannot be read as a whole, or not be written.
  package init(_ folder: StateFolder, killAfter: Int? = nil) throws(Diagnostic) {
    self.folder = folder
    try folder.make()
    let records: [JournalRecord]
    if let bytes = try StateFolder.read(folder.journalPath) {
      records = try JournalText.parse(
        String(decoding: bytes, as: UTF8.self), path: folder.journalPath,
        environment: folder.environment)
    } else {
      try folder.write("journal", JournalText.header(environment: folder.environment))
      records = []
    }
    let file = open(folder.journalPath, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else {
      throw .error("cannot write `\(folder.journalPath)`: \(StateFolder.words)")
    }
    state = Mutex(
      State(file: file, sum: JournalState(records), recordsLeft: killAfter))
  }

  deinit { state.withLock { _ = close($0.file) } }

  /// What a journal adds up to, without opening it for writing; empty where there is none.
  package static func state(in folder: StateFolder) throws(Diagnostic) -> JournalState {
    guard let bytes = try StateFolder.read(folder.journalPath) else { return JournalState() }
    return JournalState(
      try JournalText.parse(
        String(decoding: bytes, as: UTF8.self), path: folder.journalPath,
        environment: folder.environment))
  }

  /// From now on it is this account's.
  ///
  /// - Throws: where it holds something of another one.
  package func bind(to account: String) throws(Diagnostic) {
    let sum = self.sum
    if sum.account == account { return }
    if let problem = sum.refusal(for: account, environment: folder.environment) { throw problem }
    if sum.account != nil { folder.removeHostKeys() }
    try append(.account(account))
  }

  package var sum: JournalState { state.withLock { $0.sum } }

  /// - Throws: where the record is not on the disk; then nothing new may be asked of the cloud.
  package func append(_ record: JournalRecord) throws(Diagnostic) {
    let line = Array(JournalText.line(record.json).utf8)
    let failure = state.withLock { state -> Diagnostic? in
      if let failure = state.failure { return failure }
      let before = lseek(state.file, 0, SEEK_END)
      guard StateFolder.writeAll(state.file, line), fsync(state.file) == 0 else {
        state.failure = .error("cannot write `\(folder.journalPath)`: \(StateFolder.words)")
        // A part of a line would keep the next run from reading the others.
        if before >= 0 { _ = ftruncate(state.file, before) }
        return state.failure
      }
      state.sum.take(record)
      if case .deleted(let server) = record { folder.remove(StateFolder.hostKeyName(server)) }
      if let left = state.recordsLeft {
        state.recordsLeft = left - 1
        if left <= 1 { kill(getpid(), SIGKILL) }
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Begins anew where nothing is left to remember.
  package func tidy() {
    state.withLock { state in
      guard state.sum.isEmpty, state.failure == nil else { return }
      close(state.file)
      try? folder.write("journal", JournalText.header(environment: folder.environment))
      state.file = open(folder.journalPath, O_WRONLY | O_APPEND | O_CLOEXEC)
      state.sum = JournalState()
    }
  }
}

/// Held while an environment is changed, by one process of this controller; ends with it.
package final class EnvironmentLock: Sendable {
  private let file: Int32

  /// How long a run is believed to take, as the lock says of itself.
  static let expirySeconds = 4 * 3600
  /// In seconds; more is as good as for ever.
  private static let longestWait = 366 * 86_400

  /// - Parameter wait: seconds to wait for another run.
  /// - Throws: where another process has it, with its words about itself.
  package init(_ folder: StateFolder, wait: Int, now: Int) throws(Diagnostic) {
    try folder.make()
    file = try Self.acquire(folder, wait: .seconds(min(max(0, wait), Self.longestWait)))
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    let host = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let text =
      "process \(getpid()) of user \(getuid()) on \(host) since \(Moment.text(now)), until "
      + "\(Moment.text(now.saturating(plus: Self.expirySeconds))) at the latest\n"
    _ = ftruncate(file, 0)
    let bytes = Array(text.utf8)
    _ = pwrite(file, bytes, bytes.count, 0)
  }

  /// The descriptor of the locked file; closed again where it is not to be had.
  private static func acquire(
    _ folder: StateFolder, wait: Duration
  ) throws(Diagnostic) -> Int32 {
    let path = folder.path + "/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .error("cannot write `\(path)`: \(StateFolder.words)") }
    let start = ContinuousClock.now
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      let cause = errno
      guard cause == EWOULDBLOCK || cause == EINTR else {
        close(file)
        throw .error("cannot lock `\(path)`: \(String(cString: strerror(cause)))")
      }
      guard ContinuousClock.now - start < wait else {
        let owner =
          String(decoding: (try? StateFolder.read(path)) ?? [], as: UTF8.self)
          .split(separator: "\n").first.map(String.init) ?? "unknown"
        close(file)
        throw .error(
          "environment `\(folder.environment)` is being changed by another run",
          evidence: [.init("owner", owner)], hint: "wait for it, or try with --lock-timeout")
      }
      usleep(100_000)
    }
    return file
  }

  deinit {
    _ = ftruncate(file, 0)
    close(file)
  }
}
