/// What a machine shall be like at its first boot.
package struct LocalMachineOrder: Equatable, Codable, Sendable {
  /// Letters, digits and hyphens, 20 at most. What follows the last hyphen (6 at most) names the links
  /// of the machine, so no two machines of one directory may share it: `snf-12`
  package var id: String
  package var image: LocalImage
  package var hostname: String
  /// In this order `eth0`, `eth1`, …; 8 at most.
  package var interfaces: [LocalInterface]
  /// Appended to what the image has in the `authorized_keys` of these users.
  package var keys: [LocalKeys]
  /// Written after the keys, in this order; one for a host key keeps it from being generated.
  package var files: [LocalFile]
  /// Of every user that `keys` names; nil, and of all others, locks the password.
  package var password: String?
  /// Limits of the machine's control groups, where the computer has them.
  package var cpus: Int
  /// MiB
  package var memory: Int
  /// Seconds from each boot on for which the SSH server waits before it listens.
  package var sshDelay: Double

  package init(
    id: String, image: LocalImage = .debian12, hostname: String, interfaces: [LocalInterface],
    keys: [LocalKeys] = [], files: [LocalFile] = [], password: String? = nil, cpus: Int = 1,
    memory: Int = 1024, sshDelay: Double = 0
  ) {
    self.id = id
    self.image = image
    self.hostname = hostname
    self.interfaces = interfaces
    self.keys = keys
    self.files = files
    self.password = password
    self.cpus = cpus
    self.memory = memory
    self.sshDelay = sshDelay
  }
}

package enum LocalImage: String, CaseIterable, Codable, Sendable {
  /// Debian 12 without Python.
  case debian12 = "debian-12"
  case debian12Python = "debian-12-python"
}

package struct LocalInterface: Equatable, Codable, Sendable {
  package enum Network: Equatable, Codable, Sendable {
    case `public`
    /// A broadcast domain of its own, which is there for as long as a machine has an interface in it.
    /// The name: 1 to 6 lower-case letters and digits.
    case `private`(String)
  }

  package var network: Network
  /// `02:0c:f5:00:00:01`
  package var mac: String
  /// `10.0.0.5/24`; nil for an interface that only is up.
  package var address: String?
  package var gateway: String?

  package init(network: Network, mac: String, address: String?, gateway: String? = nil) {
    self.network = network
    self.mac = mac
    self.address = address
    self.gateway = gateway
  }
}

package struct LocalKeys: Equatable, Codable, Sendable {
  /// Has to exist in the image.
  package var user: String
  /// A line of `authorized_keys` each.
  package var lines: [String]

  package init(user: String, lines: [String]) {
    self.user = user
    self.lines = lines
  }
}

/// Replaces what the image has at `path`. Missing directories are made 0750 for the file's owner.
package struct LocalFile: Equatable, Codable, Sendable {
  /// Absolute, as the machine sees it: links in the image lead where they lead there.
  package var path: String
  package var contents: [UInt8]
  /// Names that the image knows.
  package var owner: String
  package var group: String
  package var mode: UInt32

  package init(
    path: String, contents: [UInt8], owner: String = "root", group: String = "root", mode: UInt32
  ) {
    self.path = path
    self.contents = contents
    self.owner = owner
    self.group = group
    self.mode = mode
  }
}
