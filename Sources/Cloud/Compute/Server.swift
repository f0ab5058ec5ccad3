import Values

package enum ServerStatus: CloudWord {
  case build, active, stopped, reboot, resize, error, deleted, unknown
  case other(String)

  package static let words: KeyValuePairs<String, ServerStatus> = [
    "BUILD": .build, "ACTIVE": .active, "STOPPED": .stopped, "REBOOT": .reboot,
    "RESIZE": .resize, "ERROR": .error, "DELETED": .deleted, "UNKNOWN": .unknown,
  ]
  package var otherText: String? { if case .other(let text) = self { text } else { nil } }
}

/// A virtual machine. Its API name is free text and need not be unique.
package struct Server: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var status: ServerStatus
  /// `SNF:task_state`: what the cloud is doing to it, empty where it is idle.
  package var task: String
  /// 0 to 100: the copy of the image; may be 100 before the server is active.
  package var progress: Int?
  package var userID: String?
  /// The project that pays (`tenant_id`).
  package var projectID: String?
  package var created: DateTime?
  package var updated: DateTime?
  package var flavorID: CloudID?
  package var imageID: CloudID?
  package var metadata: [String: String]
  /// Only those that are active: none while the server is being built.
  package var attachments: [ServerNIC]
  package var addresses: [ServerAddress]
  /// Ids of its volumes, the root volume included (since Synnefo 0.16).
  package var volumes: [CloudID]
  /// Set from the start; no proof that the name resolves.
  package var fqdn: String?
  /// By the port inside; only where the cloud translates addresses.
  package var portForwarding: [Int: ForwardedPort]
  /// An administrator froze it: every action is refused.
  package var isSuspended: Bool
  /// True where only the record is left.
  package var isDeleted: Bool
  package var diagnostics: [ServerDiagnostic]
  package var keyNames: [String]
  /// Only in the answer to the create request, never again.
  package var adminPassword: SecretText?

  package var isIdle: Bool { task.isEmpty }
  /// True where the server counts as absent.
  package var isGone: Bool { isDeleted || status == .deleted }

  package init(
    id: CloudID, name: String, status: ServerStatus, task: String = "", progress: Int? = nil,
    userID: String? = nil, projectID: String? = nil, created: DateTime? = nil,
    updated: DateTime? = nil, flavorID: CloudID? = nil, imageID: CloudID? = nil,
    metadata: [String: String] = [:], attachments: [ServerNIC] = [],
    addresses: [ServerAddress] = [], volumes: [CloudID] = [], fqdn: String? = nil,
    portForwarding: [Int: ForwardedPort] = [:], isSuspended: Bool = false,
    isDeleted: Bool = false, diagnostics: [ServerDiagnostic] = [], keyNames: [String] = [],
    adminPassword: SecretText? = nil
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.task = task
    self.progress = progress
    self.userID = userID
    self.projectID = projectID
    self.created = created
    self.updated = updated
    self.flavorID = flavorID
    self.imageID = imageID
    self.metadata = metadata
    self.attachments = attachments
    self.addresses = addresses
    self.volumes = volumes
    self.fqdn = fqdn
    self.portForwarding = portForwarding
    self.isSuspended = isSuspended
    self.isDeleted = isDeleted
    self.diagnostics = diagnostics
    self.keyNames = keyNames
    self.adminPassword = adminPassword
  }
}

/// A network card of a server, with the addresses it has been given; either may be absent.
package struct ServerNIC: Hashable, Sendable {
  package var id: CloudID
  package var networkID: CloudID
  package var macAddress: String?
  package var ipv4: String?
  package var ipv6: String?
  /// `OS-EXT-IPS:type` is `floating`.
  package var isFloating: Bool

  package init(
    id: CloudID, networkID: CloudID, macAddress: String? = nil, ipv4: String? = nil,
    ipv6: String? = nil, isFloating: Bool = false
  ) {
    self.id = id
    self.networkID = networkID
    self.macAddress = macAddress
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.isFloating = isFloating
  }
}

package struct ServerAddress: Hashable, Sendable {
  package var networkID: CloudID
  /// 4 or 6.
  package var version: Int
  package var address: String
  package var isFloating: Bool

  package init(networkID: CloudID, version: Int, address: String, isFloating: Bool = false) {
    self.networkID = networkID
    self.version = version
    self.address = address
    self.isFloating = isFloating
  }
}

package struct ForwardedPort: Hashable, Sendable {
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}

/// A line of a server's build log, newest first; of an error it says why the build failed.
package struct ServerDiagnostic: Hashable, Sendable {
  /// DEBUG, INFO, WARNING or ERROR.
  package var level: String
  package var source: String
  package var message: String
  package var details: String?
  package var created: DateTime?

  package init(
    level: String, source: String, message: String, details: String? = nil, created: DateTime? = nil
  ) {
    self.level = level
    self.source = source
    self.message = message
    self.details = details
    self.created = created
  }
}
