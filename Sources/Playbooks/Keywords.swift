import Diagnostics
import Values

/// What one level of a playbook (play, role entry, block, import, task) says about all inside it.
package struct Keywords: Sendable {
  /// Conditions in the order written: a list of them is and-ed.
  package var when: [SourceValue] = []
  /// One tag each, or a template that yields one or a list of them.
  package var tags: [SourceValue] = []
  package var vars: [SourceEntry] = []
  /// Handlers of the tasks inside; nil where this level says nothing. The innermost level counts.
  package var notify: [SourceValue]?
  private var settings: [Keyword: SourceValue] = [:]

  package init() {}

  package init(
    when: [SourceValue] = [], tags: [SourceValue] = [], vars: [SourceEntry] = [],
    settings: [Keyword: SourceValue] = [:]
  ) {
    self.when = when
    self.tags = tags
    self.vars = vars
    self.settings = settings
  }

  /// The setting as written, or nil where this level says nothing.
  package subscript(keyword: Keyword) -> SourceValue? {
    get { settings[keyword] }
    set { settings[keyword] = newValue }
  }

  package var isEmpty: Bool {
    when.isEmpty && tags.isEmpty && vars.isEmpty && settings.isEmpty && notify == nil
  }
}

/// One level around a task, with where it comes from; the rank of its variables depends on that.
package struct Layer: Sendable {
  package enum Origin: Sendable {
    case play
    /// An entry of `roles:`, a dependency, `import_role` or `include_role`. Its `vars` rank as the
    /// role's own variables; the parameters of the use rank above set_fact.
    case role(RoleScope)
    /// A block, or the `apply` of an include.
    case block
    /// `import_tasks`: its variables rank as those of a block (measured: set_fact wins).
    case imported
    /// The variables of `include_tasks` or `include_role`: they rank above set_fact.
    case included
  }

  package var origin: Origin
  package var keywords: Keywords
  /// What the engine knew at the include and the tasks inside shall see: the loop's item.
  package var bindings: [String: Value]
  /// Of the play's level: the variables that names of imports may use.
  var staticVars: [SourceEntry] = []

  package init(_ origin: Origin, _ keywords: Keywords, bindings: [String: Value] = [:]) {
    self.origin = origin
    self.keywords = keywords
    self.bindings = bindings
  }
}
