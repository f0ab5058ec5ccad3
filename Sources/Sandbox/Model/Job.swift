import LocalHosts

/// An operation on its way: it waits, the backend does it, and its end changes the picture.
struct Job: Codable, Sendable {
  enum Kind: Codable, Sendable, Equatable {
    case build
    case start
    case stop
    case reboot(isHard: Bool)
    case resize(flavor: Int)
    case destroy
    case connect(port: Int)
    case disconnect(port: Int)
    case createVolume(Int)
    case attachVolume(Int)
    case detachVolume(Int)
    case deleteVolume(Int)
    case removeNetwork(Int)
    /// Stops the machine of a server that is STOPPED already. No job of the server, which stays free for
    /// others; what it wants of the backend comes in turn with theirs.
    case halt(server: Int)

    /// The server whose machine it is for, where it is no job of the server.
    var machine: Int? { if case .halt(let server) = self { server } else { nil } }
  }

  enum Phase: String, Codable, Sendable {
    /// The backend has not been asked.
    case waiting
    case calling
    /// The backend did it, or there was nothing for it to do.
    case called
  }

  var id: Int
  var kind: Kind
  /// nil for networks, free volumes and what is done behind everybody's back.
  var server: Int?
  var started: Double
  /// Not before this does it end.
  var due: Double
  var phase = Phase.waiting
  /// Never ends: a fault that tests ask for.
  var isStuck = false
  /// Why it fails, from the backend or a fault.
  var failure: String?
  /// Faults: seconds before SSH answers, and cards that stay in BUILD.
  var sshDelay = 0.0
  var hidesAddresses = false
  var order: LocalMachineOrder?
  /// Of a volume that is being deleted: what it is again where that fails.
  var volumeWas: Volume.Status?
  /// Quota that is settled at its end.
  var charges: [Charge] = []
}

/// A change of use in one project, on its way until it is accepted.
struct Charge: Codable, Sendable {
  var user: String
  var project: String
  var resource: Resource
  var amount: Int
}
