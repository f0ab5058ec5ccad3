@preconcurrency import Glibc

/// What the cloud asks of the system.
package enum Platform {
  /// Letters and digits from the system's random source.
  package static func randomText(_ count: Int) -> String {
    let letters = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".utf8)
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<count).map { _ in
      letters[Int.random(in: 0..<letters.count, using: &generator)]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A random UUID in lower case.
  package static func randomUUID() -> String {
    var generator = SystemRandomNumberGenerator()
    var digits = (0..<32).map { _ in Int.random(in: 0..<16, using: &generator) }
    digits[12] = 4
    digits[16] = 8 | digits[16] & 3
    let text = digits.map { String($0, radix: 16) }.joined()
    var parts: [Substring] = []
    var rest = Substring(text)
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }

  /// Seconds since 1970.
  package static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec / 1000) / 1_000_000
  }

  /// 127.0.0.1 and this port.
  static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
    return address
  }

  static func failure(_ call: String, _ subject: String) -> MachineFailure {
    MachineFailure("\(call) `\(subject)`: \(String(cString: strerror(errno)))")
  }

  /// nil where there is no such file, or it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(file, &part, part.count)
      guard count >= 0 else { return nil }
      guard count > 0 else { return bytes }
      bytes += part.prefix(count)
    }
  }

  /// Writes a file of mode 0600 beside its place and renames it, so that it is whole at any time.
  static func write(_ path: String, _ bytes: [UInt8]) throws {
    let draft = "\(path).\(getpid())"
    unlink(draft)
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("open", draft) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure("write", draft) }
      rest = rest.dropFirst(count)
    }
    guard fsync(file) == 0, rename(draft, path) == 0 else { throw failure("rename", path) }
  }

  /// The path from the root on; as it is where the process has no folder that it may name.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  package static var processID: Int32 { getpid() }

  /// Asks a process to end.
  package static func terminate(_ pid: Int32) { kill(pid, SIGTERM) }

  /// Whether a process with this number is there.
  package static func lives(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

  /// Sends bytes to a port of this machine and reads to the end of the reply, or until it has `most`.
  ///
  /// - Throws: where nothing listens, or after `seconds` without a byte.
  static func exchange(
    _ port: UInt16, _ request: [UInt8], seconds: Int, most: Int
  ) throws -> [UInt8] {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { throw failure("socket", "127.0.0.1") }
    defer { close(file) }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var address = loopback(port)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw failure("connect", "127.0.0.1:\(port)") }
    var rest = request[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw failure("send", "127.0.0.1:\(port)") }
      rest = rest.dropFirst(count)
    }
    var reply: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(file, &part, part.count, 0)
      guard count >= 0 else { throw failure("receive", "127.0.0.1:\(port)") }
      guard count > 0, reply.count < most else { return reply }
      reply += part.prefix(count)
    }
  }

  /// A few bytes to a peer; one that is gone shows at the next reading.
  static func tell(_ file: Int32, _ bytes: [UInt8]) {
    _ = Glibc.send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// A line on the error output.
  package static func complain(_ text: String) {
    let line = Array("error: \(text)\n".utf8)
    _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
