import Cloud
import Diagnostics
import Values

/// One `okeanos_*` variable of a host, evaluated, and where it is written.
package struct EvaluatedVariable: Sendable {
  package var value: Value
  package var location: SourceLocation?
  /// Its words are not shown.
  package let isSecret: Bool

  package init(_ value: Value, at location: SourceLocation? = nil) {
    self.value = value
    isSecret = value.containsSecret
    self.location = location
  }
}

/// Turns the evaluated variables of a host into a description; everything wrong is collected.
package struct MachineReading {
  package static let names: Set<String> = [
    "okeanos_cloud", "okeanos_project", "okeanos_image", "okeanos_flavor", "okeanos_networks",
    "okeanos_ssh_keys", "okeanos_volumes", "okeanos_metadata", "okeanos_personality",
    "okeanos_user", "okeanos_protect", "okeanos_expires", "okeanos_timeout",
    "okeanos_environment",
  ]

  /// The name that was most likely meant by one that is none of these; nil where none is near, or
  /// where it is a fact about a server.
  package static func meant(by name: String) -> String? {
    let prefix = "okeanos_"
    guard name.hasPrefix(prefix), !name.hasPrefix(prefix + "server_"), !names.contains(name) else {
      return nil
    }
    // The prefix is no part of the likeness: all names have it.
    let words = names.map { String($0.dropFirst(prefix.count)) }.sorted()
    return suggestion(for: String(name.dropFirst(prefix.count)), among: words).map { prefix + $0 }
  }

  let host: String
  let variables: [String: EvaluatedVariable]
  /// The bytes of a file of the controller; nil where there is none to read.
  let readFile: (String) -> [UInt8]?
  package private(set) var problems = Diagnostics()

  package init(
    host: String, variables: [String: EvaluatedVariable], readFile: @escaping (String) -> [UInt8]?
  ) {
    self.host = host
    self.variables = variables
    self.readFile = readFile
  }

  /// nil where the host is not described as a machine, or is described wrongly.
  package mutating func description() -> MachineDescription? {
    guard let image = value("okeanos_image"), let flavor = value("okeanos_flavor"),
      let imageChoice = readImage(image), let flavorChoice = readFlavor(flavor)
    else { return nil }
    var machine = MachineDescription(
      name: host, location: image.location, image: imageChoice, flavor: flavorChoice)
    if host.utf8.count > 255 { wrong("the name of a machine has at most 255 characters", image) }
    machine.project = value("okeanos_project").flatMap { readName($0, "okeanos_project") }
    if let networks = value("okeanos_networks") {
      machine.networks = readNetworks(networks)
      machine.networksLocation = networks.location
    }
    if let keys = value("okeanos_ssh_keys") { machine.keys = readKeys(keys) }
    if let volumes = value("okeanos_volumes") { machine.volumes = readVolumes(volumes) }
    if let metadata = value("okeanos_metadata") { machine.metadata = readMetadata(metadata) }
    if let files = value("okeanos_personality") { machine.files = readFiles(files) }
    machine.user = value("okeanos_user").flatMap { readName($0, "okeanos_user") }?.text
    if let flag = value("okeanos_protect") { machine.isProtected = readFlag(flag) }
    if let expires = value("okeanos_expires") {
      machine.expiry = readExpiry(expires)
      machine.expiryLocation = expires.location
    }
    if let timeout = value("okeanos_timeout") {
      if let seconds = number(timeout.value), (1...86_400).contains(seconds) {
        machine.timeout = seconds
      } else {
        wrong("`okeanos_timeout` is a number of seconds", timeout)
      }
    }
    return problems.hasErrors ? nil : machine
  }

  // MARK: - Parts

  private func value(_ name: String) -> EvaluatedVariable? {
    guard var variable = variables[name], !variable.value.isNull else { return nil }
    variable.value = variable.value.opened
    return variable
  }

  mutating func wrong(
    _ summary: String, _ variable: EvaluatedVariable, hint: String? = nil
  ) {
    problems.add(
      .error(
        summary, at: variable.location, evidence: [.init("host", host)], hint: hint))
  }

  /// False where a mapping has other keys than these: one that is ignored would be believed in.
  @discardableResult
  mutating func checkKeys(
    _ value: Value, _ known: [String], _ variable: EvaluatedVariable, _ name: String
  ) -> Bool {
    guard let odd = value.map?.keys.first(where: { !known.contains($0.string ?? "") }) else {
      return true
    }
    let word = text(odd) ?? "?"
    let near = suggestion(for: word, among: known)
    wrong(
      "`\(name)` has no key `\(word)`", variable,
      hint: near.map { "did you mean `\($0)`?" }
        ?? "there are \(known.map { "`\($0)`" }.joined(separator: ", "))")
    return false
  }

  func text(_ value: Value?) -> String? {
    switch value {
    case .string(let text)?: text.isEmpty ? nil : text
    case .int(let number)?: String(number)
    case .bool(let flag)?: flag ? "true" : "false"
    case .double(let number)?: "\(number)"
    default: nil
    }
  }

  func number(_ value: Value?) -> Int? {
    switch value {
    case .int(let number)?: number
    case .string(let text)?: Int(text)
    default: nil
    }
  }

  private mutating func readName(_ variable: EvaluatedVariable, _ name: String) -> Named? {
    if let text = text(variable.value) { return Named(text, at: variable.location) }
    wrong("`\(name)` is a name", variable)
    return nil
  }

  private mutating func readFlag(_ variable: EvaluatedVariable) -> Bool {
    switch variable.value {
    case .bool(let flag): return flag
    case .int(let number) where number == 0 || number == 1: return number == 1
    case .string(let text):
      let word = text.lowercased()
      if ["yes", "true", "on", "1"].contains(word) { return true }
      if ["no", "false", "off", "0"].contains(word) { return false }
    default: break
    }
    wrong("`okeanos_protect` is yes or no", variable)
    return true
  }

  private mutating func readImage(_ variable: EvaluatedVariable) -> ImageChoice? {
    let value = variable.value
    if value.map != nil {
      checkKeys(value, ["id", "name", "owner"], variable, "okeanos_image")
      if let name = text(value["id"]) ?? text(value["name"]) {
        return ImageChoice(Named(name, at: variable.location), owner: text(value["owner"]))
      }
    } else if let name = text(value) {
      return ImageChoice(Named(name, at: variable.location))
    }
    wrong(
      "`okeanos_image` names an image", variable,
      hint: "write a name, an id, or `{name: debian, owner: UUID}`")
    return nil
  }

  private mutating func readFlavor(_ variable: EvaluatedVariable) -> FlavorChoice? {
    let value = variable.value
    guard let map = value.map else {
      if let name = text(value) { return .named(Named(name, at: variable.location)) }
      wrong("`okeanos_flavor` names a flavor", variable)
      return nil
    }
    func first(_ keys: String...) -> Value? { keys.lazy.compactMap { map[.string($0)] }.first }
    let known = ["cpus", "cpu", "vcpus", "ram", "memory", "disk", "template", "disk_template"]
    guard checkKeys(value, known, variable, "okeanos_flavor") else { return nil }
    guard let cpus = number(first("cpus", "cpu", "vcpus")),
      let memory = number(first("ram", "memory")), let disk = number(first("disk")), cpus > 0,
      memory > 0, disk > 0
    else {
      wrong(
        "`okeanos_flavor` lacks a size", variable,
        hint: "write `{cpus: 2, ram: 2048, disk: 20}`: MiB of memory, GiB of disk")
      return nil
    }
    return .sized(
      cpus: cpus, memory: memory, disk: disk, template: text(first("template", "disk_template")),
      location: variable.location)
  }

  private mutating func readExpiry(_ variable: EvaluatedVariable) -> Expiry? {
    switch variable.value {
    case .int(let seconds) where seconds > 0: return .after(seconds)
    case .datetime(let time): return .at(Moment.of(time))
    case .date(let date): return .at(Moment.of(date))
    case .string(let text):
      if let moment = Moment.parse(text) { return .at(moment) }
      let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
      let unit = text.last.flatMap { units[$0] }
      if let count = Int(unit == nil ? text[...] : text.dropLast()), count > 0, count < 1 << 30 {
        return .after(count * (unit ?? 1))
      }
    default: break
    }
    wrong(
      "`okeanos_expires` is no time", variable, hint: "write `8h`, `2d` or `2026-01-31T18:00:00Z`")
    return nil
  }
}
