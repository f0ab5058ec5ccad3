// MARK: groups

extension Translator {
  mutating func openGroup() throws(PatternError) {
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

  mutating func closeGroup() throws(PatternError) {
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
