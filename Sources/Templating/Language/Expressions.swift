import Diagnostics
import OrderedCollections
import Values

extension Evaluator {
  func evaluate(_ node: Node, _ frame: Frame) throws -> RuntimeValue {
    nesting += 1
    defer { nesting -= 1 }
    do {
      try limits.step()
      guard nesting < Limits.nesting, hasStack else {
        throw Failure("the evaluation is nested too deeply")
      }
      switch node.kind {
      case .constant(let value): return RuntimeValue(value)
      case .embedded(let text): return try evaluateEmbedded(text, node.place, frame)
      case .name(let name): return try lookUp(name, node.place, frame)
      case .attribute(let base, let name): return try evaluateAttribute(node, base, name, frame)
      case .item(let base, let key): return try evaluateItem(node, base, key, frame)
      case .call(let callee, let arguments): return try evaluateCall(callee, arguments, frame)
      case .filter(let value, let name, let arguments):
        return try evaluateFilter(value, name, arguments, node.place, frame)
      case .test(let value, let name, let arguments, let isNegated):
        return try evaluateTest(value, name, arguments, isNegated, node.place, frame)
      case .and, .or, .not, .conditional: return try evaluateLogic(node, frame)
      case .comparison(let first, let rest): return try evaluateComparison(first, rest, frame)
      default: return try evaluateOperation(node, frame)
      }
    } catch let failure as Failure {
      throw located(failure, node.place)
    }
  }

  func located(_ failure: Failure, _ place: Place) -> EvaluationStop {
    .failed(
      .error(
        failure.message, at: source.location(at: place.offset), length: place.length,
        hint: failure.hint),
      isUndefined: failure.isUndefined)
  }

  func lookUp(_ name: String, _ place: Place, _ frame: Frame) throws -> RuntimeValue {
    if let value = frame.find(name) { return value }
    if let state = frame.state, let value = try variable(name, state) { return value }
    if let value = global(name, frame) { return value }
    return .undefined(
      Undefined(
        "'\(name)' is undefined", name: name, at: source.location(at: place.offset)))
  }

  private func evaluateAttribute(_ node: Node, _ base: Node, _ name: String, _ frame: Frame)
    throws -> RuntimeValue
  {
    placed(try attribute(name, of: try evaluate(base, frame)), node.place)
  }

  private func evaluateItem(_ node: Node, _ base: Node, _ key: Node, _ frame: Frame) throws
    -> RuntimeValue
  {
    let value = try evaluate(base, frame)
    return placed(try item(try evaluate(key, frame), of: value), node.place)
  }

  /// Gives an undefined its place, unless it has one.
  private func placed(_ value: RuntimeValue, _ place: Place) -> RuntimeValue {
    guard case .undefined(var undefined) = value, undefined.location == nil else { return value }
    undefined.location = source.location(at: place.offset)
    return .undefined(undefined)
  }

  private func evaluateLogic(_ node: Node, _ frame: Frame) throws -> RuntimeValue {
    switch node.kind {
    case .and(let left, let right):
      let value = try evaluate(left, frame)
      if let unknown = unknownTruth(value) { return .unknown(unknown) }
      return try truth(of: value) ? evaluate(right, frame) : value
    case .or(let left, let right):
      let value = try evaluate(left, frame)
      if let unknown = unknownTruth(value) { return .unknown(unknown) }
      return try truth(of: value) ? value : evaluate(right, frame)
    case .not(let operand):
      let value = try evaluate(operand, frame)
      if let unknown = unknownTruth(value) { return .unknown(unknown) }
      let result = RuntimeValue.bool(try !truth(of: value))
      if case .secret = value { return .secret(result) }
      return result
    case .conditional(let condition, let then, let otherwise):
      let value = try evaluate(condition, frame)
      if let unknown = unknownTruth(value) { return .unknown(unknown) }
      if try truth(of: value) { return try evaluate(then, frame) }
      if let otherwise { return try evaluate(otherwise, frame) }
      return .undefined(
        Undefined(
          "the inline `if` was false and has no `else`",
          at: source.location(at: node.place.offset), isLenient: true))
    default: return .null
    }
  }

  /// Set where the truth of the value is not known.
  func unknownTruth(_ value: RuntimeValue) -> Unknown? {
    switch value {
    case .unknown(let unknown): unknown
    case .dict(let box) where box.count == 0: box.rest
    case .secret(let inner): unknownTruth(inner)
    default: nil
    }
  }

  private func evaluateComparison(
    _ first: Node, _ rest: [(ComparisonOperator, Node)], _ frame: Frame
  ) throws -> RuntimeValue {
    var left = try evaluate(first, frame)
    var result = RuntimeValue.bool(true)
    for (operation, node) in rest {
      let right = try evaluate(node, frame)
      if isSimple(left), isSimple(right) {
        result = .bool(try compare(operation, left, right))
      } else {
        result = try shielded([left, right]) {
          .bool(try compare(operation, $0[0], $0[1]))
        }
      }
      if case .unknown = result { return result }
      guard try truth(of: result) else { return result }
      left = right
    }
    return result
  }

  private func evaluateOperation(_ node: Node, _ frame: Frame) throws -> RuntimeValue {
    switch node.kind {
    case .binary(let operation, let left, let right):
      let a = try evaluate(left, frame)
      let b = try evaluate(right, frame)
      if isSimple(a), isSimple(b) { return try apply(operation, a, b) }
      return try shielded([a, b]) { values in
        for value in values {
          if case .undefined(let undefined) = value { throw failure(undefined) }
        }
        return try apply(operation, values[0], values[1])
      }
    case .negative(let operand):
      return try shielded([try evaluate(operand, frame)]) { try negated(defined($0[0])) }
    case .positive(let operand):
      return try shielded([try evaluate(operand, frame)]) { try positive(defined($0[0])) }
    case .concatenation(let parts):
      var values: [RuntimeValue] = []
      for part in parts { values.append(try evaluate(part, frame)) }
      return try shielded(values) { try concatenated($0) }
    case .list(let nodes):
      var items: [RuntimeValue] = []
      for node in nodes { items.append(try evaluate(node, frame)) }
      return .list(items)
    case .tuple(let nodes):
      var items: [RuntimeValue] = []
      for node in nodes { items.append(try evaluate(node, frame)) }
      guard tupleDepth(items, 0) < Limits.valueDepth else {
        throw Failure("the value is nested too deeply")
      }
      return .tuple(items)
    case .dict(let nodes):
      var entries: OrderedDictionary<Value, RuntimeValue> = [:]
      for entry in nodes {
        let name = try key(try evaluate(entry.key, frame))
        entries[name] = try evaluate(entry.value, frame)
      }
      return .dict(DictBox(entries))
    case .slice(let base, let start, let stop, let step):
      let value = try evaluate(base, frame)
      var bounds: [RuntimeValue] = []
      for bound in [start, stop, step] {
        bounds.append(try bound.map { try evaluate($0, frame) } ?? .null)
      }
      return try sliced(value, bounds)
    default: throw Failure("this expression cannot be evaluated")
    }
  }

  private func tupleDepth(_ items: [RuntimeValue], _ depth: Int) -> Int {
    var deepest = depth
    for case .tuple(let inner) in items {
      deepest = max(deepest, tupleDepth(inner, depth + 1))
    }
    return deepest
  }

  func defined(_ value: RuntimeValue) throws -> RuntimeValue {
    if case .undefined(let undefined) = value { throw failure(undefined) }
    return value
  }

  /// `a ~ b`: safe text where any part is, the others escaped then.
  private func concatenated(_ values: [RuntimeValue]) throws -> RuntimeValue {
    let isMarkup =
      autoescape && values.contains { if case .markup = $0 { true } else { false } }
    var text = ""
    for value in values {
      let piece = try self.text(of: value)
      try limits.grow(by: piece.utf8.count)
      if case .markup = value {
        text += piece
      } else {
        text += isMarkup ? escapeHTML(piece) : piece
      }
    }
    return isMarkup ? .markup(text) : .string(text)
  }
}
