import Cloud
import Diagnostics

/// A description with everything that it names found in the cloud.
package struct ResolvedMachine: Sendable {
  package var description: MachineDescription
  package var image: Image
  package var flavor: Flavor
  package var project: String
  package var cards: [Card]
  /// Public keys that may log in.
  package var keys: [String]
  /// What a plan tells beside.
  var notes: [String] = []

  /// A network card.
  package enum Card: Hashable, Sendable {
    /// A floating IP of the environment's own, to be reserved where none is free.
    case floating
    /// The user's own floating IP.
    case ownAddress(FloatingIPRef)
    case privateNetwork(CloudID, address: String?)
    /// Of a network that does not exist yet.
    case newNetwork(String, address: String?)
  }

  package struct FloatingIPRef: Hashable, Sendable {
    package var id: CloudID
    package var network: CloudID
    package var address: String
  }

  package var loginUser: String { description.user ?? image.loginUser }

  /// The file that lets its keys in.
  var authorizedKeys: String { keys.map { $0 + "\n" }.joined() }

  /// Nothing that is sent along lets anybody in, and nobody asked for that.
  var hasNoKey: Bool {
    description.keys == nil && keys.isEmpty
      && !description.files.contains { $0.path.hasSuffix("/authorized_keys") }
  }

  /// The cloud is to give it an address on a public network.
  package var needsAddress: Bool {
    cards.contains { card in
      switch card {
      case .floating, .ownAddress: true
      case .privateNetwork, .newNetwork: false
      }
    }
  }

  /// That address is not there. Where the cloud does not say which address floats, all cards count.
  package func lacksAddress(_ server: Server) -> Bool {
    guard needsAddress, server.portForwarding[22] == nil else { return false }
    let given = server.attachments.filter { $0.ipv4?.isEmpty == false }
    if given.contains(where: \.isFloating) || server.addresses.contains(where: \.isFloating) {
      return false
    }
    return given.count < cards.count
  }

  /// Of what only a creation can bring about.
  package var digest: String {
    var text = description.networks.map { "\($0)" }.joined(separator: ";")
    text += "|" + (description.keys == nil ? "-" : keys.joined(separator: ";"))
    for file in description.files {
      text += "|\(file.path):\(file.owner):\(file.group):\(file.mode):"
      text += Hex.digest(String(decoding: file.content, as: UTF8.self), bytes: 8)
    }
    return Hex.digest(text, bytes: 8)
  }
}

/// Finds what descriptions name; what is missing or could be two things is a problem with its
/// place.
struct Resolution {
  let cloud: CloudSnapshot
  /// Keys for machines that name none.
  let controllerKeys: [String]
  /// Made for the environment.
  let owned: Set<OwnedObject>
  private let twins: Set<CloudID>
  private let barren: Set<CloudID>
  var problems = Diagnostics()
  /// Networks that descriptions name and the cloud lacks, or has without their subnet, by name.
  private(set) var newNetworks: [NewNetwork] = []

  init(cloud: CloudSnapshot, controllerKeys: [String], owned: Set<OwnedObject> = []) {
    self.cloud = cloud
    self.controllerKeys = controllerKeys
    self.owned = owned
    twins = Set(cloud.twinNetworks(owned).map(\.id))
    barren = cloud.barrenNetworks(owned)
  }

  /// - Parameter server: the machine that stands for it, and is not to be made anew: what it was made
  ///   of need not be offered any more.
  mutating func resolve(
    _ machine: MachineDescription, standing server: Server? = nil
  ) -> ResolvedMachine? {
    let gone = server.flatMap { goneImage(of: $0, machine) }
    let image = gone?.image ?? image(machine.image, machine)
    let flavor = flavor(machine.flavor, machine, standing: server)
    let project = project(machine.project, machine)
    var cards: [ResolvedMachine.Card] = []
    for wish in machine.networks {
      if let card = card(wish, machine, project: project ?? cloud.defaultProject) {
        cards.append(card)
      }
    }
    let keys = keys(machine)
    guard let image, let flavor, let project, cards.count == machine.networks.count else {
      return nil
    }
    if gone == nil, let size = cloud.imageRecords.first(where: { $0.id == image.id })?.size,
      size > flavor.disk.saturating(times: 1 << 30)
    {
      wrong(
        "image `\(image.name)` needs \(Amount.bytes(size)), but the disk of `\(flavor.name)` has \(flavor.disk) GiB",
        machine.flavor.location, machine)
    }
    var resolved = ResolvedMachine(
      description: machine, image: image, flavor: flavor, project: project, cards: cards,
      keys: keys)
    if let gone { resolved.notes.append(gone.note) }
    let size = resolved.authorizedKeys.utf8.count
    if size > PersonalityFile.sizeLimit {
      wrong(
        "the \(keys.count) keys of `okeanos_ssh_keys` have \(size) bytes", machine.location,
        machine,
        hint: "the cloud takes \(PersonalityFile.sizeLimit) a file")
    }
    return resolved
  }

  private mutating func wrong(
    _ summary: String, _ location: SourceLocation?, _ machine: MachineDescription,
    hint: String? = nil
  ) {
    problems.add(
      .error(
        summary, at: location, evidence: [.init("host", machine.name)],
        hint: hint))
  }

  private func near(_ word: String, _ names: [String]) -> String? {
    if let near = suggestion(for: word, among: names) { return "did you mean `\(near)`?" }
    let shown = Set(names).sorted().prefix(6).map { "`\($0)`" }.joined(separator: ", ")
    return shown.isEmpty ? nil : "the cloud has \(shown)"
  }

  private var usableImages: [Image] {
    cloud.images.filter { $0.status == .active || $0.status == .saving }
  }

  /// The image of a machine which the cloud no longer offers. That says nothing against the machine,
  /// whatever has its name now.
  private func goneImage(
    of server: Server, _ machine: MachineDescription
  ) -> (image: Image, note: String)? {
    guard let id = server.imageID, !usableImages.contains(where: { $0.id == id }) else {
      return nil
    }
    let name = machine.image.name.text
    var image =
      cloud.images.first { $0.id == id } ?? Image(id: id, name: name, status: .deleted)
    if image.users.isEmpty, let users = server.metadata["users"] {
      image.properties["users"] = users
    }
    let note =
      usableImages.contains { $0.name == name || $0.id.text == name }
      ? "the cloud no longer has its image: only --replace makes it of today's `\(name)`"
      : "the cloud no longer has its image, and none that is called `\(name)`"
    return (image, note)
  }

  private mutating func image(_ choice: ImageChoice, _ machine: MachineDescription) -> Image? {
    let name = choice.name.text
    let usable = usableImages
    if let image = usable.first(where: { $0.id.text == name }) { return image }
    let named = usable.filter {
      $0.name == name && (choice.owner == nil || $0.owner == choice.owner)
    }
    if named.count == 1 { return named[0] }
    if named.count > 1 {
      let own = named.filter { $0.owner == cloud.userID }
      if own.count == 1 { return own[0] }
      let list = named.prefix(4).map { "\($0.id) of \($0.owner ?? "?")" }
      wrong(
        "`\(name)` is the name of \(named.count) images", choice.name.location, machine,
        hint: "write the id, or `{name: \(name), owner: …}`: \(list.joined(separator: ", "))")
    } else {
      wrong(
        "there is no image `\(name)`" + (choice.owner.map { " of `\($0)`" } ?? ""),
        choice.name.location, machine, hint: near(name, usable.map(\.name)))
    }
    return nil
  }

  private mutating func flavor(
    _ choice: FlavorChoice, _ machine: MachineDescription, standing server: Server?
  ) -> Flavor? {
    let usable = cloud.flavors.filter(\.allowsCreation)
    let found = choice.flavors(among: usable)
    let own = server.flatMap { server in cloud.flavors.first { $0.id == server.flavorID } }
    if let own, found.contains(own) || !choice.flavors(among: [own]).isEmpty && found.isEmpty {
      return own
    }
    if found.count == 1 { return found[0] }
    if found.isEmpty {
      wrong(
        "there is no flavor `\(choice.words)`", choice.location, machine,
        hint: near(choice.words, usable.map(\.name)))
    } else {
      let names = found.map { "`\($0.name)`" }.joined(separator: ", ")
      wrong(
        "`\(choice.words)` means \(found.count) flavors", choice.location, machine,
        hint: "name one of them: \(names)")
    }
    return nil
  }

  private mutating func project(_ choice: Named?, _ machine: MachineDescription) -> String? {
    guard let choice else { return cloud.defaultProject }
    let known = cloud.projects
    if known.contains(where: { $0.id == choice.text })
      || cloud.quotas.contains(where: { $0.projectID == choice.text })
    {
      return choice.text
    }
    let named = known.filter { $0.name == choice.text && $0.isActive }
    if named.count == 1 { return named[0].id }
    if named.isEmpty {
      wrong(
        "there is no project `\(choice.text)` of which you are a member", choice.location, machine,
        hint: near(choice.text, known.map(\.name)))
    } else {
      wrong(
        "`\(choice.text)` is the name of \(named.count) projects", choice.location, machine,
        hint: "write the id: " + named.map(\.id).joined(separator: ", "))
    }
    return nil
  }

  private mutating func card(
    _ wish: NetworkWish, _ machine: MachineDescription, project: String
  ) -> ResolvedMachine.Card? {
    switch wish {
    case .floating(nil): return .floating
    case .floating(let address?):
      guard let own = cloud.floatingIPs.first(where: { $0.address == address && !$0.isDeleted })
      else {
        wrong(
          "you have not reserved the floating IP `\(address)`", machine.networksLocation, machine,
          hint: near(address, cloud.floatingIPs.map(\.address)))
        return nil
      }
      return .ownAddress(.init(id: own.id, network: own.networkID, address: own.address))
    case .privateNetwork(let name, let cidr, let address):
      let found = cloud.networks.filter {
        ($0.name == name && !twins.contains($0.id) && !barren.contains($0.id)
          || $0.id.text == name) && !$0.isGone
      }
      if found.count == 1 {
        checkRange(cidr, of: found[0], machine)
        if lacksSubnet(found[0], isDescribed: cidr != nil) {
          addNetwork(
            NewNetwork(name: name, cidr: cidr, project: project, id: found[0].id), machine)
        }
        return .privateNetwork(found[0].id, address: address)
      }
      if found.count > 1 {
        wrong(
          "`\(name)` is the name of \(found.count) networks", machine.networksLocation, machine,
          hint: "write the id: " + found.map(\.id.text).joined(separator: ", "))
        return nil
      }
      addNetwork(NewNetwork(name: name, cidr: cidr, project: project), machine)
      return .newNetwork(name, address: address)
    }
  }

  /// The range of a network that is there already is what it is.
  private mutating func checkRange(
    _ wanted: String?, of network: Network, _ machine: MachineDescription
  ) {
    guard let wanted else { return }
    let ranges = cloud.subnets.filter { $0.networkID == network.id && $0.ipVersion == 4 }.map(
      \.cidr)
    guard !ranges.isEmpty, !ranges.contains(where: { AddressRange.areSame($0, wanted) }) else {
      return
    }
    wrong(
      "network `\(network.name)` has the range \(ranges.joined(separator: ", ")), not \(wanted)",
      machine.networksLocation, machine,
      hint: "describe it as it is, or another network: a range does not change")
  }

  /// The run that made it was cut off, or it is the user's own, and described with a range. Once a
  /// machine has joined the cloud takes no subnet any more.
  private func lacksSubnet(_ network: Network, isDescribed: Bool) -> Bool {
    (isDescribed || owned.contains(.network(network.id))) && !network.isPublic
      && !cloud.hasSubnet(network)
      && !cloud.servers.contains { $0.attachments.contains { $0.networkID == network.id } }
  }

  private mutating func addNetwork(_ network: NewNetwork, _ machine: MachineDescription) {
    if let index = newNetworks.firstIndex(where: { $0.name == network.name }) {
      guard let other = newNetworks[index].cidr else {
        newNetworks[index].cidr = network.cidr
        return
      }
      if let cidr = network.cidr, !AddressRange.areSame(cidr, other) {
        wrong(
          "network `\(network.name)` has two ranges: \(other) and \(cidr)",
          machine.networksLocation, machine)
      }
    } else {
      newNetworks.append(network)
    }
  }

  private mutating func keys(_ machine: MachineDescription) -> [String] {
    guard let wishes = machine.keys else {
      return machine.loginKeys + controllerKeys.filter { !machine.loginKeys.contains($0) }
    }
    var keys: [String] = []
    for wish in wishes {
      switch wish {
      case .text(let text): keys.append(text)
      case .named(let name):
        if let pair = cloud.keyPairs.first(where: { $0.name == name.text }) {
          keys.append(pair.publicKey)
        } else {
          wrong(
            "there is no key pair `\(name.text)`", name.location, machine,
            hint: near(name.text, cloud.keyPairs.map(\.name))
              ?? "write a public key, or the path of its file")
        }
      }
    }
    return keys
  }
}

extension FlavorChoice {
  fileprivate func flavors(among all: [Flavor]) -> [Flavor] {
    switch self {
    case .named(let name):
      let byID = all.filter { $0.id.text == name.text }
      return byID.isEmpty ? all.filter { $0.name == name.text } : byID
    case .sized(let cpus, let memory, let disk, let template, _):
      return all.filter {
        $0.cpus == cpus && $0.memory == memory && $0.disk == disk
          && (template == nil || $0.diskTemplate == template)
      }
    }
  }
}

/// A private network to be made, with its subnet.
package struct NewNetwork: Hashable, Sendable {
  package var name: String
  package var cidr: String?
  package var project: String
  /// Where only its subnet is missing.
  package var id: CloudID?

  /// Where nothing is said.
  package static let defaultCIDR = "192.168.0.0/24"
}
