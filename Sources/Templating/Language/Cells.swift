import Diagnostics
import OrderedCollections
import Values

// Elements of containers and variables, rendered at their first use.

extension Evaluator {
  /// The element at an index of the list.
  func element(of box: ListBox, at index: Int) throws -> RuntimeValue {
    guard box.cells.indices.contains(index) else { throw Failure("list index out of range") }
    let cell = box.cells[index]
    switch cell {
    case .ready(let value): return value
    case .value(let value):
      let runtime = RuntimeValue(value)
      // Scalars are made again each time, which keeps the frozen list usable.
      switch value {
      case .list, .map, .partial: box.cells[index] = .ready(runtime)
      default: break
      }
      return runtime
    default:
      return try rendered(cell) {
        if box.cells.indices.contains(index) { box.cells[index] = $0 }
      }
    }
  }

  /// The value under a key; nil where the mapping has none.
  package func value(in box: DictBox, key: Value) throws -> RuntimeValue? {
    guard let cell = box.cell(key) else { return nil }
    switch cell {
    case .ready(let value): return value
    case .value(let value): return RuntimeValue(value)
    default: return try rendered(cell) { box.replace(key, with: $0) }
    }
  }

  private func rendered(_ cell: Cell, store: (Cell) -> Void) throws -> RuntimeValue {
    switch cell {
    case .ready(let value): return value
    case .value(let value): return RuntimeValue(value)
    case .variable(let name, let state):
      return try variable(name, state)
        ?? .undefined(Undefined("'\(name)' is undefined", name: name))
    case .host(let name, let state):
      let value = try hostVariables(name, state)
      store(.ready(value))
      return value
    case .busy(let location):
      throw EvaluationStop.failed(
        .error("the template refers to itself", at: location), isUndefined: false)
    case .source(let source, let state):
      store(.busy(source.location))
      do {
        let value = try resolve(source, state)
        store(.ready(value))
        return value
      } catch {
        store(cell)
        throw error
      }
    }
  }

  // MARK: Variables

  /// The value of a variable of the scope; nil where there is none.
  /// - Throws: where its template fails for another reason than an undefined value.
  func variable(_ name: String, _ state: ScopeState) throws -> RuntimeValue? {
    if let known = state.rendered[name] { return known }
    let local = state === main ? locals[name] : nil
    guard let variable = local ?? state.scope.variable(name) else { return nil }
    let value: RuntimeValue
    switch variable {
    case .value(let data): value = RuntimeValue(data)
    case .source(let source):
      if state.active.contains(name) { throw Self.cycle(name, state.active) }
      state.active.append(name)
      defer { state.active.removeLast() }
      value = try resolve(source, state)
    }
    state.rendered[name] = value
    return value
  }

  /// Told where the last variable of the circle names the first one.
  private static func cycle(_ name: String, _ active: [String]) -> Failure {
    let names = active.drop { $0 != name } + [name]
    return Failure("variable `\(name)` refers to itself: \(names.joined(separator: " -> "))")
  }

  /// The variables of another host as a mapping.
  private func hostVariables(_ name: String, _ state: ScopeState) throws -> RuntimeValue {
    let other: ScopeState
    if let known = state.hosts[name] {
      other = known
    } else {
      guard let scope = state.scope.scope(ofHost: name) else {
        return .undefined(Undefined("the inventory has no host '\(name)'", name: name))
      }
      other = ScopeState(scope)
      state.hosts[name] = other
    }
    return .dict(variables(of: other, with: []))
  }

  /// All variables of a scope as a mapping, each rendered at its use.
  func variables(of state: ScopeState, with more: [String]) -> DictBox {
    var cells: OrderedDictionary<Value, Cell> = [:]
    for name in state.scope.names + more { cells[.string(name)] = .variable(name, state) }
    return DictBox(cells: cells)
  }

  /// A value from a file in the middle of an evaluation; text that fails for an undefined value is
  /// undefined itself, containers are rendered element by element.
  func resolve(_ source: SourceValue, _ state: ScopeState) throws -> RuntimeValue {
    switch source.content {
    case .unsafe(let value): return RuntimeValue(value)
    case .vault(let ciphertext):
      guard let decrypt else {
        throw EvaluationStop.failed(
          .error("the value is encrypted and there is no vault password", at: source.location),
          isUndefined: false)
      }
      return .secret(RuntimeValue(try decrypt(ciphertext, source.location).opened))
    case .list(let items):
      return .list(ListBox(cells: items.map { .source($0, state) }))
    case .map(let entries):
      var cells = OrderedDictionary<Value, Cell>(minimumCapacity: entries.count)
      for entry in entries { cells[entry.key] = .source(entry.value, state) }
      return .dict(DictBox(cells: cells))
    case .scalar(.string(let text)):
      guard hasTags(text) else { return .string(text) }
      do {
        return try deeper { try renderNative(text, source, state) }
      } catch EvaluationStop.failed(let diagnostic, isUndefined: true) {
        return .undefined(Undefined(diagnostic.summary, at: diagnostic.location))
      } catch let stop as UnknownStop {
        return .unknown(stop.unknown)
      }
    case .scalar(let value): return RuntimeValue(value)
    }
  }

  /// - Throws: where templates, macros or blocks lead to others too often.
  /// Whether the stack still has room: frames of a debug build are large.
  var hasStack: Bool {
    var mark: UInt8 = 0
    let here = withUnsafeMutablePointer(to: &mark) { UInt(bitPattern: $0) }
    guard let start = stackStart else { return true }
    return (start > here ? start - here : here - start) < Limits.stack
  }

  func deeper<T>(_ body: () throws -> T) throws -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth < Limits.depth, hasStack else {
      throw Failure("the evaluation is nested too deeply")
    }
    return try body()
  }
}

/// Whether text can be anything else than itself.
func hasTags(_ text: String) -> Bool {
  var isAfterBrace = false
  for byte in text.utf8 {
    if isAfterBrace,
      byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#")
    {
      return true
    }
    isAfterBrace = byte == UInt8(ascii: "{")
  }
  return text.utf8.starts(with: "#jinja2:".utf8)
}
