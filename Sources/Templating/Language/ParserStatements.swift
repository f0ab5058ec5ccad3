import Values

extension Parser {
  mutating func parseTemplate() throws -> [Statement] {
    let body = try parseBody(until: [])
    guard current.kind == .end else { throw unexpected("the end of the template") }
    return body
  }

  /// Statements up to a tag with one of the names, whose name is then the current token.
  private mutating func parseBody(until ends: [String]) throws -> [Statement] {
    var body: [Statement] = []
    while true {
      let token = current
      switch token.kind {
      case .data(let text):
        index += 1
        body.append(Statement(.text(text), token.place))
      case .variableBegin:
        index += 1
        let node = try parseTuple()
        guard current.kind == .variableEnd else {
          throw unexpected("an operator or `\(options.variableEnd)`")
        }
        index += 1
        body.append(Statement(.output(node), node.place))
      case .blockBegin:
        index += 1
        if case .name(let name) = current.kind, ends.contains(name) { return body }
        let statement = try nested { try $0.parseStatement() }
        body += statement
        guard current.kind == .blockEnd else {
          throw unexpected("`\(options.blockEnd)`")
        }
        index += 1
      default:
        if let tag = openTags.last {
          throw SyntaxError(
            "`\(tag.name)` is not closed: `end\(tag.name)` is missing", tag.place)
        }
        return body
      }
    }
  }

  private mutating func parseStatement() throws -> [Statement] {
    let (tag, place) = try expectName("the name of a statement")
    openTags.append((tag, place))
    defer { openTags.removeLast() }
    switch tag {
    case "for": return [Statement(.loop(try parseFor()), place)]
    case "if": return [try parseIf(place)]
    case "set": return [try parseSet(place)]
    case "block": return [try parseBlock(place)]
    case "extends": return [Statement(.extends(try parseExpression()), place)]
    case "include": return [try parseInclude(place)]
    case "import": return [try parseImport(place)]
    case "from": return [try parseFromImport(place)]
    case "macro":
      let (name, namePlace) = try expectName("the name of the macro")
      try checkTarget(name, namePlace)
      return [Statement(.macro(try parseMacro(name, endingAt: "endmacro")), place)]
    case "call": return [try parseCallBlock(place)]
    case "filter":
      let filters = try parseFilterChain()
      return [Statement(.filter(filters, body: try parseBlockBody(["endfilter"]).0), place)]
    case "with": return [try parseWith(place)]
    case "autoescape":
      let flag = try parseExpression()
      return [
        Statement(.autoescape(flag, body: try parseBlockBody(["endautoescape"]).0), place)
      ]
    case "print":
      var nodes: [Statement] = []
      repeat {
        let node = try parseExpression()
        nodes.append(Statement(.output(node), node.place))
      } while skip(symbol: ",")
      return nodes
    case "do" where options.allowsDo:
      return [Statement(.evaluate(try parseTuple()), place)]
    case "break" where options.allowsLoopControls: return [Statement(.exitLoop, place)]
    case "continue" where options.allowsLoopControls: return [Statement(.nextIteration, place)]
    default: throw unknownTag(tag, place)
    }
  }

  private func unknownTag(_ tag: String, _ place: Place) -> SyntaxError {
    let open = openTags.dropLast().last
    if tag.hasPrefix("end") || tag == "else" || tag == "elif" {
      guard let open else { return SyntaxError("`\(tag)` without a statement to end", place) }
      return SyntaxError(
        "`\(tag)` where `end\(open.name)` was expected", place,
        hint: "the innermost open statement is `\(open.name)`")
    }
    return SyntaxError("unknown statement `\(tag)`", place)
  }

  /// The body behind the current tag, and the name of the tag that ended it, which is consumed.
  private mutating func parseBlockBody(_ ends: [String]) throws -> ([Statement], String) {
    _ = skip(symbol: ":")
    guard current.kind == .blockEnd else { throw unexpected("`\(options.blockEnd)`") }
    index += 1
    let body = try parseBody(until: ends)
    guard case .name(let end) = advance().kind else { throw unexpected("a statement") }
    return (body, end)
  }

  // MARK: Targets

  private func checkTarget(_ name: String, _ place: Place) throws {
    if ["true", "false", "none", "True", "False", "None"].contains(name) {
      throw SyntaxError("`\(name)` cannot be assigned to", place)
    }
  }

  private mutating func parseTarget(endingAt endName: String? = nil) throws -> Target {
    let start = current.place
    if case .name(let name) = current.kind, next.kind == .symbol(".") {
      index += 2
      let (attribute, place) = try expectName("the name of an attribute")
      mentioned.append(name)
      return .attribute(name, attribute, start.through(place))
    }
    var items: [Target] = []
    var isTuple = false
    while true {
      if !items.isEmpty {
        guard skip(symbol: ",") else { break }
        isTuple = true
      }
      if current.kind == .blockEnd || isSymbol("=") || isSymbol(")") { break }
      if let endName, isName(endName) { break }
      items.append(try parseSingleTarget())
    }
    if !isTuple, let only = items.first { return only }
    guard !items.isEmpty else { throw unexpected("a name to assign to") }
    return .tuple(items, start)
  }

  private mutating func parseSingleTarget() throws -> Target {
    let place = current.place
    if skip(symbol: "(") {
      let target = try nested { try $0.parseTarget() }
      try expect(symbol: ")")
      return target
    }
    let (name, _) = try expectName("a name to assign to")
    try checkTarget(name, place)
    if isSymbol(".") || isSymbol("[") || isSymbol("(") {
      throw SyntaxError(
        "only names and attributes of a `namespace` can be assigned to", current.place)
    }
    return .name(name, place)
  }

  // MARK: Statements

  private mutating func parseFor() throws -> Loop {
    let target = try parseTarget(endingAt: "in")
    guard skip(name: "in") else { throw unexpected("`in`") }
    let sequence = try parseTuple(allowsConditional: false, endingAt: "recursive")
    let condition = skip(name: "if") ? try parseExpression() : nil
    let isRecursive = skip(name: "recursive")
    var (body, end) = try parseBlockBody(["endfor", "else"])
    var otherwise: [Statement] = []
    if end == "else" { (otherwise, end) = try parseBlockBody(["endfor"]) }
    return Loop(
      target: target, sequence: sequence, condition: condition, isRecursive: isRecursive,
      body: body, otherwise: otherwise)
  }

  private mutating func parseIf(_ place: Place) throws -> Statement {
    var branches: [(test: Node, body: [Statement])] = []
    var otherwise: [Statement] = []
    var end = "elif"
    while end == "elif" {
      let test = try parseTuple(allowsConditional: false)
      let firstUse = uses.count
      let body: [Statement]
      (body, end) = try parseBlockBody(["elif", "else", "endif"])
      for use in firstUse..<uses.count { uses[use].isSoft = true }
      branches.append((test, body))
    }
    if end == "else" {
      let firstUse = uses.count
      (otherwise, _) = try parseBlockBody(["endif"])
      for use in firstUse..<uses.count { uses[use].isSoft = true }
    }
    return Statement(.condition(branches, otherwise: otherwise), place)
  }

  private mutating func parseSet(_ place: Place) throws -> Statement {
    let target = try parseTarget()
    if skip(symbol: "=") { return Statement(.set(target, try parseTuple()), place) }
    var filters: [FilterUse] = []
    while skip(symbol: "|") { filters.append(try parseFilterUse()) }
    let (body, _) = try parseBlockBody(["endset"])
    return Statement(.setBlock(target, filters: filters, body: body), place)
  }

  private mutating func parseFilterChain() throws -> [FilterUse] {
    var filters = [try parseFilterUse()]
    while skip(symbol: "|") { filters.append(try parseFilterUse()) }
    return filters
  }

  private mutating func parseWith(_ place: Place) throws -> Statement {
    var bindings: [(Target, Node)] = []
    while current.kind != .blockEnd {
      if !bindings.isEmpty { try expect(symbol: ",") }
      let target = try parseSingleTarget()
      try expect(symbol: "=")
      bindings.append((target, try parseExpression()))
    }
    return Statement(.with(bindings, body: try parseBlockBody(["endwith"]).0), place)
  }

  private mutating func parseBlock(_ place: Place) throws -> Statement {
    let (name, namePlace) = try expectName("the name of the block")
    guard blockNames.insert(name).inserted else {
      throw SyntaxError("the block `\(name)` is defined twice", namePlace)
    }
    let isScoped = skip(name: "scoped")
    let isRequired = skip(name: "required")
    if isSymbol("-") {
      throw SyntaxError(
        "the name of a block has no hyphens", current.place, hint: "use underscores")
    }
    let (body, _) = try parseBlockBody(["endblock"])
    if isRequired {
      for statement in body {
        guard case .text(let text) = statement.kind, text.unicodeScalars.allSatisfy(isBlank) else {
          throw SyntaxError("a required block may hold comments only", statement.place)
        }
      }
    }
    if isName(name) { index += 1 }
    return Statement(
      .block(
        BlockDefinition(name: name, isScoped: isScoped, isRequired: isRequired, body: body)),
      place)
  }

  private mutating func parseContext(_ usual: Bool) -> Bool {
    guard isName("with") || isName("without"), next.kind == .name("context") else { return usual }
    let isWith = isName("with")
    index += 2
    return isWith
  }

  private mutating func parseInclude(_ place: Place) throws -> Statement {
    let name = try parseExpression()
    var ignoresMissing = false
    if isName("ignore"), next.kind == .name("missing") {
      index += 2
      ignoresMissing = true
    }
    let withContext = parseContext(true)
    return Statement(
      .include(name, ignoresMissing: ignoresMissing, withContext: withContext), place)
  }

  private mutating func parseImport(_ place: Place) throws -> Statement {
    let template = try parseExpression()
    guard skip(name: "as") else { throw unexpected("`as`") }
    let (name, namePlace) = try expectName("a name")
    try checkTarget(name, namePlace)
    return Statement(
      .importAll(template, name: name, withContext: parseContext(false)), place)
  }

  private mutating func parseFromImport(_ place: Place) throws -> Statement {
    let template = try parseExpression()
    guard skip(name: "import") else { throw unexpected("`import`") }
    var names: [(name: String, alias: String)] = []
    while true {
      if !names.isEmpty, !isSymbol(",") { break }
      if !names.isEmpty { index += 1 }
      if isName("with") || isName("without"), next.kind == .name("context") { break }
      guard case .name = current.kind else {
        throw unexpected("a name")
      }
      let (name, namePlace) = try expectName("a name")
      if name.hasPrefix("_") {
        throw SyntaxError("names with an underscore in front cannot be imported", namePlace)
      }
      var alias = name
      if skip(name: "as") { alias = try expectName("a name").0 }
      names.append((name, alias))
    }
    return Statement(
      .importNames(template, names, withContext: parseContext(false)), place)
  }

  private mutating func parseCallBlock(_ place: Place) throws -> Statement {
    let hasParameters = isSymbol("(")
    var parameters: ([String], [Node]) = ([], [])
    if hasParameters { parameters = try parseParameters() }
    let call = try parseExpression()
    guard case .call = call.kind else {
      throw SyntaxError("expected the call of a macro", call.place)
    }
    let caller = try parseMacroBody("caller", parameters, endingAt: "endcall")
    return Statement(.call(caller, call), place)
  }

  private mutating func parseMacro(_ name: String, endingAt end: String) throws
    -> MacroDefinition
  {
    let parameters = try parseParameters()
    return try parseMacroBody(name, parameters, endingAt: end)
  }

  private mutating func parseParameters() throws -> ([String], [Node]) {
    try expect(symbol: "(")
    var names: [String] = []
    var defaults: [Node] = []
    while !isSymbol(")") {
      if !names.isEmpty { try expect(symbol: ",") }
      let (name, place) = try expectName("the name of a parameter")
      try checkTarget(name, place)
      guard !names.contains(name) else {
        throw SyntaxError("the parameter `\(name)` is declared twice", place)
      }
      names.append(name)
      if skip(symbol: "=") {
        defaults.append(try parseExpression())
      } else if !defaults.isEmpty {
        throw SyntaxError("a parameter without a default stands behind one with it", place)
      }
    }
    try expect(symbol: ")")
    return (names, defaults)
  }

  private mutating func parseMacroBody(
    _ name: String, _ parameters: ([String], [Node]), endingAt end: String
  ) throws -> MacroDefinition {
    let first = mentioned.count
    let (body, _) = try parseBlockBody([end])
    let used = mentioned[first...]
    return MacroDefinition(
      name: name, parameters: parameters.0, defaults: parameters.1, body: body,
      usesRest: used.contains("varargs"), usesKeywords: used.contains("kwargs"),
      usesCaller: used.contains("caller"))
  }
}
