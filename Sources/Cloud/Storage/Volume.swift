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

  package init(
    id: CloudID, name: String? = nil, status: VolumeStatus, size: Int, type: CloudID? = nil,
    attachments: [VolumeAttachment] = [], metadata: [String: String] = [:],
    projectID: String? = nil, isDeleted: Bool = false
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.size = size
    self.type = type
    self.attachments = attachments
    self.metadata = metadata
    self.projectID = projectID
    self.isDeleted = isDeleted
  }
}

package struct VolumeAttachment: Hashable, Sendable {
  package var volumeID: CloudID
  package var serverID: CloudID

  package init(volumeID: CloudID, serverID: CloudID) {
    self.volumeID = volumeID
    self.serverID = serverID
  }
}

package struct VolumeType: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var diskTemplate: String?
  package var isDetachable: Bool?
  package var isDeleted: Bool

  package init(
    id: CloudID, name: String, diskTemplate: String? = nil, isDetachable: Bool? = nil,
    isDeleted: Bool = false
  ) {
    self.id = id
    self.name = name
    self.diskTemplate = diskTemplate
    self.isDetachable = isDetachable
    self.isDeleted = isDeleted
  }
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
