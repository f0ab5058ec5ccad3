/// A size of servers.
package struct Flavor: Hashable, Sendable {
  package var id: CloudID
  package var name: String
  package var cpus: Int
  /// MiB.
  package var memory: Int
  /// GiB.
  package var disk: Int
  package var diskTemplate: String
  package var volumeType: CloudID?
  package var allowsCreation: Bool
  package var isPublic: Bool
  /// The projects that may use it where it is not public.
  package var projects: [String]

  package init(
    id: CloudID, name: String, cpus: Int, memory: Int, disk: Int, diskTemplate: String,
    volumeType: CloudID? = nil, allowsCreation: Bool = true, isPublic: Bool = true,
    projects: [String] = []
  ) {
    self.id = id
    self.name = name
    self.cpus = cpus
    self.memory = memory
    self.disk = disk
    self.diskTemplate = diskTemplate
    self.volumeType = volumeType
    self.allowsCreation = allowsCreation
    self.isPublic = isPublic
    self.projects = projects
  }
}
