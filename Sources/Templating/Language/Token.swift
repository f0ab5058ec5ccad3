import Values

/// One word of a template.
struct Token: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case data(String)
    case variableBegin
    case variableEnd
    case blockBegin
    case blockEnd
    case name(String)
    case string(String)
    case number(Value)
    case symbol(String)
    case end
  }

  let kind: Kind
  let place: Place

  /// How an error names it.
  var description: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "the start of an expression"
    case .variableEnd: "the end of the expression"
    case .blockBegin: "the start of a statement"
    case .blockEnd: "the end of the statement"
    case .name(let name): "`\(name)`"
    case .string(let text): "the string \(quoted(text))"
    case .number(let number): "the number `\(number.pythonText)`"
    case .symbol(let symbol): "`\(symbol)`"
    case .end: "the end of the template"
    }
  }
}

/// What is wrong with the text of a template, and where.
struct SyntaxError: Error {
  let message: String
  let place: Place
  var hint: String?

  init(_ message: String, _ place: Place, hint: String? = nil) {
    self.message = message
    self.place = place
    self.hint = hint
  }
}
