struct Flavor: Codable, Sendable {
  var id: Int
  var cpus: Int
  /// MiB
  var ram: Int
  /// GiB
  var disk: Int
  var template: String
  var volumeType: Int
  var allowsCreate = true
  var isPublic = true
  /// Projects that may use it when it is not public.
  var access: [String] = []
  var isDeleted = false

  var name: String { "C\(cpus)R\(ram)D\(disk)\(template)" }
}

struct Image: Codable, Sendable {
  var id: String
  var name: String
  /// `ACTIVE`, `SAVING` or `ERROR`.
  var status = "ACTIVE"
  var owner: String
  var isPublic: Bool
  var isSnapshot = false
  /// bytes
  var size: Int
  var location: String
  var diskFormat = "diskdump"
  var properties: [String: String]
  var created: Double
  var updated: Double
  var isDeleted = false
}

struct Keypair: Codable, Sendable {
  var id: Int
  var name: String
  var user: String
  var publicKey: String
  var fingerprint: String
  var created: Double
}

struct VolumeType: Codable, Sendable {
  var id: Int
  var name: String
  var template: String
  var isDetachable: Bool
}

struct Volume: Codable, Sendable {
  enum Status: String, Codable, Sendable {
    case creating
    case available
    case attaching
    case inUse = "in_use"
    case detaching
    case deleting
    case deleted
    case error
  }

  var id: Int
  var name: String?
  var about: String?
  var status: Status
  /// GiB
  var size: Int
  var type: Int
  var user: String
  var project: String
  var isShared = false
  var server: Int?
  /// 0 is the root volume.
  var index: Int?
  var image: String?
  var metadata: [String: String] = [:]
  var created: Double
  /// Detached ones that a server wrote on need a helper that this cloud does not have.
  var wasUsed = false
}
