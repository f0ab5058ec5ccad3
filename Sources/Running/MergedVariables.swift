import Inventories
import Playbooks
import Templating
import Values

/// Variables under `hash_behaviour = merge`: mappings of all ranks together, higher ones over lower
/// ones.
extension TaskScope {
  func merged(_ name: String) -> Variable? {
    let values = values(name)
    guard let lowest = values.last else { return nil }
    return values.dropLast().reversed().reduce(lowest) { Self.merged($0, $1) }
  }

  /// Data and text of a file merge too: the data stays data.
  static func merged(_ old: Variable, _ new: Variable) -> Variable {
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
