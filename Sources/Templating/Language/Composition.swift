import Diagnostics
import OrderedCollections
import Values

// Blocks, includes, imports and inheritance.

extension Evaluator {
  /// Renders a compiled template in a frame of its own.
  func render(_ template: Template, _ root: Frame, _ output: Output) throws {
    let outer = (rendering, source, options, autoescape)
    defer { (rendering, source, options, autoescape) = outer }
    let current = Rendering(root: root, template: template)
    rendering = current
    options = template.options
    autoescape = template.options.autoescape
    root.variables["self"] = .object(BlockTable(current))
    var next: Template? = template
    while let active = next {
      source = active.source
      current.parent = nil
      try execute(active.body, root, output)
      next = current.parent
    }
  }

  func execute(_ block: BlockDefinition, _ frame: Frame, _ output: Output) throws {
    guard let rendering else { return }
    let inner = Frame(parent: block.isScoped ? frame : rendering.root)
    try execute(block: block.name, level: 0, inner, output)
  }

  /// Runs the definition of a block that is `level` steps above the innermost.
  func execute(block name: String, level: Int, _ frame: Frame, _ output: Output) throws {
    guard let rendering, let chain = rendering.chains[name], level < chain.count else { return }
    let (block, template) = chain[level]
    if block.isRequired {
      throw Failure("the required block `\(name)` is not defined by a child template")
    }
    frame.variables["super"] = .object(ParentBlock(name, level + 1, frame))
    try deeper {
      // The output of the block is that of a template that extends nothing.
      let parent = rendering.parent
      rendering.parent = nil
      defer { rendering.parent = parent }
      try inside(template.source, autoescape: autoescape) {
        try execute(block.body, frame, output)
      }
    }
  }

  // MARK: Other templates

  func template(named name: RuntimeValue) throws -> Template {
    switch name {
    case .unknown(let unknown): throw UnknownStop(unknown: unknown)
    case .undefined(let undefined): throw failure(undefined)
    case .list, .tuple:
      let names = try elements(of: name)
      for name in names {
        if let found = try findTemplate(try text(of: name)) { return found }
      }
      let list = try names.map { "`\(try text(of: $0))`" }.joined(separator: ", ")
      throw TemplateMissing("none of the templates \(list) was found")
    default:
      let text = try text(of: name)
      guard let found = try findTemplate(text) else {
        throw TemplateMissing("the template `\(text)` was not found")
      }
      return found
    }
  }

  private func findTemplate(_ name: String) throws -> Template? {
    guard let (text, file) = loader?(name) else { return nil }
    do {
      return try Template.compile(
        text, at: SourceLocation(file: file, line: 1, column: 1), options: options,
        environment: environment)
    } catch {
      throw EvaluationStop.failed(error, isUndefined: false)
    }
  }

  func include(
    _ name: RuntimeValue, _ ignoresMissing: Bool, _ withContext: Bool, _ frame: Frame,
    _ output: Output
  ) throws {
    let found: Template
    do {
      found = try template(named: name)
    } catch let missing as TemplateMissing {
      if ignoresMissing { return }
      throw Failure(missing.message)
    }
    try deeper {
      let root = withContext ? Frame(parent: frame) : Frame(state: nil)
      try render(found, root, output)
    }
  }

  func module(_ name: RuntimeValue, _ withContext: Bool, _ frame: Frame, _ output: Output) throws
    -> Module
  {
    let found: Template
    do {
      found = try template(named: name)
    } catch let missing as TemplateMissing {
      throw Failure(missing.message)
    }
    let root = withContext ? Frame(parent: frame) : Frame(state: nil)
    let body = Output(isNative: false, isTop: true)
    try deeper { try render(found, root, body) }
    let text = try body.finish(asMarkup: found.options.autoescape, self)
    return Module(found.source.location.file, root.variables, text)
  }
}

struct TemplateMissing: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// `self`: the blocks of the template as functions.
private final class BlockTable: RuntimeObject {
  private unowned let rendering: Rendering

  init(_ rendering: Rendering) { self.rendering = rendering }

  var typeName: String { "TemplateReference" }
  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    guard rendering.chains[name] != nil else { return nil }
    let root = rendering.root
    return .object(
      Callable(name) { _, evaluator in
        let output = Output(isNative: false)
        try evaluator.execute(block: name, level: 0, Frame(parent: root), output)
        return try output.finish(asMarkup: evaluator.autoescape, evaluator)
      })
  }
}

/// `super`: the same block one step further out.
private final class ParentBlock: RuntimeObject {
  let name: String
  let level: Int
  private unowned let frame: Frame

  init(_ name: String, _ level: Int, _ frame: Frame) {
    self.name = name
    self.level = level
    self.frame = frame
  }

  var typeName: String { "BlockReference" }
  var isCallable: Bool { true }

  private func check(_ evaluator: Evaluator) throws {
    guard let chain = evaluator.rendering?.chains[name], level < chain.count else {
      throw Failure("there is no parent block `\(name)`", isUndefined: true)
    }
  }

  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    try check(evaluator)
    let output = Output(isNative: false)
    try evaluator.execute(
      block: name, level: level, Frame(parent: frame.parent ?? frame), output)
    return try output.finish(asMarkup: evaluator.autoescape, evaluator)
  }

  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    guard name == "super" else { return nil }
    try check(evaluator)
    return .object(ParentBlock(self.name, level + 1, frame))
  }
}

/// An imported template: what it sets at its top, and its text.
final class Module: RuntimeObject {
  let name: String
  private let variables: [String: RuntimeValue]
  private let body: RuntimeValue

  init(_ name: String, _ variables: [String: RuntimeValue], _ body: RuntimeValue) {
    self.name = name
    self.variables = variables.filter { $0.key != "self" && !$0.key.hasPrefix("_") }
    self.body = body
  }

  var typeName: String { "TemplateModule" }
  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    variables[name]
  }
  func text(_ evaluator: Evaluator) throws -> String { try evaluator.text(of: body) }
}
