/// A network: a public one with addresses to reserve, or a user's own.
struct Network: Codable, Sendable {
  enum Status: String, Codable, Sendable {
    case active = "ACTIVE"
    case pending = "PENDING"
    case drained = "SNF:DRAINED"
    case error = "ERROR"
    case deleted = "DELETED"
  }

  var id: Int
  var name: String
  var status = Status.active
  var type: String
  var isPublic = false
  var isPool = false
  /// nil for public ones.
  var user: String?
  var project: String?
  var isShared = false
  var subnets: [Int] = []
  var created: Double
  var updated: Double
  /// Set when the first server joins; no subnet may be made afterwards.
  var wasUsed = false
}

struct Subnet: Codable, Sendable {
  struct Range: Codable, Sendable {
    var first: UInt32
    var last: UInt32
  }

  var id: Int
  var network: Int
  var name: String
  var user: String?
  var project: String?
  var version: Int
  var cidr: String
  /// nil for none.
  var gateway: String?
  var hasDHCP = true
  var pools: [Range] = []
  var nameservers: [String] = []
  /// JSON, as the request had it.
  var routes: [String] = []
  var isDeleted = false
}

/// A network card of a server, or one that waits for a server.
struct Port: Codable, Sendable {
  enum Status: String, Codable, Sendable {
    case down = "DOWN"
    case build = "BUILD"
    case active = "ACTIVE"
    case error = "ERROR"
  }

  var id: Int
  var name: String
  var network: Int
  var user: String
  var server: Int?
  var status: Status
  var mac: String?
  var ipv4: String?
  var subnet: Int?
  var floatingIP: Int?
  var firewall: String?
  var created: Double
  var updated: Double
}

struct FloatingIP: Codable, Sendable {
  var id: Int
  var address: String
  var network: Int
  var user: String
  var project: String
  var isShared = false
  var port: Int?
}

/// That an address of a network is taken. Its key is `Lease.key`.
struct Lease: Codable, Sendable {
  var network: Int
  var address: UInt32

  static func key(_ network: Int, _ address: IPv4) -> Int { network << 32 | Int(address.bits) }
}
