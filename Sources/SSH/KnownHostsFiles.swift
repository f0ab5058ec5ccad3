@preconcurrency import Glibc
import Synchronization
import Transport

/// Reads and extends the files of known hosts; each is parsed once as long as it stays the same.
enum KnownHostsFiles {
  private struct Version: Equatable {
    var size: Int
    var modified: Int
    var nanoseconds: Int
    var file: UInt64
  }

  private static let parsed = Mutex<[String: (Version, KnownHosts)]>([:])

  /// OpenSSH's own, where the endpoint names none.
  static func paths(_ named: [String]) -> [String] {
    guard named.isEmpty else { return named.map(Platform.expandingHome) }
    return ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"].map(Platform.expandingHome)
      + ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
  }

  static func load(_ named: [String]) -> KnownHosts {
    var all = KnownHosts()
    for path in paths(named) { all.add(load(path)) }
    return all
  }

  private static func load(_ path: String) -> KnownHosts {
    guard let version = version(path) else { return KnownHosts() }
    if let known = parsed.withLock({ $0[path] }), known.0 == version { return known.1 }
    guard let bytes = Platform.readFile(path) else { return KnownHosts() }
    let hosts = KnownHosts(bytes, file: path)
    parsed.withLock { $0[path] = (version, hosts) }
    return hosts
  }

  private static func version(_ path: String) -> Version? {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    return Version(
      size: Int(facts.st_size), modified: facts.st_mtim.tv_sec,
      nanoseconds: facts.st_mtim.tv_nsec, file: UInt64(facts.st_ino))
  }

  /// Appends one line; the words of the error where that fails.
  static func remember(_ key: PublicKey, name: String, in named: [String]) -> String? {
    guard let path = paths(named).first else { return nil }
    if let slash = path.lastIndex(of: "/") { mkdir(String(path[..<slash]), 0o700) }
    let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { return "\(path): " + Platform.message(errno) }
    defer { close(file) }
    var line = "\(name) \(key.type) \(key.base64)\n"
    let size = lseek(file, 0, SEEK_END)
    var last: UInt8 = 10
    if size > 0, pread(file, &last, 1, size - 1) == 1, last != 10 { line = "\n" + line }
    let bytes = Array(line.utf8)
    return write(file, bytes, bytes.count) == bytes.count
      ? nil : "\(path): " + Platform.message(errno)
  }
}
