/// Rewrites a Python regular expression for PCRE2 and refuses what Python refuses.
///
/// Names become numbers (PCRE2 limits their length), verbose text is stripped, every literal is
/// escaped, so nothing that only PCRE2 understands (`\K`, `(*VERB)`, `[[:alpha:]]`) gets through.
/// Groups are kept on a list, not on the call stack: nesting cannot exhaust it.
struct Translator {
  private let units: [UInt32]
  var at = 0
  var result: Translation
  var scope: Scope
  var frames: [Frame] = []
  var openGroups: Set<Int> = []
  /// What a quantifier that comes next would repeat.
  var last = Item.nothing
  var isBranchEmpty = true
  var branches = 1

  struct Scope {
    var ascii: Bool
    var verbose: Bool
  }

  enum Item { case nothing, position, item, repeated }

  struct Frame {
    var scope: Scope
    var group: Int?
    var isConditional = false
    var start: Int
    var branches: Int
  }

  private init(_ units: [UInt32], _ flags: PatternFlags) {
    self.units = units
    result = Translation(flags: flags)
    scope = Scope(ascii: false, verbose: flags.contains(.verbose))
  }

  /// - Throws: `PatternError` of kind `pattern` with the place in the text.
  static func translate(_ text: String, _ flags: PatternFlags) throws(PatternError) -> Translation {
    let units =
      flags.contains(.bytes) ? text.utf8.map(UInt32.init) : text.unicodeScalars.map(\.value)
    var translator = Translator(units, flags)
    try translator.run()
    return translator.result
  }

  static func translate(bytes: [UInt8], _ flags: PatternFlags) throws(PatternError) -> Translation {
    var translator = Translator(bytes.map(UInt32.init), flags.union(.bytes))
    try translator.run()
    return translator.result
  }

  private mutating func run() throws(PatternError) {
    while let unit = next() {
      if scope.verbose {
        if unit.isPatternSpace { continue }
        if unit == UInt32(ascii: "#") {
          while let skipped = next(), skipped != 0x0A {}
          continue
        }
      }
      try translateUnit(unit)
    }
    if let open = frames.last {
      throw PatternError(.pattern, "missing ), unterminated subpattern", offset: open.start)
    }
  }

  private mutating func translateUnit(_ unit: UInt32) throws(PatternError) {
    switch Unicode.Scalar(unit) {
    case "\\": try translateEscape()
    case "^", "$":
      result.source.append(UInt8(unit))
      setLast(.position)
    case ".":
      result.source.append(UInt8(unit))
      setLast(.item)
    case "[": try translateClass()
    case "(": try openGroup()
    case ")": try closeGroup()
    case "|":
      branches += 1
      if frames.last?.isConditional == true, branches > 2 {
        throw fail("conditional backref with more than two branches")
      }
      result.source.append(UInt8(unit))
      last = .nothing
      isBranchEmpty = false
    case "*", "+", "?": try quantify([UInt8(unit)])
    case "{":
      if let bounds = try quantifierBounds() { try quantify(bounds) } else { literal(unit) }
    default: literal(unit)
    }
  }

  // MARK: reading and writing

  private var peek: UInt32? { at < units.count ? units[at] : nil }

  mutating func next() -> UInt32? {
    guard at < units.count else { return nil }
    defer { at += 1 }
    return units[at]
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar.value else { return false }
    at += 1
    return true
  }

  func fail(_ message: String, back: Int = 1) -> PatternError {
    PatternError(.pattern, message, offset: max(0, at - back))
  }

  mutating func emit(_ text: StaticString) {
    text.withUTF8Buffer { result.source.append(contentsOf: $0) }
  }

  mutating func emit(_ text: String) { result.source.append(contentsOf: text.utf8) }

  mutating func setLast(_ item: Item) {
    last = item
    isBranchEmpty = false
  }

  private mutating func literal(_ unit: UInt32) {
    emitCharacter(unit)
    setLast(.item)
  }

  /// A character that stands for itself, in a class or outside.
  private mutating func emitCharacter(_ unit: UInt32) {
    if unit.isASCIILetter || unit.isDigit || unit == UInt32(ascii: "_") {
      result.source.append(UInt8(unit))
    } else if (0x20..<0x7F).contains(unit) {
      result.source.append(0x5C)
      result.source.append(UInt8(unit))
    } else {
      emit("\\x{" + String(unit, radix: 16) + "}")
    }
  }

  // MARK: quantifiers

  /// The bounds behind `{` in PCRE2's form, or nil where the brace is a literal.
  private mutating func quantifierBounds() throws(PatternError) -> [UInt8]? {
    let start = at
    if peek == UInt32(ascii: "}") { return nil }
    let low = digits()
    let hasComma = take(",")
    let high = hasComma ? digits() : low
    guard take("}") else {
      at = start
      return nil
    }
    guard low.count <= 5, high.count <= 5, let from = Int(low.isEmpty ? "0" : low), from < 65536
    else { throw fail("the repetition number is too large") }
    var text = "{\(from)"
    if hasComma { text += "," }
    if hasComma, !high.isEmpty {
      guard let to = Int(high), to < 65536 else {
        throw fail("the repetition number is too large")
      }
      if to < from { throw fail("min repeat greater than max repeat", back: at - start) }
      text += String(to)
    }
    if !hasComma, low.isEmpty {
      at = start
      return nil
    }
    return Array((text + "}").utf8)
  }

  private mutating func digits() -> String {
    var text = ""
    while let unit = peek, unit.isDigit, let scalar = Unicode.Scalar(unit) {
      text.unicodeScalars.append(scalar)
      at += 1
    }
    return text
  }

  private mutating func quantify(_ quantifier: [UInt8]) throws(PatternError) {
    switch last {
    case .nothing, .position: throw fail("nothing to repeat")
    case .repeated: throw fail("multiple repeat")
    case .item: break
    }
    result.source += quantifier
    if take("?") { emit("?") } else if take("+") { emit("+") }
    last = .repeated
  }

  // MARK: escapes

  private mutating func translateEscape() throws(PatternError) {
    guard let unit = next() else { throw fail("bad escape (end of pattern)") }
    switch Unicode.Scalar(unit) {
    case "A", "b", "B":
      result.source += [0x5C, UInt8(unit)]
      setLast(.position)
    case "Z":
      emit("\\z")
      setLast(.position)
    case "d", "D", "s", "S", "w", "W":
      emitCategory(unit, inClass: false)
      setLast(.item)
    default:
      if unit.isDigit, unit != UInt32(ascii: "0") {
        try translateNumber(unit)
      } else {
        literal(try characterEscape(unit, inClass: false))
      }
    }
  }

  /// `\1` to `\99`, or three octal digits.
  private mutating func translateNumber(_ first: UInt32) throws(PatternError) {
    var number = Int(first - 0x30)
    if let second = peek, second.isDigit {
      at += 1
      if first.isOctalDigit, second.isOctalDigit, let third = peek, third.isOctalDigit {
        at += 1
        let value = (first - 0x30) * 64 + (second - 0x30) * 8 + (third - 0x30)
        if value > 0o377 { throw fail("octal escape value outside of range 0-0o377", back: 4) }
        return literal(value)
      }
      number = number * 10 + Int(second - 0x30)
    }
    try backReference(number)
  }

  mutating func backReference(_ group: Int) throws(PatternError) {
    guard group <= result.groupCount else { throw fail("invalid group reference \(group)") }
    if openGroups.contains(group) { throw fail("cannot refer to an open group") }
    emit("\\g{\(group)}")
    setLast(.item)
  }

  /// The character that an escape stands for; the backslash and `unit` have been read.
  private mutating func characterEscape(
    _ unit: UInt32, inClass: Bool
  ) throws(PatternError) -> UInt32 {
    if let control = controlEscape(unit) { return control }
    switch Unicode.Scalar(unit) {
    case "x": return try hexadecimal(2)
    case "u" where !result.flags.contains(.bytes): return try hexadecimal(4)
    case "U" where !result.flags.contains(.bytes): return try hexadecimal(8)
    case "b" where inClass: return 0x08
    default: break
    }
    if unit.isOctalDigit {
      var value = unit - 0x30
      for _ in 0..<2 {
        guard let digit = peek, digit.isOctalDigit else { break }
        at += 1
        value = value * 8 + (digit - 0x30)
      }
      if value > 0o377 { throw fail("octal escape value outside of range 0-0o377", back: 4) }
      return value
    }
    if unit.isASCIILetter || unit.isDigit {
      let letter = Unicode.Scalar(unit).map(String.init) ?? ""
      throw fail("bad escape \\\(letter)", back: 2)
    }
    return unit
  }

  private mutating func hexadecimal(_ count: Int) throws(PatternError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = peek?.hexDigit, value < 0x1000_0000 else {
        throw fail("incomplete escape", back: 2)
      }
      at += 1
      value = value * 16 + digit
    }
    if !result.flags.contains(.bytes), Unicode.Scalar(value) == nil {
      throw fail("bad escape: not a character", back: count + 2)
    }
    return value
  }

  /// `\d` and its like. Inside `(?a:...)` PCRE2's own class would still be Unicode's.
  private mutating func emitCategory(_ letter: UInt32, inClass: Bool) {
    guard scope.ascii, !result.flags.contains(.ascii), !result.flags.contains(.bytes) else {
      result.source += [0x5C, UInt8(truncatingIfNeeded: letter)]
      return
    }
    let members: StaticString =
      switch Unicode.Scalar(letter) {
      case "d": "0-9"
      case "D": #"\x{0}-\/\:-\x{10ffff}"#
      case "s": #"\x{9}-\x{d}\x{20}"#
      case "S": #"\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{10ffff}"#
      case "w": "0-9A-Za-z_"
      default: #"\x{0}-\/\:-\@\[-\^\x{60}\{-\x{10ffff}"#
      }
    if !inClass { emit("[") }
    emit(members)
    if !inClass { emit("]") }
  }

  // MARK: classes

  private mutating func translateClass() throws(PatternError) {
    let start = at
    emit("[")
    if take("^") { emit("^") }
    var isFirst = true
    while true {
      guard let unit = next() else {
        throw PatternError(.pattern, "unterminated character set", offset: start - 1)
      }
      if unit == UInt32(ascii: "]"), !isFirst { break }
      isFirst = false
      let low = try classMember(unit)
      guard peek == UInt32(ascii: "-"), at + 1 < units.count else {
        emitMember(low)
        continue
      }
      at += 1
      if take("]") {
        emitMember(low)
        emitCharacter(UInt32(ascii: "-"))
        break
      }
      guard let unit = next() else { continue }
      let high = try classMember(unit)
      guard case .character(let from) = low, case .character(let to) = high, from <= to else {
        throw fail("bad character range", back: 3)
      }
      emitCharacter(from)
      emit("-")
      emitCharacter(to)
    }
    emit("]")
    setLast(.item)
  }

  enum Member {
    case character(UInt32)
    case category(UInt32)
  }

  private mutating func classMember(_ unit: UInt32) throws(PatternError) -> Member {
    guard unit == UInt32(ascii: "\\") else { return .character(unit) }
    guard let escaped = next() else { throw fail("bad escape (end of pattern)") }
    switch Unicode.Scalar(escaped) {
    case "d", "D", "s", "S", "w", "W": return .category(escaped)
    default: return .character(try characterEscape(escaped, inClass: true))
    }
  }

  private mutating func emitMember(_ member: Member) {
    switch member {
    case .character(let unit): emitCharacter(unit)
    case .category(let letter): emitCategory(letter, inClass: true)
    }
  }
}
