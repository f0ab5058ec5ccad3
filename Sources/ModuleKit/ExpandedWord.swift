import Values

extension ShellWords {
  /// A word for the shell in which `$NAME` and `${NAME}` stand for the host's environment; unset
  /// names stay as written, as Python's `expandvars` leaves them.
  package static func expanding(_ word: String) -> String {
    var out = ""
    var literal = ""
    var rest = Substring(word)
    func flush() {
      if !literal.isEmpty { out += quoted(literal) }
      literal = ""
    }
    while let dollar = rest.firstIndex(of: "$") {
      literal += rest[..<dollar]
      let after = rest[rest.index(after: dollar)...]
      let isBraced = after.first == "{"
      let body = isBraced ? after.dropFirst() : after
      let name = body.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      let tail = body.dropFirst(name.count)
      let isName = !name.isEmpty && !(name.first?.isNumber ?? true)
      guard isName, !isBraced || tail.first == "}" else {
        literal += "$"
        rest = after
        continue
      }
      flush()
      let written = isBraced ? "${\(name)}" : "$\(name)"
      out += "\"${\(name)-\(quoted(written).replacingDollar)}\""
      rest = isBraced ? tail.dropFirst() : tail
    }
    literal += rest
    flush()
    return out.isEmpty ? "''" : out
  }
}

extension String {
  // Inside double quotes a dollar is kept by a backslash, not by single quotes.
  fileprivate var replacingDollar: String {
    var out = ""
    for scalar in unicodeScalars where scalar != "'" {
      if scalar == "$" || scalar == "}" { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }
}
