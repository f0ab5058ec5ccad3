import Diagnostics
@preconcurrency import Glibc
import Inventories
import Playbooks
import Reporting

/// The controller's own system: files, terminal, environment. The only file of this target that
/// calls the C library.
enum Platform {
  static func readBytes(_ path: String) -> [UInt8]? { try? Files.bytes(path).get() }

  static func readText(_ path: String) throws(Diagnostic) -> String {
    let bytes: [UInt8]
    switch Files.bytes(path) {
    case .success(let found): bytes = found
    case .failure(let error): throw .error("cannot read `\(path)`: \(error.reason)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .error("`\(path)` is not UTF-8 text")
    }
    return text
  }

  static func kind(_ path: String) -> ControllerFiles.Kind? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return info.st_mode & S_IFMT == S_IFDIR ? .directory : .file
  }

  /// The permissions of what is at the end of links, and where a link itself leads.
  static func attributes(_ path: String) -> (mode: UInt16, linkTarget: String?)? {
    var info = stat()
    guard lstat(path, &info) == 0 else { return nil }
    let isLink = info.st_mode & S_IFMT == S_IFLNK
    if isLink { _ = stat(path, &info) }
    let mode = UInt16(truncatingIfNeeded: info.st_mode & 0o7777)
    guard isLink else { return (mode, nil) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw -> Int in
      guard let start = raw.baseAddress else { return 0 }
      return readlink(path, start.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard count > 0 else { return (mode, nil) }
    return (mode, String(decoding: buffer.prefix(count), as: UTF8.self))
  }

  static func list(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static var files: ControllerFiles {
    ControllerFiles(
      read: { (path) throws(Diagnostic) in try readText(path) }, kind: kind, list: list)
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  static var environment: [String: String] {
    var all: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let line = String(cString: text)
      if let sign = line.firstIndex(of: "=") {
        all[String(line[..<sign])] = String(line[line.index(after: sign)...])
      }
      entry += 1
    }
    return all
  }

  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : workingDirectory + "/" + path
  }

  static var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  static var terminalSize: LiveView.Size? {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return nil
    }
    return LiveView.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  static let interruptSignal = SIGINT

  /// A signal that is watched must not do what it does by itself.
  static func ignoreInterrupts(_ isIgnored: Bool) { signal(SIGINT, isIgnored ? SIG_IGN : SIG_DFL) }

  /// Writes all of it; a closed pipe ends the program without a word, and a full disk with one.
  static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8), to: descriptor)
  }

  /// The same of bytes.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    let number = attempt(bytes, to: descriptor)
    if number != 0 { end(unwritten: number, descriptor) }
  }

  /// Ends the program over a standard stream that takes nothing any more.
  static func end(unwritten number: Int32, _ descriptor: Int32) -> Never {
    if number == EPIPE { exit(141) }
    let stream = descriptor == 2 ? "standard error" : "standard output"
    _ = attempt(Array("error: cannot write \(stream): \(words(number))\n".utf8), to: 2)
    exit(1)
  }

  static func words(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// Writes all of it.
  ///
  /// - Returns: the system's number of what went wrong; 0 for nothing.
  static func attempt(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&wait, 1, 1000)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  static func openForWriting(_ path: String) -> Int32? {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    return descriptor >= 0 ? descriptor : nil
  }

  static func openForAppending(_ path: String) -> Int32? {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    return descriptor >= 0 ? descriptor : nil
  }

  static func end(_ status: Int32) -> Never { exit(status) }
}
