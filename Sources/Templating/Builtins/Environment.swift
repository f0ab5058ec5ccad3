import Diagnostics
import Synchronization
import Values

/// The names that templates may use: filters, tests, functions and lookups, and how undefined
/// values behave.
package struct Environment: Sendable {
  package private(set) var filters: [String: Filter] = [:]
  package private(set) var tests: [String: Test] = [:]
  package private(set) var globals: [String: Global] = [:]
  /// The lookups that are evaluated in place; any other is asked of the engine.
  package private(set) var lookups: [String: Lookup] = [:]
  package private(set) var dialect: Dialect
  /// Tells environments with different names apart.
  let id: Int

  package enum Dialect: Hashable, Sendable {
    /// Jinja2 with strict undefined values.
    case jinja
    /// Undefined values may be reached into; names may be qualified (`ansible.builtin.x`).
    case ansible
  }

  package init(dialect: Dialect) {
    self.dialect = dialect
    id = Environment.nextID()
  }

  private init(
    _ filters: [String: Filter], _ tests: [String: Test], _ globals: [String: Global],
    _ lookups: [String: Lookup], _ dialect: Dialect
  ) {
    self.filters = filters
    self.tests = tests
    self.globals = globals
    self.lookups = lookups
    self.dialect = dialect
    id = Environment.nextID()
  }

  private static let counter = Atomic<Int>(0)
  private static func nextID() -> Int { counter.add(1, ordering: .relaxed).newValue }

  /// Plain Jinja2 with its own filters, tests and globals.
  package static let jinja = Environment(dialect: .jinja).adding(
    filters: JinjaFilters.all, tests: JinjaTests.all, globals: JinjaGlobals.all)

  /// Jinja2's and Ansible's; of two with one name Ansible's wins.
  package static let ansible: Environment = {
    var environment = jinja.adding(
      filters: AnsibleBuiltins.filters, tests: AnsibleBuiltins.tests,
      globals: AnsibleGlobals.all + AnsibleBuiltins.globals, lookups: AnsibleBuiltins.lookups)
    environment.dialect = .ansible
    return environment
  }()

  /// The environment with more names; a later declaration of a name replaces an earlier one.
  package func adding(
    filters: [Filter] = [], tests: [Test] = [], globals: [Global] = [], lookups: [Lookup] = []
  ) -> Environment {
    var result = Environment(self.filters, self.tests, self.globals, self.lookups, dialect)
    for filter in filters { result.filters[filter.name] = filter }
    for test in tests { result.tests[test.name] = test }
    for global in globals { result.globals[global.name] = global }
    for lookup in lookups { result.lookups[lookup.name] = lookup }
    return result
  }

  package func filter(_ name: String) -> Filter? { filters[name] ?? filters[unqualified(name)] }
  package func test(_ name: String) -> Test? { tests[name] ?? tests[unqualified(name)] }
  package func lookup(_ name: String) -> Lookup? { lookups[name] ?? lookups[unqualified(name)] }

  /// The name without `namespace.collection.` before it, which Ansible allows.
  package func unqualified(_ name: String) -> String {
    guard dialect == .ansible, let dot = name.lastIndex(of: ".") else { return name }
    return String(name[name.index(after: dot)...])
  }
}
