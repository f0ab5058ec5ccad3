import Diagnostics
import Values

/// A compiled template: a task argument, a variable's text, a template file.
package final class Template: Sendable {
  let source: TemplateSource
  let options: TemplateOptions
  let body: [Statement]
  let blocks: [String: BlockDefinition]
  /// Names of filters and tests that do not exist, in branches that may never be taken.
  package let warnings: [Diagnostic]
  /// How many line breaks Ansible puts back at the end of a text, which itself is read without its
  /// last one: so a lone expression on a line of its own keeps its type.
  let restoredNewlines: Int

  private init(
    source: TemplateSource, options: TemplateOptions, body: [Statement], warnings: [Diagnostic],
    restoredNewlines: Int
  ) {
    self.restoredNewlines = restoredNewlines
    self.source = source
    self.options = options
    self.body = body
    self.warnings = warnings
    var blocks: [String: BlockDefinition] = [:]
    collectBlocks(body, into: &blocks)
    self.blocks = blocks
  }

  /// The text has no tags.
  package var isPlainText: Bool {
    body.allSatisfy { if case .text = $0.kind { true } else { false } }
  }

  /// Compiles a template, or takes it from the cache of those compiled before.
  /// - Throws: the first fault of its syntax, or the first name of a filter or test that does not
  ///   exist.
  package static func compile(
    _ text: String, at location: SourceLocation, style: SourceValue.Style = .plain,
    options: TemplateOptions, environment: Environment
  ) throws(Diagnostic) -> Template {
    let source = TemplateSource(text: text, location: location, style: style)
    let key = CompileCache.Key(source: source, options: options, environment: environment.id)
    if let known = CompileCache.shared.template(key) { return known }
    let template = try compile(source, options, environment)
    CompileCache.shared.store(template, key)
    return template
  }

  private static func compile(
    _ source: TemplateSource, _ options: TemplateOptions, _ environment: Environment
  ) throws(Diagnostic) -> Template {
    do {
      let isRestored = environment.dialect == .ansible && options.keepTrailingNewline
      let text = normalized(
        source.text, keepsLast: options.keepTrailingNewline && !isRestored)
      var parser = Parser(try Lexer.tokens(text, options: options), options: options)
      let body = try parser.parseTemplate()
      let warnings = try checkNames(parser.uses, source, environment)
      let newlines = source.text.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count
      return Template(
        source: source, options: options, body: body, warnings: warnings,
        restoredNewlines: isRestored ? newlines : 0)
    } catch {
      throw diagnostic(error, source)
    }
  }

  /// Line breaks of all systems as line feeds, and without the last one unless it is kept.
  private static func normalized(_ text: String, keepsLast: Bool) -> String {
    var scalars = text.unicodeScalars
    if scalars.contains("\r") {
      var result = String.UnicodeScalarView()
      var isAfterReturn = false
      for scalar in scalars {
        if scalar == "\r" {
          result.append("\n")
        } else if scalar != "\n" || !isAfterReturn {
          result.append(scalar)
        }
        isAfterReturn = scalar == "\r"
      }
      scalars = result
    }
    if !keepsLast, scalars.last == "\n" { scalars.removeLast() }
    return String(scalars)
  }
}

/// A compiled expression without braces: `when`, `until`, `changed_when`.
package final class Expression: Sendable {
  let source: TemplateSource
  let node: Node
  package let warnings: [Diagnostic]

  private init(source: TemplateSource, node: Node, warnings: [Diagnostic]) {
    self.source = source
    self.node = node
    self.warnings = warnings
  }

  /// - Throws: as `Template.compile`.
  package static func compile(
    _ text: String, at location: SourceLocation, style: SourceValue.Style = .plain,
    options: TemplateOptions = .file, environment: Environment
  ) throws(Diagnostic) -> Expression {
    let source = TemplateSource(text: text, location: location, style: style)
    let key = CompileCache.Key(source: source, options: options, environment: environment.id)
    if let known = CompileCache.shared.expression(key) { return known }
    do {
      var parser = Parser(
        try Lexer.expressionTokens(text, options: options), options: options)
      let node = try parser.parseWholeExpression()
      let warnings = try checkNames(parser.uses, source, environment)
      let expression = Expression(source: source, node: node, warnings: warnings)
      CompileCache.shared.store(expression, key)
      return expression
    } catch {
      var fault = diagnostic(error, source)
      if hasTags(text) { fault.hint = "this is an expression already: leave the braces out" }
      throw fault
    }
  }
}

private func diagnostic(_ error: any Error, _ source: TemplateSource) -> Diagnostic {
  switch error {
  case let error as SyntaxError:
    .error(
      error.message, at: source.location(at: error.place.offset), length: error.place.length,
      hint: error.hint)
  case let error as Diagnostic: error
  default: .error("the template cannot be read: \(error)", at: source.location)
  }
}

/// Faults of names that are certainly used are thrown, the others returned.
private func checkNames(
  _ uses: [Parser.Use], _ source: TemplateSource, _ environment: Environment
) throws -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  for use in uses {
    guard var fault = environment.unknownName(use.kind, use.name) else { continue }
    fault.location = source.location(at: use.place.offset)
    fault.length = use.place.length
    guard use.isSoft else { throw fault }
    fault.severity = .warning
    warnings.append(fault)
  }
  return warnings
}

extension Environment {
  /// What is wrong with a name of a filter or test; nil where it exists.
  func unknownName(_ kind: Parser.Use.Kind, _ name: String) -> Diagnostic? {
    switch kind {
    case .filter:
      guard filter(name) == nil else { return nil }
      return .error(
        "unknown filter `\(name)`", hint: hint(suggestion(for: name, among: filters.keys.sorted())))
    case .test:
      guard test(name) == nil else { return nil }
      return .error(
        "unknown test `\(name)`", hint: hint(suggestion(for: name, among: tests.keys.sorted())))
    }
  }

  private func hint(_ name: String?) -> String? { name.map { "did you mean `\($0)`?" } }
}

private func collectBlocks(_ body: [Statement], into blocks: inout [String: BlockDefinition]) {
  for statement in body {
    switch statement.kind {
    case .block(let block):
      blocks[block.name] = block
      collectBlocks(block.body, into: &blocks)
    case .condition(let branches, let otherwise):
      for branch in branches { collectBlocks(branch.body, into: &blocks) }
      collectBlocks(otherwise, into: &blocks)
    case .loop(let loop):
      collectBlocks(loop.body, into: &blocks)
      collectBlocks(loop.otherwise, into: &blocks)
    case .setBlock(_, _, let body), .filter(_, let body), .with(_, let body),
      .autoescape(_, let body):
      collectBlocks(body, into: &blocks)
    case .macro(let macro), .call(let macro, _): collectBlocks(macro.body, into: &blocks)
    default: break
    }
  }
}
