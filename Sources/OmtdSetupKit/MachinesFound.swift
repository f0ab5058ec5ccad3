import Diagnostics
import Fleet
import Inventories
import Running

/// Which hosts are machines of a cloud, and where these are.
extension Machines {
  /// Where a host says that it is reached by something else than ssh: it is no machine of a cloud.
  static func otherConnection(
    _ host: String, _ reader: HostVariableReader
  ) async throws(Diagnostic) -> (name: String, place: SourceLocation?)? {
    guard let (value, place) = try await reader.value("ansible_connection", host: host),
      let name = value.opened.string,
      !["ssh", "smart", "paramiko", "paramiko_ssh", "libssh"].contains(
        name.split(separator: ".").last.map(String.init) ?? name)
    else { return nil }
    return (name, place)
  }

  /// It is a group that describes machines, and not this host alone.
  static func isOfGroup(_ host: String, _ pipeline: Pipeline) -> Bool {
    let names = pipeline.inventory.magicVariables(ofHost: host)["group_names"]?.elements ?? []
    return (["all"] + names.compactMap(\.string)).contains {
      pipeline.inventory.variables(ofGroup: $0)["okeanos_image"] != nil
    }
  }

  /// Where the machines of these hosts are, for work that neither makes nor changes any.
  func located(_ hosts: Set<String>) async throws -> ReachableMachines {
    let journal = try Journal.state(in: folder)
    let cloud = try await snapshot()
    var options = options
    options.limit = hosts
    options.owned = journal.owned
    let plan = FleetPlan.make(described, cloud, options)
    let rows = Set(plan.rows.map(\.name))
    let unplanned = described.map(\.name).filter { hosts.contains($0) && !rows.contains($0) }
    guard unplanned.isEmpty else { throw plan.problems }
    return ReachableMachines(self, plan, isPlan: false, booting: plan.booting(at: options.now))
  }
}
