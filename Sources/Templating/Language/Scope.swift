import Diagnostics
import Values

/// The variables that an evaluation sees.
package protocol Scope: Sendable {
  func variable(_ name: String) -> Variable?
  var names: [String] { get }
  /// The names of the hosts that `hostvars` has, in order; nil where there is no `hostvars`.
  var hosts: [String]? { get }
  /// What says on which host the task runs instead, for `ansible_delegated_vars`; nil where nothing does.
  var delegation: SourceValue? { get }
  /// The variables of another host, in which its own templates are rendered.
  func scope(ofHost name: String) -> (any Scope)?
}

extension Scope {
  package var hosts: [String]? { nil }
  package var delegation: SourceValue? { nil }
  package func scope(ofHost name: String) -> (any Scope)? { nil }
}

/// A fixed set of variables.
package struct VariableTable: Scope {
  package var table: [String: Variable]

  package init(_ table: [String: Variable] = [:]) { self.table = table }
  package init(values: [String: Value]) { table = values.mapValues { .value($0) } }

  package func variable(_ name: String) -> Variable? { table[name] }
  package var names: [String] { table.keys.sorted() }
}
