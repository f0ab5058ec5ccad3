import BigInt
import Values

/// Cuts a template into tokens, with Jinja2's rules for white space around its tags.
struct Lexer {
  let scalars: [Unicode.Scalar]
  let options: TemplateOptions
  var position = 0
  private var tokens: [Token] = []
  /// The last thing read ended with a line break, or nothing was read yet.
  private var isAtLineStart = true
  private let openings: [Opening]

  private struct Opening {
    enum Kind { case comment, block, variable, lineStatement, lineComment }
    let kind: Kind
    let text: [Unicode.Scalar]
  }

  private enum End {
    case block, variable, lineStatement
  }

  /// - Parameter text: with line feeds as its only line breaks.
  init(_ text: String, options: TemplateOptions) {
    scalars = Array(text.unicodeScalars)
    self.options = options
    var openings = [
      Opening(kind: .comment, text: Array(options.commentStart.unicodeScalars)),
      Opening(kind: .block, text: Array(options.blockStart.unicodeScalars)),
      Opening(kind: .variable, text: Array(options.variableStart.unicodeScalars)),
    ]
    if let prefix = options.lineStatementPrefix, !prefix.isEmpty {
      openings.append(Opening(kind: .lineStatement, text: Array(prefix.unicodeScalars)))
    }
    if let prefix = options.lineCommentPrefix, !prefix.isEmpty {
      openings.append(Opening(kind: .lineComment, text: Array(prefix.unicodeScalars)))
    }
    // Longest first; a stable sort keeps the order above among equals.
    self.openings = openings.enumerated().sorted {
      ($1.element.text.count, $0.offset) < ($0.element.text.count, $1.offset)
    }.map(\.element)
  }

  /// The tokens of the template, the last one being `.end`.
  static func tokens(_ text: String, options: TemplateOptions) throws -> [Token] {
    var lexer = Lexer(text, options: options)
    try lexer.readTemplate()
    return lexer.tokens
  }

  /// The tokens of an expression that stands alone.
  static func expressionTokens(_ text: String, options: TemplateOptions) throws -> [Token] {
    var lexer = Lexer(text, options: options)
    try lexer.readExpression(until: nil, from: 0)
    return lexer.tokens
  }

  // MARK: Text

  private mutating func readTemplate() throws {
    while position < scalars.count {
      let start = position
      guard let (opening, at, length) = nextOpening() else {
        addData(start, scalars.count)
        position = scalars.count
        break
      }
      position = at + length
      let sign = position < scalars.count ? scalars[position] : " "
      let hasSign = sign == "-" || sign == "+"
      if hasSign { position += 1 }
      let isRaw = opening.kind == .block && matchRawBegin()
      let end = stripped(start, at, sign: hasSign ? sign : nil, kind: opening.kind)
      addData(start, end)
      isAtLineStart = false
      let place = Place(offset: at, length: length)
      if isRaw {
        try readRaw(place)
        continue
      }
      switch opening.kind {
      case .comment: try readComment(place)
      case .lineComment:
        while position < scalars.count, scalars[position] != "\n" { position += 1 }
      case .block:
        tokens.append(Token(kind: .blockBegin, place: place))
        try readExpression(until: .block, from: at)
      case .lineStatement:
        tokens.append(Token(kind: .blockBegin, place: place))
        try readExpression(until: .lineStatement, from: at)
      case .variable:
        tokens.append(Token(kind: .variableBegin, place: place))
        try readExpression(until: .variable, from: at)
      }
    }
    tokens.append(Token(kind: .end, place: Place(offset: scalars.count, length: 1)))
  }

  /// The next opening delimiter: where it starts, with the blanks that belong to it, and its length.
  private func nextOpening() -> (Opening, at: Int, length: Int)? {
    var index = position
    while index < scalars.count {
      for opening in openings {
        switch opening.kind {
        case .comment, .block, .variable:
          if matches(opening.text, at: index) { return (opening, index, opening.text.count) }
        case .lineStatement:
          guard index == 0 || scalars[index - 1] == "\n" else { continue }
          let text = skip(from: index) { $0 == " " || $0 == "\t" || $0 == "\u{0B}" }
          if matches(opening.text, at: text) {
            return (opening, index, text - index + opening.text.count)
          }
        case .lineComment:
          guard index == 0 || scalars[index - 1] == "\n" || !isBlank(scalars[index - 1]) else {
            continue
          }
          let text = skip(from: index) { isBlank($0) && $0 != "\n" && $0 != "\r" }
          if matches(opening.text, at: text) {
            return (opening, index, text - index + opening.text.count)
          }
        }
      }
      index += 1
    }
    return nil
  }

  /// Where the text before a tag ends once the tag's sign and `lstrip_blocks` have had their say.
  private func stripped(
    _ start: Int, _ end: Int, sign: Unicode.Scalar?, kind: Opening.Kind
  ) -> Int {
    var end = end
    if sign == "-" {
      while end > start, isBlank(scalars[end - 1]) { end -= 1 }
      return end
    }
    guard sign != "+", options.lstripBlocks, kind != .variable else { return end }
    var line = end
    while line > start, isBlank(scalars[line - 1]), scalars[line - 1] != "\n" { line -= 1 }
    let isWholeLine = line > start ? scalars[line - 1] == "\n" : isAtLineStart
    return isWholeLine ? line : end
  }

  private mutating func addData(_ start: Int, _ end: Int) {
    guard end > start else { return }
    tokens.append(
      Token(
        kind: .data(newlines(text(start, end))), place: Place(offset: start, length: end - start)))
  }

  func newlines(_ text: String) -> String {
    guard options.newlineSequence != "\n" else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        result += options.newlineSequence
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  // MARK: Comments and raw text

  private mutating func readComment(_ place: Place) throws {
    let close = Array(options.commentEnd.unicodeScalars)
    let first = position
    while position < scalars.count {
      if matches(close, at: position) {
        // The sign stands inside, just before the end; it is not that of the opening.
        let sign = position > first ? scalars[position - 1] : " "
        position += close.count
        finishTag(sign: sign)
        return
      }
      position += 1
    }
    throw SyntaxError("the comment is not closed: `\(options.commentEnd)` is missing", place)
  }

  /// Consumes the white space that the end of a tag takes with it.
  private mutating func finishTag(sign: Unicode.Scalar) {
    isAtLineStart = false
    if sign == "-" {
      while position < scalars.count, isBlank(scalars[position]) {
        isAtLineStart = scalars[position] == "\n"
        position += 1
      }
    } else if sign != "+", options.trimBlocks, position < scalars.count, scalars[position] == "\n" {
      position += 1
      isAtLineStart = true
    }
  }

  /// Whether the block tag just opened is `raw`; its end is consumed then.
  private mutating func matchRawBegin() -> Bool {
    let word = skip(from: position, while: isBlank)
    guard matches(Array("raw".unicodeScalars), at: word) else { return false }
    var end = skip(from: word + 3, while: isBlank)
    let close = Array(options.blockEnd.unicodeScalars)
    if matches(close, at: end) {
      position = end + close.count
      return true
    }
    guard end < scalars.count, scalars[end] == "-", matches(close, at: end + 1) else {
      return false
    }
    end += 1 + close.count
    position = skip(from: end, while: isBlank)
    return true
  }

  private mutating func readRaw(_ place: Place) throws {
    let open = Array(options.blockStart.unicodeScalars)
    let close = Array(options.blockEnd.unicodeScalars)
    let start = position
    isAtLineStart = false
    var index = start
    while index < scalars.count {
      defer { index += 1 }
      guard matches(open, at: index) else { continue }
      var cursor = index + open.count
      var sign: Unicode.Scalar?
      if cursor < scalars.count, scalars[cursor] == "-" || scalars[cursor] == "+" {
        sign = scalars[cursor]
        cursor += 1
      }
      cursor = skip(from: cursor, while: isBlank)
      guard matches(Array("endraw".unicodeScalars), at: cursor) else { continue }
      cursor = skip(from: cursor + 6, while: isBlank)
      var endSign: Unicode.Scalar = " "
      if cursor < scalars.count, scalars[cursor] == "-" || scalars[cursor] == "+" {
        endSign = scalars[cursor]
        cursor += 1
      }
      guard matches(close, at: cursor) else { continue }
      addData(start, stripped(start, index, sign: sign, kind: .block))
      position = cursor + close.count
      finishTag(sign: endSign)
      return
    }
    throw SyntaxError("`raw` is not closed: `endraw` is missing", place)
  }

  // MARK: Expressions

  /// Reads words up to the closing delimiter that is not inside brackets, or to the end of text.
  private mutating func readExpression(until end: End?, from opening: Int) throws {
    var brackets: [(Unicode.Scalar, Place)] = []
    while true {
      if brackets.isEmpty, let end, let token = matchEnd(end) {
        tokens.append(token)
        return
      }
      guard position < scalars.count else { break }
      let scalar = scalars[position]
      if isBlank(scalar) {
        position += 1
        continue
      }
      let start = position
      if scalar.value < 0x80,
        scalar >= "0" && scalar <= "9"
          || scalar == "." && isDigit(start + 1) && !(start > 0 && scalars[start - 1] == ".")
      {
        if let value = try readNumber() {
          add(.number(value), from: start)
          continue
        }
      }
      if scalar == "_" || scalar.properties.isXIDStart {
        position = skip(from: start) { $0.properties.isXIDContinue }
        add(.name(text(start, position)), from: start)
        continue
      }
      if scalar == "'" || scalar == "\"" {
        add(.string(try readString(scalar)), from: start)
        continue
      }
      try readSymbol(scalar, &brackets)
    }
    if let (bracket, place) = brackets.last {
      throw SyntaxError("`\(bracket)` is not closed", place)
    }
    switch end {
    case nil: tokens.append(Token(kind: .end, place: Place(offset: scalars.count, length: 1)))
    case .lineStatement:
      tokens.append(Token(kind: .blockEnd, place: Place(offset: scalars.count, length: 1)))
    case .block:
      throw SyntaxError(
        "the statement is not closed: `\(options.blockEnd)` is missing",
        Place(offset: opening, length: options.blockStart.unicodeScalars.count))
    case .variable:
      throw SyntaxError(
        "the expression is not closed: `\(options.variableEnd)` is missing",
        Place(offset: opening, length: options.variableStart.unicodeScalars.count))
    }
  }

  private mutating func matchEnd(_ end: End) -> Token? {
    let start = position
    switch end {
    case .lineStatement:
      let stop = skip(from: position, while: isBlank)
      if stop >= scalars.count {
        position = stop
      } else {
        guard let newline = scalars[position..<stop].lastIndex(of: "\n") else { return nil }
        position = newline + 1
        isAtLineStart = true
      }
      return Token(kind: .blockEnd, place: Place(offset: start, length: 1))
    case .block, .variable:
      let close = Array(
        (end == .block ? options.blockEnd : options.variableEnd).unicodeScalars)
      let sign = position < scalars.count ? scalars[position] : " "
      let isSigned = sign == "-" || (sign == "+" && end == .block)
      if isSigned, matches(close, at: position + 1) {
        position += 1 + close.count
        finishTag(sign: sign)
      } else if matches(close, at: position) {
        position += close.count
        if end == .block { finishTag(sign: " ") } else { isAtLineStart = false }
      } else {
        return nil
      }
      return Token(
        kind: end == .block ? .blockEnd : .variableEnd,
        place: Place(offset: start, length: close.count))
    }
  }

  private mutating func readSymbol(
    _ scalar: Unicode.Scalar, _ brackets: inout [(Unicode.Scalar, Place)]
  ) throws {
    let place = Place(offset: position, length: 1)
    let next = position + 1 < scalars.count ? scalars[position + 1] : " "
    let pair = String(String.UnicodeScalarView([scalar, next]))
    if ["//", "**", "==", "!=", ">=", "<="].contains(pair) {
      position += 2
      add(.symbol(pair), from: place.offset)
      return
    }
    switch scalar {
    case "(", "[", "{": brackets.append((scalar, place))
    case ")", "]", "}":
      let expected: Unicode.Scalar = scalar == ")" ? "(" : scalar == "]" ? "[" : "{"
      guard let (open, _) = brackets.popLast() else {
        throw SyntaxError("`\(scalar)` closes nothing", place)
      }
      guard open == expected else {
        throw SyntaxError("`\(scalar)` does not close `\(open)`", place)
      }
    case "+", "-", "/", "*", "%", "~", ">", "<", "=", ".", ":", "|", ",", ";": break
    default: throw SyntaxError("unexpected character `\(scalar)`", place)
    }
    position += 1
    add(.symbol(String(scalar)), from: place.offset)
  }

  private mutating func add(_ kind: Token.Kind, from start: Int) {
    tokens.append(Token(kind: kind, place: Place(offset: start, length: position - start)))
  }

  // MARK: Scanning

  private func matches(_ text: [Unicode.Scalar], at index: Int) -> Bool {
    guard index >= 0, index + text.count <= scalars.count else { return false }
    for offset in text.indices where scalars[index + offset] != text[offset] { return false }
    return true
  }

  private func skip(from index: Int, while accepts: (Unicode.Scalar) -> Bool) -> Int {
    var index = index
    while index < scalars.count, accepts(scalars[index]) { index += 1 }
    return index
  }

  private func isDigit(_ index: Int) -> Bool {
    index < scalars.count && scalars[index] >= "0" && scalars[index] <= "9"
  }

  func text(_ start: Int, _ end: Int) -> String {
    String(String.UnicodeScalarView(scalars[start..<end]))
  }
}

/// White space as Python's `\s` and `str.isspace` see it.
func isBlank(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0: true
  case ..<0x80: false
  default:
    scalar.properties.isWhitespace && scalar.value != 0x200B
  }
}

// MARK: Literals
