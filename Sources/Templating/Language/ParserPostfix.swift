import Values

// What may stand behind an operand: filters, tests, subscripts and calls.

extension Parser {
  mutating func parsePostfix(_ start: Node) throws -> Node {
    var node = start
    while true {
      if isSymbol(".") || isSymbol("[") {
        node = try parseSubscript(node)
      } else if isSymbol("(") {
        node = try parseCall(node)
      } else {
        return node
      }
    }
  }

  mutating func parseFilters(_ start: Node) throws -> Node {
    var node = start
    while true {
      if isSymbol("|") {
        index += 1
        let use = try parseFilterUse()
        node = Node(
          .filter(node, use.name, use.arguments), use.place.extended(from: node.place))
      } else if isName("is") {
        node = try parseTest(node)
      } else if isSymbol("(") {
        node = try parseCall(node)
      } else {
        return node
      }
    }
  }

  /// A filter's dotted name and arguments.
  mutating func parseFilterUse() throws -> FilterUse {
    let (name, place) = try parseDottedName("the name of a filter")
    uses.append(Use(kind: .filter, name: name, place: place))
    let arguments = isSymbol("(") ? try parseArguments() : Arguments()
    return FilterUse(name: name, arguments: arguments, place: place)
  }

  private mutating func parseDottedName(_ what: String) throws -> (String, Place) {
    var (name, place) = try expectName(what)
    while isSymbol("."), case .name(let more) = next.kind {
      index += 2
      name += "." + more
      place = place.through(previous.place)
    }
    return (name, place)
  }

  private mutating func parseTest(_ operand: Node) throws -> Node {
    index += 1
    let isNegated = skip(name: "not")
    let (name, place) = try parseDottedName("the name of a test")
    uses.append(Use(kind: .test, name: name, place: place))
    var arguments = Arguments()
    if isSymbol("(") {
      arguments = try parseArguments()
    } else if startsTestArgument {
      if isName("is") {
        throw SyntaxError("tests cannot be chained with `is`", current.place)
      }
      let argument = try nested { parser in
        try parser.parsePostfix(try parser.parsePrimary())
      }
      arguments.positional = [argument]
    }
    return Node(
      .test(operand, name, arguments, isNegated: isNegated), place.extended(from: operand.place))
  }

  private var startsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and", "if"].contains(name)
    case .string, .number, .symbol("["), .symbol("{"): true
    default: false
    }
  }

  private mutating func parseSubscript(_ node: Node) throws -> Node {
    let isDot = isSymbol(".")
    index += 1
    if isDot {
      let token = advance()
      switch token.kind {
      case .name(let name):
        return Node(.attribute(node, name), token.place.extended(from: node.place))
      case .number(let number) where number.int != nil:
        return Node(
          .item(node, Node(.constant(number), token.place)),
          token.place.extended(from: node.place))
      default:
        index -= 1
        throw unexpected("a name or a number behind the dot")
      }
    }
    var items: [Node] = []
    while !isSymbol("]") {
      if !items.isEmpty { try expect(symbol: ",") }
      items.append(try parseSubscripted(node))
    }
    try expect(symbol: "]")
    guard let first = items.first else {
      throw SyntaxError("expected an expression, found `]`", previous.place)
    }
    let place = node.place.through(previous.place)
    if items.count == 1 {
      if case .slice(_, let start, let stop, let step) = first.kind {
        return Node(.slice(node, start: start, stop: stop, step: step), place)
      }
      return Node(.item(node, first), place)
    }
    return Node(.item(node, Node(.tuple(items), place)), place)
  }

  private mutating func parseSubscripted(_ node: Node) throws -> Node {
    let start = current.place
    var first: Node?
    if !isSymbol(":") {
      let expression = try parseExpression()
      guard isSymbol(":") else { return expression }
      first = expression
    }
    try expect(symbol: ":")
    func isOver(_ parser: Parser) -> Bool {
      parser.isSymbol(":") || parser.isSymbol("]") || parser.isSymbol(",")
    }
    let stop = isOver(self) ? nil : try parseExpression()
    var step: Node?
    if skip(symbol: ":"), !isOver(self) { step = try parseExpression() }
    return Node(
      .slice(node, start: first, stop: stop, step: step), start.through(previous.place))
  }

  private mutating func parseCall(_ node: Node) throws -> Node {
    var arguments = try parseArguments()
    switch node.kind {
    case .name("lookup"), .name("query"), .name("q"): arguments.embedTemplates()
    default: break
    }
    return Node(.call(node, arguments), node.place.through(previous.place))
  }

  private mutating func parseArguments() throws -> Arguments {
    try expect(symbol: "(")
    var arguments = Arguments()
    var isFirst = true
    while !isSymbol(")") {
      if !isFirst {
        try expect(symbol: ",")
        if isSymbol(")") { break }
      }
      isFirst = false
      let place = current.place
      if skip(symbol: "*") {
        guard arguments.rest == nil, arguments.options == nil else {
          throw SyntaxError("`*` may stand once, before `**`", place)
        }
        arguments.rest = try parseExpression()
      } else if skip(symbol: "**") {
        guard arguments.options == nil else {
          throw SyntaxError("`**` may stand only once", place)
        }
        arguments.options = try parseExpression()
      } else if case .name(let name) = current.kind, next.kind == .symbol("=") {
        guard arguments.options == nil else {
          throw SyntaxError("a named argument stands behind `**`", place)
        }
        index += 2
        arguments.keywords.append((name, try parseExpression()))
      } else {
        guard arguments.rest == nil, arguments.options == nil, arguments.keywords.isEmpty else {
          throw SyntaxError("an argument without a name stands behind a named one", place)
        }
        arguments.positional.append(try parseExpression())
      }
    }
    try expect(symbol: ")")
    return arguments
  }
}

extension Arguments {
  /// Constants among the terms of a lookup, in lists and mappings there too, become templates.
  fileprivate mutating func embedTemplates() {
    positional = positional.map(\.withEmbeddedTemplates)
  }
}

extension Node {
  fileprivate var withEmbeddedTemplates: Node {
    switch kind {
    case .constant(.string(let text)) where hasTags(text): Node(.embedded(text), place)
    case .list(let items): Node(.list(items.map(\.withEmbeddedTemplates)), place)
    case .tuple(let items): Node(.tuple(items.map(\.withEmbeddedTemplates)), place)
    case .dict(let entries):
      Node(.dict(entries.map { ($0.key, $0.value.withEmbeddedTemplates) }), place)
    default: self
    }
  }
}
