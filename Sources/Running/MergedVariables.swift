import Inventories
import Playbooks
import Templating
import Values

/// Variables under `hash_behaviour = merge`: mappings of all ranks together, higher ones over lower
/// ones.
extension TaskScope {
  func merged(_ name: String) -> Variable? {
    var result: Variable?
    for layer in ranks.reversed() {
      guard let value = layer(name) else { continue }
      result = result.map { Self.merged($0, value) } ?? value
    }
    return result
  }

  /// The places where a variable may be set, highest rank first.
  private var ranks: [(String) -> Variable?] {
    let own = world.hosts[host]
    let play = world.play
    var ranks: [(String) -> Variable?] = []
    func add(_ table: [String: Variable]?) {
      if let table, !table.isEmpty { ranks.append { table[$0] } }
    }
    func add(_ entries: [SourceEntry]) {
      ranks.append { name in
        entries.last { $0.key.string == name }.map { .source($0.value) }
      }
    }
    add(world.extra)
    add(tables?.parameters)
    add(own?.assigned)
    add(own?.included)
    add(tables?.local)
    for table in tables?.roleVars ?? [] { add(table) }
    for scope in own?.publicRoles.reversed() ?? [] { add(scope.role.vars) }
    for table in [play.roleVars, play.fromFiles, play.prompted, play.vars] { add(table) }
    add(own?.facts)
    for table in own?.inventory.reversed() ?? [] { add(table) }
    for table in tables?.roleDefaults ?? [] { add(table) }
    for scope in own?.publicRoles.reversed() ?? [] { add(scope.role.defaults) }
    add(play.roleDefaults)
    return ranks
  }

  /// Data and text of a file merge too: the data stays data.
  private static func merged(_ old: Variable, _ new: Variable) -> Variable {
    switch (old, new) {
    case (.source(let source), .value(.map)):
      return VariableMerge.merged(old, .source(Self.source(new, at: source)))
    case (.value(.map), .source(let source)):
      return VariableMerge.merged(.source(Self.source(old, at: source)), new)
    default: return VariableMerge.merged(old, new)
    }
  }

  private static func source(_ variable: Variable, at place: SourceValue) -> SourceValue {
    switch variable {
    case .source(let source): return source
    case .value(.map(let map)):
      return SourceValue(
        .map(
          map.map { entry in
            SourceEntry(
              key: entry.key, keyLocation: place.location,
              value: source(.value(entry.value), at: place))
          }), at: place.location)
    case .value(let value): return SourceValue(.unsafe(value), at: place.location)
    }
  }
}
