struct User: Codable, Sendable {
  var id: String
  var name: String
  var token: String
  var tokenExpires: Double
  var defaultProject: String
  var isActive = true
}

struct Project: Codable, Sendable {
  var id: String
  var name: String
  var state = "active"
  var isSystem = false
  var owner: String?
  var members: [String]
  var created: Double
  var ends: Double
  /// What one member, and what all may use.
  var limits: [Resource: Limits]

  struct Limits: Codable, Sendable {
    var member: Int
    var project: Int
  }
}

/// What is counted. Sizes are bytes.
enum Resource: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
  case vm = "cyclades.vm"
  case cpu = "cyclades.cpu"
  case ram = "cyclades.ram"
  case disk = "cyclades.disk"
  case floatingIP = "cyclades.floating_ip"
  case network = "cyclades.network.private"
  case storage = "pithos.diskspace"
  case totalCPU = "cyclades.total_cpu"
  case totalRAM = "cyclades.total_ram"

  /// Not in answers, but enforced.
  var isHidden: Bool { self == .totalCPU || self == .totalRAM }

  /// The name in refusals; the hidden ones show their raw name.
  var title: String {
    switch self {
    case .vm: "Virtual Machine"
    case .cpu: "CPU"
    case .ram: "RAM"
    case .disk: "Disk"
    case .floatingIP: "Floating IP"
    case .network: "Private Network"
    case .storage: "Storage Space"
    case .totalCPU, .totalRAM: rawValue
    }
  }

  var unit: String? {
    switch self {
    case .ram, .disk, .storage, .totalRAM: "bytes"
    default: nil
    }
  }
}

/// What a holder uses of one resource: a member of a project, or the project as a whole.
struct Holding: Codable, Sendable {
  /// nil: the project itself.
  var user: String?
  var project: String
  var resource: Resource
  var limit: Int
  /// Sure use, and use with everything that is on its way.
  var least = 0
  var most = 0
}

struct Container: Codable, Sendable {
  var id: Int
  var account: String
  var name: String
  var project: String
  var quota = 0
  var versioning = "auto"
  var metadata: [String: String] = [:]
  var modified: Double
}

struct StoredObject: Codable, Sendable {
  var id: Int
  var container: Int
  var name: String
  var type: String
  var contents: [UInt8]
  var hash: String
  var uuid: String
  var modified: Double
  /// `X-Object-Meta-*`, by names in lower case.
  var metadata: [String: String]?
  /// Another version took its place, or it was deleted; it is kept and counts.
  var isPast: Bool?
}
