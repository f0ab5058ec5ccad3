import Values

extension Parser {
  /// The whole of an expression that stands alone.
  mutating func parseWholeExpression() throws -> Node {
    let node = try parseExpression()
    guard current.kind == .end else {
      var fault = unexpected("the end of the expression")
      if isSymbol("=") { fault.hint = "compare with `==`" }
      throw fault
    }
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
      let place = token.place.through(previous.place)
      return Node(
        options.embedsTemplates && hasTags(text) ? .embedded(text) : .constant(.string(text)), place
      )
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
}

extension Place {
  /// The place of a whole operation whose fault shows at this name: only the name is underlined.
  func extended(from start: Place) -> Place { self }
}
