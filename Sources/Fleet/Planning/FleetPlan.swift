import Cloud
import Diagnostics

/// What a user lets a plan do.
package struct FleetOptions: Sendable {
  package var environment: String
  /// Machines that are no longer described are removed.
  package var prunes = false
  /// Machines of these names are removed in any case, if they are no longer described.
  package var pruned: Set<String> = []
  /// Machines that may be replaced; all where `replacesAll`.
  package var replaced: Set<String> = []
  package var replacesAll = false
  /// Only these hosts are looked at; all of the environment where nil.
  package var limit: Set<String>?
  /// Hosts of the inventory: a machine of one of these is no orphan, though not in the limit.
  package var inventory: Set<String> = []
  /// Seconds since 1970.
  package var now: Int
  /// Networks and addresses that the journal knows as made for this environment.
  package var owned: Set<OwnedObject> = []
  /// Keys for machines that name none.
  package var controllerKeys: [String] = []

  package init(environment: String, now: Int) {
    self.environment = environment
    self.now = now
  }

  /// Names of `replaced` that are no machine's.
  package func unknownReplacements(among described: [String]) -> Diagnostics {
    let names = replaced.subtracting(described).subtracting(["all"]).sorted()
    return Diagnostics(
      names.map { name in
        .error(
          "`--replace \(name)`: the inventory describes no machine of this name",
          hint: suggestion(for: name, among: described).map { "did you mean `\($0)`?" })
      })
  }
}

/// The whole change of an environment's machines. Pure: made from descriptions and a snapshot.
package struct FleetPlan: Sendable {
  package var environment: String
  /// In the order of the inventory, then machines that it does not describe.
  package private(set) var rows: [MachineRow] = []
  package private(set) var newNetworks: [NewNetwork] = []
  /// Networks that came of lost requests, to be removed.
  package private(set) var twins: [Network] = []
  package private(set) var quotas: QuotaTable
  /// With errors the plan may be shown but not applied.
  package private(set) var problems: Diagnostics
  /// Networks and addresses of the environment that exist.
  package private(set) var owned: Set<OwnedObject>
  /// How many machines have no row: what they name is not there, or is two things.
  package private(set) var unplanned = 0
  /// Servers that are being deleted already, to be waited for.
  package private(set) var vanishing: [Server] = []

  package var hasChanges: Bool {
    rows.contains { $0.isChange } || !newNetworks.isEmpty || !twins.isEmpty
  }
  /// Hosts whose machine is not there yet, or not any more.
  package var missing: [String] {
    rows.filter { row in
      switch row.action {
      case .create, .replace: true
      case .keep, .change, .remove, .orphan: row.machine != nil && row.server?.status == .build
      }
    }.map(\.name)
  }

  /// Hosts for which it makes a machine.
  package var made: Set<String> {
    Set(
      rows.filter { row in
        switch row.action {
        case .create, .replace: true
        case .keep, .change, .remove, .orphan: false
        }
      }.map(\.name))
  }

  /// Machines that may still boot once this plan is carried out: it starts them, they were on the
  /// way, or they are younger than a slow first boot takes.
  ///
  /// - Parameter now: seconds since 1970.
  package func booting(at now: Int) -> Set<String> {
    Set(rows.filter { $0.mayBoot(at: now) }.map(\.name))
  }

  package static func make(
    _ described: [MachineDescription], _ cloud: CloudSnapshot, _ options: FleetOptions
  ) -> FleetPlan {
    let all = cloud.machines(of: options.environment)
    var plan = FleetPlan(
      environment: options.environment, quotas: QuotaTable(cloud.quotas, cloud.projects),
      problems: Diagnostics(),
      owned: cloud.existing(all.reduce(into: options.owned) { $0.formUnion($1.mark.owned) }))
    plan.twins = cloud.twinNetworks(plan.owned)
    var resolution = Resolution(
      cloud: cloud, controllerKeys: options.controllerKeys, owned: plan.owned)
    plan.vanishing = all.map(\.server).filter(\.isVanishing)
    let standing = Dictionary(grouping: all.filter { !$0.server.isVanishing }) { $0.mark.name }
    var judge = RowJudge(cloud: cloud, options: options, owned: plan.owned)
    for machine in described where options.limit?.contains(machine.name) ?? true {
      let twins = standing[machine.name] ?? []
      let kept = twins.first.flatMap { first in
        first.server.status == .error || options.replaced.contains(machine.name)
          ? nil : first.server
      }
      guard let resolved = resolution.resolve(machine, standing: kept) else {
        plan.unplanned += 1
        continue
      }
      plan.rows.append(judge.row(resolved, twins.first?.server, twins.first?.mark))
    }
    let names = Set(described.map(\.name))
    for (server, mark) in all where !server.isVanishing {
      let isFirst = standing[mark.name]?.first?.server.id == server.id
      if isFirst, names.contains(mark.name) || options.inventory.contains(mark.name) { continue }
      if let limit = options.limit, !limit.contains(mark.name) { continue }
      let reason =
        isFirst ? "not in the inventory" : "a second machine of this name"
      let isTwin = !isFirst && standing[mark.name]?.first?.mark.intent == mark.intent
      plan.rows.append(
        isTwin ? judge.twin(server, mark) : judge.orphan(server, mark, reason))
    }
    plan.newNetworks = resolution.newNetworks.filter { plan.joins($0) }
    plan.problems = resolution.problems
    plan.problems.add(judge.problems)
    plan.problems.add(options.unknownReplacements(among: described.map(\.name)))
    plan.problems.add(RowChecks.problems(of: plan.rows, at: options.now))
    plan.count(cloud)
    return plan
  }

  /// A machine that is to be made has a card on it, or one moves to it.
  private func joins(_ network: NewNetwork) -> Bool {
    func isMeant(_ card: ResolvedMachine.Card) -> Bool {
      switch card {
      case .newNetwork(network.name, _): true
      case .privateNetwork(let id, _): id == network.id
      default: false
      }
    }
    return rows.contains { row in
      switch row.action {
      case .create, .replace: row.machine?.cards.contains(where: isMeant) ?? false
      case .change(let changes):
        changes.contains { if case .move(_, let card) = $0 { isMeant(card) } else { false } }
      case .keep, .remove, .orphan: false
      }
    }
  }

  private init(
    environment: String, quotas: QuotaTable, problems: Diagnostics, owned: Set<OwnedObject>
  ) {
    self.environment = environment
    self.quotas = quotas
    self.problems = problems
    self.owned = owned
  }

  /// Floating IPs of the environment that no machine uses.
  package func freeAddresses(_ cloud: CloudSnapshot) -> [FloatingIP] {
    cloud.floatingIPs.filter {
      owned.contains(.address($0.id)) && $0.portID == nil && $0.serverID == nil
    }
  }

  // MARK: - Quota

  private mutating func count(_ cloud: CloudSnapshot) {
    var free = Dictionary(grouping: freeAddresses(cloud)) { $0.projectID ?? cloud.defaultProject }
      .mapValues(\.count)
    func flavor(_ server: Server) -> Flavor? { cloud.flavors.first { $0.id == server.flavorID } }
    for row in rows {
      switch row.action {
      case .create, .replace:
        guard let machine = row.machine else { continue }
        quotas.add(machine.flavor, 1, in: machine.project)
        if case .replace = row.action, let server = row.server {
          if let old = flavor(server) {
            quotas.add(old, -1, in: server.projectID ?? machine.project, isOn: server.isCharged)
          }
          freeVolumes(of: server, cloud)
          // Its addresses are free again.
          for address in ownedAddresses(of: server, cloud) {
            free[address.projectID ?? cloud.defaultProject, default: 0] += 1
          }
        }
        for card in machine.cards where card == .floating {
          if free[machine.project, default: 0] > 0 {
            free[machine.project, default: 0] -= 1
          } else {
            quotas.add(Resource.floatingIPs, 1, in: machine.project)
          }
        }
        for volume in machine.description.volumes {
          quotas.add(
            Resource.disk, volume.size.saturating(times: 1 << 30), in: machine.project)
        }
      case .change(let changes):
        guard let machine = row.machine, let server = row.server else { continue }
        let project = server.projectID ?? machine.project
        for change in changes {
          switch change {
          case .resize(let from, let to):
            let wasOn = server.status == .active
            quotas.add(Resource.cpus, to.cpus - (wasOn ? from?.cpus ?? 0 : 0), in: project)
            quotas.add(
              Resource.memory,
              (to.memory - (wasOn ? from?.memory ?? 0 : 0)).saturating(times: 1 << 20), in: project)
          case .start:
            if changes.contains(where: { if case .resize = $0 { true } else { false } }) {
              continue
            }
            quotas.add(Resource.cpus, machine.flavor.cpus, in: project)
            quotas.add(
              Resource.memory, machine.flavor.memory.saturating(times: 1 << 20), in: project)
          case .volume(let volume):
            quotas.add(Resource.disk, volume.size.saturating(times: 1 << 30), in: project)
          case .metadata, .move: break
          }
        }
      case .remove:
        guard let server = row.server else { continue }
        let project = server.projectID ?? cloud.defaultProject
        if let old = flavor(server) { quotas.add(old, -1, in: project, isOn: server.isCharged) }
        freeVolumes(of: server, cloud)
        for address in ownedAddresses(of: server, cloud) {
          quotas.add(Resource.floatingIPs, -1, in: address.projectID ?? cloud.defaultProject)
        }
      case .keep, .orphan: break
      }
    }
    for network in newNetworks where network.id == nil {
      quotas.add(Resource.privateNetworks, 1, in: network.project)
    }
    problems.add(quotas.problems)
  }

  private mutating func freeVolumes(of server: Server, _ cloud: CloudSnapshot) {
    for volume in cloud.volumes(of: server) {
      quotas.add(
        Resource.disk, -volume.size.saturating(times: 1 << 30),
        in: volume.projectID ?? server.projectID ?? cloud.defaultProject)
    }
  }

  private func ownedAddresses(of server: Server, _ cloud: CloudSnapshot) -> [FloatingIP] {
    cloud.floatingIPs.filter { $0.serverID == server.id && owned.contains(.address($0.id)) }
  }
}

extension Server {
  /// Processors and memory are charged.
  var isCharged: Bool { status != .stopped }
}

extension Int {
  func saturating(times factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0) == (factor < 0) ? .max : .min : product
  }

  func saturating(plus other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? other > 0 ? .max : .min : sum
  }
}
