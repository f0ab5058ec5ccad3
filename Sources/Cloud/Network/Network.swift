import Values

package enum NetworkStatus: CloudWord {
  case active, pending, drained, error, deleted
  case other(String)

  package static let words: KeyValuePairs<String, NetworkStatus> = [
    "ACTIVE": .active, "PENDING": .pending, "SNF:DRAINED": .drained, "ERROR": .error,
    "DELETED": .deleted,
  ]
  package var otherText: String? { if case .other(let text) = self { text } else { nil } }
}

package struct Network: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var status: NetworkStatus
  /// `MAC_FILTERED` for private ones.
  package var type: String
  package var isPublic: Bool
  /// True where floating IPs come from it.
  package var isFloatingIPPool: Bool
  package var subnets: [CloudID]
  package var userID: String?
  package var projectID: String?
  package var created: DateTime?
  package var isDeleted: Bool

  package var isGone: Bool { isDeleted || status == .deleted }

  package init(
    id: CloudID, name: String, status: NetworkStatus, type: String = "MAC_FILTERED",
    isPublic: Bool = false, isFloatingIPPool: Bool = false, subnets: [CloudID] = [],
    userID: String? = nil, projectID: String? = nil, created: DateTime? = nil,
    isDeleted: Bool = false
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.type = type
    self.isPublic = isPublic
    self.isFloatingIPPool = isFloatingIPPool
    self.subnets = subnets
    self.userID = userID
    self.projectID = projectID
    self.created = created
    self.isDeleted = isDeleted
  }
}

package struct NetworkRequest: Sendable {
  package var name: String
  /// The one type that clouds allow by default.
  package var type = "MAC_FILTERED"
  package var project: String?

  package init(name: String, type: String = "MAC_FILTERED", project: String? = nil) {
    self.name = name
    self.type = type
    self.project = project
  }
}

package struct Subnet: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var networkID: CloudID
  package var cidr: String
  package var ipVersion: Int
  package var gateway: String?
  package var hasDHCP: Bool
  package var pools: [AddressRange]
  package var isPublic: Bool
  package var isDeleted: Bool

  package init(
    id: CloudID, name: String, networkID: CloudID, cidr: String, ipVersion: Int,
    gateway: String? = nil, hasDHCP: Bool, pools: [AddressRange] = [], isPublic: Bool = false,
    isDeleted: Bool = false
  ) {
    self.id = id
    self.name = name
    self.networkID = networkID
    self.cidr = cidr
    self.ipVersion = ipVersion
    self.gateway = gateway
    self.hasDHCP = hasDHCP
    self.pools = pools
    self.isPublic = isPublic
    self.isDeleted = isDeleted
  }
}

package struct AddressRange: Hashable, Sendable {
  package var start: String
  package var end: String

  package init(start: String, end: String) {
    self.start = start
    self.end = end
  }
}

/// A subnet; it must exist before the first server joins its network and dies with the network.
package struct SubnetRequest: Sendable {
  package enum Gateway: Hashable, Sendable {
    /// The first address of the subnet.
    case first
    case none
    case address(String)
  }

  package var network: CloudID
  package var name: String?
  /// An IPv4 prefix from /22 to /29, or an IPv6 /64, without host bits.
  package var cidr: String
  package var ipVersion: Int
  package var gateway: Gateway
  package var hasDHCP: Bool
  package var pools: [AddressRange]

  package init(
    network: CloudID, name: String? = nil, cidr: String, ipVersion: Int = 4,
    gateway: Gateway = .first, hasDHCP: Bool = true, pools: [AddressRange] = []
  ) {
    self.network = network
    self.name = name
    self.cidr = cidr
    self.ipVersion = ipVersion
    self.gateway = gateway
    self.hasDHCP = hasDHCP
    self.pools = pools
  }
}
