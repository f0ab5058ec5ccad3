import Values

/// Filters about plain text.
enum AnsibleText {
  static let filters: [Filter] = [
    Filter("quote") { call in
      .string(call.value.isNull ? "''" : shellQuoted(call.valueText))
    },
    Filter("split", "sep=None, maxsplit=-1") { call in
      let text = try call.stringValue()
      let limit = try call.int("maxsplit")
      guard let separator = call.optional("sep") else {
        return .list(splitAtSpace(text, limit).map { .string($0) })
      }
      guard let mark = separator.string else {
        throw Failure("must be str or None, not \(separator.typeName)")
      }
      if mark.isEmpty { throw Failure("empty separator") }
      return .list(split(text, at: mark, limit).map { .string($0) })
    },
    Filter(
      "comment",
      Signature(
        "style='plain', newline=None, beginning=None, prefix=None, prefix_count=1, "
          + "decoration=None, postfix=None, postfix_count=1, end=None")
    ) { call in .string(try comment(call)) },
  ]

  /// One word for a POSIX shell, as Python's `shlex.quote`.
  static func shellQuoted(_ text: String) -> String {
    if text.isEmpty { return "''" }
    let isSafe = text.utf8.allSatisfy { byte in
      let scalar = Unicode.Scalar(byte)
      return scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "_@%+=:,./-".unicodeScalars.contains(scalar))
    }
    return isSafe ? text : "'" + text.replacing("'", with: "'\"'\"'") + "'"
  }

  static func split(_ text: String, at separator: String, _ limit: Int) -> [String] {
    let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
    var pieces: [String] = []
    var start = 0
    var at = 0
    while at + mark.count <= bytes.count, limit < 0 || pieces.count < limit {
      if bytes[at..<(at + mark.count)].elementsEqual(mark) {
        pieces.append(String(decoding: bytes[start..<at], as: UTF8.self))
        at += mark.count
        start = at
      } else {
        at += 1
      }
    }
    pieces.append(String(decoding: bytes[start...], as: UTF8.self))
    return pieces
  }

  private static func splitAtSpace(_ text: String, _ limit: Int) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var pieces: [String] = []
    var at = 0
    while true {
      while at < scalars.count, isSpace(scalars[at]) { at += 1 }
      guard at < scalars.count else { return pieces }
      let start = at
      if limit >= 0, pieces.count == limit {
        pieces.append(String(String.UnicodeScalarView(scalars[start...])))
        return pieces
      }
      while at < scalars.count, !isSpace(scalars[at]) { at += 1 }
      pieces.append(String(String.UnicodeScalarView(scalars[start..<at])))
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  private struct CommentStyle {
    var decoration: String
    var beginning = ""
    var end = ""

    static func named(_ name: String) throws -> CommentStyle {
      switch name {
      case "plain": CommentStyle(decoration: "# ")
      case "erlang": CommentStyle(decoration: "% ")
      case "c": CommentStyle(decoration: "// ")
      case "cblock": CommentStyle(decoration: " * ", beginning: "/*", end: " */")
      case "xml": CommentStyle(decoration: " - ", beginning: "<!--", end: "-->")
      default:
        throw Failure(
          "unknown style `\(name)`", hint: "use one of: plain, erlang, c, cblock, xml")
      }
    }
  }

  private static func comment(_ call: DataCall) throws -> String {
    let style = try CommentStyle.named(call.text("style"))
    func option(_ name: String, _ fallback: String) -> String {
      call.optional(name).map { $0.string ?? $0.pythonText } ?? fallback
    }
    let newline = option("newline", "\n")
    let decoration = option("decoration", style.decoration)
    let bare = withoutTrailingSpace(decoration)
    let beginning = option("beginning", style.beginning)
    let prefix = option("prefix", bare)
    let postfix = option("postfix", bare)
    let end = option("end", style.end)
    let (before, behind) = (try call.int("prefix_count"), try call.int("postfix_count"))
    for (text, count) in [(prefix + newline, before), (newline + postfix, behind)] {
      let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(0, count))
      try Limits.check(size: overflow ? Int.max : size)
    }

    var result = beginning.isEmpty ? "" : beginning + newline
    if !prefix.isEmpty {
      let line = prefix == newline ? newline : prefix + newline
      result += String(repeating: line, count: max(0, before))
    }
    let body = replace(newline, by: newline + decoration, in: call.valueText)
    result += replace(decoration + newline, by: bare + newline, in: decoration + body)
    result += String(repeating: newline + postfix, count: max(0, behind))
    return end.isEmpty ? result : result + newline + end
  }

  private static func replace(_ old: String, by new: String, in text: String) -> String {
    old.isEmpty ? text : split(text, at: old, -1).joined(separator: new)
  }

  private static func withoutTrailingSpace(_ text: String) -> String {
    var scalars = text.unicodeScalars
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }
}
