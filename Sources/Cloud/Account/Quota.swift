/// What a user may still take of one resource in one project. Memory and disks are in bytes.
package struct Quota: Hashable, Sendable {
  package var limit: Int
  /// Includes `pending`.
  package var usage: Int
  /// More than zero while an operation is unfinished; it may stick after a fault of the cloud.
  package var pending: Int
  package var projectLimit: Int
  package var projectUsage: Int
  package var projectPending: Int

  package init(
    limit: Int, usage: Int, pending: Int = 0, projectLimit: Int = .max, projectUsage: Int = 0,
    projectPending: Int = 0
  ) {
    self.limit = limit
    self.usage = usage
    self.pending = pending
    self.projectLimit = projectLimit
    self.projectUsage = projectUsage
    self.projectPending = projectPending
  }

  /// What clouds write for "no limit".
  package static let unlimited = Int.max

  /// The lesser of what the member and the whole project have left; below zero where a limit was
  /// lowered. Never overflows: what is too large stays at the bounds of `Int`.
  package var available: Int {
    let others = Quota.subtract(projectUsage, usage)
    let projectShare =
      projectLimit == Quota.unlimited
      ? Quota.unlimited : Quota.subtract(projectLimit, others)
    let share = min(limit, projectShare)
    return share == Quota.unlimited ? share : Quota.subtract(share, usage)
  }

  private static func subtract(_ a: Int, _ b: Int) -> Int {
    let (result, overflow) = a.subtractingReportingOverflow(b)
    guard overflow else { return result }
    return b < 0 ? .max : .min
  }
}

/// Quotas by resource name (`cyclades.vm`), for one project.
package struct ProjectQuotas: Hashable, Sendable {
  package var projectID: String
  package var resources: [String: Quota]

  package init(projectID: String, resources: [String: Quota]) {
    self.projectID = projectID
    self.resources = resources
  }
}

/// The names of the resources that a provisioner counts.
package enum Resource {
  package static let servers = "cyclades.vm"
  package static let cpus = "cyclades.cpu"
  /// Bytes.
  package static let memory = "cyclades.ram"
  /// Bytes.
  package static let disk = "cyclades.disk"
  package static let floatingIPs = "cyclades.floating_ip"
  package static let privateNetworks = "cyclades.network.private"
  /// Bytes.
  package static let objects = "pithos.diskspace"
}
