import OrderedCollections
import Values

// How unknown and secret spread: an operation on a value with an unknown part is unknown, one on a
// value with a secret part works on the opened value and hides its result.

/// What a value holds somewhere inside.
struct Taint {
  var unknown: Unknown?
  var isSecret = false
}

extension Evaluator {
  /// Runs an operation on opened values.
  func shielded(
    _ operands: [RuntimeValue], _ body: ([RuntimeValue]) throws -> RuntimeValue
  ) throws -> RuntimeValue {
    var taint = Taint()
    for operand in operands {
      try survey(operand, &taint, 0)
      if let unknown = taint.unknown { return .unknown(unknown) }
    }
    do {
      guard taint.isSecret else { return try body(operands) }
      return hidden(try body(try operands.map { try opened($0, 0) }))
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    } catch let failure as Failure where taint.isSecret && !failure.isUndefined {
      throw Failure("the operation failed on a secret value")
    }
  }

  func hidden(_ value: RuntimeValue) -> RuntimeValue {
    switch value {
    case .secret, .undefined, .unknown, .omit, .object: value
    default: .secret(value)
    }
  }

  /// No part of the value can be unknown or secret.
  /// A printed value as it is at this moment, later changes apart; Ansible prints tuples and views
  /// as lists.
  func printed(_ value: RuntimeValue, _ depth: Int) throws -> RuntimeValue {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch value {
    case .tuple(let items), .named(_, let items), .view(_, let items):
      return .list(try items.map { try printed($0, depth + 1) })
    case .list(let box):
      if let items = box.untouched {
        guard items.contains(where: { $0.holdsTuples(depth) }) else { return value }
        return .list(ListBox(values: items.map(\.withoutTuples)))
      }
      return .list(
        ListBox(
          cells: try box.cells.map { cell in
            guard case .ready(let item) = cell else { return cell }
            return .ready(try printed(item, depth + 1))
          }))
    case .dict(let box):
      guard box.untouched == nil, box.rest == nil else { return value }
      var cells = OrderedDictionary<Value, Cell>(minimumCapacity: box.count)
      for key in box.keys {
        guard let cell = box.cell(key) else { continue }
        if case .ready(let item) = cell {
          cells[key] = .ready(try printed(item, depth + 1))
        } else {
          cells[key] = cell
        }
      }
      return .dict(DictBox(cells: cells))
    default: return value
    }
  }

  func isSimple(_ value: RuntimeValue) -> Bool {
    switch value {
    case .null, .bool, .int, .bigInt, .double, .string, .markup, .bytes, .date, .datetime, .range,
      .omit:
      true
    default: false
    }
  }

  func survey(_ value: RuntimeValue, _ taint: inout Taint, _ depth: Int) throws {
    guard taint.unknown == nil else { return }
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch value {
    case .unknown(let unknown): taint.unknown = unknown
    case .secret(let inner):
      taint.isSecret = true
      try survey(inner, &taint, depth + 1)
    case .tuple(let items), .named(_, let items), .view(_, let items):
      for item in items { try survey(item, &taint, depth + 1) }
    case .list(let box):
      if let values = box.untouched {
        guard !box.isPlain else { return }
        survey(.list(values), &taint)
        box.isPlain = taint.unknown == nil && !taint.isSecret
        return
      }
      for index in box.cells.indices {
        guard box.cells.indices.contains(index) else { break }
        try survey(box.cells[index], &taint, depth + 1) { try element(of: box, at: index) }
      }
    case .dict(let box):
      if let rest = box.rest {
        taint.unknown = rest
        return
      }
      if let map = box.untouched {
        guard !box.isPlain else { return }
        survey(.map(map), &taint)
        box.isPlain = taint.unknown == nil && !taint.isSecret
        return
      }
      for key in box.keys {
        if key.containsSecret { taint.isSecret = true }
        guard let cell = box.cell(key) else { continue }
        try survey(cell, &taint, depth + 1) { try self.value(in: box, key: key) ?? .null }
      }
    default: break
    }
  }

  private func survey(
    _ cell: Cell, _ taint: inout Taint, _ depth: Int, render: () throws -> RuntimeValue
  ) throws {
    switch cell {
    case .ready(let value): try survey(value, &taint, depth)
    case .value(let value): survey(value, &taint)
    case .source:
      // What fails here fails again where it is used, or is not used.
      do {
        try survey(try render(), &taint, depth)
      } catch EvaluationStop.failed {
      } catch is Failure {
      }
    case .variable, .host, .busy: break
    }
  }

  private func survey(_ value: Value, _ taint: inout Taint) {
    if let unknown = value.firstUnknown {
      taint.unknown = unknown
    } else if value.containsSecret {
      taint.isSecret = true
    }
  }

  private func opened(_ value: RuntimeValue, _ depth: Int) throws -> RuntimeValue {
    guard depth < Limits.valueDepth else { throw Failure("the value is nested too deeply") }
    switch value {
    case .secret(let inner): return try opened(inner, depth + 1)
    case .tuple(let items): return .tuple(try items.map { try opened($0, depth + 1) })
    case .named(let names, let items):
      return .named(names, try items.map { try opened($0, depth + 1) })
    case .view(let name, let items):
      return .view(name, try items.map { try opened($0, depth + 1) })
    case .list(let box):
      if let values = box.untouched {
        return RuntimeValue(Value.list(values).opened)
      }
      return .list(try elements(of: box).map { try opened($0, depth + 1) })
    case .dict(let box):
      if let map = box.untouched { return RuntimeValue(Value.map(map).opened) }
      var entries: OrderedDictionary<Value, RuntimeValue> = [:]
      for (key, entry) in try knownEntries(of: box) {
        entries[key.opened] = try opened(entry, depth + 1)
      }
      return .dict(DictBox(entries))
    default: return value
    }
  }
}
