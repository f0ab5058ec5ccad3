import Values

/// Python literals, as INI inventories may hold them: the values that `ast.literal_eval` accepts.
/// Tuples and sets become lists, bytes text, `...` and complex numbers their text.
struct PythonLiteral {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  /// Bytes beside text: no other reading of the value is tried.
  private var isMalformed = false
  private static let depthLimit = 90

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The value, or nil where the text is no literal.
  static func value(of text: String) -> Value? {
    guard let first = text.unicodeScalars.first(where: { $0 != " " && $0 != "\t" }),
      couldStart(first)
    else { return nil }
    var reader = PythonLiteral(text)
    reader.skipSpace()
    guard let value = reader.tuple(until: []) else { return nil }
    reader.skipSpace()
    guard reader.peek == nil || reader.peek == "#" else { return nil }
    return value
  }

  /// Most values are plain words: they are told apart by their first scalar.
  private static func couldStart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "0"..."9", "+", "-", ".", "\"", "'", "[", "(", "{", "N", "T", "F", "s": true
    case "b", "B", "r", "R", "u", "U": true
    default: false
    }
  }

  // MARK: Collections

  /// One value, or several with commas between them, up to the end or a closing scalar.
  private mutating func tuple(until closing: [Unicode.Scalar]) -> Value? {
    guard let first = value() else { return nil }
    skipSpace()
    guard peek == "," else { return first }
    var items = [first]
    while take(",") {
      skipSpace()
      guard let next = peek, next != "#", !closing.contains(next) else { break }
      guard let item = value() else { return nil }
      items.append(item)
      skipSpace()
    }
    return .list(items)
  }

  private mutating func value() -> Value? {
    guard depth < PythonLiteral.depthLimit else { return nil }
    depth += 1
    defer { depth -= 1 }
    skipSpace()
    guard let scalar = peek else { return nil }
    switch scalar {
    case "[": return list()
    case "(": return parenthesis()
    case "{": return braces()
    case "+", "-": return signed()
    case "0"..."9": return number()
    case ".":
      if takeWord("...") { return "..." }
      return number()
    default:
      if let text = string() { return text }
      return isMalformed ? Value?.none : word()
    }
  }

  private mutating func list() -> Value? {
    position += 1
    return items(until: "]").map { .list($0) }
  }

  private mutating func items(until end: Unicode.Scalar) -> [Value]? {
    var items: [Value] = []
    skipSpace()
    if take(end) { return items }
    while true {
      guard let item = value() else { return nil }
      items.append(item)
      skipSpace()
      if take(end) { return items }
      guard take(",") else { return nil }
      skipSpace()
      if take(end) { return items }
    }
  }

  private mutating func parenthesis() -> Value? {
    position += 1
    skipSpace()
    if take(")") { return [] }
    guard let inner = tuple(until: [")"]) else { return nil }
    skipSpace()
    guard take(")") else { return nil }
    return inner
  }

  private mutating func braces() -> Value? {
    position += 1
    skipSpace()
    if take("}") { return [:] }
    var map = ValueMap()
    var set: [Value] = []
    while true {
      guard let key = value(), key.elements == nil, key.map == nil else { return nil }
      skipSpace()
      if set.isEmpty, take(":") {
        guard let value = value() else { return nil }
        map[key] = value
      } else {
        guard map.isEmpty else { return nil }
        if !set.contains(key) { set.append(key) }
      }
      skipSpace()
      if take("}") { break }
      guard take(",") else { return nil }
      skipSpace()
      if take("}") { break }
    }
    return map.isEmpty ? .list(set) : .map(map)
  }

  // MARK: Words and numbers

  private mutating func word() -> Value? {
    let words: [(String, Value)] = [
      ("None", .null), ("True", true), ("False", false), ("set()", []),
    ]
    for (word, value) in words where takeWord(word) {
      if let next = peek, next.properties.isXIDContinue { return nil }
      return value
    }
    return nil
  }

  private mutating func signed() -> Value? {
    let isNegative = peek == "-"
    position += 1
    skipSpace()
    guard let number = number() else { return nil }
    guard isNegative else { return number }
    if case .string(let complex) = number { return .string("(-0-\(complex))") }
    return number.negated
  }

  private mutating func number() -> Value? {
    if peek == "0", let mark = scalars.dropFirst(position + 1).first,
      let radix = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2][mark]
    {
      position += 2
      if peek == "_" { position += 1 }
      guard let digits = digits({ Character($0).isHexDigit }) else { return nil }
      return end(.integer(digits: digits, radix: radix))
    }
    let whole = digits { ("0"..."9").contains($0) }
    let wholeEnd = position
    var isFloat = false
    var text = whole ?? ""
    if take(".") {
      isFloat = true
      let fraction = digits { ("0"..."9").contains($0) }
      if whole == nil, fraction == nil { return nil }
      text = (whole ?? "0") + "." + (fraction ?? "0")
    }
    if peek == "e" || peek == "E" {
      position += 1
      let sign = take("-") ? "-" : ""
      if sign.isEmpty { _ = take("+") }
      guard let exponent = digits({ ("0"..."9").contains($0) }) else { return nil }
      isFloat = true
      text += "e" + sign + exponent
    }
    if whole == nil, !isFloat { return nil }
    if take("j") || take("J") {
      guard let imaginary = Double(text).map(pythonRepr) else { return nil }
      return end(
        .string((imaginary.hasSuffix(".0") ? String(imaginary.dropLast(2)) : imaginary) + "j"))
    }
    if isFloat { return end(Double(text).map { .double($0) }) }
    guard let whole, position == wholeEnd else { return nil }
    // A leading zero is only allowed in zero itself.
    if whole.hasPrefix("0"), whole.contains(where: { $0 != "0" }) { return nil }
    return end(.integer(digits: whole))
  }

  /// Digits with single underscores between them.
  private mutating func digits(_ isDigit: (Unicode.Scalar) -> Bool) -> String? {
    var text = String.UnicodeScalarView()
    var lastWasDigit = false
    let start = position
    while let scalar = peek {
      if isDigit(scalar) {
        text.append(scalar)
        lastWasDigit = true
      } else if scalar == "_", lastWasDigit {
        lastWasDigit = false
      } else {
        break
      }
      position += 1
    }
    if lastWasDigit { return String(text) }
    position = start
    return nil
  }

  /// Nothing that belongs to a word may follow a number.
  private func end(_ value: Value?) -> Value? {
    if let next = peek, next.properties.isXIDContinue || next == "." { return nil }
    return value
  }

  // MARK: Text

  /// One or more string literals side by side.
  private mutating func string() -> Value? {
    guard case (var text, let isBytes)? = stringPart() else { return nil }
    while true {
      let before = position
      skipSpace()
      guard let next = stringPart() else {
        position = before
        return .string(text)
      }
      // Bytes and text do not join.
      if next.isBytes != isBytes {
        isMalformed = true
        return nil
      }
      text += next.text
    }
  }

  private mutating func stringPart() -> (text: String, isBytes: Bool)? {
    let start = position
    var isRaw = false
    var isBytes = false
    while let scalar = peek, "rRbBuU".unicodeScalars.contains(scalar), position - start < 2 {
      if scalar == "r" || scalar == "R" { isRaw = true }
      if scalar == "b" || scalar == "B" { isBytes = true }
      position += 1
    }
    guard let quote = peek, quote == "\"" || quote == "'" else {
      position = start
      return nil
    }
    let opening = scalars.dropFirst(position).prefix(3)
    let isTriple = opening.count == 3 && opening.allSatisfy { $0 == quote }
    position += isTriple ? 3 : 1
    var text = String.UnicodeScalarView()
    while let scalar = peek {
      if scalar == quote {
        if !isTriple {
          position += 1
          return (String(text), isBytes)
        }
        if scalars.dropFirst(position).prefix(3).count(where: { $0 == quote }) == 3 {
          position += 3
          return (String(text), isBytes)
        }
      }
      position += 1
      if scalar == "\\", let next = peek {
        position += 1
        if isRaw {
          text.append(contentsOf: [scalar, next])
        } else {
          escape(next, &text)
        }
      } else {
        text.append(scalar)
      }
    }
    position = start
    return nil
  }

  private mutating func escape(_ scalar: Unicode.Scalar, _ text: inout String.UnicodeScalarView) {
    switch scalar {
    case "\\", "'", "\"": text.append(scalar)
    case "n": text.append("\n")
    case "r": text.append("\r")
    case "t": text.append("\t")
    case "a": text.append("\u{7}")
    case "b": text.append("\u{8}")
    case "f": text.append("\u{C}")
    case "v": text.append("\u{B}")
    case "\n": break
    case "0"..."7":
      var code = scalar.value - 48
      var count = 1
      while count < 3, let next = peek, ("0"..."7").contains(next) {
        code = code * 8 + next.value - 48
        position += 1
        count += 1
      }
      text.append(Unicode.Scalar(code) ?? "\u{FFFD}")
    case "x", "u", "U":
      let width = scalar == "x" ? 2 : scalar == "u" ? 4 : 8
      let digits = scalars.dropFirst(position).prefix(width)
      let code = UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
      guard digits.count == width, let code else {
        text.append(contentsOf: ["\\", scalar])
        return
      }
      position += width
      text.append(Unicode.Scalar(code) ?? "\u{FFFD}")
    default: text.append(contentsOf: ["\\", scalar])
    }
  }

  // MARK: Reading

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    let wanted = word.unicodeScalars
    guard scalars.dropFirst(position).starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private mutating func skipSpace() {
    while let scalar = peek, scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\u{C}"
    {
      position += 1
    }
  }
}
