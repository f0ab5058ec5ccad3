import Playbooks
import Values

/// The variables of one host that outlive a task.
package struct HostVariables: Sendable {
  /// From inventory, group_vars and host_vars, lowest rank first.
  package var inventory: [RankTable] {
    didSet {
      plans = PlanCache()
      revision += 1
    }
  }
  /// Changes with what `vars_files` may be chosen by: the inventory and facts.
  private(set) var revision = 1
  /// Facts under their injected names: `ansible_hostname`.
  package private(set) var facts: RankTable = [:]
  /// `ansible_facts`: the facts without their prefix.
  private(set) var factMap: ValueMap = [:]
  /// `include_vars`.
  package var included: RankTable = [:]
  /// `set_fact` and `register`.
  package var assigned: RankTable = [:]
  /// Behind a rescue: the task that failed and its result.
  package var failure: [String: Variable] = [:]
  /// Variables and defaults of roles that an include made public, the latest first.
  private(set) var publicVars: [RankTable] = []
  private(set) var publicDefaults: [RankTable] = []
  package var groupNames: [String]
  /// How this host is reached, where the inventory and keywords alone say so.
  private(set) var plans = PlanCache()

  /// - Parameter inventory: lowest rank first.
  package init(inventory: [[String: Variable]], groupNames: [String]) {
    self.inventory = inventory.map { RankTable($0) }
    self.groupNames = groupNames
  }

  mutating func publish(_ scope: RoleScope) {
    publicVars.insert(RankTable(scope.role.vars.table), at: 0)
    publicDefaults.insert(RankTable(scope.role.defaults.table), at: 0)
  }

  mutating func learn(_ new: ValueMap) {
    revision += 1
    for (key, value) in new {
      guard let name = key.string else { continue }
      // A host must not choose how it is reached, nor with whose rights.
      let isPrefixed = name.hasPrefix("ansible_") || name == "facter" || name == "ohai"
      let injected = isPrefixed ? name : "ansible_" + name
      guard !ConnectionPlan.reads(injected), !Self.unlearned.contains(injected) else { continue }
      facts[injected] = .value(value)
    }
    factMap = ValueMap()
    for (name, variable) in facts.entries.sorted(by: { $0.key < $1.key }) {
      guard case .value(let value) = variable else { continue }
      factMap[.string(name.hasPrefix("ansible_") ? String(name.dropFirst(8)) : name)] = value
    }
  }

  /// Names that facts cannot have besides those of connections.
  private static let unlearned: Set<String> = [
    "ansible_shell_type", "ansible_remote_tmp", "ansible_python_interpreter",
  ]

  /// Carries out what a task says of the host's variables.
  mutating func take(_ effect: Effect) {
    switch effect {
    case .assign(let values, _): for (name, value) in values { assigned[name] = value }
    case .learn(let facts, _): learn(facts)
    case .include(let table, _): included.merge(table)
    case .addHost, .groupBy, .meta, .pause: break
    }
  }

  mutating func forgetFacts() {
    revision += 1
    facts = [:]
    factMap = [:]
  }
}

/// Variables by name, and whether any of them may say how a host is reached.
package struct RankTable: Sendable, ExpressibleByDictionaryLiteral {
  private(set) var entries: [String: Variable]
  /// It holds a name that `ConnectionPlan` reads, or once held one.
  private(set) var reaches: Bool

  package init(_ entries: [String: Variable]) {
    self.entries = entries
    reaches = entries.keys.contains(where: ConnectionPlan.reads)
  }

  package init(dictionaryLiteral elements: (String, Variable)...) {
    self.init(Dictionary(elements) { $1 })
  }

  package subscript(name: String) -> Variable? {
    get { entries[name] }
    set {
      entries[name] = newValue
      reaches = reaches || ConnectionPlan.reads(name)
    }
  }

  package mutating func merge(_ other: [String: Variable]) {
    entries.merge(other) { $1 }
    reaches = reaches || other.keys.contains(where: ConnectionPlan.reads)
  }
}
