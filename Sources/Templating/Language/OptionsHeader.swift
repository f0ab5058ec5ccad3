import Diagnostics
import Values

extension TemplateOptions {
  /// Takes the options of a first line `#jinja2: trim_blocks: False, ...` over.
  /// - Returns: the text behind that line, or nil where the text has no such line.
  /// - Throws: for an option that does not exist or has no such value.
  package mutating func readHeader(of text: String, at location: SourceLocation)
    throws(Diagnostic) -> String?
  {
    let mark = "#jinja2:"
    guard text.utf8.starts(with: mark.utf8) else { return nil }
    newlineBeforeHeader = newlineSequence
    let scalars = text.unicodeScalars
    let lineEnd = scalars.firstIndex(of: "\n") ?? scalars.endIndex
    let line = String(scalars[..<lineEnd].dropFirst(mark.utf8.count))
    for part in splitOptions(line) {
      let pieces = part.split(separator: ":", maxSplits: 1).map(trimmed)
      guard pieces.count == 2 else {
        throw .error("the option `\(trimmed(part))` of `#jinja2:` has no value", at: location)
      }
      try set(pieces[0], to: pieces[1], at: location)
    }
    guard lineEnd < scalars.endIndex else { return "" }
    return String(scalars[scalars.index(after: lineEnd)...])
  }

  /// Sets an option by the name that the template module and the header use.
  package mutating func set(_ name: String, to text: String, at location: SourceLocation)
    throws(Diagnostic)
  {
    let isQuoted = text.count >= 2 && (text.hasPrefix("'") || text.hasPrefix("\""))
    let value =
      isQuoted ? unescape(String(text.dropFirst().dropLast())) ?? text : text
    func flag() throws(Diagnostic) -> Bool {
      switch value.lowercased() {
      case "true", "yes", "1": return true
      case "false", "no", "0": return false
      default: throw .error("the option `\(name)` is a boolean, not `\(value)`", at: location)
      }
    }
    switch name {
    case "trim_blocks": trimBlocks = try flag()
    case "lstrip_blocks": lstripBlocks = try flag()
    case "keep_trailing_newline": keepTrailingNewline = try flag()
    case "newline_sequence": newlineSequence = value
    case "autoescape": autoescape = try flag()
    case "block_start_string": blockStart = value
    case "block_end_string": blockEnd = value
    case "variable_start_string": variableStart = value
    case "variable_end_string": variableEnd = value
    case "comment_start_string": commentStart = value
    case "comment_end_string": commentEnd = value
    case "line_statement_prefix": lineStatementPrefix = value == "None" ? nil : value
    case "line_comment_prefix": lineCommentPrefix = value == "None" ? nil : value
    default:
      let names = [
        "trim_blocks", "lstrip_blocks", "keep_trailing_newline", "newline_sequence", "autoescape",
        "block_start_string", "block_end_string", "variable_start_string", "variable_end_string",
        "comment_start_string", "comment_end_string", "line_statement_prefix",
        "line_comment_prefix",
      ]
      throw .error(
        "unknown template option `\(name)`", at: location,
        hint: suggestion(for: name, among: names).map { "did you mean `\($0)`?" })
    }
    for delimiter in [blockStart, blockEnd, variableStart, variableEnd, commentStart, commentEnd]
    where delimiter.isEmpty {
      throw .error("the option `\(name)` must not be empty", at: location)
    }
  }
}

/// The parts between commas outside quotes.
private func splitOptions(_ line: String) -> [String] {
  var parts = [""]
  var quote: Character?
  for character in line {
    if character == "," && quote == nil {
      parts.append("")
      continue
    }
    if character == quote {
      quote = nil
    } else if quote == nil, character == "'" || character == "\"" {
      quote = character
    }
    parts[parts.count - 1].append(character)
  }
  return parts.filter { !trimmed($0).isEmpty }
}

private func trimmed(_ text: some StringProtocol) -> String {
  var scalars = Substring(text).unicodeScalars
  while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
  while let last = scalars.last, isBlank(last) { scalars.removeLast() }
  return String(scalars)
}
