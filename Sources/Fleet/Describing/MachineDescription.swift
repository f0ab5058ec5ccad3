import Cloud
import Diagnostics

/// A machine that the inventory says should exist: its `okeanos_*` variables, evaluated.
package struct MachineDescription: Sendable {
  /// The name of the host in the inventory, and of the server.
  package var name: String
  /// Where `okeanos_image` is written.
  package var location: SourceLocation?
  /// Id or name; nil means the user's default project.
  package var project: Named?
  package var image: ImageChoice
  package var flavor: FlavorChoice
  /// In the order of the network cards.
  package var networks: [NetworkWish] = [.floating(address: nil)]
  /// Where they are written.
  package var networksLocation: SourceLocation?
  /// Public keys who may log in; nil where nothing is said, and the controller's own are taken.
  package var keys: [KeyWish]?
  /// Where nothing is said: public keys of those with which this host is logged in to.
  package var loginKeys: [String] = []
  package var volumes: [VolumeWish] = []
  package var metadata: [String: String] = [:]
  package var files: [PersonalityFile] = []
  package var user: String?
  package var isProtected = false
  package var expiry: Expiry?
  /// Where `okeanos_expires` is written.
  package var expiryLocation: SourceLocation?
  /// Seconds that each wait for the machine may take: for its build, its address, an action, ssh.
  package var timeout = usualTimeout

  package static let usualTimeout = 420

  package init(
    name: String, location: SourceLocation? = nil, image: ImageChoice, flavor: FlavorChoice
  ) {
    self.name = name
    self.location = location
    self.image = image
    self.flavor = flavor
  }
}

/// A word that names something of the cloud, with its place.
package struct Named: Hashable, Sendable {
  package var text: String
  package var location: SourceLocation?

  package init(_ text: String, at location: SourceLocation? = nil) {
    self.text = text
    self.location = location
  }
}

/// An image by id, or by name and perhaps its owner, since anybody may publish any name.
package struct ImageChoice: Hashable, Sendable {
  package var name: Named
  package var owner: String?

  package init(_ name: Named, owner: String? = nil) {
    self.name = name
    self.owner = owner
  }
}

package enum FlavorChoice: Hashable, Sendable {
  /// Id or name.
  case named(Named)
  /// Memory in MiB, the disk in GiB.
  case sized(cpus: Int, memory: Int, disk: Int, template: String?, location: SourceLocation?)

  package var location: SourceLocation? {
    switch self {
    case .named(let name): name.location
    case .sized(_, _, _, _, let location): location
    }
  }

  package var words: String {
    switch self {
    case .named(let name): name.text
    case .sized(let cpus, let memory, let disk, let template, _):
      "\(cpus) CPU, \(memory) MiB, \(disk) GiB" + (template.map { ", \($0)" } ?? "")
    }
  }
}

package enum NetworkWish: Hashable, Sendable {
  /// A card on a public network with a floating IP; with an address the user's own one of that.
  case floating(address: String?)
  case privateNetwork(name: String, cidr: String?, address: String?)
}

package enum KeyWish: Hashable, Sendable {
  /// The text of a public key.
  case text(String)
  /// A key pair that the cloud keeps.
  case named(Named)
}

package struct VolumeWish: Hashable, Sendable {
  package var name: String
  /// GiB.
  package var size: Int

  package init(name: String, size: Int) {
    self.name = name
    self.size = size
  }
}

package enum Expiry: Hashable, Sendable {
  /// Seconds behind the creation.
  case after(Int)
  /// Seconds since 1970.
  case at(Int)

  package func moment(createdAt now: Int) -> Int {
    switch self {
    case .at(let moment): return moment
    case .after(let seconds):
      let (sum, overflow) = now.addingReportingOverflow(seconds)
      return overflow ? .max : sum
    }
  }
}
