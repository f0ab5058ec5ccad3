import Values

/// Bytes on their way to a host: what a file shall hold.
package struct Payload: Hashable, Sendable {
  package var bytes: [UInt8]
  /// Lower-case hexadecimal SHA-256 of the bytes: what hosts are compared by.
  package var sha256: String
  /// Computed from a secret: its text is in no diff, its digest in no file.
  package var isSecret: Bool
  /// Base name and permissions of the controller's file, where it came from one.
  package var sourceName: String?
  package var sourceMode: UInt16?

  package init(
    _ bytes: [UInt8], isSecret: Bool = false, sourceName: String? = nil, sourceMode: UInt16? = nil
  ) {
    self.bytes = bytes
    self.isSecret = isSecret
    self.sourceName = sourceName
    self.sourceMode = sourceMode
    sha256 = Digest.sha256(bytes)
  }

  package init(_ text: String, isSecret: Bool = false) {
    self.init(Array(text.utf8), isSecret: isSecret)
  }
}

/// What a `source`, `template` or `content` argument became at its task's turn.
package enum Resolved: Sendable {
  case file(Payload)
  /// A directory: its own base name, then everything below it, parents before children.
  case tree(name: String, copiesContent: Bool, entries: [Entry])
  /// Only `apply` can tell, or the scout has not opened it.
  case unknown(Unknown)

  package struct Entry: Sendable {
    /// Relative to the directory.
    package var path: String
    package var kind: Kind

    package enum Kind: Sendable {
      case directory
      case file(Payload)
      case link(String)
    }

    package init(path: String, kind: Kind) {
      self.path = path
      self.kind = kind
    }
  }
}
