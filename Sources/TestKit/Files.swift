@preconcurrency import Glibc

/// Files of the package and of the tests' scratch folders.
package enum Files {
  package static let home = variable("HOME") ?? "/root"

  /// The folder of Package.swift.
  package static let package: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  package static let examples = package + "/Tests/Examples"
  package static let errors = package + "/Tests/Errors"
  package static let cases = package + "/Tests/OmtdSetupKitTests/Cases"

  /// The built program, beside the test bundle.
  package static let binary: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let own = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for path in [own] + CommandLine.arguments {
      var parts = path.split(separator: "/", omittingEmptySubsequences: false)
      while parts.count > 1 {
        parts.removeLast()
        let place = parts.joined(separator: "/") + "/omtd-setup"
        if access(place, X_OK) == 0, exists(parts.joined(separator: "/") + "/Values.build") {
          return place
        }
      }
    }
    return package + "/.build/debug/omtd-setup"
  }()

  /// A variable of the environment.
  package static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  package static func bytes(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else {
      throw TestProblem("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }

  package static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  package static func lines(_ path: String) throws -> [String] {
    try text(path).utf8.split(separator: 10, omittingEmptySubsequences: false)
      .map { String($0) ?? "" }
  }

  package static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw TestProblem("cannot write \(path)") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw TestProblem("cannot write all of \(path)")
    }
  }

  /// The folders above a file, those that are missing.
  package static func makeFolders(above path: String) {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
  }

  /// Sorted names; none where there is no such folder.
  package static func names(_ path: String) -> [String] {
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

  /// Folders in `path` that hold a file of that name: one a case.
  package static func folders(in path: String, with file: String) -> [String] {
    names(path).filter { exists("\(path)/\($0)/\(file)") }
  }

  package enum Kind { case file, directory, link, other }

  package static func kind(_ path: String) -> (kind: Kind, mode: UInt32)? {
    var info = stat()
    guard lstat(path, &info) == 0 else { return nil }
    let kind: Kind =
      switch info.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    return (kind, info.st_mode & 0o7777)
  }

  package static func target(ofLink path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink(path, &buffer, buffer.count))
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Copies files, folders, links and modes; names of `leaving` in the top folder stay behind.
  package static func copy(_ source: String, to target: String, leaving: Set<String> = []) throws {
    guard let (kind, mode) = kind(source) else { throw TestProblem("no file \(source)") }
    switch kind {
    case .directory:
      mkdir(target, 0o755)
      for name in names(source) where !leaving.contains(name) {
        try copy("\(source)/\(name)", to: "\(target)/\(name)")
      }
      chmod(target, mode)
    case .link: symlink(Self.target(ofLink: source), target)
    case .file, .other:
      guard let file = fopen(target, "w") else { throw TestProblem("cannot write \(target)") }
      let bytes = try bytes(source)
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      chmod(target, mode)
    }
  }

  package static func remove(_ path: String) {
    if kind(path)?.kind == .directory {
      for name in names(path) { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}
