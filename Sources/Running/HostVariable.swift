import Diagnostics
import Inventories
import OrderedCollections
import Playbooks
import Templating
import Transport
import Values

/// Evaluates variables of hosts outside of any task: what the inventory says of a host itself.
package struct HostVariableReader: Sendable {
  private let world: World
  private let program: Program

  package init(
    inventory: Inventory, extra: [String: Variable], run: RunContext, program: Program
  ) {
    var hosts: [String: HostVariables] = [:]
    for name in inventory.hostNames {
      hosts[name] = HostVariables(
        inventory: inventory.layers(ofHost: name), groupNames: inventory.groupNames(ofHost: name))
    }
    // What the group `all` says where there is no host.
    hosts[Self.nobody] = HostVariables(
      inventory: inventory.layers(ofHost: Self.nobody), groupNames: [])
    world = World(
      hosts: hosts,
      groups: OrderedDictionary(
        inventory.hostsByGroup.map { ($0.group, $0.hosts) }, uniquingKeysWith: { $1 }),
      extra: extra, run: run)
    self.program = program
  }

  /// A host that has the variables of `all` alone.
  package static let nobody = "omtd-setup nobody"

  /// What the inventory and the command line set for a host.
  package func names(host: String) -> Set<String> {
    let layers = world.hosts[host]?.inventory ?? []
    return layers.reduce(into: Set(world.extra.entries.keys)) { $0.formUnion($1.entries.keys) }
  }

  package func has(_ name: String, host: String) -> Bool {
    TaskScope(world: world, host: host, tables: nil).variable(name) != nil
  }

  /// Where the value of a host's variable is written; nil where it stands in no file.
  package func location(_ name: String, host: String) -> SourceLocation? {
    let scope = TaskScope(world: world, host: host, tables: nil)
    guard case .source(let source)? = scope.variable(name) else { return nil }
    return source.location
  }

  /// nil where the host has no such variable, or it is omitted.
  package func value(
    _ name: String, host: String
  ) async throws(Diagnostic) -> (value: Value, location: SourceLocation?)? {
    let scope = TaskScope(world: world, host: host, tables: nil)
    guard let variable = scope.variable(name) else { return nil }
    let location = location(name, host: host)
    let value = try await answered("`\(name)`", scope, at: location) {
      (evaluator) throws(EvaluationStop) in try evaluator.render(variable)
    }
    return value.map { ($0, location) }
  }

  /// How tasks that say nothing of it reach a host over ssh.
  package func endpoint(host: String) async throws(Diagnostic) -> Endpoint {
    let scope = TaskScope(world: world, host: host, tables: nil)
    return try await answered("the connection to `\(host)`", scope, at: nil) {
      (evaluator) throws(EvaluationStop) in
      try ConnectionPlan.ofLogin(to: host, scope: scope, evaluator).endpoint
    }
  }

  private func answered<T>(
    _ what: String, _ scope: TaskScope, at location: SourceLocation?,
    _ evaluate: (Evaluator) throws(EvaluationStop) -> T
  ) async throws(Diagnostic) -> T {
    var tape = Tape()
    for _ in 0..<100 {
      let evaluator = Evaluator(environment: .ansible, scope: scope, tape: tape, loader: nil)
      do throws(EvaluationStop) {
        return try evaluate(evaluator)
      } catch {
        switch error {
        case .failed(let diagnostic, _): throw diagnostic
        case .impure(let call):
          let context = LookupContext(
            search: SearchPath(folders: [world.run.playbookDirectory]), scope: scope,
            files: program.files, playbookDirectory: world.run.playbookDirectory)
          tape.answers.append((call, await program.lookups(call, context)))
        }
      }
    }
    throw .error("\(what) needs more than 100 lookups", at: location)
  }
}
