import Diagnostics
import ModuleKit
import Values

/// A task as written, with all that the levels around it say already attached.
package struct PlayTask: Sendable {
  /// Unique among all tasks that one loader makes.
  package var id: Int
  package var name: SourceValue?
  /// The module's name as written.
  package var action: String
  package var actionLocation: SourceLocation
  /// Nil: no module of ours; the loader has warned, running it is an error.
  package var specification: Specification?
  /// The words `k=v`, the mapping under the action and `args`, merged; earlier named ones win.
  package var arguments: [SourceEntry] = []
  /// What of a text under the action is not `k=v`: a command line, a file to include, a meta action.
  package var freeForm: SourceValue?
  /// The `args` keyword where it is a template that yields the mapping; ranks below `arguments`.
  package var argumentsTemplate: SourceValue?
  package var keywords: Keywords
  /// The levels around the task, outermost (the play) first.
  package var layers: [Layer]
  package var loop: Loop?
  package var register: String?
  package var notify: [SourceValue] = []
  package var listen: [SourceValue] = []
  package var until: [SourceValue] = []
  package var retries: SourceValue?
  package var delay: SourceValue?
  package var changedWhen: [SourceValue] = []
  package var failedWhen: [SourceValue] = []
  package var async: SourceValue?
  package var poll: SourceValue?
  /// For include_tasks and include_role: what is loaded at the task's turn.
  package var inclusion: Inclusion?
  /// The role whose file the task stands in.
  package var role: RoleScope?
  package var isHandler: Bool
  package var location: SourceLocation
  /// Where relative paths are searched, innermost first; see `SearchPath`.
  package var search: SearchPath
  /// True where a rescue stands around the task.
  package var isRescued: Bool

  /// The module's short name: `copy` for `ansible.builtin.copy`; else as written.
  package var module: String { specification?.name ?? shortActionName(action) }
}

/// `copy` for `ansible.builtin.copy` and `ansible.legacy.copy`; other names as they are.
package func shortActionName(_ name: String) -> String {
  for prefix in ["ansible.builtin.", "ansible.legacy."] where name.hasPrefix(prefix) {
    return String(name.dropFirst(prefix.count))
  }
  return name
}

extension PlayTask {
  /// The innermost setting of that keyword: the task's, else of the nearest level around it.
  package func setting(_ keyword: Keyword) -> SourceValue? {
    if let own = keywords[keyword] { return own }
    for layer in layers.reversed() {
      if let value = layer.keywords[keyword] { return value }
    }
    return nil
  }

  /// Every setting of that keyword, outermost first: for `environment` and `module_defaults`,
  /// whose levels are merged.
  package func allSettings(_ keyword: Keyword) -> [SourceValue] {
    layers.compactMap { $0.keywords[keyword] } + [keywords[keyword]].compactMap { $0 }
  }

  /// All conditions, outermost first; each is tested anew for the task.
  package var conditions: [SourceValue] {
    layers.flatMap(\.keywords.when) + keywords.when
  }

  /// All tags, outermost first, as written.
  package var tags: [SourceValue] { layers.flatMap(\.keywords.tags) + keywords.tags }
}

/// The loop of a task.
package struct Loop: Sendable {
  package enum Kind: Hashable, Sendable {
    /// `loop`: the value is the list.
    case list
    /// `with_NAME`: the value is the terms of the lookup NAME.
    case lookup(String)
  }

  package var kind: Kind
  package var value: SourceValue
  package var location: SourceLocation
  package var control: LoopControl

  package init(
    _ kind: Kind, _ value: SourceValue, at location: SourceLocation,
    control: LoopControl = LoopControl()
  ) {
    self.kind = kind
    self.value = value
    self.location = location
    self.control = control
  }
}

/// `loop_control`.
package struct LoopControl: Sendable {
  package var loopVar: SourceValue?
  package var indexVar: SourceValue?
  package var label: SourceValue?
  package var pause: SourceValue?
  package var extended: SourceValue?
  package var extendedAllItems: SourceValue?
  package var breakWhen: [SourceValue] = []

  package init() {}
}

/// What an include names; the engine renders the values at the task's turn and asks the loader.
package struct Inclusion: Sendable {
  package enum Target: Sendable {
    case tasks(file: SourceValue)
    case role(name: SourceValue)
  }

  package var target: Target
  /// The keywords of `apply`, which reach the tasks inside.
  package var apply: Keywords
  /// `tasks_from`, `vars_from`, `defaults_from`, `handlers_from` of include_role.
  package var parts: [RolePart: SourceValue] = [:]
  package var isPublic: SourceValue?
  package var allowDuplicates: SourceValue?
  package var rolespecValidate: SourceValue?
}
