import Diagnostics
import Values

/// Turns tokens into statements and expressions. One fault ends it.
struct Parser {
  var tokens: [Token]
  var index = 0
  let options: TemplateOptions
  var depth = 0
  /// Names that expressions mention, in order, to see what a macro's body needs.
  var mentioned: [String] = []
  /// Filters and tests by name, and whether they stand where they may never be reached.
  var uses: [Use] = []
  var blockNames: Set<String> = []
  var openTags: [(name: String, place: Place)] = []
  static let depthLimit = 100

  struct Use: Sendable {
    enum Kind: Sendable { case filter, test }
    let kind: Kind
    let name: String
    let place: Place
    var isSoft = false
  }

  init(_ tokens: [Token], options: TemplateOptions) {
    self.tokens = tokens
    self.options = options
  }

  // MARK: Tokens

  var current: Token {
    index < tokens.count
      ? tokens[index] : Token(kind: .end, place: tokens.last?.place ?? Place(offset: 0, length: 1))
  }

  var next: Token {
    index + 1 < tokens.count
      ? tokens[index + 1] : Token(kind: .end, place: current.place)
  }

  var previous: Token { index > 0 && index <= tokens.count ? tokens[index - 1] : current }

  mutating func advance() -> Token {
    let token = current
    if index < tokens.count { index += 1 }
    return token
  }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    index += 1
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard isName(name) else { return false }
    index += 1
    return true
  }

  mutating func expect(symbol: String) throws {
    guard skip(symbol: symbol) else { throw unexpected("`\(symbol)`") }
  }

  mutating func expectName(_ what: String) throws -> (String, Place) {
    guard case .name(let name) = current.kind else { throw unexpected(what) }
    return (name, advance().place)
  }

  func unexpected(_ wanted: String) -> SyntaxError {
    SyntaxError("expected \(wanted), found \(current.description)", current.place)
  }

  mutating func nested<T>(_ parse: (inout Parser) throws -> T) throws -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth < Parser.depthLimit else {
      throw SyntaxError("the template is nested too deeply", current.place)
    }
    return try parse(&self)
  }
}
