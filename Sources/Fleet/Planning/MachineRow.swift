import Cloud

/// What happens to one machine.
package struct MachineRow: Sendable {
  package enum Action: Sendable {
    case create
    /// As described, or being built by an earlier run.
    case keep
    case change([Change])
    /// The machine is deleted first: its disk is lost unless it never was built.
    case replace(reasons: [String])
    /// No longer in the inventory, or a second machine of one name.
    case remove(reason: String)
    /// The same, but left alone.
    case orphan(reason: String)
  }

  package enum Change: Hashable, Sendable {
    /// Pairs that are set, and those that are taken away.
    case metadata(set: [String: String], removed: [String])
    /// Stops the machine and starts it again.
    case resize(from: Flavor?, to: Flavor)
    case start
    case volume(VolumeWish)
    /// From a network without addresses to another of its name, which may not be there yet.
    case move(CloudID, to: ResolvedMachine.Card)
  }

  package var name: String
  package var action: Action
  package var server: Server?
  package var mark: MachineMark?
  /// nil for machines that the inventory does not describe.
  package var machine: ResolvedMachine?
  package var notes: [String] = []

  package init(
    name: String, action: Action, server: Server? = nil, mark: MachineMark? = nil,
    machine: ResolvedMachine? = nil, notes: [String] = []
  ) {
    self.name = name
    self.action = action
    self.server = server
    self.mark = mark
    self.machine = machine
    self.notes = notes
  }

  package var symbol: String {
    switch action {
    case .create: "+"
    case .keep: " "
    case .change: "~"
    case .replace: "-/+"
    case .remove, .orphan: "-"
    }
  }

  /// True where the cloud is told something.
  package var isChange: Bool {
    switch action {
    case .keep, .orphan: false
    case .create, .change, .replace, .remove: true
    }
  }

  /// Seconds in which a new machine comes to answer.
  private static let firstBoot = 900

  func mayBoot(at now: Int) -> Bool {
    guard let server, server.status == .active, server.isIdle else { return true }
    guard let created = server.created, now - Moment.of(created) >= Self.firstBoot else {
      return true
    }
    switch action {
    case .keep, .orphan: return false
    case .create, .replace, .remove: return true
    case .change(let changes):
      return changes.contains { change in
        switch change {
        case .resize, .start: true
        case .metadata, .volume, .move: false
        }
      }
    }
  }
}
