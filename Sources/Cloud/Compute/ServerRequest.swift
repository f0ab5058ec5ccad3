import Values

/// What a new server should be.
package struct ServerRequest: Sendable {
  package var name: String
  package var flavor: CloudID
  package var image: CloudID
  /// nil means the user's default project.
  package var project: String?
  /// At most ten pairs; keys of 50 and values of 500 characters.
  package var metadata: [String: String]
  /// Names of key pairs that exist (since Synnefo 0.19).
  package var keyNames: [String]
  package var files: [PersonalityFile]
  /// In order, behind the networks that the operator forces. Empty means none; it is always sent,
  /// since a request without networks takes any floating IP that is free.
  package var networks: [NetworkChoice]

  package init(
    name: String, flavor: CloudID, image: CloudID, project: String? = nil,
    metadata: [String: String] = [:], keyNames: [String] = [], files: [PersonalityFile] = [],
    networks: [NetworkChoice] = []
  ) {
    self.name = name
    self.flavor = flavor
    self.image = image
    self.project = project
    self.metadata = metadata
    self.keyNames = keyNames
    self.files = files
    self.networks = networks
  }
}

/// A network card that a new server asks for.
package enum NetworkChoice: Hashable, Sendable {
  /// A new card; on a public network the address is a floating IP of one's own.
  case network(CloudID, address: String?)
  /// A port that exists and is free.
  case port(CloudID)
}

/// A file that is written into a server's disk before its first boot, replacing what is there.
package struct PersonalityFile: Sendable {
  /// Absolute.
  package var path: String
  /// At most 7680 bytes, since the limit of 10240 is applied to their base64 text.
  package var content: [UInt8]
  package var owner: String
  package var group: String
  package var mode: Int

  /// How many files one request may hold.
  package static let countLimit = 5
  package static let sizeLimit = 7680

  package init(
    path: String, content: [UInt8], owner: String = "root", group: String = "root",
    mode: Int = 0o600
  ) {
    self.path = path
    self.content = content
    self.owner = owner
    self.group = group
    self.mode = mode
  }
}

/// What may be done to a server. All but `reassign` finish later: wait until the server is idle.
package enum ServerAction: Hashable, Sendable {
  case start
  case shutdown
  case reboot(isHard: Bool)
  /// Needs a stopped server.
  case resize(flavor: CloudID)
  case addFloatingIP(address: String)
  case removeFloatingIP(address: String)
  case reassign(project: String)
}
