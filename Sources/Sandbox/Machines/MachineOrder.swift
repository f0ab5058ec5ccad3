/// Everything a backend needs to make a machine.
package struct MachineOrder: Equatable, Codable, Sendable {
  /// `snf-12`, unique and never used again.
  package var id: String
  /// What the guest calls itself.
  package var hostname: String
  /// The name of the image: `debian-12` or `debian-12-python`.
  package var image: String
  package var flavor: MachineFlavor
  package var nics: [MachineNIC]
  /// Written after the keys, so a file may replace an `authorized_keys`.
  package var files: [MachineFile]
  package var keys: [AuthorizedKeys]
  /// For every user that `keys` names; nil leaves password login off.
  package var password: String?
  /// Seconds after the boot before the SSH server may answer; a fault that tests ask for.
  package var sshDelay: Double

  package init(
    id: String, hostname: String, image: String, flavor: MachineFlavor,
    nics: [MachineNIC], files: [MachineFile] = [], keys: [AuthorizedKeys] = [],
    password: String? = nil, sshDelay: Double = 0
  ) {
    self.id = id
    self.hostname = hostname
    self.image = image
    self.flavor = flavor
    self.nics = nics
    self.files = files
    self.keys = keys
    self.password = password
    self.sshDelay = sshDelay
  }
}

package struct MachineFlavor: Equatable, Codable, Sendable {
  package var cpus: Int
  /// MiB
  package var ram: Int

  package init(cpus: Int, ram: Int) {
    self.cpus = cpus
    self.ram = ram
  }
}

/// A network card. Cards on the same network reach each other; only the public one is reached from here.
package struct MachineNIC: Equatable, Codable, Sendable {
  package enum Kind: String, Codable, Sendable {
    case `public`, `private`
  }

  package var kind: Kind
  /// The id of the cloud's network: one broadcast domain each.
  package var network: String
  /// nil on a private network without a subnet.
  package var ipv4: String?
  /// `10.0.0.0/24`; nil where `ipv4` is nil.
  package var cidr: String?
  package var gateway: String?
  /// `aa:0c:f5:00:00:01`
  package var mac: String

  package init(
    kind: Kind, network: String, ipv4: String?, cidr: String?, gateway: String?, mac: String
  ) {
    self.kind = kind
    self.network = network
    self.ipv4 = ipv4
    self.cidr = cidr
    self.gateway = gateway
    self.mac = mac
  }
}

/// A file that is in place before the first boot. Missing directories are made 0750, for its owner.
package struct MachineFile: Equatable, Codable, Sendable {
  package var path: String
  package var contents: [UInt8]
  package var owner: String
  package var group: String
  package var mode: UInt32

  package init(path: String, contents: [UInt8], owner: String, group: String, mode: UInt32) {
    self.path = path
    self.contents = contents
    self.owner = owner
    self.group = group
    self.mode = mode
  }
}

/// Public keys that are added to what a user's `authorized_keys` holds.
package struct AuthorizedKeys: Equatable, Codable, Sendable {
  package var user: String
  package var keys: [String]

  package init(user: String, keys: [String]) {
    self.user = user
    self.keys = keys
  }
}
