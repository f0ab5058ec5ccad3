import Diagnostics
import ModuleKit
import Values

/// Everything that happens in a run, in the order in which people should read it.
package enum Event: Sendable {
  case runStarted(RunHeader)
  case playStarted(PlayHeader)
  /// No host matched the play's pattern.
  case playSkipped(PlayHeader)
  case taskStarted(TaskHeader)
  /// A host began to work on a task: for the live view.
  case hostStarted(host: String, TaskHeader)
  case itemFinished(host: String, TaskHeader, ItemResult)
  case retrying(host: String, TaskHeader, attemptsLeft: Int, ItemResult)
  case taskFinished(host: String, TaskHeader, TaskResult)
  /// An include brought in a file or a role for these hosts.
  case included(Included, TaskHeader)
  /// What is planned for a machine of a cloud, or becomes of it.
  case machine(MachineEvent)
  case notice(String)
  case diagnostic(Diagnostic)
  case noMoreHosts
  case runFinished(Recap)
}

/// A machine of a cloud before the plays.
package struct MachineEvent: Sendable {
  package enum Status: String, Sendable, CaseIterable {
    case planned, creating, created, starting, started, updating, updated, resizing, resized
    case addingVolume = "adding_volume"
    case volumeAdded = "volume_added"
    case deleting, deleted
    /// It is active and has an address; plays may use it.
    case ready
    case error
  }

  package var host: String
  package var environment: String
  package var status: Status
  /// Of a planned one: `create`, `keep`, `change`, `replace`, `remove` or `orphan`.
  package var action: String?
  /// Why, or what of it changes.
  package var details: [String] = []
  /// The server's.
  package var id: String?
  package var address: String?
  package var elapsed: Duration?
  package var problem: Diagnostic?

  package init(host: String, environment: String, status: Status, id: String? = nil) {
    self.host = host
    self.environment = environment
    self.status = status
    self.id = id
  }
}

package struct Included: Sendable {
  /// The file, or the folder of the role.
  package var path: String
  /// The name of the role.
  package var role: String?
  package var hosts: [String]
  /// The item of the include's loop as labelled.
  package var label: Value?
  package var isHidden: Bool

  package init(
    path: String, role: String? = nil, hosts: [String], label: Value? = nil,
    isHidden: Bool = false
  ) {
    self.path = path
    self.role = role
    self.hosts = hosts
    self.label = label
    self.isHidden = isHidden
  }
}

package enum RunMode: String, Sendable {
  /// Steps are carried out.
  case apply
  /// Steps are imagined; rows are the product.
  case plan
  /// Steps are imagined; the report is Ansible's of `--check`.
  case check

  package var imagines: Bool { self != .apply }
}

package struct RunHeader: Sendable {
  package var mode: RunMode
  package var playbooks: [String]
  package var isDiffShown: Bool
  /// The command, where it runs no playbook.
  package var command: String?

  package init(mode: RunMode, playbooks: [String], isDiffShown: Bool) {
    self.mode = mode
    self.playbooks = playbooks
    self.isDiffShown = isDiffShown
  }
}

package struct PlayHeader: Sendable {
  package var name: String
  package var hosts: [String]
  package var location: SourceLocation

  package init(name: String, hosts: [String], location: SourceLocation) {
    self.name = name
    self.hosts = hosts
    self.location = location
  }
}

package struct TaskHeader: Sendable {
  /// Unique in the run.
  package var id: Int
  /// As shown: `role : name`, or the module's name.
  package var name: String
  /// The module as written.
  package var action: String
  package var module: String
  package var role: String?
  package var play: String
  package var location: SourceLocation
  package var isHandler: Bool

  package init(
    id: Int, name: String, action: String, module: String, role: String? = nil, play: String,
    location: SourceLocation, isHandler: Bool
  ) {
    self.id = id
    self.name = name
    self.action = action
    self.module = module
    self.role = role
    self.play = play
    self.location = location
    self.isHandler = isHandler
  }
}

/// How a task, or one item of its loop, ended on a host.
package enum Status: String, Sendable {
  case ok, changed, skipped, failed, unreachable
  /// Failed, and `ignore_errors` says to go on.
  case ignored
}

/// One change of a host, as a plan shows it and as `apply` brings it about.
package struct ChangeRow: Sendable {
  package enum Kind: String, Sendable {
    /// Its effect is known.
    case change
    /// It runs; its effect cannot be predicted.
    case opaque
    /// Whether it happens is only known after earlier rows are applied.
    case conditional
  }
  package var kind: Kind
  package var item: String?
  package var diffs: [Diff]
  /// The steps in words, for rows without a diff.
  package var labels: [String]
  /// For conditional rows: what is not known yet.
  package var reason: String?

  package init(
    kind: Kind, item: String? = nil, diffs: [Diff], labels: [String], reason: String? = nil
  ) {
    self.kind = kind
    self.item = item
    self.diffs = diffs
    self.labels = labels
    self.reason = reason
  }
}

package struct ItemResult: Sendable {
  package var status: Status
  /// What `register` keeps of it.
  package var values: ValueMap
  /// What was known of the result only; `register` then keeps an open mapping.
  package var rest: Unknown?
  /// The loop's item as labelled; nil for a task without a loop.
  package var label: Value?
  package var item: Value?
  /// `ansible_loop`, where the loop is extended.
  var loop: Variable?
  package var rows: [ChangeRow] = []
  package var warnings: [String] = []
  package var isHidden: Bool = false
  /// The task asks that its values are not shown where it is well: `quiet` of `assert`.
  package var isQuiet = false
  package var delegate: Delegate?
  package var location: SourceLocation?
  package var diagnostic: Diagnostic?

  package init(
    status: Status, values: ValueMap, rest: Unknown? = nil, label: Value? = nil, item: Value? = nil,
    rows: [ChangeRow] = [], isHidden: Bool = false
  ) {
    self.status = status
    self.values = values
    self.rest = rest
    self.label = label
    self.item = item
    self.rows = rows
    self.isHidden = isHidden
  }

  package var value: Value {
    if let rest { .partial(values, rest: rest) } else { .map(values) }
  }
  package var message: String? { values["msg"]?.opened.string }
}

/// The host that did a task for another one.
package struct Delegate: Hashable, Sendable {
  package var name: String
  /// Its `ansible_host`.
  package var address: String?

  package init(_ name: String, address: String? = nil) {
    self.name = name
    self.address = address
  }
}

package struct TaskResult: Sendable {
  package var status: Status
  package var values: ValueMap
  package var rest: Unknown?
  /// Nil for a task without a loop.
  package var items: [ItemResult]?
  package var rows: [ChangeRow]
  package var warnings: [String]
  package var isHidden: Bool
  package var delegate: Delegate?
  package var elapsed: Duration
  /// A failure that is an error in a file, with its place.
  package var diagnostic: Diagnostic?
  /// As of items.
  package var isQuiet = false
  /// True where a rescue takes over.
  package var isRescued = false

  package init(
    status: Status, values: ValueMap, rest: Unknown? = nil, items: [ItemResult]? = nil,
    rows: [ChangeRow] = [], warnings: [String] = [], isHidden: Bool = false,
    delegate: Delegate? = nil, elapsed: Duration = .zero, diagnostic: Diagnostic? = nil
  ) {
    self.status = status
    self.values = values
    self.rest = rest
    self.items = items
    self.rows = rows
    self.warnings = warnings
    self.isHidden = isHidden
    self.delegate = delegate
    self.elapsed = elapsed
    self.diagnostic = diagnostic
  }

  package var value: Value {
    if let rest { .partial(values, rest: rest) } else { .map(values) }
  }
}

/// What is counted for a host, in the order of Ansible's recap.
package struct HostStats: Hashable, Sendable {
  package var ok = 0
  package var changed = 0
  package var unreachable = 0
  package var failed = 0
  package var skipped = 0
  package var rescued = 0
  package var ignored = 0

  package init() {}
}

package struct Recap: Sendable {
  /// Sorted by host.
  package var hosts: [(host: String, stats: HostStats)]
  /// Wall time of each task, longest first.
  package var slowest: [(task: TaskHeader, elapsed: Duration)]
  package var roundTrips: [String: Int]
  package var elapsed: Duration
  package var planned: PlanCounts
  package var exitCode: Int32

  package init(
    hosts: [(host: String, stats: HostStats)],
    slowest: [(task: TaskHeader, elapsed: Duration)] = [], roundTrips: [String: Int] = [:],
    elapsed: Duration = .zero, planned: PlanCounts = PlanCounts(), exitCode: Int32
  ) {
    self.hosts = hosts
    self.slowest = slowest
    self.roundTrips = roundTrips
    self.elapsed = elapsed
    self.planned = planned
    self.exitCode = exitCode
  }
}

/// Rows of a run by kind.
package struct PlanCounts: Hashable, Sendable {
  package var changes = 0
  package var opaque = 0
  package var conditional = 0
  package var unchanged = 0

  package init() {}
}
