import Diagnostics
import OrderedCollections
import Values

// Elements of containers, rendered at their first use.

extension Evaluator {
  /// The element at an index of the list.
  func element(of box: ListBox, at index: Int) throws -> RuntimeValue {
    guard box.cells.indices.contains(index) else { throw Failure("list index out of range") }
    switch box.cells[index] {
    case .ready(let value): return value
    case .value(let value):
      let runtime = RuntimeValue(value)
      // Scalars are made again each time, which keeps the frozen list usable.
      switch value {
      case .list, .map, .partial: box.cells[index] = .ready(runtime)
      default: break
      }
      return runtime
    case .source(let source, let state):
      box.cells[index] = .busy(source)
      do {
        let value = try resolve(source, state)
        if box.cells.indices.contains(index) { box.cells[index] = .ready(value) }
        return value
      } catch {
        if box.cells.indices.contains(index) { box.cells[index] = .source(source, state) }
        throw error
      }
    case .busy(let source):
      throw EvaluationStop.failed(
        .error("the template refers to itself", at: source.location), isUndefined: false)
    }
  }

  /// The value under a key; nil where the mapping has none.
  package func value(in box: DictBox, key: Value) throws -> RuntimeValue? {
    guard let cell = box.cell(key) else { return nil }
    switch cell {
    case .ready(let value): return value
    case .value(let value): return RuntimeValue(value)
    case .source(let source, let state):
      box.replace(key, with: .busy(source))
      do {
        let value = try resolve(source, state)
        box.replace(key, with: .ready(value))
        return value
      } catch {
        box.replace(key, with: .source(source, state))
        throw error
      }
    case .busy(let source):
      throw EvaluationStop.failed(
        .error("the template refers to itself", at: source.location), isUndefined: false)
    }
  }

  func resolve(_ source: SourceValue, _ state: ScopeState) throws -> RuntimeValue {
    RuntimeValue(source.plain)
  }
}
