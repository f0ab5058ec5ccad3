import Cloud
import Diagnostics
import Values

/// One line of a journal: what is about to be asked of the cloud, or what came of it.
package enum JournalRecord: Hashable, Sendable {
  case run(id: String)
  /// Whose all of it is: an account of one cloud.
  case account(String)
  /// A server is asked for; the intent is in its metadata.
  case create(intent: String, name: String)
  case created(intent: String, server: CloudID)
  /// A floating IP is asked for: that address where one could be chosen; `known` were there before.
  case reserve(intent: String, address: String?, known: [CloudID])
  case reserved(intent: String, id: CloudID)
  /// The reservation came to nothing.
  case notReserved(intent: String)
  case release(id: CloudID)
  case released(id: CloudID)
  case makeNetwork(intent: String, name: String, known: [CloudID])
  case madeNetwork(intent: String, id: CloudID)
  case notMadeNetwork(intent: String)
  case deleteNetwork(id: CloudID)
  case deletedNetwork(id: CloudID)
  case delete(server: CloudID, name: String)
  case deleted(server: CloudID)

  package var json: Value {
    func record(_ word: String, _ pairs: KeyValuePairs<Value, Value>) -> Value {
      var map: ValueMap = ["do": .string(word)]
      for (key, value) in pairs { map[key] = value }
      return .map(map)
    }
    func ids(_ all: [CloudID]) -> Value { .list(all.map { .string($0.text) }) }
    switch self {
    case .run(let id): return record("run", ["id": .string(id)])
    case .account(let id): return record("account", ["id": .string(id)])
    case .create(let intent, let name):
      return record("create", ["intent": .string(intent), "name": .string(name)])
    case .created(let intent, let id):
      return record("created", ["intent": .string(intent), "id": .string(id.text)])
    case .reserve(let intent, let address, let known):
      return record(
        "reserve",
        [
          "intent": .string(intent), "address": address.map { .string($0) } ?? .null,
          "known": ids(known),
        ])
    case .reserved(let intent, let id):
      return record("reserved", ["intent": .string(intent), "id": .string(id.text)])
    case .notReserved(let intent): return record("not-reserved", ["intent": .string(intent)])
    case .release(let id): return record("release", ["id": .string(id.text)])
    case .released(let id): return record("released", ["id": .string(id.text)])
    case .makeNetwork(let intent, let name, let known):
      return record(
        "make-network",
        ["intent": .string(intent), "name": .string(name), "known": ids(known)])
    case .madeNetwork(let intent, let id):
      return record("made-network", ["intent": .string(intent), "id": .string(id.text)])
    case .notMadeNetwork(let intent): return record("not-made-network", ["intent": .string(intent)])
    case .deleteNetwork(let id): return record("delete-network", ["id": .string(id.text)])
    case .deletedNetwork(let id): return record("deleted-network", ["id": .string(id.text)])
    case .delete(let id, let name):
      return record("delete", ["id": .string(id.text), "name": .string(name)])
    case .deleted(let id): return record("deleted", ["id": .string(id.text)])
    }
  }

  /// nil where it is no record of this version.
  package init?(_ value: Value) {
    func text(_ key: String) -> String { value[key]?.string ?? "" }
    let intent = text("intent")
    let id = CloudID(text("id"))
    let known = (value["known"]?.elements ?? []).compactMap(\.string).map { CloudID($0) }
    switch value["do"]?.string {
    case "run": self = .run(id: id.text)
    case "account": self = .account(id.text)
    case "create": self = .create(intent: intent, name: text("name"))
    case "created": self = .created(intent: intent, server: id)
    case "reserve":
      self = .reserve(intent: intent, address: value["address"]?.string, known: known)
    case "reserved": self = .reserved(intent: intent, id: id)
    case "not-reserved": self = .notReserved(intent: intent)
    case "release": self = .release(id: id)
    case "released": self = .released(id: id)
    case "make-network": self = .makeNetwork(intent: intent, name: text("name"), known: known)
    case "made-network": self = .madeNetwork(intent: intent, id: id)
    case "not-made-network": self = .notMadeNetwork(intent: intent)
    case "delete-network": self = .deleteNetwork(id: id)
    case "deleted-network": self = .deletedNetwork(id: id)
    case "delete": self = .delete(server: id, name: text("name"))
    case "deleted": self = .deleted(server: id)
    default: return nil
    }
  }
}

/// What the records of a journal add up to.
package struct JournalState: Sendable {
  package struct Reservation: Hashable, Sendable {
    package var intent: String
    package var address: String?
    package var known: Set<CloudID>
  }

  package struct NetworkIntent: Hashable, Sendable {
    package var intent: String
    package var name: String
    package var known: Set<CloudID>
  }

  /// The account whose ids these are; nil where no run has said it.
  package private(set) var account: String?
  /// Made for the environment and not given back.
  package private(set) var owned: Set<OwnedObject> = []
  /// Asked for, and it is not known what came of it.
  package private(set) var reservations: [Reservation] = []
  package private(set) var networks: [NetworkIntent] = []

  package init(_ records: [JournalRecord] = []) { for record in records { take(record) } }

  package var isEmpty: Bool { owned.isEmpty && reservations.isEmpty && networks.isEmpty }

  package mutating func take(_ record: JournalRecord) {
    switch record {
    case .account(let id): account = id
    case .reserve(let intent, let address, let known):
      reservations.append(Reservation(intent: intent, address: address, known: Set(known)))
    case .reserved(let intent, let id):
      reservations.removeAll { $0.intent == intent }
      owned.insert(.address(id))
    case .notReserved(let intent): reservations.removeAll { $0.intent == intent }
    case .released(let id): owned.remove(.address(id))
    case .makeNetwork(let intent, let name, let known):
      networks.append(NetworkIntent(intent: intent, name: name, known: Set(known)))
    case .madeNetwork(let intent, let id):
      networks.removeAll { $0.intent == intent }
      owned.insert(.network(id))
    case .notMadeNetwork(let intent): networks.removeAll { $0.intent == intent }
    case .deletedNetwork(let id): owned.remove(.network(id))
    case .run, .create, .created, .release, .deleteNetwork, .delete, .deleted: break
    }
  }

  /// Why nothing of it may be used for this account: ids of another cloud mean other things here. nil
  /// where it may, and where nothing is in it.
  package func refusal(for account: String, environment: String) -> Diagnostic? {
    guard let own = self.account, own != account, !isEmpty else { return nil }
    return .error(
      "the journal of environment `\(environment)` is of another cloud or account",
      evidence: [.init("journal", "account \(own)"), .init("here", "account \(account)")],
      hint: "name this one differently with `okeanos_environment`, destroy the other one first, or "
        + "run `omtd-setup recover`, which sets that journal aside")
  }

  /// What became of requests whose outcome nobody saw, judged by what the cloud has now.
  ///
  /// An address that was chosen before it was asked for, and that was not ours then, is ours if we
  /// hold it. Where the cloud chose, nothing tells ours from another one: those are only named.
  package func settled(
    by cloud: CloudSnapshot
  ) -> (records: [JournalRecord], doubtful: [FloatingIP]) {
    var records: [JournalRecord] = []
    var doubtful: [FloatingIP] = []
    for open in reservations {
      let new = cloud.floatingIPs.filter { !$0.isDeleted && !open.known.contains($0.id) }
      if let address = open.address {
        let found = new.first { $0.address == address }
        records.append(
          found.map { .reserved(intent: open.intent, id: $0.id) }
            ?? .notReserved(intent: open.intent))
      } else {
        let candidates = new.filter { $0.portID == nil && !owned.contains(.address($0.id)) }
        if candidates.isEmpty { records.append(.notReserved(intent: open.intent)) }
        doubtful += candidates
      }
    }
    // Two requests for one network, the first of which came late, made two.
    var mine = owned
    for open in networks {
      let found = cloud.networks.first {
        $0.name == open.name && !$0.isGone && !$0.isPublic && !open.known.contains($0.id)
          && !mine.contains(.network($0.id))
      }
      if let found { mine.insert(.network(found.id)) }
      records.append(
        found.map { .madeNetwork(intent: open.intent, id: $0.id) }
          ?? .notMadeNetwork(intent: open.intent))
    }
    return (records, doubtful)
  }
}
