import ArgumentParser
import Cloud
import Values

struct ImagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images", abstract: "Lists the images of the cloud.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    try CloudView.refuseLimit(inventory, "`images` lists what the cloud has, not hosts")
    let fleet = try await CloudView.open(inventory)
    let images = try await CloudView.asked("images") { () async throws(CloudError) in
      try await fleet.client.images()
    }
    if json {
      CloudView.print([
        "images": .list(
          images.map {
            [
              "id": .string($0.id.text), "name": .string($0.name),
              "owner": $0.owner.map { .string($0) } ?? .null, "user": .string($0.loginUser),
              "public": .bool($0.isPublic),
            ]
          })
      ])
      return
    }
    CloudView.table(
      [["NAME", "ID", "OWNER", "USER"]]
        + images.map { [$0.name, $0.id.text, $0.owner ?? "-", $0.loginUser] })
  }
}

struct FlavorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flavors", abstract: "Lists the sizes of machines.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments
  @Flag(help: "One JSON object.") var json = false

  func run() async throws {
    try CloudView.refuseLimit(inventory, "`flavors` lists what the cloud has, not hosts")
    let fleet = try await CloudView.open(inventory)
    let flavors = try await CloudView.asked("flavors") { () async throws(CloudError) in
      try await fleet.client.flavors()
    }.filter(\.allowsCreation)
    if json {
      CloudView.print([
        "flavors": .list(
          flavors.map {
            [
              "id": .string($0.id.text), "name": .string($0.name), "cpus": .int($0.cpus),
              "ram": .int($0.memory), "disk": .int($0.disk), "template": .string($0.diskTemplate),
            ]
          })
      ])
      return
    }
    CloudView.table(
      [["NAME", "ID", "CPUS", "RAM", "DISK", "TEMPLATE"]]
        + flavors.map {
          [
            $0.name, $0.id.text, "\($0.cpus)", "\($0.memory) MiB", "\($0.disk) GiB",
            $0.diskTemplate,
          ]
        })
  }
}
