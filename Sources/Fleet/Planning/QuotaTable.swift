import Cloud
import Diagnostics

/// What a plan takes of each project, before and after.
package struct QuotaTable: Sendable {
  package struct Row: Hashable, Sendable {
    package var project: String
    /// The project's name, or its id.
    package var projectName: String
    package var resource: String
    package var used: Int
    package var change: Int
    /// What this user may have in all; nil where there is no limit.
    package var limit: Int?

    package var after: Int { used.saturating(plus: change) }
    package var fits: Bool { change <= 0 || limit.map { after <= $0 } ?? true }
  }

  private let quotas: [String: ProjectQuotas]
  private let names: [String: String]
  private var changes: [String: [String: Int]] = [:]

  init(_ quotas: [ProjectQuotas], _ projects: [Project]) {
    self.quotas = Dictionary(quotas.map { ($0.projectID, $0) }, uniquingKeysWith: { $1 })
    names = Dictionary(projects.map { ($0.id, $0.name) }, uniquingKeysWith: { $1 })
  }

  mutating func add(_ resource: String, _ amount: Int, in project: String) {
    let before = changes[project]?[resource] ?? 0
    changes[project, default: [:]][resource] = before.saturating(plus: amount)
  }

  /// A machine of this flavor; a stopped one holds neither processors nor memory.
  mutating func add(_ flavor: Flavor, _ count: Int, in project: String, isOn: Bool = true) {
    add(Resource.servers, count, in: project)
    add(Resource.disk, flavor.disk.saturating(times: 1 << 30).saturating(times: count), in: project)
    guard isOn else { return }
    add(Resource.cpus, flavor.cpus.saturating(times: count), in: project)
    add(
      Resource.memory, flavor.memory.saturating(times: 1 << 20).saturating(times: count),
      in: project)
  }

  /// What changes, by project, in the order in which people count.
  package var rows: [Row] {
    let order = [
      Resource.servers, Resource.cpus, Resource.memory, Resource.disk, Resource.floatingIPs,
      Resource.privateNetworks,
    ]
    var rows: [Row] = []
    for project in changes.keys.sorted() {
      for resource in order {
        guard let change = changes[project]?[resource], change != 0 else { continue }
        let quota = quotas[project]?.resources[resource]
        let available = quota?.available
        let limit =
          quota == nil || available == Quota.unlimited
          ? nil : available.map { $0.saturating(plus: quota?.usage ?? 0) }
        rows.append(
          Row(
            project: project, projectName: names[project] ?? project, resource: resource,
            used: quota?.usage ?? 0, change: change, limit: limit))
      }
    }
    return rows
  }

  var problems: Diagnostics {
    var all = Diagnostics()
    for project in changes.keys.sorted() where quotas[project] == nil && !quotas.isEmpty {
      all.add(.error("project `\(names[project] ?? project)` has no quota for you"))
    }
    for row in rows where !row.fits {
      let limit = row.limit ?? 0
      let lack = row.after.saturating(plus: limit == .min ? .max : -limit)
      all.add(
        .error(
          "the plan does not fit: `\(row.resource)` of project `\(row.projectName)` lacks "
            + Amount.text(lack, row.resource),
          evidence: [
            .init("used", Amount.text(row.used, row.resource)),
            .init("needed", Amount.text(row.change, row.resource)),
            .init("limit", Amount.text(limit, row.resource)),
          ],
          hint: "describe fewer or smaller machines, or another `okeanos_project`"))
    }
    return all
  }
}

/// Amounts of quota as people read them.
package enum Amount {
  package static func text(_ amount: Int, _ resource: String) -> String {
    let isBytes = [Resource.memory, Resource.disk, Resource.objects].contains(resource)
    return isBytes ? bytes(amount) : "\(amount)"
  }

  package static func bytes(_ amount: Int) -> String {
    let units = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    let size = amount.magnitude
    for (unit, factor) in units where size >= UInt(factor) {
      let tenths = size / (UInt(factor) / 10)
      let sign = amount < 0 ? "-" : ""
      let whole = tenths / 10
      let part = size % UInt(factor) == 0 ? 0 : tenths % 10
      return part == 0 ? "\(sign)\(whole) \(unit)" : "\(sign)\(whole).\(part) \(unit)"
    }
    return "\(amount) B"
  }
}
