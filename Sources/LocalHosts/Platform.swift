@preconcurrency import Glibc

/// The only file of this target that calls the C library.
enum Platform {
  static var isRoot: Bool { geteuid() == 0 }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// With those above it. One that is there is kept.
  static func makeDirectory(_ path: String) throws(LocalMachineProblem) {
    var parent = ""
    for part in path.split(separator: "/") {
      parent += "/" + part
      guard mkdir(parent, 0o755) == 0 || errno == EEXIST else {
        throw problem("cannot make the directory", parent)
      }
    }
  }

  /// The file holds the old bytes or the new ones, at any time.
  static func replace(_ path: String, with bytes: [UInt8]) throws(LocalMachineProblem) {
    let new = path + ".new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw problem("cannot write", new) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let problem = problem("cannot write", new)
        close(descriptor)
        throw problem
      }
      rest = rest.dropFirst(count)
    }
    guard close(descriptor) == 0, rename(new, path) == 0 else {
      throw problem("cannot write", path)
    }
  }

  private static func problem(_ what: String, _ path: String) -> LocalMachineProblem {
    LocalMachineProblem("\(what) `\(path)`: \(String(cString: strerror(errno)))")
  }
}
