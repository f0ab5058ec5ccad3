import Diagnostics
import Values

/// A playbook file with the plays of all that it imports, in order.
package struct Playbook: Sendable {
  /// As given on the command line.
  package var path: String
  package var plays: [Play]

  package init(path: String, plays: [Play]) {
    self.path = path
    self.plays = plays
  }
}

/// A play as written, its roles and imports expanded.
package struct Play: Sendable {
  package var name: SourceValue?
  package var hosts: SourceValue
  /// Those of the play; the `vars` of its `keywords`, and so of its layer around tasks, are empty.
  package var vars: [SourceEntry] = []
  /// An element that is a list names alternatives: the first that exists is read.
  package var varsFiles: [SourceValue] = []
  package var varsPrompt: [VarsPrompt] = []
  package var gatherFacts: SourceValue?
  package var gatherSubset: SourceValue?
  package var gatherTimeout: SourceValue?
  package var factPath: SourceValue?
  package var keywords: Keywords
  package var serial: SourceValue?
  package var strategy: SourceValue?
  package var order: SourceValue?
  package var maxFailPercentage: SourceValue?
  package var forceHandlers: SourceValue?
  package var preTasks: [TaskNode] = []
  /// A block for each use of a role, dependencies before the role that asks for them.
  package var roleTasks: [TaskNode] = []
  package var tasks: [TaskNode] = []
  package var postTasks: [TaskNode] = []
  /// Each file or list of handlers by itself, those of roles first. For one name the last section
  /// wins; within a section the first handler.
  package var handlerSections: [[TaskNode]] = []
  /// The uses listed under `roles:` with their dependencies, then those of `import_role`, in order:
  /// their defaults and variables are seen in the whole play.
  package var roleScopes: [RoleScope] = []
  package var location: SourceLocation
  /// The playbook's file and its folder.
  package var file: String
  package var directory: String
}

extension Play {
  /// Everything that runs, in order; handlers are flushed between the sections.
  package var sections: [Section] {
    [
      Section(name: .preTasks, nodes: preTasks),
      Section(name: .tasks, nodes: roleTasks + tasks),
      Section(name: .postTasks, nodes: postTasks),
    ]
  }

  package struct Section: Sendable {
    package enum Name: String, Sendable { case preTasks, tasks, postTasks }
    package var name: Name
    package var nodes: [TaskNode]
  }
}

/// One question of `vars_prompt`.
package struct VarsPrompt: Sendable {
  package var name: String
  package var location: SourceLocation
  package var prompt: SourceValue?
  package var `default`: SourceValue?
  /// Nil: private.
  package var isPrivate: SourceValue?
  package var confirm: SourceValue?
  package var encrypt: SourceValue?
  package var salt: SourceValue?
  package var saltSize: SourceValue?
  /// The answer is never a template.
  package var isUnsafe: SourceValue?
}
