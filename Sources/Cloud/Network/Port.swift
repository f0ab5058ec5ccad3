package enum PortStatus: CloudWord {
  /// `down` is a port of no server.
  case down, build, active, error
  case other(String)

  package static let words: KeyValuePairs<String, PortStatus> = [
    "DOWN": .down, "BUILD": .build, "ACTIVE": .active, "ERROR": .error,
  ]
  package var otherText: String? { if case .other(let text) = self { text } else { nil } }
}

/// A network card: on a server, or free for one.
package struct Port: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var status: PortStatus
  package var networkID: CloudID
  package var serverID: CloudID?
  /// nil until the port is active.
  package var macAddress: String?
  package var addresses: [String]

  package init(
    id: CloudID, name: String = "", status: PortStatus, networkID: CloudID,
    serverID: CloudID? = nil, macAddress: String? = nil, addresses: [String] = []
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.networkID = networkID
    self.serverID = serverID
    self.macAddress = macAddress
    self.addresses = addresses
  }
}

package struct PortRequest: Sendable {
  package var network: CloudID
  /// nil makes a free port, for a server's create request.
  package var server: CloudID?
  package var name: String?
  /// On a public network a floating IP of one's own, and required.
  package var address: String?

  package init(
    network: CloudID, server: CloudID? = nil, name: String? = nil, address: String? = nil
  ) {
    self.network = network
    self.server = server
    self.name = name
    self.address = address
  }
}

/// A public IPv4 address that a user holds, attached or not; it outlives servers and costs quota.
package struct FloatingIP: Hashable, Sendable {
  package var id: CloudID
  package var address: String
  package var networkID: CloudID
  /// nil where it is free: releasing it or attaching it elsewhere must wait for that.
  package var portID: CloudID?
  package var serverID: CloudID?
  package var projectID: String?
  package var isDeleted: Bool

  package init(
    id: CloudID, address: String, networkID: CloudID, portID: CloudID? = nil,
    serverID: CloudID? = nil, projectID: String? = nil, isDeleted: Bool = false
  ) {
    self.id = id
    self.address = address
    self.networkID = networkID
    self.portID = portID
    self.serverID = serverID
    self.projectID = projectID
    self.isDeleted = isDeleted
  }
}
