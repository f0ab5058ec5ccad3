/// Paths as text, with the rules of Python's `posixpath`; no file is looked at.
enum PosixPath {
  /// The part behind the last slash, and the part before without its trailing slashes.
  static func split(_ path: String) -> (head: String, tail: String) {
    let bytes = Array(path.utf8)
    let cut = (bytes.lastIndex(of: slash) ?? -1) + 1
    var head = bytes[..<cut]
    if head.contains(where: { $0 != slash }) {
      while head.last == slash { head.removeLast() }
    }
    return (text(head), text(bytes[cut...]))
  }

  /// The path without its last suffix, and the suffix with its dot. Leading dots are no suffix.
  static func splitSuffix(_ path: String) -> (root: String, suffix: String) {
    let bytes = Array(path.utf8)
    let start = (bytes.lastIndex(of: slash) ?? -1) + 1
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot >= start,
      bytes[start..<dot].contains(where: { $0 != UInt8(ascii: ".") })
    else { return (path, "") }
    return (text(bytes[..<dot]), text(bytes[dot...]))
  }

  static func join(_ parts: [String]) -> String {
    var path = parts.first ?? ""
    for part in parts.dropFirst() {
      if part.hasPrefix("/") {
        path = part
      } else if path.isEmpty || path.utf8.last == slash {
        path += part
      } else {
        path += "/" + part
      }
    }
    return path
  }

  static func normal(_ path: String) -> String {
    if path.isEmpty { return "." }
    let slashes = path.utf8.prefix { $0 == slash }.count
    // POSIX lets exactly two leading slashes mean something of their own.
    let root = slashes == 2 ? "//" : slashes > 0 ? "/" : ""
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." || (root.isEmpty && parts.last ?? ".." == "..") {
        parts.append(part)
      } else if !parts.isEmpty {
        parts.removeLast()
      }
    }
    let result = root + parts.joined(separator: "/")
    return result.isEmpty ? "." : result
  }

  /// Both paths are absolute.
  static func relative(_ path: String, to start: String) -> String {
    let target = normal(path).split(separator: "/")
    let base = normal(start).split(separator: "/")
    let shared = zip(target, base).prefix { $0 == $1 }.count
    let steps =
      Array(repeating: Substring(".."), count: base.count - shared) + target.dropFirst(shared)
    return steps.isEmpty ? "." : steps.joined(separator: "/")
  }

  /// - Throws: `Failure` for no path at all, or absolute and relative ones together.
  static func common(_ paths: [String]) throws -> String {
    guard let first = paths.first else { throw Failure("commonpath() arg is an empty sequence") }
    let isAbsolute = first.hasPrefix("/")
    if paths.contains(where: { $0.hasPrefix("/") != isAbsolute }) {
      throw Failure("Can't mix absolute and relative paths")
    }
    let parts = paths.map { $0.split(separator: "/").filter { $0 != "." } }
    var shared = parts.first ?? []
    for other in parts.dropFirst() {
      shared = Array(shared.prefix(zip(shared, other).prefix { $0 == $1 }.count))
    }
    return (isAbsolute ? "/" : "") + shared.joined(separator: "/")
  }

  private static let slash = UInt8(ascii: "/")
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}

/// Paths of Windows as text, with the rules of Python's `ntpath`.
enum WindowsPath {
  static func splitDrive(_ path: String) -> (drive: String, rest: String) {
    let bytes = Array(path.utf8)
    guard bytes.count >= 2 else { return ("", path) }
    var cut = 0
    if isSeparator(bytes[0]), isSeparator(bytes[1]) {
      var start = 2
      let prefix = text(bytes.prefix(8).map { isSeparator($0) ? UInt8(ascii: "\\") : $0 }[...])
      if prefix.uppercased() == "\\\\?\\UNC\\" { start = 8 }
      guard let host = bytes[start...].firstIndex(where: isSeparator) else { return (path, "") }
      cut = bytes[(host + 1)...].firstIndex(where: isSeparator) ?? bytes.count
    } else if bytes[1] == UInt8(ascii: ":") {
      cut = 2
    }
    return (text(bytes[..<cut]), text(bytes[cut...]))
  }

  static func split(_ path: String) -> (head: String, tail: String) {
    let (drive, rest) = splitDrive(path)
    let bytes = Array(rest.utf8)
    let cut = (bytes.lastIndex(where: isSeparator) ?? -1) + 1
    var head = bytes[..<cut]
    if head.contains(where: { !isSeparator($0) }) {
      while let last = head.last, isSeparator(last) { head.removeLast() }
    }
    return (drive + text(head), text(bytes[cut...]))
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/")
  }
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
