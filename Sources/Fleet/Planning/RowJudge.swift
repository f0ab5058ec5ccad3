import Cloud
import Diagnostics

/// Compares a description with the machine that stands for it.
struct RowJudge {
  let cloud: CloudSnapshot
  let options: FleetOptions
  private(set) var problems = Diagnostics()

  private let barren: Set<CloudID>

  /// - Parameter owned: made for the environment.
  init(cloud: CloudSnapshot, options: FleetOptions, owned: Set<OwnedObject>) {
    self.cloud = cloud
    self.options = options
    barren = cloud.barrenNetworks(owned)
  }

  mutating func row(
    _ machine: ResolvedMachine, _ server: Server?, _ mark: MachineMark?
  ) -> MachineRow {
    let name = machine.description.name
    checkAddresses(machine, server)
    guard let server, let mark else {
      return MachineRow(name: name, action: .create, machine: machine)
    }
    var row = MachineRow(name: name, action: .keep, server: server, mark: mark, machine: machine)
    if server.isSuspended {
      row.notes = [
        "it is \(Server.suspension): ask for its release, nothing can be done to it here"
      ]
      if options.replaced.contains(name) {
        wrong(
          "machine `\(name)` is \(Server.suspension) and cannot be replaced", machine,
          hint: "ask for its release first")
      }
      return row
    }
    if server.status == .error {
      row.action = .replace(reasons: ["its build failed"])
      // Not by `all`: it was told once that this one is not to be touched.
      if mark.isProtected || machine.description.isProtected, !options.replaced.contains(name) {
        wrong(
          "machine `\(name)` must be replaced (its build failed), but is protected", machine,
          hint: "if nothing on it is needed, allow it with --replace \(name)")
      }
      return row
    }
    let old = cloud.flavors.first { $0.id == server.flavorID }
    let reasons = replacements(machine, server, old)
    if !reasons.isEmpty {
      row.action = .replace(reasons: reasons)
      judgeReplacement(machine, server, mark, reasons)
      return row
    }
    let changes = changes(machine, server, mark, old)
    if !changes.isEmpty { row.action = .change(changes) }
    if mark.digest != machine.digest {
      row.notes.append(
        "keys, files or networks differ from its creation: only --replace brings them")
    }
    row.notes += machine.notes
    row.notes += notesOfVolumes(machine.description, server)
    switch server.status {
    case .active, .stopped, .build, .reboot, .resize, .error, .deleted: break
    case .unknown, .other:
      row.notes.append("the cloud says `\(server.status)`")
    }
    if let project = server.projectID, project != machine.project {
      row.notes.append("stays in project \(project): a machine does not change its project")
    }
    return row
  }

  /// A machine that nobody wanted: the request for the other one was sent again, and this one came
  /// of it all the same.
  func twin(_ server: Server, _ mark: MachineMark) -> MachineRow {
    MachineRow(
      name: mark.name, action: .remove(reason: "a second machine of one lost request"),
      server: server, mark: mark)
  }

  mutating func orphan(_ server: Server, _ mark: MachineMark, _ reason: String) -> MachineRow {
    var row = MachineRow(
      name: mark.name, action: .orphan(reason: reason), server: server, mark: mark)
    guard options.prunes || options.pruned.contains(mark.name) else {
      row.notes.append("left alone without --prune")
      return row
    }
    if mark.isProtected {
      problems.add(
        .error(
          "machine `\(mark.name)` is \(reason), but protected",
          hint: "describe it with `okeanos_protect: no` and apply that first"))
    } else {
      row.action = .remove(reason: reason)
    }
    return row
  }

  private mutating func wrong(_ summary: String, _ machine: ResolvedMachine, hint: String? = nil) {
    problems.add(.error(summary, at: machine.description.location, hint: hint))
  }

  /// An address of the user's own must be free, or this machine's.
  private mutating func checkAddresses(_ machine: ResolvedMachine, _ server: Server?) {
    for case .ownAddress(let own) in machine.cards {
      guard let found = cloud.floatingIPs.first(where: { $0.id == own.id }),
        let user = found.serverID, user != server?.id
      else { continue }
      wrong("the floating IP `\(own.address)` is used by server \(user)", machine)
    }
  }

  // MARK: - Differences

  private func replacements(
    _ machine: ResolvedMachine, _ server: Server, _ old: Flavor?
  ) -> [String] {
    var reasons: [String] = []
    let name = machine.description.name
    if options.replaced.contains(name) { reasons.append("asked for with --replace") }
    if let image = server.imageID, image != machine.image.id {
      let before = cloud.images.first { $0.id == image }?.name ?? image.text
      reasons.append("image: \(before) -> \(machine.image.name)")
    }
    if let old, server.flavorID != machine.flavor.id {
      if old.disk != machine.flavor.disk {
        reasons.append("disk: \(old.disk) GiB -> \(machine.flavor.disk) GiB")
      } else if old.diskTemplate != machine.flavor.diskTemplate {
        reasons.append("disk: \(old.diskTemplate) -> \(machine.flavor.diskTemplate)")
      }
    }
    return reasons
  }

  private mutating func judgeReplacement(
    _ machine: ResolvedMachine, _ server: Server, _ mark: MachineMark, _ reasons: [String]
  ) {
    let name = machine.description.name
    let image = server.imageID == machine.image.id ? nil : server.imageID
    if mark.isProtected || machine.description.isProtected {
      wrong(
        "machine `\(name)` must be replaced (\(reasons.joined(separator: ", "))), but is protected",
        machine, hint: "apply `okeanos_protect: no` first, without the change")
    } else if !options.replacesAll, !options.replaced.contains(name) {
      wrong(
        "machine `\(name)` must be replaced (\(reasons.joined(separator: ", "))): its disk is lost",
        machine,
        hint: "allow it with --replace \(name)"
          + (image.map { ", or keep it: `okeanos_image: \($0)`" } ?? ""))
    }
  }

  private func changes(
    _ machine: ResolvedMachine, _ server: Server, _ mark: MachineMark, _ old: Flavor?
  ) -> [MachineRow.Change] {
    var changes: [MachineRow.Change] = []
    let description = machine.description
    var set = description.metadata.filter { server.metadata[$0.key] != $0.value }
    var removed = server.metadata.keys.filter {
      description.metadata[$0] == nil && mark.described.contains(Hex.digest($0, bytes: 3))
    }.sorted()
    var wanted = mark
    wanted.isProtected = description.isProtected
    wanted.described = MachineMark.digests(of: description.metadata.keys)
    if wanted != mark { set["omtd-mark"] = wanted.metadata["omtd-mark"] }
    switch description.expiry {
    case nil: if mark.expires != nil { removed.append("omtd-expires") }
    case .at(let moment)?: if mark.expires != moment { set["omtd-expires"] = Moment.text(moment) }
    case .after?:
      // A time that is counted from the creation does not move with each run.
      if mark.expires == nil {
        set["omtd-expires"] = description.expiry.map {
          Moment.text($0.moment(createdAt: options.now))
        }
      }
    }
    removed += surplus(server.metadata, beside: set, without: removed, description)
    if !set.isEmpty || !removed.isEmpty { changes.append(.metadata(set: set, removed: removed)) }
    if server.flavorID != machine.flavor.id {
      changes.append(.resize(from: old, to: machine.flavor))
    }
    if server.status == .stopped, server.isIdle { changes.append(.start) }
    for volume in description.volumes where !has(volume, server) { changes.append(.volume(volume)) }
    changes += moves(machine, server)
    return changes
  }

  /// Pairs that nobody describes and for which the new ones leave no room: those that say again what
  /// the image says first.
  private func surplus(
    _ present: [String: String], beside set: [String: String], without removed: [String],
    _ description: MachineDescription
  ) -> [String] {
    let kept = present.keys.filter { !removed.contains($0) }
    let excess = Set(kept).union(set.keys).count - MachineMark.pairLimit
    guard excess > 0 else { return [] }
    let candidates = kept.filter {
      set[$0] == nil && description.metadata[$0] == nil && !$0.hasPrefix(MachineMark.prefix)
    }
    let copies = ["os", "users"].filter(candidates.contains)
    return Array((copies + candidates.filter { !copies.contains($0) }.sorted()).prefix(excess))
  }

  /// What is described of volumes and not brought about.
  private func notesOfVolumes(_ description: MachineDescription, _ server: Server) -> [String] {
    cloud.volumes(of: server).compactMap { volume in
      guard let name = volume.name, name.hasPrefix(description.name + "-") else { return nil }
      guard let wish = description.volumes.first(where: { $0.name == name }) else {
        return "volume \(name) is no longer described; it stays"
      }
      return wish.size == volume.size
        ? nil
        : "volume \(name) has \(volume.size) GiB, not \(wish.size): a volume keeps its size"
    }
  }

  /// Cards on networks that have no addresses, where the description names such a network.
  private func moves(_ machine: ResolvedMachine, _ server: Server) -> [MachineRow.Change] {
    let present = server.attachments.map(\.networkID)
    return cloud.networks.filter {
      present.contains($0.id) && barren.contains($0.id)
    }.compactMap { network in
      let card = machine.cards.first { card in
        switch card {
        case .newNetwork(network.name, _): true
        case .privateNetwork(let id, _):
          id != network.id && !present.contains(id)
            && cloud.networks.contains { $0.id == id && $0.name == network.name }
        default: false
        }
      }
      return card.map { .move(network.id, to: $0) }
    }
  }

  private func has(_ wish: VolumeWish, _ server: Server) -> Bool {
    cloud.volumes.contains { volume in
      volume.name == wish.name && !volume.isDeleted && volume.status != .error
        && volume.attachments.contains { $0.serverID == server.id }
    }
  }
}

extension Server {
  /// What an administrator's hold on a machine is called.
  static let suspension = "suspended by an administrator of the cloud"

  /// Why a machine cannot be used that nothing can be done to; nil for all others.
  package func suspensionProblem(_ name: String, at place: SourceLocation?) -> Diagnostic? {
    guard isSuspended else { return nil }
    return .error(
      "machine `\(name)` is \(Self.suspension)", at: place,
      hint: "ask for its release; `--limit '!\(name)'` leaves it out")
  }
}
