import Cloud
import Diagnostics
import Fleet
import Inventories
import Reporting
import Values

/// `plugin: okeanos`: the machines of an account as hosts, whoever made them.
enum OkeanosInventory {
  static let name = "okeanos"

  static func list(_ file: SourceValue) async throws(Diagnostic) -> HostListing {
    let choice = try ServerChoice(file)
    let listing = try await listing(choice, at: file["plugin"]?.location ?? file.location)
    let network = try network(choice, listing)
    let (machines, left) = listing.machines(choice)
    var hosts: [ListedHost] = []
    for machine in machines {
      var variables = listing.facts(of: machine.server)
      if let address = listing.address(of: machine.server, preferring: network) {
        variables["ansible_host"] = .string(address.host)
        if let port = address.port { variables["ansible_port"] = .int(port) }
      }
      hosts.append(ListedHost(name: machine.name, variables: variables))
    }
    var warnings: [Diagnostic] = []
    if !left.isEmpty, !choice.hasStates {
      let names = left.map { "`\(DiffText.sanitized($0.name))` (\($0.status))" }.joined(separator: ", ")
      warnings.append(
        .warning(
          "left out, for they are not ACTIVE: \(names)", at: file.location,
          hint: "`states` says which are listed; with it nothing is said of others"))
    }
    return HostListing(hosts: hosts, warnings: warnings)
  }

  private static func listing(
    _ choice: ServerChoice, at place: SourceLocation
  ) async throws(Diagnostic) -> ServerListing {
    let settings: CloudSettings
    do {
      settings = try await Machines.settings(named: choice.cloud?.text)
    } catch {
      var diagnostic = error as? Diagnostic ?? .error("\(error)")
      diagnostic.location = diagnostic.location ?? choice.cloud?.location ?? place
      diagnostic.exitCode = 1
      throw diagnostic
    }
    do throws(CloudError) {
      return try await ServerListing.take(CloudClient(settings: settings), cloud: settings.name)
    } catch {
      var diagnostic = error.diagnostic("the cloud `\(settings.name)` does not list its machines")
      diagnostic.location = place
      diagnostic.exitCode = 1
      throw diagnostic
    }
  }

  private static func network(
    _ choice: ServerChoice, _ listing: ServerListing
  ) throws(Diagnostic) -> CloudID? {
    guard let wanted = choice.network else { return nil }
    let networks = listing.networks.filter { !$0.isGone }
    if let byID = networks.first(where: { $0.id.text == wanted.text }) { return byID.id }
    let named = networks.filter { $0.name == wanted.text }
    guard let network = named.first else {
      let near = suggestion(for: wanted.text, among: networks.map(\.name))
      throw .error(
        "the cloud `\(listing.cloud)` has no network `\(wanted.text)`", at: wanted.location,
        length: wanted.text.unicodeScalars.count, hint: near.map { "did you mean `\($0)`?" })
    }
    guard named.count == 1 else {
      throw .error(
        "\(named.count) networks are called `\(wanted.text)`", at: wanted.location,
        hint: "name one by its id: \(named.map(\.id.text).joined(separator: ", "))")
    }
    return network.id
  }
}
