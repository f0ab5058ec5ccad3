import Diagnostics
@preconcurrency import Glibc
import Values

/// What filters and tests of templates ask about files of the controller.
enum PathQuestions {
  /// - Returns: nil for what is no such question.
  /// - Throws: where the file must be there and is not.
  static func answer(
    _ name: String, _ paths: [String], at place: SourceLocation
  ) throws(Diagnostic) -> Value? {
    let path = paths.first ?? ""
    switch name {
    case "exists": return .bool(status(path) != nil)
    case "link_exists": return .bool(Platform.attributes(path) != nil)
    case "directory", "is_dir": return .bool(Platform.kind(path) == .directory)
    case "is_file": return .bool(status(path).map { $0.st_mode & S_IFMT == S_IFREG } ?? false)
    case "is_link", "link": return .bool(isLink(path))
    case "is_mount": return .bool(isMount(path))
    case "is_same_file":
      let other = paths.count > 1 ? paths[1] : ""
      let (one, two) = (try found(path, place), try found(other, place))
      return .bool(one.st_dev == two.st_dev && one.st_ino == two.st_ino)
    case "vaulted_file":
      guard let bytes = Platform.readBytes(path) else {
        throw .error("cannot read `\(path)`", at: place)
      }
      return .bool(bytes.starts(with: "$ANSIBLE_VAULT".utf8))
    case "realpath": return .string(real(path))
    case "expanduser": return .string(expandedUser(path))
    default: return nil
    }
  }

  private static func status(_ path: String) -> stat? {
    var info = stat()
    return stat(path, &info) == 0 ? info : nil
  }

  private static func linkStatus(_ path: String) -> stat? {
    var info = stat()
    return lstat(path, &info) == 0 ? info : nil
  }

  private static func isLink(_ path: String) -> Bool {
    linkStatus(path).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }

  private static func found(_ path: String, _ place: SourceLocation) throws(Diagnostic) -> stat {
    guard let info = status(path) else { throw .error("no file `\(path)`", at: place) }
    return info
  }

  /// As Python's `os.path.ismount`: on another device than the folder around it, or that itself.
  private static func isMount(_ path: String) -> Bool {
    guard let own = linkStatus(path), own.st_mode & S_IFMT != S_IFLNK,
      let around = linkStatus(real(path + "/.."))
    else { return false }
    return own.st_dev != around.st_dev || own.st_ino == around.st_ino
  }

  /// The absolute path without links, `.` and `..`, as Python's `os.path.realpath`: what does not
  /// exist stands for itself, and so does a link that leads back to itself.
  static func real(_ path: String) -> String {
    var rest = Platform.absolute(path).split(separator: "/").map(String.init)[...]
    var done: [String] = []
    var links = 0
    while let name = rest.popFirst() {
      if name == "." { continue }
      if name == ".." {
        _ = done.popLast()
        continue
      }
      let here = "/" + (done + [name]).joined(separator: "/")
      guard links < 40, let target = target(of: here) else {
        done.append(name)
        continue
      }
      links += 1
      if target.hasPrefix("/") { done = [] }
      rest = (target.split(separator: "/").map(String.init) + rest)[...]
    }
    return "/" + done.joined(separator: "/")
  }

  private static func target(of path: String) -> String? {
    guard isLink(path) else { return nil }
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink(path, &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// `~NAME` at the beginning replaced by the home of that account; unchanged where there is none.
  private static func expandedUser(_ path: String) -> String {
    let name = path.dropFirst().prefix { $0 != "/" }
    guard path.hasPrefix("~"), let entry = getpwnam(String(name)), let home = entry.pointee.pw_dir
    else { return path }
    return String(cString: home) + path.dropFirst(1 + name.count)
  }
}

/// Files by a shell pattern.
enum FilePatterns {
  /// The files, not folders, that a pattern matches, sorted by name.
  static func files(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      guard let text = found.gl_pathv[index] else { return nil }
      let path = String(cString: text)
      return Platform.kind(path) == .file ? path : nil
    }
  }
}
