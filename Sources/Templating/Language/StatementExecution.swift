import Diagnostics
import OrderedCollections
import Values

extension Evaluator {
  func execute(_ body: [Statement], _ frame: Frame, _ output: Output) throws {
    for statement in body {
      if output.isTop, rendering?.parent != nil, statement.isOutput { continue }
      do {
        try limits.step()
        try execute(statement, frame, output)
      } catch let failure as Failure {
        throw located(failure, statement.place)
      }
    }
  }

  private func execute(_ statement: Statement, _ frame: Frame, _ output: Output) throws {
    switch statement.kind {
    case .text(let text):
      try limits.grow(by: text.utf8.count)
      output.write(text)
    case .output(let node):
      let value = try evaluate(node, frame)
      if case .undefined(let undefined) = value {
        if output.isNative {
          try output.write(value, escaping: false, self)
          return
        }
        if !undefined.isLenient { throw failure(undefined) }
      }
      try output.write(value, escaping: autoescape, self)
    case .condition(let branches, let otherwise):
      for branch in branches where try truth(of: try evaluate(branch.test, frame)) {
        try execute(branch.body, frame, output)
        return
      }
      try execute(otherwise, frame, output)
    case .loop(let loop): try execute(loop, frame, output)
    case .set(let target, let node): try assign(target, try evaluate(node, frame), frame)
    case .setBlock(let target, let filters, let body):
      try assign(target, try filtered(try captured(body, frame, output), filters, frame), frame)
    case .filter(let filters, let body):
      let value = try filtered(try captured(body, frame, output), filters, frame)
      try output.write(value, escaping: autoescape, self)
    case .evaluate(let node): _ = try evaluate(node, frame)
    case .exitLoop: throw LoopExit.leave
    case .nextIteration: throw LoopExit.next
    default: try executeComposition(statement, frame, output)
    }
  }

  private func executeComposition(_ statement: Statement, _ frame: Frame, _ output: Output) throws {
    switch statement.kind {
    case .macro(let definition):
      frame.variables[definition.name] = macro(definition, frame, output)
    case .call(let definition, let node):
      guard case .call(let callee, let arguments) = node.kind else { return }
      let function = try evaluate(callee, frame)
      var given = try evaluate(arguments, frame)
      guard given.keywords["caller"] == nil else {
        throw Failure("`caller` is given twice: by name and by the `call` block")
      }
      given.keywords["caller"] = macro(definition, frame, output)
      do {
        try output.write(try call(function, given), escaping: autoescape, self)
      } catch let failure as Failure {
        throw located(failure, node.place)
      }
    case .with(let bindings, let body):
      let inner = Frame(parent: frame)
      for (target, node) in bindings { try assign(target, try evaluate(node, frame), inner) }
      try execute(body, inner, output)
    case .autoescape(let node, let body):
      let outer = autoescape
      autoescape = try truth(of: try evaluate(node, frame))
      defer { autoescape = outer }
      try execute(body, Frame(parent: frame), output)
    case .include(let name, let ignoresMissing, let withContext):
      try include(try evaluate(name, frame), ignoresMissing, withContext, frame, output)
    case .importAll(let name, let alias, let withContext):
      frame.variables[alias] = .object(
        try module(try evaluate(name, frame), withContext, frame, output))
    case .importNames(let name, let names, let withContext):
      let module = try module(try evaluate(name, frame), withContext, frame, output)
      for (name, alias) in names {
        frame.variables[alias] =
          try module.attribute(name, self)
          ?? .undefined(
            Undefined("the template `\(module.name)` does not export `\(name)`", name: name))
      }
    case .extends(let node):
      guard rendering?.parent == nil else { throw Failure("a template extends only one other") }
      let parent = try template(named: try evaluate(node, frame))
      rendering?.parent = parent
      rendering?.add(parent)
    case .block(let definition): try execute(definition, frame, output)
    default: break
    }
  }

  func macro(_ definition: MacroDefinition, _ frame: Frame, _ output: Output) -> RuntimeValue {
    .object(
      Macro(
        definition, frame: frame, source: source, autoescape: autoescape,
        isNative: output.isNative))
  }

  /// What a body prints, in a scope of its own.
  private func captured(_ body: [Statement], _ frame: Frame, _ output: Output) throws
    -> RuntimeValue
  {
    let inner = Output(isNative: output.isNative)
    do {
      try execute(body, Frame(parent: frame), inner)
    } catch let stop as UnknownStop {
      return .unknown(stop.unknown)
    }
    let value = try inner.finish(asMarkup: autoescape, self)
    // A captured body without output is empty text.
    if case .null = value, inner.parts.isEmpty { return .string("") }
    return value
  }

  private func filtered(_ start: RuntimeValue, _ filters: [FilterUse], _ frame: Frame) throws
    -> RuntimeValue
  {
    var value = start
    for filter in filters {
      do {
        let arguments = try evaluate(filter.arguments, frame)
        callPlaces.append(filter.place)
        defer { callPlaces.removeLast() }
        value = try applyFilter(filter.name, to: value, arguments)
      } catch let failure as Failure {
        throw located(failure, filter.place)
      }
    }
    return value
  }

  // MARK: Assignment

  func assign(_ target: Target, _ value: RuntimeValue, _ frame: Frame) throws {
    switch target {
    case .name(let name, _): frame.variables[name] = value
    case .attribute(let name, let attribute, let place):
      guard case .object(let object) = try lookUp(name, place, frame),
        object.setAttribute(attribute, to: value)
      else {
        throw Failure("`\(name)` is not a namespace: its attributes cannot be set")
      }
    case .tuple(let targets, let place):
      let items: [RuntimeValue]
      switch value {
      case .unknown:
        for target in targets { try assign(target, value, frame) }
        return
      default: items = try elements(of: value)
      }
      guard items.count == targets.count else {
        throw located(
          Failure(
            "\(targets.count) names cannot take a sequence of \(items.count) elements apart"),
          place)
      }
      for (target, item) in zip(targets, items) { try assign(target, item, frame) }
    }
  }

  // MARK: Loops

  private func execute(_ loop: Loop, _ frame: Frame, _ output: Output) throws {
    let sequence = try evaluate(loop.sequence, frame)
    do {
      try run(loop, sequence, frame, output, depth: 1)
    } catch let failure as Failure {
      throw located(failure, loop.sequence.place)
    }
  }

  private func run(
    _ loop: Loop, _ sequence: RuntimeValue, _ frame: Frame, _ output: Output, depth: Int
  ) throws {
    var items = try elements(of: sequence)
    if let condition = loop.condition {
      var kept: [RuntimeValue] = []
      for item in items {
        let inner = Frame(parent: frame)
        try assign(loop.target, item, inner)
        if try truth(of: try evaluate(condition, inner)) { kept.append(item) }
      }
      items = kept
    }
    var recurse: ((RuntimeValue) throws -> RuntimeValue)?
    if loop.isRecursive {
      recurse = { [unowned self] items in
        try deeper {
          let inner = Output(isNative: false)
          try self.run(loop, items, frame, inner, depth: depth + 1)
          return try inner.finish(asMarkup: self.autoescape, self)
        }
      }
    }
    let state = LoopState(items, depth: depth, recurse: recurse)
    // A turn that `break` or `continue` cut short does not count: `else` may still follow.
    var wasCompleted = false
    for (index, item) in items.enumerated() {
      state.index = index
      let inner = Frame(parent: frame)
      inner.variables["loop"] = .object(state)
      try assign(loop.target, item, inner)
      do {
        try execute(loop.body, inner, output)
        wasCompleted = true
      } catch LoopExit.leave {
        break
      } catch LoopExit.next {
        continue
      }
    }
    if !wasCompleted { try execute(loop.otherwise, frame, output) }
  }
}

extension Statement {
  /// Prints in the template itself, which `extends` silences.
  var isOutput: Bool {
    switch kind {
    case .text, .output, .block, .include, .filter, .call: true
    default: false
    }
  }
}
