/// The whole state of the cloud, and the rules that change it. It reads no clock and no file; what it
/// wants done by the backend it leaves as jobs.
struct World: Sendable {
  var settings: Settings
  /// Seconds since 1970, as the cloud's clock has it.
  var now: Double = 0
  /// Where the server answers: `http://127.0.0.1:8080`.
  var base = ""
  /// Number of the request that is answered.
  var request = 0

  var users = Table<User>("users")
  var projects = Table<Project>("projects")
  var holdings = Table<Holding>("holdings")
  var flavors = Table<Flavor>("flavors")
  var images = Table<Image>("images")
  var keypairs = Table<Keypair>("keypairs")
  var servers = Table<Server>("servers")
  var networks = Table<Network>("networks")
  var subnets = Table<Subnet>("subnets")
  var ports = Table<Port>("ports")
  var floatingIPs = Table<FloatingIP>("floating_ips")
  var leases = Table<Lease>("leases")
  var volumeTypes = Table<VolumeType>("volume_types")
  var volumes = Table<Volume>("volumes")
  var containers = Table<Container>("containers")
  var objects = Table<StoredObject>("objects")
  var jobs = Table<Job>("jobs")
  var counters = Table<Int>("counters")

  /// What was created and deleted since the last commit.
  var trail: [Trace] = []
  var faults = FaultRules()
  var agenda = Agenda()
  /// Written pictures of idle servers, by number; emptied for each that changes.
  var pictures = Pictures()
  /// Where a row is in `holdings`, by what names it.
  var holdingIndex: [String: Int] = [:]
  /// Blocks that were sent ahead of their objects, by hash; forgotten with the process.
  var waitingBlocks: [String: [UInt8]] = [:]
  /// No address of a pool below this one is free, by the `Lease.key` of the pool's first.
  var firstFree: [Int: UInt32] = [:]

  init(settings: Settings) { self.settings = settings }

  /// The next number of a kind; never given twice, not even after a deletion.
  mutating func next(_ kind: Counter) -> Int {
    let value = (counters[kind.rawValue] ?? kind.first) + 1
    counters[kind.rawValue] = value
    return value
  }

  enum Counter: Int {
    case server, network, subnet, port, floatingIP, volume, keypair, job, mac, container, object
    case row

    /// Numbers of different kinds start apart, so that a mix-up shows.
    var first: Int {
      switch self {
      case .server: 1000
      case .network: 10
      case .subnet: 40
      case .port: 5000
      case .floatingIP: 900
      case .volume: 70_000
      default: 0
      }
    }
  }

  /// Writes down that a thing was made or ended.
  mutating func trace(
    _ event: Trace.Event, _ kind: String, _ id: Int, _ name: String,
    _ details: [String: String] = [:]
  ) {
    trail.append(
      Trace(
        request: request, time: now, event: event, kind: kind, id: id, name: name,
        details: details))
  }
}

/// A line of the records: what was ever made and ended.
struct Trace: Codable, Sendable {
  enum Event: String, Codable, Sendable {
    case created, deleted
  }

  var request: Int
  var time: Double
  var event: Event
  var kind: String
  var id: Int
  var name: String
  var details: [String: String]
}

/// JSON of servers that was written before.
struct Pictures: Sendable {
  var servers: [Int: [UInt8]] = [:]
}
