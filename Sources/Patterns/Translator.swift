/// Rewrites a Python regular expression for PCRE2 and refuses what Python refuses.
///
/// Names become numbers (PCRE2 limits their length), verbose text is stripped, every literal is
/// escaped, so nothing that only PCRE2 understands (`\K`, `(*VERB)`, `[[:alpha:]]`) gets through.
/// Groups are kept on a list, not on the call stack: nesting cannot exhaust it.
struct Translator {
  private let units: [UInt32]
  private var at = 0
  private var result: Translation
  private var scope: Scope
  private var frames: [Frame] = []
  private var openGroups: Set<Int> = []
  /// What a quantifier that comes next would repeat.
  private var last = Item.nothing
  private var isBranchEmpty = true
  private var branches = 1

  private struct Scope {
    var ascii: Bool
    var verbose: Bool
  }

  private enum Item { case nothing, position, item, repeated }

  private struct Frame {
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

  private mutating func next() -> UInt32? {
    guard at < units.count else { return nil }
    defer { at += 1 }
    return units[at]
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar.value else { return false }
    at += 1
    return true
  }

  private func fail(_ message: String, back: Int = 1) -> PatternError {
    PatternError(.pattern, message, offset: max(0, at - back))
  }

  private mutating func emit(_ text: StaticString) {
    text.withUTF8Buffer { result.source.append(contentsOf: $0) }
  }

  private mutating func emit(_ text: String) { result.source.append(contentsOf: text.utf8) }

  private mutating func setLast(_ item: Item) {
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

  private mutating func backReference(_ group: Int) throws(PatternError) {
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

  private enum Member {
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

// MARK: groups

extension Translator {
  private mutating func openGroup() throws(PatternError) {
    let start = at - 1
    guard take("?") else { return push(group: newGroup(), "(", start) }
    guard let unit = next() else { throw fail("unexpected end of pattern") }
    switch Unicode.Scalar(unit) {
    case "P":
      if take("<") {
        let name = try groupName(until: ">")
        guard isIdentifier(name) else { throw fail("bad character in group name '\(name)'") }
        if result.group(named: name) != nil {
          throw fail("redefinition of group name '\(name)'")
        }
        let group = newGroup()
        result.names.append((name, group))
        push(group: group, "(", start)
      } else if take("=") {
        let name = try groupName(until: ")")
        guard let group = result.group(named: name) else {
          throw fail("unknown group name '\(name)'")
        }
        try backReference(group)
      } else {
        throw fail("unknown extension ?P")
      }
    case ":": push(group: nil, "(?:", start)
    case ">": push(group: nil, "(?>", start)
    case "=": push(group: nil, "(?=", start)
    case "!": push(group: nil, "(?!", start)
    case "<":
      if take("=") {
        push(group: nil, "(?<=", start)
      } else if take("!") {
        push(group: nil, "(?<!", start)
      } else {
        throw fail("unknown extension ?<")
      }
    case "(": try openConditional(start)
    case "#":
      while let skipped = next() {
        if skipped == UInt32(ascii: ")") { return }
      }
      throw fail("missing ), unterminated comment")
    default:
      at -= 1
      try openFlags(start)
    }
  }

  private mutating func newGroup() -> Int {
    result.groupCount += 1
    openGroups.insert(result.groupCount)
    return result.groupCount
  }

  private mutating func push(
    group: Int?, _ opening: String, _ start: Int, isConditional: Bool = false
  ) {
    emit(opening)
    frames.append(
      Frame(
        scope: scope, group: group, isConditional: isConditional, start: start,
        branches: branches))
    last = .nothing
    isBranchEmpty = false
    branches = 1
  }

  private mutating func closeGroup() throws(PatternError) {
    guard let frame = frames.popLast() else { throw fail("unbalanced parenthesis") }
    emit(")")
    scope = frame.scope
    branches = frame.branches
    if let group = frame.group { openGroups.remove(group) }
    setLast(.item)
  }

  private mutating func groupName(until end: Unicode.Scalar) throws(PatternError) -> String {
    var name = ""
    while let unit = next() {
      if unit == end.value {
        if name.isEmpty { throw fail("missing group name") }
        return name
      }
      if let scalar = Unicode.Scalar(unit) { name.unicodeScalars.append(scalar) }
    }
    throw fail("missing \(end), unterminated name")
  }

  private mutating func openConditional(_ start: Int) throws(PatternError) {
    let name = try groupName(until: ")")
    let group: Int
    if isIdentifier(name) {
      guard let named = result.group(named: name) else {
        throw fail("unknown group name '\(name)'")
      }
      group = named
    } else {
      guard let number = Int(name), number > 0 else { throw fail("bad group number") }
      group = number
    }
    push(group: nil, "(?(\(group))", start, isConditional: true)
  }

  /// `(?i)` at the start of the pattern, `(?i:` and `(?-i:` anywhere.
  private mutating func openFlags(_ start: Int) throws(PatternError) {
    var added = ""
    var removed = ""
    var isRemoving = false
    var inner = scope
    var global = PatternFlags()
    while let unit = next() {
      switch Unicode.Scalar(unit) {
      case "-" where !isRemoving: isRemoving = true
      case "i", "m", "s":
        let letter = Unicode.Scalar(UInt8(unit))
        if isRemoving {
          removed.unicodeScalars.append(letter)
        } else {
          added.unicodeScalars.append(letter)
          global.insert(letter == "i" ? .ignoreCase : letter == "m" ? .multiline : .dotAll)
        }
      case "x":
        inner.verbose = !isRemoving
        if !isRemoving { global.insert(.verbose) }
      case "a" where !isRemoving:
        inner.ascii = true
        global.insert(.ascii)
      case "u" where !isRemoving && !result.flags.contains(.bytes): inner.ascii = false
      case ")" where !isRemoving:
        guard isBranchEmpty, frames.isEmpty else {
          throw PatternError(
            .pattern, "global flags not at the start of the expression", offset: start)
        }
        result.flags.formUnion(global)
        scope = Scope(ascii: false, verbose: result.flags.contains(.verbose))
        return
      case ":":
        let flags = removed.isEmpty ? added : added + "-" + removed
        push(group: nil, "(?\(flags):", start)
        scope = inner
        return
      default:
        throw fail("unknown extension ?" + (Unicode.Scalar(unit).map(String.init) ?? ""))
      }
    }
    throw fail("missing -, : or )")
  }
}
