import BigInt
import Values

/// Cuts a template into tokens, with Jinja2's rules for white space around its tags.
struct Lexer {
  private let scalars: [Unicode.Scalar]
  private let options: TemplateOptions
  private var position = 0
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

  private func newlines(_ text: String) -> String {
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

  private func text(_ start: Int, _ end: Int) -> String {
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

extension Lexer {
  /// A number at the position, or nil where there is only a dot.
  private mutating func readNumber() throws -> Value? {
    let start = position
    if let value = readFloat() { return value }
    guard scalars[start] != "." else { return nil }
    let prefix = start + 1 < scalars.count ? scalars[start + 1].properties.lowercaseMapping : ""
    let radix = scalars[start] == "0" ? ["b": 2, "o": 8, "x": 16][prefix] : nil
    if let radix, let end = digits(from: start + 2, radix: radix, allowsLeadingMark: true) {
      position = end
      return number(start + 2, end, radix: radix)
    }
    if scalars[start] == "0" {
      var end = start + 1
      while end < scalars.count {
        if scalars[end] == "0" {
          end += 1
        } else if scalars[end] == "_", end + 1 < scalars.count, scalars[end + 1] == "0" {
          end += 2
        } else {
          break
        }
      }
      position = end
      return .int(0)
    }
    guard let end = digits(from: start, radix: 10) else { return nil }
    guard end - start <= 4300 else {
      throw SyntaxError(
        "the number has too many digits", Place(offset: start, length: end - start))
    }
    position = end
    return number(start, end, radix: 10)
  }

  private mutating func readFloat() -> Value? {
    let start = position
    guard let whole = digits(from: start, radix: 10) else { return nil }
    var end = whole
    if end < scalars.count, scalars[end] == ".", let fraction = digits(from: end + 1, radix: 10) {
      end = fraction
    }
    if end < scalars.count, scalars[end] == "e" || scalars[end] == "E" {
      var sign = end + 1
      if sign < scalars.count, scalars[sign] == "+" || scalars[sign] == "-" { sign += 1 }
      if let exponent = digits(from: sign, radix: 10) { end = exponent }
    }
    guard end > whole, !(start > 0 && scalars[start - 1] == ".") else { return nil }
    position = end
    let digits = text(start, end).filter { $0 != "_" }
    return .double(Double(digits) ?? .infinity)
  }

  private func digits(from start: Int, radix: Int, allowsLeadingMark: Bool = false) -> Int? {
    var index = start
    var isAfterDigit = allowsLeadingMark
    while index < scalars.count {
      let scalar = scalars[index]
      if isAfterDigit, scalar == "_", index + 1 < scalars.count,
        isDigit(scalars[index + 1], radix: radix)
      {
        index += 2
      } else if isDigit(scalar, radix: radix) {
        index += 1
        isAfterDigit = true
      } else {
        break
      }
    }
    return index > start ? index : nil
  }

  private func isDigit(_ scalar: Unicode.Scalar, radix: Int) -> Bool {
    guard scalar.isASCII, let value = Character(scalar).hexDigitValue else { return false }
    return value < radix
  }

  private func number(_ start: Int, _ end: Int, radix: Int) -> Value {
    let digits = text(start, end).filter { $0 != "_" }
    return .integer(BigInt(digits, radix: radix) ?? 0)
  }

  private mutating func readString(_ quote: Unicode.Scalar) throws -> String {
    let start = position
    var index = start + 1
    while index < scalars.count, scalars[index] != quote {
      index += scalars[index] == "\\" ? 2 : 1
    }
    guard index < scalars.count else {
      throw SyntaxError("the string is not closed", Place(offset: start, length: 1))
    }
    position = index + 1
    let raw = newlines(text(start + 1, index))
    if options.literalBackslashes || !raw.unicodeScalars.contains("\\") { return raw }
    guard let decoded = unescape(raw) else {
      throw SyntaxError(
        "an escape sequence in the string is incomplete",
        Place(offset: start, length: position - start))
    }
    return decoded
  }
}

/// Python's escape sequences in a string constant; nil where one is malformed. Unknown ones stay.
func unescape(_ text: String) -> String? {
  let scalars = Array(text.unicodeScalars)
  var result = String.UnicodeScalarView()
  var index = 0
  while index < scalars.count {
    guard scalars[index] == "\\", index + 1 < scalars.count else {
      result.append(scalars[index])
      index += 1
      continue
    }
    let mark = scalars[index + 1]
    index += 2
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{07}",
      "b": "\u{08}", "f": "\u{0C}", "v": "\u{0B}",
    ]
    if let scalar = simple[mark] {
      result.append(scalar)
    } else if mark == "\n" {
      continue
    } else if mark == "x" || mark == "u" || mark == "U" {
      let width = mark == "x" ? 2 : mark == "u" ? 4 : 8
      let digits = scalars[index..<min(index + width, scalars.count)]
      let number = String(String.UnicodeScalarView(digits))
      guard digits.count == width, let value = UInt32(number, radix: 16),
        let scalar = Unicode.Scalar(value)
      else { return nil }
      result.append(scalar)
      index += width
    } else if mark >= "0" && mark <= "7" {
      var value = mark.value - 48
      var count = 1
      while count < 3, index < scalars.count, scalars[index] >= "0", scalars[index] <= "7" {
        value = value * 8 + scalars[index].value - 48
        index += 1
        count += 1
      }
      result.append(Unicode.Scalar(value) ?? "?")
    } else if mark == "N" {
      guard index < scalars.count, scalars[index] == "{",
        let end = scalars[index...].firstIndex(of: "}"),
        let scalar = scalar(
          named: String(String.UnicodeScalarView(scalars[(index + 1)..<end])))
      else { return nil }
      result.append(scalar)
      index = end + 1
    } else {
      result.append("\\")
      result.append(mark)
    }
  }
  return String(result)
}

private func scalar(named name: String) -> Unicode.Scalar? {
  let wanted = name.uppercased()
  for value in UInt32(0x20)...0x1FFFF {
    guard let scalar = Unicode.Scalar(value) else { continue }
    if scalar.properties.name == wanted || scalar.properties.nameAlias == wanted { return scalar }
  }
  return nil
}
