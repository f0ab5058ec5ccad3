import Values

package enum ImageStatus: CloudWord {
  case saving, active, error, deleted
  case other(String)

  package static let words: KeyValuePairs<String, ImageStatus> = [
    "SAVING": .saving, "ACTIVE": .active, "ERROR": .error, "DELETED": .deleted,
  ]
  package var otherText: String? { if case .other(let text) = self { text } else { nil } }
}

/// A disk image. Anybody may publish one of any name: choose by owner and name, or by id.
package struct Image: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var status: ImageStatus
  package var owner: String?
  package var isPublic: Bool
  package var isSnapshot: Bool
  package var created: DateTime?
  /// Keys in lower case, since clouds write them in either.
  package var properties: [String: String]

  /// The users of the property `users`, in its order; empty where it is missing.
  package var users: [String] {
    properties["users"]?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
  }

  /// Who logs in over SSH: `root` if it is among the users or there are none, else the first.
  package var loginUser: String {
    users.contains("root") ? "root" : users.first ?? "root"
  }

  package init(
    id: CloudID, name: String, status: ImageStatus, owner: String? = nil, isPublic: Bool = false,
    isSnapshot: Bool = false, created: DateTime? = nil, properties: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.owner = owner
    self.isPublic = isPublic
    self.isSnapshot = isSnapshot
    self.created = created
    self.properties = properties
  }
}

/// What the image registry (Plankton) adds: the size, which a flavor's disk must hold.
package struct ImageRecord: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  /// Bytes.
  package var size: Int?
  /// `AVAILABLE` where it can be used.
  package var status: String
  package var owner: String?
  package var isPublic: Bool
  package var isSnapshot: Bool
  package var diskFormat: String?
  /// `pithos://account/container/path`.
  package var location: String?
  package var checksum: String?
  /// Keys in lower case.
  package var properties: [String: String]

  package init(
    id: CloudID, name: String, size: Int? = nil, status: String, owner: String? = nil,
    isPublic: Bool = false, isSnapshot: Bool = false, diskFormat: String? = nil,
    location: String? = nil, checksum: String? = nil, properties: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.size = size
    self.status = status
    self.owner = owner
    self.isPublic = isPublic
    self.isSnapshot = isSnapshot
    self.diskFormat = diskFormat
    self.location = location
    self.checksum = checksum
    self.properties = properties
  }
}
