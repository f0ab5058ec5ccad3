import Cloud

/// What runs ask of a cloud: the client over HTTP, or a script in tests.
package protocol CloudAPI: Sendable {
  func authenticate() async throws(CloudError) -> CloudSession
  func servers() async throws(CloudError) -> [Server]
  func createServer(_ request: ServerRequest) async throws(CloudError) -> Server
  func deleteServer(_ id: CloudID) async throws(CloudError)
  func perform(_ action: ServerAction, on id: CloudID) async throws(CloudError)
  func setServerMetadata(_ pairs: [String: String], of id: CloudID) async throws(CloudError)
  func deleteServerMetadata(_ key: String, of id: CloudID) async throws(CloudError)
  func diagnostics(of id: CloudID) async throws(CloudError) -> [ServerDiagnostic]
  func flavors() async throws(CloudError) -> [Flavor]
  func flavor(_ id: CloudID) async throws(CloudError) -> Flavor
  func images() async throws(CloudError) -> [Image]
  func imageRecords() async throws(CloudError) -> [ImageRecord]
  func keyPairs() async throws(CloudError) -> [KeyPair]
  func networks() async throws(CloudError) -> [Network]
  func createNetwork(_ request: NetworkRequest) async throws(CloudError) -> Network
  func deleteNetwork(_ id: CloudID) async throws(CloudError)
  func subnets() async throws(CloudError) -> [Subnet]
  func createSubnet(_ request: SubnetRequest) async throws(CloudError) -> Subnet
  func ports() async throws(CloudError) -> [Port]
  func createPort(_ request: PortRequest) async throws(CloudError) -> Port
  func deletePort(_ id: CloudID) async throws(CloudError)
  func floatingIPs() async throws(CloudError) -> [FloatingIP]
  func reserveFloatingIP(
    network: CloudID?, address: String?, project: String?
  ) async throws(CloudError) -> FloatingIP
  func releaseFloatingIP(_ id: CloudID) async throws(CloudError)
  func volumes() async throws(CloudError) -> [Volume]
  func createVolume(_ request: VolumeRequest) async throws(CloudError) -> CloudID
  func deleteVolume(_ id: CloudID) async throws(CloudError)
  func quotas() async throws(CloudError) -> [ProjectQuotas]
  func projects() async throws(CloudError) -> [Project]
}

extension CloudClient: CloudAPI {}

extension CloudSnapshot {
  /// What plans look at, asked for at once. Key pairs only where they are
  /// named, volumes also where a machine of ours has some.
  package static func take(
    _ api: any CloudAPI, withKeyPairs: Bool = false, withVolumes: Bool = false
  ) async throws(CloudError) -> CloudSnapshot {
    let session = try await api.authenticate()
    var cloud = CloudSnapshot(userID: session.userID, defaultProject: session.defaultProject)
    async let servers = result { () async throws(CloudError) in try await api.servers() }
    async let flavors = result { () async throws(CloudError) in try await api.flavors() }
    async let images = result { () async throws(CloudError) in try await api.images() }
    async let records = result { () async throws(CloudError) in try await api.imageRecords() }
    async let networks = result { () async throws(CloudError) in try await api.networks() }
    async let subnets = result { () async throws(CloudError) in try await api.subnets() }
    async let addresses = result { () async throws(CloudError) in try await api.floatingIPs() }
    async let projects = result { () async throws(CloudError) in try await api.projects() }
    async let quotas = result { () async throws(CloudError) in try await api.quotas() }
    cloud.servers = try await servers.get()
    cloud.flavors = try await flavors.get()
    cloud.images = try await images.get()
    // Sizes and pools make checks earlier; without them the cloud itself refuses.
    cloud.imageRecords = (try? await records.get()) ?? []
    cloud.networks = try await networks.get()
    cloud.subnets = (try? await subnets.get()) ?? []
    cloud.floatingIPs = try await addresses.get()
    cloud.projects = try await projects.get()
    cloud.quotas = try await quotas.get()
    if withKeyPairs {
      do throws(CloudError) { cloud.keyPairs = try await api.keyPairs() } catch {
        // Clouds before Synnefo 0.19 have no key pairs.
        guard error.kind == .notFound || error.kind == .badRequest || error.status == 501 else {
          throw error
        }
      }
    }
    if withVolumes || cloud.marked.contains(where: { $0.server.volumes.count > 1 }) {
      cloud.volumes = try await api.volumes()
    }
    // Sizes of machines whose flavor is no longer offered.
    let unknown = Set(cloud.marked.compactMap(\.server.flavorID)).subtracting(
      cloud.flavors.map(\.id))
    for id in unknown.sorted(by: { $0.text < $1.text }) {
      guard var flavor = try? await api.flavor(id) else { continue }
      flavor.allowsCreation = false
      cloud.flavors.append(flavor)
    }
    return cloud
  }

  private static func result<T: Sendable>(
    _ ask: @Sendable () async throws(CloudError) -> T
  ) async -> Result<T, CloudError> {
    do throws(CloudError) { return .success(try await ask()) } catch { return .failure(error) }
  }
}
