import Diagnostics
@preconcurrency import Glibc
import Values

/// Runs a program that writes an inventory as JSON for `--list`, and variables for `--host NAME`
/// where `_meta` did not give them.
struct ProgramInventory {
  private(set) var inventory: Inventory
  private let path: String
  private let source: String
  private var named: [String] = []
  private var seen = Set<String>()

  init(path: String, inventory: Inventory) {
    self.path = path
    self.inventory = inventory
    source = Files.absolute(path)
  }

  mutating func read() throws(InventoryFault) {
    let root = try run(["--list"])
    guard let entries = root.entries else {
      throw .format(.error("`\(path)` must write a JSON object for `--list`"))
    }
    var variables: SourceValue?
    for entry in entries {
      if entry.key == "_meta" {
        variables = entry.value["hostvars"]
        guard variables?.entries != nil else {
          throw .format(
            .error("`_meta` must hold an object `hostvars`", at: entry.value.location))
        }
      } else {
        try group(entry)
      }
    }
    var known: [String: SourceValue] = [:]
    for entry in variables?.entries ?? [] { known[entry.key.string ?? ""] = entry.value }
    for name in named {
      let own = variables == nil ? try run(["--host", name]) : known[name]
      guard let host = inventory.hostIndex[name] else { continue }
      for entry in own?.entries ?? [] {
        inventory.set(entry.key.string ?? "", .source(entry.value), ofHost: host)
      }
    }
  }

  private mutating func group(_ entry: SourceEntry) throws(InventoryFault) {
    let name = entry.key.string ?? ""
    let group = try inventory.group(name, at: entry.keyLocation)
    guard entry.value.entries != nil else {
      return try add(hosts: entry.value, to: group)
    }
    let parts = ["hosts", "vars", "children"].map { entry.value[$0] }
    if parts.allSatisfy({ $0 == nil }) {
      // The old form: a host with its variables.
      if seen.insert(name).inserted { named.append(name) }
      _ = try inventory.host(name, in: group, source: source, at: entry.keyLocation)
      return try set(entry.value, ofGroup: group)
    }
    if let hosts = parts[0] { try add(hosts: hosts, to: group) }
    if let variables = parts[1] { try set(variables, ofGroup: group) }
    for child in parts[2]?.items ?? [] {
      let index = try inventory.group(child.text ?? "", at: child.location)
      try inventory.add(child: index, to: group, at: child.location)
    }
  }

  private mutating func add(hosts: SourceValue, to group: Int) throws(InventoryFault) {
    guard let items = hosts.items else {
      throw .format(.error("the hosts of a group must be an array", at: hosts.location))
    }
    for item in items {
      guard let name = item.text else {
        throw .format(.error("the name of a host must be text", at: item.location))
      }
      if seen.insert(name).inserted { named.append(name) }
      _ = try inventory.host(name, in: group, source: source, at: item.location)
    }
  }

  private mutating func set(_ values: SourceValue, ofGroup group: Int) throws(InventoryFault) {
    guard let entries = values.entries else {
      throw .format(.error("the variables of a group must be an object", at: values.location))
    }
    for entry in entries {
      try inventory.set(
        entry.key.string ?? "", .source(entry.value), ofGroup: group, at: entry.keyLocation)
    }
  }

  // MARK: The program

  private func run(_ arguments: [String]) throws(InventoryFault) -> SourceValue {
    let command = ([path] + arguments).joined(separator: " ")
    let outcome: ChildProcess.Outcome
    do {
      outcome = try ChildProcess.run(
        [source] + arguments, deadline: inventory.options.programDeadline)
    } catch {
      throw .format(.error(reason(error, command)))
    }
    let errors = String(decoding: outcome.errors, as: UTF8.self)
    let evidence: [Diagnostic.Evidence] =
      errors.isEmpty ? [] : [.init("stderr", Substring(errors.suffix(2000)).trimmed)]
    guard outcome.status == 0 else {
      throw .format(
        .error(
          "`\(command)` failed with status \(outcome.status)", evidence: evidence,
          hint: "run it by hand; it must write the inventory as JSON"))
    }
    let text = String(decoding: outcome.output, as: UTF8.self)
    if arguments.count > 1, Substring(text).trimmed.isEmpty {
      return SourceValue(.map([]), at: SourceLocation(file: command, line: 1, column: 1))
    }
    do {
      return try JSON.parseLocated(text, file: command)
    } catch {
      var diagnostic = error
      diagnostic.summary = "`\(command)` did not write JSON: \(error.summary)"
      diagnostic.evidence += evidence
      throw .format(diagnostic)
    }
  }

  private func reason(_ failure: ChildProcess.Failure, _ command: String) -> String {
    switch failure {
    case .notStarted(let number):
      "cannot run `\(command)`: \(String(cString: strerror(number)).lowercased())"
    case .deadline: "`\(command)` took longer than \(inventory.options.programDeadline)"
    case .tooMuchOutput: "`\(command)` wrote too much"
    }
  }
}
