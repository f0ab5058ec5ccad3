import Values

/// Everything below a directory, links not followed: attributes only, no digests.
package struct TreeFact: Fact {
  package let root: String

  package init(_ root: String) { self.root = root }

  package var deadline: Duration { .seconds(300) }

  package static func script(_ batch: [TreeFact]) -> ShellScript {
    .lines(batch.map { "omtd_tree \($0.root)" })
  }

  /// Records parted by `|`, each hexadecimal mode, uid, gid, owner, group and path in base 64.
  package func parse(_ line: Substring) -> [RemoteFile] {
    line.split(ascii: "|").compactMap { record in
      let parts = record.split(ascii: " ")
      guard parts.count == 6, let raw = Int(parts[0], radix: 16), let uid = Int(parts[1]),
        let gid = Int(parts[2]), let path = Base64.bytes(parts[5])
      else { return nil }
      let kind: RemoteFile.Kind =
        switch raw & 0o170000 {
        case 0o040000: .directory
        case 0o120000: .link
        default: .file
        }
      return RemoteFile(
        kind: kind, mode: UInt16(truncatingIfNeeded: raw & 0o7777), uid: uid, gid: gid,
        owner: String(parts[3]), group: String(parts[4]), size: 0, modified: 0, links: 1,
        inode: 0, device: 0, sha256: nil, target: nil,
        resolvedPath: String(decoding: path, as: UTF8.self))
    }
  }

  package func adjusted(_ reading: [RemoteFile], by overlay: Overlay) -> [RemoteFile] {
    reading.compactMap { file in
      if case .absent? = overlay.node(at: file.resolvedPath) { return nil }
      guard let attributes = overlay.attributes(at: file.resolvedPath) else { return file }
      return file.changed(by: attributes)
    }
  }

  package func imagined(in overlay: Overlay) -> ImaginedReading<[RemoteFile]>? {
    if case .directory? = overlay.node(at: root) { return .known([]) }
    return nil
  }
}
