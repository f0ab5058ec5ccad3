import Values

// Where a value was written. Text that a template gives is compiled as an expression only if it was
// written in a file as it is: what comes from a host, a lookup or a filter is data for ever.

extension Evaluator {
  /// The text, list or mapping without templates that a value refers to: itself, or through
  /// templates that only name it (`{{ name }}`, an attribute or item of it, `default`, `if`).
  ///
  /// - Returns: nil where the value is made by anything else.
  package func literal(_ source: SourceValue) -> SourceValue? {
    literal(source, depth: 0).flatMap { $0.isLiteral ? $0 : nil }
  }

  /// The items of a list that a value refers to, nil for those that are not written as they are.
  package func literalItems(_ source: SourceValue) -> [SourceValue?]? {
    literal(source, depth: 0)?.items?.map { $0.isLiteral ? $0 : nil }
  }

  /// What is written at the end of the way; parts of it may be templates.
  private func literal(_ source: SourceValue, depth: Int) -> SourceValue? {
    guard depth < 32 else { return nil }
    guard case .scalar(.string(let text)) = source.content, hasTags(text) else { return source }
    guard
      let template = try? Template.compile(
        text, at: source.location, style: source.style, options: .task, environment: environment),
      template.body.count == 1, case .output(let node) = template.body[0].kind
    else { return nil }
    return literal(node, depth: depth)
  }

  private func literal(_ node: Node, depth: Int) -> SourceValue? {
    switch node.kind {
    case .name(let name):
      guard case .source(let source)? = main.scope.variable(name) else { return nil }
      return literal(source, depth: depth + 1)
    case .attribute(let base, let key):
      return literal(base, depth: depth)?[key].flatMap { literal($0, depth: depth + 1) }
    case .item(let base, let key):
      guard let whole = literal(base, depth: depth), let key = known(key) else { return nil }
      let part: SourceValue?
      switch key {
      case .string(let key): part = whole[key]
      case .int(let index):
        let items = whole.items ?? []
        let place = index < 0 ? items.count + index : index
        part = items.indices.contains(place) ? items[place] : nil
      default: part = nil
      }
      return part.flatMap { literal($0, depth: depth + 1) }
    case .filter(let base, "default", let arguments), .filter(let base, "d", let arguments):
      guard arguments.keywords.isEmpty, arguments.positional.count == 1 else { return nil }
      if case .undefined? = try? evaluate(base, Frame(state: main)) {
        return literal(arguments.positional[0], depth: depth)
      }
      return literal(base, depth: depth)
    case .conditional(let condition, let then, let otherwise):
      guard let holds = known(condition)?.isTrue else { return nil }
      return (holds ? then : otherwise).flatMap { literal($0, depth: depth) }
    default: return nil
    }
  }

  private func known(_ node: Node) -> Value? {
    guard let value = try? evaluate(node, Frame(state: main)) else { return nil }
    switch value {
    case .unknown, .undefined, .secret: return nil
    default: return try? freeze(value)
    }
  }
}

extension SourceValue {
  /// Written as it is, and free to be read as an expression: no template, nothing from the vault,
  /// nothing marked `!unsafe`.
  fileprivate var isLiteral: Bool {
    switch content {
    case .scalar(.string(let text)): !hasTags(text)
    case .scalar: true
    case .unsafe, .vault: false
    case .list(let items): items.allSatisfy(\.isLiteral)
    case .map(let entries): entries.allSatisfy { $0.value.isLiteral }
    }
  }
}
