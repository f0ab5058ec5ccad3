import Values

/// A container of a Pithos+ account.
package struct Container: Hashable, Sendable {
  package var name: String
  package var objectCount: Int?
  /// Bytes.
  package var size: Int?
  package var project: String?
}

/// An entry of a listing; `get` has the content.
package struct StoredObject: Hashable, Sendable {
  package var name: String
  /// Bytes.
  package var size: Int
  package var contentType: String?
  /// A Merkle hash of blocks, not an MD5.
  package var hash: String?
  package var lastModified: String?
}
