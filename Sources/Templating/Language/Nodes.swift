import Values

/// Where a piece of a template stands: offset and length in Unicode scalars.
struct Place: Hashable, Sendable {
  var offset: Int
  var length: Int

  /// From the start of this one to the end of another.
  func through(_ other: Place) -> Place {
    Place(offset: offset, length: max(length, other.offset + other.length - offset))
  }
}

/// An expression with its place.
struct Node: Sendable {
  indirect enum Kind: Sendable {
    case constant(Value)
    /// A constant whose text is itself a template to Ansible: a term of a lookup, or any in a condition.
    case embedded(String)
    case name(String)
    case list([Node])
    case tuple([Node])
    case dict([(key: Node, value: Node)])
    case attribute(Node, String)
    case item(Node, Node)
    case slice(Node, start: Node?, stop: Node?, step: Node?)
    case call(Node, Arguments)
    case filter(Node, String, Arguments)
    case test(Node, String, Arguments, isNegated: Bool)
    case not(Node)
    case negative(Node)
    case positive(Node)
    case and(Node, Node)
    case or(Node, Node)
    case binary(BinaryOperator, Node, Node)
    /// `a < b in c`: each operand is evaluated once, the comparisons are and-ed.
    case comparison(Node, [(ComparisonOperator, Node)])
    case concatenation([Node])
    case conditional(condition: Node, then: Node, otherwise: Node?)
  }

  let kind: Kind
  let place: Place

  init(_ kind: Kind, _ place: Place) {
    self.kind = kind
    self.place = place
  }
}

struct Arguments: Sendable {
  var positional: [Node] = []
  var keywords: [(name: String, value: Node)] = []
  var rest: Node?
  var options: Node?
  var isEmpty: Bool { positional.isEmpty && keywords.isEmpty && rest == nil && options == nil }
}

enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

enum ComparisonOperator: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

/// What an assignment writes to: a name, `namespace.attribute`, or several of them.
indirect enum Target: Sendable {
  case name(String, Place)
  case attribute(String, String, Place)
  case tuple([Target], Place)
}

/// A statement or a piece of output with its place.
struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case text(String)
    case output(Node)
    case condition([(test: Node, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case set(Target, Node)
    case setBlock(Target, filters: [FilterUse], body: [Statement])
    case macro(MacroDefinition)
    /// `{% call(parameters) name(...) %}`: the body is the macro's `caller`.
    case call(MacroDefinition, Node)
    case filter([FilterUse], body: [Statement])
    case include(Node, ignoresMissing: Bool, withContext: Bool)
    case importAll(Node, name: String, withContext: Bool)
    case importNames(Node, [(name: String, alias: String)], withContext: Bool)
    case extends(Node)
    case block(BlockDefinition)
    case with([(Target, Node)], body: [Statement])
    case autoescape(Node, body: [Statement])
    case evaluate(Node)
    case exitLoop
    case nextIteration
  }

  let kind: Kind
  let place: Place

  init(_ kind: Kind, _ place: Place) {
    self.kind = kind
    self.place = place
  }
}

struct FilterUse: Sendable {
  let name: String
  let arguments: Arguments
  let place: Place
}

struct Loop: Sendable {
  var target: Target
  var sequence: Node
  var condition: Node?
  var isRecursive: Bool
  var body: [Statement]
  var otherwise: [Statement]
}

struct MacroDefinition: Sendable {
  var name: String
  var parameters: [String]
  /// Defaults of the last parameters.
  var defaults: [Node]
  var body: [Statement]
  /// Whether the body mentions these names: only then may a caller give more than declared.
  var usesRest: Bool
  var usesKeywords: Bool
  var usesCaller: Bool
}

struct BlockDefinition: Sendable {
  var name: String
  var isScoped: Bool
  var isRequired: Bool
  var body: [Statement]
}
