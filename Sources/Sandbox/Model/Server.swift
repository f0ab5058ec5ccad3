/// A server, from its create request on; deleted ones stay.
struct Server: Codable, Sendable {
  enum Status: String, Codable, Sendable {
    case build = "BUILD"
    case active = "ACTIVE"
    case stopped = "STOPPED"
    case reboot = "REBOOT"
    case error = "ERROR"
    case deleted = "DELETED"
  }

  /// The one operation that a server may have pending.
  enum Activity: String, Codable, Sendable {
    case building = "BUILDING"
    case starting = "STARTING"
    case stopping = "STOPPING"
    case rebooting = "REBOOTING"
    case destroying = "DESTROYING"
    case resizing = "RESIZING"
    case connecting = "CONNECTING"
    case disconnecting = "DISCONNECTING"
    case attachingVolume = "ATTACHING_VOLUME"
    case detachingVolume = "DETACHING_VOLUME"

    /// The operation's own name, as refusals show it.
    var verb: String {
      switch self {
      case .building: "BUILD"
      case .starting: "START"
      case .stopping: "STOP"
      case .rebooting: "REBOOT"
      case .destroying: "DESTROY"
      case .resizing: "RESIZE"
      case .connecting: "CONNECT"
      case .disconnecting: "DISCONNECT"
      case .attachingVolume: "ATTACH_VOLUME"
      case .detachingVolume: "DETACH_VOLUME"
      }
    }
  }

  struct Note: Codable, Sendable {
    var level: String
    var source: String
    var message: String
    var details: String?
    var created: Double
  }

  var id: Int
  var name: String
  var user: String
  var project: String
  var isShared = false
  var status = Status.build
  var activity: Activity? = .building
  var progress = 0
  var created: Double
  var updated: Double
  var flavor: Int
  var image: String
  var metadata: [String: String]
  var keyNames: [String] = []
  var password: String?
  var isSuspended = false
  var isRescued = false
  /// Newest first.
  var notes: [Note] = []
  /// Ports in the order of the request, forced ones first.
  var ports: [Int] = []
  var volumes: [Int] = []
  /// Whether the machine behind it was made.
  var hasMachine = false

  var isDeleted: Bool { status == .deleted }
  /// `cpu` and `ram` are charged while this holds.
  var isRunning: Bool {
    switch status {
    case .build, .active, .reboot, .error: true
    case .stopped, .deleted: false
    }
  }
  var machineID: String { "snf-\(id)" }
}
