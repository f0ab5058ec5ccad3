import Values

/// What stands at a path: kind, attributes, size, digest. Links are not followed.
package struct FileFact: Fact {
  package let path: String

  package init(_ path: String) { self.path = RemotePath.trimmingSlashes(path) }

  package static let isContained = true

  package static func script(_ batch: [FileFact]) -> ShellScript {
    "omtd_files \(words: batch.map(\.path))"
  }

  package func parse(_ line: Substring) -> FileReading { FileReading.parse(line, path: path) }

  package func imagined(in overlay: Overlay) -> ImaginedReading<FileReading>? {
    guard let node = overlay.node(at: path) else { return nil }
    return FileReading.imagined(node, path: path)
  }

  package func adjusted(_ reading: FileReading, by overlay: Overlay) -> FileReading {
    guard let attributes = overlay.attributes(at: path), case .present(var file) = reading
    else { return reading }
    file.imagine(attributes)
    return .present(file)
  }
}

/// The same at the end of the symbolic links that a path may be; `resolvedPath` tells where.
package struct FollowedFileFact: Fact {
  package let path: String

  package init(_ path: String) { self.path = RemotePath.trimmingSlashes(path) }

  package static let isContained = true

  package static func script(_ batch: [FollowedFileFact]) -> ShellScript {
    "omtd_followed \(words: batch.map(\.path))"
  }

  package func parse(_ line: Substring) -> FileReading { FileReading.parse(line, path: path) }

  package func imagined(in overlay: Overlay) -> ImaginedReading<FileReading>? {
    var path = path
    for _ in 0..<40 {
      guard let node = overlay.node(at: path) else {
        return path == self.path ? nil : .unknown(Unknown("behind an imagined link"))
      }
      guard case .link(let target) = node else { return FileReading.imagined(node, path: path) }
      path = RemotePath.resolve(target, from: path)
    }
    return .known(.absent)
  }

  /// Only of a link is the end another file.
  package func told(in view: HostView) -> ToldReading<FileReading> {
    let own = FileFact(path)
    if let reading = view.known(own) {
      if case .present(let file) = reading, file.kind == .link { return .nothing }
      return .reading(reading, from: own)
    }
    if own.imagined(in: view.overlay) != nil || view.table.cell(own) != nil { return .nothing }
    return .needs(own)
  }

  package func adjusted(_ reading: FileReading, by overlay: Overlay) -> FileReading {
    guard case .present(var file) = reading,
      let attributes = overlay.attributes(at: file.resolvedPath)
    else { return reading }
    file.imagine(attributes)
    return .present(file)
  }
}

package enum FileReading: Hashable, Sendable {
  case absent
  case present(RemoteFile)
  /// The path cannot be looked at; the host's own words.
  case unreadable(String)
}

/// One file of a host, as `lstat` tells it.
package struct RemoteFile: Hashable, Sendable {
  package enum Kind: String, Sendable {
    case file, directory, link
    case block = "blockdev"
    case character = "chardev"
    case fifo, socket
  }

  package var kind: Kind
  /// Permission bits with set-uid, set-gid and sticky.
  package var mode: UInt16
  package var uid: Int
  package var gid: Int
  /// Names, or the numbers as text where there is no name.
  package var owner: String
  package var group: String
  package var size: Int
  /// Seconds since 1970.
  package var modified: Int
  package var links: Int
  package var inode: Int
  package var device: Int
  /// Lower-case hexadecimal SHA-256: of regular files up to 1 MB that could be read.
  package var sha256: String?
  /// The target of a symbolic link.
  package var target: String?
  package var resolvedPath: String

  /// Digests ride along up to this size; above it ask `DigestFact`.
  package static let digestLimit = 1 << 20

  /// With imagined attributes in place of its own.
  package func changed(by attributes: FileAttributes) -> RemoteFile {
    var file = self
    file.imagine(attributes)
    return file
  }

  package init(
    kind: Kind, mode: UInt16, uid: Int, gid: Int, owner: String, group: String, size: Int,
    modified: Int, links: Int, inode: Int, device: Int, sha256: String?, target: String?,
    resolvedPath: String
  ) {
    self.kind = kind
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.owner = owner
    self.group = group
    self.size = size
    self.modified = modified
    self.links = links
    self.inode = inode
    self.device = device
    self.sha256 = sha256
    self.target = target
    self.resolvedPath = resolvedPath
  }

  fileprivate mutating func imagine(_ attributes: FileAttributes) {
    if let new = attributes.mode { mode = new }
    if let name = attributes.owner {
      owner = name
      if let number = Int(name) { uid = number }
    }
    if let name = attributes.group {
      group = name
      if let number = Int(name) { gid = number }
    }
  }
}

extension FileReading {
  /// `-`, or `! WORDS`, or: hex mode, uid, gid, size, mtime, links, inode, device, owner, group,
  /// digest or `-`, then the link's target and, of a followed link, the resolved path, as `>` text.
  static func parse(_ line: Substring, path: String) -> FileReading {
    if line == "-" { return .absent }
    if line.hasPrefix("! ") { return .unreadable(String(line.dropFirst(2))) }
    let parts = line.split(ascii: " ", maxSplits: 11, omittingEmptySubsequences: false)
    guard parts.count >= 11, let raw = Int(parts[0], radix: 16),
      let uid = Int(parts[1]), let gid = Int(parts[2]), let size = Int(parts[3]),
      let modified = Int(parts[4]), let links = Int(parts[5]), let inode = Int(parts[6]),
      let device = Int(parts[7])
    else { return .unreadable("`stat` answered `\(line.prefix(200))`") }
    let kind: RemoteFile.Kind? =
      switch raw & 0o170000 {
      case 0o100000: .file
      case 0o040000: .directory
      case 0o120000: .link
      case 0o060000: .block
      case 0o020000: .character
      case 0o010000: .fifo
      case 0o140000: .socket
      default: nil
      }
    guard let kind else { return .unreadable("a kind of file that is not known: \(parts[0])") }
    let rest = parts.count > 11 ? parts[11] : ""
    return .present(
      RemoteFile(
        kind: kind, mode: UInt16(truncatingIfNeeded: raw & 0o7777), uid: uid, gid: gid,
        owner: String(parts[8]), group: String(parts[9]), size: size, modified: modified,
        links: links, inode: inode, device: device,
        sha256: parts[10] == "-" ? nil : String(parts[10]),
        target: kind == .link ? String(rest.dropFirst()) : nil,
        resolvedPath: kind != .link && rest.hasPrefix(">") ? String(rest.dropFirst()) : path))
  }

  /// A directory that a plan imagines.
  package static func newDirectory(_ path: String, _ attributes: FileAttributes) -> FileReading {
    guard case .known(let reading) = imagined(.directory(attributes), path: path) else {
      return .absent
    }
    return reading
  }

  fileprivate static func imagined(_ node: Overlay.Node, path: String)
    -> ImaginedReading<FileReading>
  {
    func file(
      _ kind: RemoteFile.Kind, _ attributes: FileAttributes, defaultMode: UInt16,
      payload: Payload? = nil, target: String? = nil
    ) -> ImaginedReading<FileReading> {
      var file = RemoteFile(
        kind: kind, mode: defaultMode, uid: 0, gid: 0, owner: "root", group: "root",
        size: payload?.bytes.count ?? 0, modified: 0, links: 1, inode: 0, device: 0,
        sha256: payload?.sha256, target: target, resolvedPath: path)
      file.imagine(attributes)
      return .known(.present(file))
    }
    switch node {
    case .absent: return .known(.absent)
    case .unknown(let reason): return .unknown(reason)
    case .directory(let attributes): return file(.directory, attributes, defaultMode: 0o755)
    case .link(let target):
      return file(.link, FileAttributes(), defaultMode: 0o777, target: target)
    case .file(let payload?, let attributes):
      return file(.file, attributes, defaultMode: 0o644, payload: payload)
    case .file(nil, _): return .unknown(Unknown("its content is made by an earlier task"))
    }
  }
}
