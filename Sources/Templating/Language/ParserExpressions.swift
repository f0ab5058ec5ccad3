import Values

extension Parser {
  /// The whole of an expression that stands alone.
  mutating func parseWholeExpression() throws -> Node {
    let node = try parseExpression()
    guard current.kind == .end else { throw unexpected("the end of the expression") }
    return node
  }

  mutating func parseExpression(allowsConditional: Bool = true) throws -> Node {
    try nested { parser in
      allowsConditional ? try parser.parseConditional() : try parser.parseOr()
    }
  }

  private mutating func parseConditional() throws -> Node {
    let firstUse = uses.count
    var node = try parseOr()
    while skip(name: "if") {
      let condition = try parseOr()
      let otherwise =
        skip(name: "else") ? try nested { try $0.parseConditional() } : nil
      for use in firstUse..<uses.count { uses[use].isSoft = true }
      node = Node(
        .conditional(condition: condition, then: node, otherwise: otherwise),
        node.place.through(previous.place))
    }
    return node
  }

  private mutating func parseOr() throws -> Node {
    var left = try parseAnd()
    while skip(name: "or") {
      let right = try parseAnd()
      left = Node(.or(left, right), left.place.through(right.place))
    }
    return left
  }

  private mutating func parseAnd() throws -> Node {
    var left = try parseNot()
    while skip(name: "and") {
      let right = try parseNot()
      left = Node(.and(left, right), left.place.through(right.place))
    }
    return left
  }

  private mutating func parseNot() throws -> Node {
    guard isName("not") else { return try parseComparison() }
    let place = advance().place
    let operand = try nested { try $0.parseNot() }
    return Node(.not(operand), place.through(operand.place))
  }

  private mutating func parseComparison() throws -> Node {
    let left = try parseSum()
    var rest: [(ComparisonOperator, Node)] = []
    while let comparison = comparisonOperator() {
      rest.append((comparison, try parseSum()))
    }
    guard let last = rest.last else { return left }
    return Node(.comparison(left, rest), left.place.through(last.1.place))
  }

  private mutating func comparisonOperator() -> ComparisonOperator? {
    switch current.kind {
    case .symbol(let symbol):
      guard let found = ComparisonOperator(rawValue: symbol) else { return nil }
      index += 1
      return found
    case .name("in"):
      index += 1
      return .isIn
    case .name("not") where next.kind == .name("in"):
      index += 2
      return .isNotIn
    default: return nil
    }
  }

  private mutating func parseSum() throws -> Node {
    var left = try parseConcatenation()
    while case .symbol(let symbol) = current.kind, symbol == "+" || symbol == "-",
      let found = BinaryOperator(rawValue: symbol)
    {
      index += 1
      let right = try parseConcatenation()
      left = Node(.binary(found, left, right), left.place.through(right.place))
    }
    return left
  }

  private mutating func parseConcatenation() throws -> Node {
    let first = try parseProduct()
    var parts = [first]
    while skip(symbol: "~") { parts.append(try parseProduct()) }
    guard parts.count > 1 else { return first }
    return Node(.concatenation(parts), first.place.through(previous.place))
  }

  private mutating func parseProduct() throws -> Node {
    var left = try parsePower()
    while case .symbol(let symbol) = current.kind, ["*", "/", "//", "%"].contains(symbol),
      let found = BinaryOperator(rawValue: symbol)
    {
      index += 1
      let right = try parsePower()
      left = Node(.binary(found, left, right), left.place.through(right.place))
    }
    return left
  }

  /// Jinja2 takes powers from the left: `2 ** 3 ** 2` is 64.
  private mutating func parsePower() throws -> Node {
    var left = try parseUnary()
    while skip(symbol: "**") {
      let right = try parseUnary()
      left = Node(.binary(.power, left, right), left.place.through(right.place))
    }
    return left
  }

  /// The sign binds tighter than filters: `-2|abs` is 2.
  mutating func parseUnary(allowsFilters: Bool = true) throws -> Node {
    var node: Node
    if isSymbol("-") || isSymbol("+") {
      let isNegative = isSymbol("-")
      let place = advance().place
      let operand = try nested { try $0.parseUnary(allowsFilters: false) }
      node = Node(
        isNegative ? .negative(operand) : .positive(operand), place.through(operand.place))
    } else {
      node = try parsePrimary()
    }
    node = try parsePostfix(node)
    return allowsFilters ? try parseFilters(node) : node
  }

  mutating func parsePrimary() throws -> Node {
    let token = current
    switch token.kind {
    case .name(let name):
      index += 1
      switch name {
      case "true", "True": return Node(.constant(.bool(true)), token.place)
      case "false", "False": return Node(.constant(.bool(false)), token.place)
      case "none", "None": return Node(.constant(.null), token.place)
      default:
        mentioned.append(name)
        return Node(.name(name), token.place)
      }
    case .string(let first):
      index += 1
      var text = first
      while case .string(let more) = current.kind {
        text += more
        index += 1
      }
      return Node(.constant(.string(text)), token.place.through(previous.place))
    case .number(let number):
      index += 1
      return Node(.constant(number), token.place)
    case .symbol("("):
      index += 1
      let node = try parseTuple(isParenthesized: true)
      try expect(symbol: ")")
      return node
    case .symbol("["): return try parseList()
    case .symbol("{"): return try parseDict()
    default: throw unexpected("an expression")
    }
  }

  private mutating func parseList() throws -> Node {
    let start = advance().place
    var items: [Node] = []
    while !isSymbol("]") {
      if !items.isEmpty { try expect(symbol: ",") }
      if isSymbol("]") { break }
      items.append(try parseExpression())
    }
    try expect(symbol: "]")
    return Node(.list(items), start.through(previous.place))
  }

  private mutating func parseDict() throws -> Node {
    let start = advance().place
    var entries: [(key: Node, value: Node)] = []
    while !isSymbol("}") {
      if !entries.isEmpty { try expect(symbol: ",") }
      if isSymbol("}") { break }
      let key = try parseExpression()
      try expect(symbol: ":")
      entries.append((key, try parseExpression()))
    }
    try expect(symbol: "}")
    return Node(.dict(entries), start.through(previous.place))
  }

  /// One expression, or several with commas between them as a tuple.
  mutating func parseTuple(
    allowsConditional: Bool = true, isParenthesized: Bool = false, endingAt endName: String? = nil
  ) throws -> Node {
    let start = current.place
    var items: [Node] = []
    var isTuple = false
    while true {
      if !items.isEmpty {
        guard skip(symbol: ",") else { break }
        isTuple = true
      }
      if endsTuple(endName) { break }
      items.append(try parseExpression(allowsConditional: allowsConditional))
    }
    if !isTuple {
      if let only = items.first { return only }
      guard isParenthesized else { throw unexpected("an expression") }
    }
    return Node(.tuple(items), start.through(previous.place))
  }

  private func endsTuple(_ endName: String?) -> Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .symbol(")"): true
    case .name(let name): name == endName
    default: false
    }
  }

  // MARK: Behind an operand

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

  private mutating func parseFilters(_ start: Node) throws -> Node {
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
    let arguments = try parseArguments()
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

extension Place {
  /// The place of a whole operation whose fault shows at this name: only the name is underlined.
  func extended(from start: Place) -> Place { self }
}
