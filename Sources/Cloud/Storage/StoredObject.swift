import Values

/// A container of a Pithos+ account.
package struct Container: Hashable, Sendable {
  package var name: String
  package var objectCount: Int?
  /// Bytes.
  package var size: Int?
  package var project: String?

  package init(name: String, objectCount: Int? = nil, size: Int? = nil, project: String? = nil) {
    self.name = name
    self.objectCount = objectCount
    self.size = size
    self.project = project
  }
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

  package init(
    name: String, size: Int, contentType: String? = nil, hash: String? = nil,
    lastModified: String? = nil
  ) {
    self.name = name
    self.size = size
    self.contentType = contentType
    self.hash = hash
    self.lastModified = lastModified
  }
}
