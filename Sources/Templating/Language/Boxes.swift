import Diagnostics
import OrderedCollections
import Values

/// One element of a list or mapping, converted or rendered at its first use.
enum Cell {
  case ready(RuntimeValue)
  case value(Value)
  case source(SourceValue, ScopeState)
  /// A variable of a scope, for `vars` and the entries of `hostvars`.
  case variable(String, ScopeState)
  /// All variables of another host.
  case host(String, ScopeState)
  /// Being rendered: met again, it refers to itself.
  case busy(SourceLocation)
}

/// A list that templates may change in place (`append`, `extend`); shared by reference.
package final class ListBox {
  var cells: [Cell] {
    didSet { untouched = nil }
  }
  /// `untouched` is known to hold neither unknown nor secret parts.
  var isPlain = false

  /// The list that the box was made from, while nothing of it was taken out or changed.
  private(set) var untouched: [Value]?

  package init(_ items: [RuntimeValue]) { cells = items.map { .ready($0) } }
  package init(values: [Value]) {
    cells = values.map { .value($0) }
    untouched = values
  }
  init(cells: [Cell]) { self.cells = cells }

  deinit {
    guard untouched == nil else { return }
    var last = cells
    cells = []
    dispose(&last)
  }

  /// Takes the cells out of a box that is about to go.
  fileprivate func surrender() -> [Cell] {
    guard untouched == nil else { return [] }
    defer { cells = [] }
    return cells
  }

  package var count: Int { cells.count }

  package func append(_ value: RuntimeValue) {
    isPlain = false
    cells.append(.ready(value))
  }
}

/// A mapping that templates may change in place (`update`, `pop`); shared by reference.
///
/// One made from a `ValueMap` reads that map and copies it only when it is changed.
package final class DictBox {
  private var frozen: ValueMap
  /// Containers that were taken out of `frozen` and may have been changed since.
  private var touched: [Value: RuntimeValue] = [:]
  private var live: OrderedDictionary<Value, Cell>?
  /// Set where the keys not listed are unknown instead of missing.
  package let rest: Unknown?
  /// `untouched` is known to hold neither unknown nor secret parts.
  var isPlain = false

  package init(_ entries: OrderedDictionary<Value, RuntimeValue> = [:]) {
    frozen = [:]
    rest = nil
    live = entries.mapValues { .ready($0) }
  }
  package init(values: ValueMap, rest: Unknown? = nil) {
    frozen = values
    self.rest = rest
  }
  init(cells: OrderedDictionary<Value, Cell>) {
    frozen = [:]
    rest = nil
    live = cells
  }

  deinit {
    // No copy of the map may stay behind, or nothing in it would be uniquely held.
    var last = live.map { Array($0.values) } ?? []
    live = nil
    dispose(&last)
  }

  /// Takes the cells out of a box that is about to go.
  fileprivate func surrender() -> [Cell] {
    guard let cells = live else { return [] }
    live = [:]
    return Array(cells.values)
  }

  package var count: Int { live?.count ?? frozen.count }
  package var keys: [Value] { live.map { Array($0.keys) } ?? Array(frozen.keys) }
  package func contains(_ key: Value) -> Bool {
    live.map { $0[key] != nil } ?? (frozen[key] != nil)
  }

  /// The map that the box was made from, while nothing of it was taken out or changed.
  var untouched: ValueMap? { live == nil && touched.isEmpty && rest == nil ? frozen : nil }

  func cell(_ key: Value) -> Cell? {
    if let live { return live[key] }
    if let seen = touched[key] { return .ready(seen) }
    guard let value = frozen[key] else { return nil }
    switch value {
    case .list, .map, .partial:
      let runtime = RuntimeValue(value)
      touched[key] = runtime
      return .ready(runtime)
    default: return .value(value)
    }
  }

  /// Stores what a cell turned out to be, without counting as a change.
  func replace(_ key: Value, with cell: Cell) {
    if live?[key] != nil { live?[key] = cell }
  }

  package func set(_ key: Value, to value: RuntimeValue) {
    thaw()
    isPlain = false
    live?[key] = .ready(value)
  }

  package func remove(_ key: Value) {
    thaw()
    live?.removeValue(forKey: key)
  }

  package func removeAll() {
    frozen = [:]
    touched = [:]
    live = [:]
  }

  private func thaw() {
    guard live == nil else { return }
    var cells = OrderedDictionary<Value, Cell>(minimumCapacity: frozen.count)
    for (key, value) in frozen { cells[key] = touched[key].map { .ready($0) } ?? .value(value) }
    live = cells
    touched = [:]
  }
}

/// Frees containers inside containers one after the other: a template may nest them so deeply that
/// freeing them one inside the other would exhaust the stack.
private func dispose(_ cells: inout [Cell]) {
  var lists: [ListBox] = []
  var dicts: [DictBox] = []
  for cell in cells { collect(cell, &lists, &dicts) }
  cells = []
  while true {
    if var box = lists.popLast() {
      if isKnownUniquelyReferenced(&box) {
        for cell in box.surrender() { collect(cell, &lists, &dicts) }
      }
    } else if var box = dicts.popLast() {
      if isKnownUniquelyReferenced(&box) {
        for cell in box.surrender() { collect(cell, &lists, &dicts) }
      }
    } else {
      return
    }
  }
}

private func collect(_ cell: Cell, _ lists: inout [ListBox], _ dicts: inout [DictBox]) {
  guard case .ready(let value) = cell else { return }
  switch value {
  case .list(let box): lists.append(box)
  case .dict(let box): dicts.append(box)
  // Tuples are nested to a limit only.
  case .tuple(let items), .view(_, let items), .named(_, let items):
    for item in items { collect(.ready(item), &lists, &dicts) }
  default: break
  }
}
