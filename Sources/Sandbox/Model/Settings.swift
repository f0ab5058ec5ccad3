/// What the operator of a cloud sets; the numbers are Synnefo's defaults.
package struct Settings: Codable, Equatable, Sendable {
  /// Seconds of a build, of an action, of a deletion; shares of a second are fine.
  package var buildSeconds = 4.0
  package var actionSeconds = 1.0
  package var deleteSeconds = 1.0
  /// Seconds in which a build waits in the queue, and cannot be deleted.
  package var queueSeconds = 0.0

  /// How far the cloud's clock is ahead, and where it stands if it does.
  package var clockOffset = 0.0
  package var frozenAt: Double?

  /// 0.15 has no field, path or key that came later.
  package var apiVersion = "0.21"
  /// Whether the catalogue names versions in the addresses of networks, volumes and images.
  package var versionedEndpoints = false

  package var fqdnDomain: String? = "vm.sandbox.invalid"
  /// `host`, `{ip}` and the port as in Synnefo's setting; nil for no address translation.
  package var portForwarding: PortForwarding?
  package var forcedNetworks: [Int] = []
  package var defaultNetworks: [Int] = []
  package var networkTypes = ["MAC_FILTERED"]
  package var hasHotplug = true
  package var hasRescue = false
  package var maxNICs = 8
  package var maxDisks = 8
  package var maxVolumeSize = 200
  package var maxPersonality = 5
  package var maxPersonalitySize = 10_240
  package var maxMetadata = 10
  package var maxKeypairs = 10
  package var maxSubnetPrefix = 22
  /// False: create requests find no room anywhere, 503.
  package var hasBackend = true
  package var detachableTemplates = ["ext_archipelago", "ext_vlmc"]

  package struct PortForwarding: Codable, Equatable, Sendable {
    package var host: String
    package var port: Int
  }

  package init() {}

  /// True where the version that is played has what came with `version` (`0.17`).
  func has(_ version: String) -> Bool {
    let pairs = zip(Self.numbers(apiVersion), Self.numbers(version))
    for (mine, theirs) in pairs where mine != theirs { return mine > theirs }
    return true
  }

  private static func numbers(_ version: String) -> [Int] {
    let parts = version.split(separator: ".").map { Int($0) ?? 0 }
    return Array((parts + [0, 0]).prefix(2))
  }
}
