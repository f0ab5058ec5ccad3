package enum VolumeStatus: CloudWord {
  case creating, available, attaching, inUse, detaching, deleting, deleted, error, errorDeleting
  case other(String)

  package static let words: KeyValuePairs<String, VolumeStatus> = [
    "creating": .creating, "available": .available, "attaching": .attaching, "in_use": .inUse,
    "detaching": .detaching, "deleting": .deleting, "deleted": .deleted, "error": .error,
    "error_deleting": .errorDeleting,
  ]
  package var otherText: String? { if case .other(let text) = self { text } else { nil } }
}

/// A disk. One that is attached dies with its server.
package struct Volume: Hashable, Sendable {
  package var id: CloudID
  package var name: String?
  package var status: VolumeStatus
  /// GiB.
  package var size: Int
  package var type: CloudID?
  package var attachments: [VolumeAttachment]
  package var metadata: [String: String]
  package var projectID: String?
  package var isDeleted: Bool
}

package struct VolumeAttachment: Hashable, Sendable {
  package var volumeID: CloudID
  package var serverID: CloudID
}

package struct VolumeType: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var diskTemplate: String?
  package var isDetachable: Bool?
  package var isDeleted: Bool
}

package struct VolumeRequest: Sendable {
  package var name: String
  /// GiB.
  package var size: Int
  /// Required without a server, and then of a detachable kind.
  package var type: CloudID?
  /// The server to attach it to at once.
  package var server: CloudID?
  package var project: String?

  package init(
    name: String, size: Int, type: CloudID? = nil, server: CloudID? = nil, project: String? = nil
  ) {
    self.name = name
    self.size = size
    self.type = type
    self.server = server
    self.project = project
  }
}
