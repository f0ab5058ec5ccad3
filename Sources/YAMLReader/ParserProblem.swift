import Diagnostics

/// What libyaml objects to, in words of ours, and what a user most likely meant.
enum ParserProblem {
  static func diagnostic(_ problem: String, at mark: Mark, in parser: EventParser) -> Diagnostic {
    let lines = SourceLines(parser.bytes)
    let place = SourceLocation(file: parser.file, line: mark.line + 1, column: mark.column + 1)
    let hint =
      unclosed.contains(problem)
      ? nil : hint(lines.text(ofLine: mark.line)) ?? hint(lines.text(ofLine: mark.line - 1))
    return .error("invalid YAML: \(words(for: problem))", at: place, hint: hint)
  }

  /// Where libyaml was: it was reading text in quotes.
  static let inQuotes = "while scanning a quoted scalar"
  /// What libyaml says where such text does not end.
  static let unclosed: Set<String> = [
    "found unexpected end of stream", "found unexpected document indicator",
  ]

  static func words(for problem: String) -> String { table[problem] ?? problem }

  /// One action, from what the line looks like.
  private static func hint(_ line: String?) -> String? {
    guard let line else { return nil }
    let indentation = line.prefix { $0 == " " || $0 == "\t" }
    if indentation.contains("\t") { return "indent with spaces; YAML forbids tabs there" }
    guard let value = plainValue(of: line) else { return nil }
    if value.hasPrefix("{{") { return "put the template in quotes: `\"\(value)\"`" }
    if let quote = value.first, quote == "\"" || quote == "'" {
      guard value.last != quote else { return nil }
      return "text that starts with a quote must end with it; put quotes around the whole value"
    }
    if value.hasPrefix("{") || value.hasPrefix("[") { return nil }
    if value.contains(": ") || value.hasSuffix(":") {
      return "put quotes around text that holds a colon followed by a space"
    }
    return nil
  }

  /// What stands behind `key: ` or `- `, without space and comment.
  private static func plainValue(of line: String) -> Substring? {
    var rest = line.drop { $0 == " " }
    while rest.hasPrefix("- ") { rest = rest.dropFirst(2).drop { $0 == " " } }
    let isQuoted = rest.hasPrefix("\"") || rest.hasPrefix("'") || rest.hasPrefix("{")
    if !isQuoted, let colon = rest.firstIndex(of: ":") {
      let after = rest[colon...].dropFirst()
      if after.hasPrefix(" ") { rest = after.drop { $0 == " " } }
    }
    while rest.last == " " || rest.last == "\r" { rest.removeLast() }
    return rest.isEmpty ? nil : rest
  }

  private static let table: [String: String] = [
    "did not find expected key": "expected a key of the mapping here",
    "did not find expected <document start>": "expected `---` before a new document",
    "did not find expected node content": "expected a value here",
    "did not find expected ',' or '}'": "expected `,` or `}` in a `{…}` mapping",
    "did not find expected ',' or ']'": "expected `,` or `]` in a `[…]` list",
    "did not find expected '-' indicator": "expected `-` for the next item of the list",
    "did not find expected <stream-start>": "unreadable start of the text",
    "found undefined tag handle": "undefined tag prefix",
    "found duplicate %YAML directive": "second `%YAML` directive",
    "found duplicate %TAG directive": "second `%TAG` directive for the same prefix",
    "found incompatible YAML document": "this version of YAML is not supported",
    "found character that cannot start any token": "this character cannot start a value",
    "mapping values are not allowed in this context": "unexpected `:` inside a value",
    "mapping keys are not allowed in this context": "unexpected `?` inside a value",
    "block sequence entries are not allowed in this context": "unexpected `-` inside a value",
    "could not find expected ':'": "expected `:` after the key",
    "could not find expected directive name": "expected the name of a directive after `%`",
    "did not find expected comment or line break": "expected the end of the line",
    "found a tab character where an indentation space is expected":
      "tab where indentation needs spaces",
    "found a tab character that violates indentation": "tab used as indentation",
    "did not find expected alphabetic or numeric character":
      "expected the name of an anchor or alias",
    "found unknown escape character": "unknown escape in double quotes",
    "found unexpected end of stream": "quoted text without its closing quote",
    "found unexpected document indicator": "`---` or `...` inside quoted text",
    "found unknown directive name": "unknown `%` directive",
    "found an indentation indicator equal to 0": "block text cannot be indented by 0",
    "did not find expected whitespace or line break": "expected a space or the end of the line",
    "did not find expected whitespace": "expected a space",
    "did not find expected version number": "expected a version after `%YAML`",
    "did not find expected digit or '.' character": "expected a version such as 1.1 after `%YAML`",
    "found extremely long version number": "expected a version such as 1.1 after `%YAML`",
    "did not find expected tag URI": "expected the name of a tag",
    "did not find expected '!'": "expected `!` at the end of a tag prefix",
    "did not find the expected '>'": "expected `>` at the end of a tag",
    "did not find URI escaped octet": "expected two hexadecimal digits after `%` in a tag",
    "found an incorrect leading UTF-8 octet": "invalid UTF-8 in the escapes of a tag",
    "found an incorrect trailing UTF-8 octet": "invalid UTF-8 in the escapes of a tag",
    "did not find expected hexdecimal number": "expected hexadecimal digits in an escape",
    "found invalid Unicode character escape code": "this escape is not a Unicode character",
    "found unexpected non-alphabetical character": "unexpected character in a directive",
    "control characters are not allowed": "control character in the text",
    "exceeded maximum depth": "nesting too deep",
  ]
}

/// The lines of a text, to find what stands at a place.
struct SourceLines {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var starts: [Int] = [0]

  /// `bytes` must outlive the value.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { starts = [3] }
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
  }

  /// Line from 0, without its end; nil outside the text.
  func text(ofLine line: Int) -> String? {
    guard line >= 0, line < starts.count else { return nil }
    let end = line + 1 < starts.count ? starts[line + 1] - 1 : bytes.count
    return String(decoding: bytes[starts[line]..<end], as: UTF8.self)
  }

  /// The byte offset of a mark, at most the end of the text.
  func offset(of mark: Mark) -> Int {
    guard mark.line >= 0, mark.line < starts.count else { return bytes.count }
    var offset = starts[mark.line]
    var column = 0
    while column < mark.column, offset < bytes.count {
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      column += 1
    }
    return offset
  }
}
