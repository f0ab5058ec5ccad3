import Values

extension SourceValue {
  /// What a user calls the kind of the value: `a list`, `a mapping`, `a text`.
  var kindName: String {
    switch content {
    case .list: "a list"
    case .map: "a mapping"
    case .vault: "a vaulted text"
    case .scalar(let value), .unsafe(let value): value.kindName
    }
  }

  /// True where the value is text that holds a template, or only the vault knows what it is.
  package var isTemplate: Bool {
    switch content {
    case .scalar(.string(let text)): hasTemplateMark(text)
    case .vault: true
    default: false
    }
  }

  /// True where any part of the value is a template or from the vault.
  var holdsTemplate: Bool {
    switch content {
    case .list(let items): items.contains(where: \.holdsTemplate)
    case .map(let entries): entries.contains { $0.value.holdsTemplate }
    default: isTemplate
    }
  }

  /// How many scalars a caret line under the value has: the text's first line.
  var width: Int {
    switch content {
    case .scalar(let value), .unsafe(let value):
      value.writtenWidth + (style == .quoted && value.string?.contains("\n") == false ? 2 : 0)
    default: 1
    }
  }
}

extension Value {
  var kindName: String {
    switch self {
    case .null: "empty"
    case .bool: "a boolean"
    case .int, .bigInt: "a whole number"
    case .double: "a number"
    case .string: "a text"
    case .bytes: "binary data"
    case .date, .datetime: "a date"
    case .list, .tuple: "a list"
    case .map, .partial: "a mapping"
    case .secret: "a secret"
    case .unknown: "unknown"
    }
  }

  fileprivate var writtenWidth: Int {
    switch self {
    case .string(let text):
      max(1, text.unicodeScalars.prefix { $0 != "\n" }.count)
    case .int(let number): String(number).utf8.count
    default: 1
    }
  }

  /// The value as a message quotes it, without the parts of a container.
  var quoted: String {
    switch self {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .double(let number): String(number)
    default: kindName
    }
  }
}

/// True where the text has the start of an expression, a statement or a comment of Jinja2.
func hasTemplateMark(_ text: String) -> Bool {
  var previous: UInt8 = 0
  for byte in text.utf8 {
    if previous == UInt8(ascii: "{"),
      byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#")
    {
      return true
    }
    previous = byte
  }
  return false
}
