@preconcurrency import Glibc

/// The few calls of the C library that this target shares.
package enum Platform {
  /// Sixteen lower-case hexadecimal digits from the system's generator, new each time.
  package static func nonce() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// The C library's words for an error number.
  package static func message(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// The value of a variable of this process's environment.
  package static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  package static var homeFolder: String? {
    if let home = environment("HOME"), !home.isEmpty { return home }
    guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return nil }
    return String(cString: folder)
  }

  package static var userName: String? {
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return nil }
    return String(cString: name)
  }

  /// `~` and `~/…` of the own user; anything else stays as it is.
  package static func expandingHome(_ path: String) -> String {
    guard path == "~" || path.utf8.starts(with: "~/".utf8), let home = homeFolder else {
      return path
    }
    return home + String(path.dropFirst())
  }

  /// The whole of a regular file of at most `limit` bytes, nil where it cannot be read.
  package static func readFile(_ path: String, limit: Int = 8 << 20) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count < limit {
      let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return bytes
  }
}

extension Platform {
  /// The C library's words for the last error of this thread.
  package static func lastError() -> String { message(errno) }
}
