import Diagnostics
import Values

/// The parts of a role that `tasks_from` and its sisters choose a file of.
package enum RolePart: String, CaseIterable, Hashable, Sendable {
  case tasks, handlers, vars, defaults

  /// The word in the file: `tasks_from`.
  package var keyword: String { rawValue + "_from" }
}

/// A role as its folder gives it, for one choice of `vars_from` and `defaults_from`.
package final class Role: Sendable {
  /// The name as users see it: the last part of its path, or `namespace.collection.role`.
  package let name: String
  package let path: String
  /// The collection's name where the role belongs to one.
  package let collection: String?
  package let defaults: [SourceEntry]
  package let vars: [SourceEntry]
  package let allowDuplicates: Bool
  /// `argument_specs` of meta, by entry point.
  package let argumentSpecs: [SourceEntry]

  package init(
    name: String, path: String, collection: String? = nil, defaults: [SourceEntry] = [],
    vars: [SourceEntry] = [], allowDuplicates: Bool = false, argumentSpecs: [SourceEntry] = []
  ) {
    self.name = name
    self.path = path
    self.collection = collection
    self.defaults = defaults
    self.vars = vars
    self.allowDuplicates = allowDuplicates
    self.argumentSpecs = argumentSpecs
  }
}

/// An entry of `roles:`, a dependency in meta, or an import or include of a role, as written.
package struct RoleUse: Sendable {
  package enum Form: Hashable, Sendable { case listed, dependency, imported, included }

  package var form: Form
  package var name: String
  package var location: SourceLocation
  package var keywords: Keywords
  /// The keys of the entry that are no keywords: variables that rank above set_fact.
  package var parameters: [SourceEntry]
  /// The files chosen instead of `main`.
  package var parts: [RolePart: String]
  /// An include's variables and defaults are seen by later tasks of the play as well.
  package var isPublic: Bool
  package var allowsDuplicates: Bool?
  /// False leaves out the implicit first task that checks the arguments.
  package var validatesArguments = true

  package init(
    _ form: Form, name: String, at location: SourceLocation, keywords: Keywords = Keywords(),
    parameters: [SourceEntry] = [], parts: [RolePart: String] = [:], isPublic: Bool = false,
    allowsDuplicates: Bool? = nil
  ) {
    self.form = form
    self.name = name
    self.location = location
    self.keywords = keywords
    self.parameters = parameters
    self.parts = parts
    self.isPublic = isPublic
    self.allowsDuplicates = allowsDuplicates
  }
}

/// One use of a role in a play: what its tasks, handlers and variables belong to.
package final class RoleScope: Sendable {
  /// Unique among all uses that one loader makes.
  package let id: Int
  package let role: Role
  package let use: RoleUse
  /// The roles that depend on it or include it, innermost first: `ansible_parent_role_names`.
  package let parents: [RoleScope]
  /// The uses of its dependencies, in order; their variables are seen inside this role.
  package let dependencies: [RoleScope]
  /// Equal for two uses that count as the same role: the second one runs only on hosts where no
  /// task of the first has run (skipped ones do not count). Nil where every use runs: imports,
  /// includes and `allow_duplicates`.
  package let duplicateKey: String?

  package init(
    id: Int, role: Role, use: RoleUse, parents: [RoleScope], dependencies: [RoleScope],
    duplicateKey: String?
  ) {
    self.id = id
    self.role = role
    self.use = use
    self.parents = parents
    self.dependencies = dependencies
    self.duplicateKey = duplicateKey
  }
}
