import ArgumentParser
import Cloud
import Fleet
import Values

struct QuotaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota", abstract: "Shows what is used and left in each project.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    try CloudView.refuseLimit(inventory, "`quota` is about projects, not hosts")
    let fleet = try await CloudView.open(inventory)
    let quotas = try await CloudView.asked("quotas") { () async throws(CloudError) in
      try await fleet.client.quotas()
    }
    let projects = try await CloudView.asked("projects") { () async throws(CloudError) in
      try await fleet.client.projects()
    }
    var rows = [["PROJECT", "RESOURCE", "USED", "LIMIT", "AVAILABLE"]]
    var list: [Value] = []
    for quota in quotas {
      let name = projects.first { $0.id == quota.projectID }?.name ?? quota.projectID
      for (resource, amount) in quota.resources.sorted(by: { $0.key < $1.key }) {
        func words(_ number: Int) -> String {
          number == Quota.unlimited ? "unlimited" : Amount.text(number, resource)
        }
        rows.append([
          name, resource, words(amount.usage), words(amount.limit), words(amount.available),
        ])
        list.append([
          "project": .string(quota.projectID), "name": .string(name),
          "resource": .string(resource), "used": .int(amount.usage), "limit": .int(amount.limit),
          "pending": .int(amount.pending), "available": .int(amount.available),
        ])
      }
    }
    if json { CloudView.print(["quotas": .list(list)]) } else { CloudView.table(rows) }
  }
}
