import Configuration
import OrderedCollections
import Playbooks
import Values

/// Everything that tasks of any host see at one moment: a value that child tasks take with them.
package struct World: Sendable {
  package var hosts: [String: HostVariables]
  /// Groups in the order of the inventory, with their hosts.
  package var groups: OrderedDictionary<String, [String]> {
    didSet { groupMap = Self.map(of: groups) }
  }
  /// The variable `groups`.
  private(set) var groupMap: Value
  let extra: RankTable
  @Shared var play: PlayContext
  @Shared package var run: RunContext

  package init(
    hosts: [String: HostVariables], groups: OrderedDictionary<String, [String]>,
    extra: [String: Variable], run: RunContext
  ) {
    self.hosts = hosts
    self.groups = groups
    groupMap = Self.map(of: groups)
    self.extra = RankTable(extra)
    _run = Shared(wrappedValue: run)
    _play = Shared(wrappedValue: PlayContext())
  }

  private static func map(of groups: OrderedDictionary<String, [String]>) -> Value {
    var map = ValueMap()
    for (group, hosts) in groups { map[.string(group)] = .strings(hosts) }
    return .map(map)
  }
}

/// What the command line and the settings say of the whole run.
package struct RunContext: Sendable {
  package var mode: RunMode = .apply
  package var isDiffShown = false
  package var forks = 256
  package var verbosity = 0
  package var playbookDirectory = "."
  /// Where the program was started, absolute.
  package var workingDirectory = ""
  package var inventoryFile: String?
  package var inventorySources: [String] = []
  package var configFile: String?
  /// The controller's Python, which we do not need; playbooks name it as an interpreter.
  package var python = "/usr/bin/python3"
  package var tags = TagSelection()
  package var limit: String?
  package var startAtTask: String?
  package var connection = ConnectionDefaults()
  package var prefetch: Prefetch = .full
  package var verifiesFacts = false
  package var forcesHandlers = false
  package var anyErrorsFatal = false
  /// `ANSIBLE_NO_LOG`: what tasks without a `no_log` do.
  package var hidesResults = false
  /// Which plays gather facts by themselves.
  package var gathering = Gathering.implicit
  /// Mappings of one name merge instead of replacing each other (`hash_behaviour`).
  package var mergesHashes = false

  /// A path of the controller as tasks see it.
  func absolute(_ path: String) -> String {
    workingDirectory.isEmpty ? path : normalizedPath(joinedPath(workingDirectory, path))
  }

  package enum Prefetch: Sendable {
    case none, full
    /// A part of what the scout finds, chosen by this seed.
    case random(UInt64)
  }

  package init() {}
}

/// What belongs to the play that runs.
struct PlayContext: Sendable {
  var name = ""
  var directory = "."
  var vars: RankTable = [:]
  var prompted: RankTable = [:]
  var fromFiles = FileVariables()
  /// Defaults and variables of the roles that the whole play sees; later roles win.
  var roleDefaults: RankTable = [:]
  var roleVars: RankTable = [:]
  var allHosts: [String] = []
  var liveHosts: [String] = []
  var batch: [String] = []
  var roleNames: [String] = []
  /// Those of them that other roles depend on, and those that the play asks for itself.
  var dependentRoleNames: [String] = []
  var ownRoleNames: [String] = []

  /// The whole play sees a role's defaults and variables from now on.
  mutating func see(_ scope: RoleScope) {
    roleDefaults.merge(scope.role.defaults.table)
    roleVars.merge(scope.role.vars.table)
    let name = scope.role.name
    if !roleNames.contains(name) { roleNames.append(name) }
    if scope.use.form == .dependency {
      if !dependentRoleNames.contains(name) { dependentRoleNames.append(name) }
    } else if !ownRoleNames.contains(name) {
      ownRoleNames.append(name)
    }
  }
}

extension Array where Element == SourceEntry {
  /// The entries by name; later ones win.
  var table: [String: Variable] {
    var table: [String: Variable] = [:]
    for entry in self {
      if let name = entry.key.string { table[name] = .source(entry.value) }
    }
    return table
  }
}

/// A large value that copies of its owner share until one of them changes it.
@propertyWrapper
package struct Shared<Wrapped: Sendable>: Sendable {
  private final class Box: Sendable {
    let value: Wrapped
    init(_ value: Wrapped) { self.value = value }
  }

  private var box: Box

  package init(wrappedValue: Wrapped) { box = Box(wrappedValue) }

  package var wrappedValue: Wrapped {
    _read { yield box.value }
    set { box = Box(newValue) }
  }
}
