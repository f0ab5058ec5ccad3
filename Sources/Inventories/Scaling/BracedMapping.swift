/// The entries of a mapping in braces as they stand in a text, such as `{n1: , "n2": {a: 1}}`: what
/// YAML and JSON have in common, over lines, with comments.
struct BracedMapping {
  /// Where each entry stands, without white space and comma around it.
  private(set) var entries: [Range<Int>] = []
  private let text: [Unicode.Scalar]

  /// nil where no such mapping begins at this place, or it does not end.
  init?(_ text: [Unicode.Scalar], at open: Int) {
    guard text.indices.contains(open), text[open] == "{" else { return nil }
    self.text = text
    var scan = FlowScan(text, at: open + 1)
    while let entry = scan.entry() { entries.append(entry) }
    guard scan.isClosed else { return nil }
  }

  /// The text without an entry and one of the commas around it.
  func removing(_ index: Int) -> [Unicode.Scalar] {
    var gone = entries[index]
    if entries.indices.contains(index + 1) {
      gone = gone.lowerBound..<entries[index + 1].lowerBound
    } else if index > 0 {
      gone = entries[index - 1].upperBound..<gone.upperBound
    } else {
      // A comma behind the only entry would stand alone.
      let behind = text[gone.upperBound...]
      if let next = behind.firstIndex(where: { !$0.properties.isWhitespace }), text[next] == "," {
        gone = gone.lowerBound..<(next + 1)
      }
    }
    return Array(text[..<gone.lowerBound] + text[gone.upperBound...])
  }

  /// The text with these entries behind one, set apart as its neighbours are.
  func adding(_ added: [[Unicode.Scalar]], behind index: Int) -> [Unicode.Scalar] {
    var apart: [Unicode.Scalar] = [",", " "]
    if entries.count > 1 {
      let left = max(index, 1) - 1
      let between = text[entries[left].upperBound..<entries[left + 1].lowerBound]
      if !between.contains("#") { apart = between.drop { $0 != "," }.map(\.self) }
    }
    var end = entries[index].upperBound
    // Not every reader takes a colon right before a comma for one behind a key.
    let isOpen = text[end - 1] == ":"
    var result = text[..<end].map(\.self)
    if isOpen {
      result.append(" ")
      if text[end] == " " { end += 1 }
    }
    for entry in added { result += apart + entry + (isOpen ? [" "] : []) }
    return result + text[end...]
  }
}

/// A walk over entries of a flow mapping.
private struct FlowScan {
  private let text: [Unicode.Scalar]
  private var index: Int
  private(set) var isClosed = false

  init(_ text: [Unicode.Scalar], at start: Int) {
    self.text = text
    index = start
  }

  /// The next entry; nil behind the last one, or where the text ends early.
  mutating func entry() -> Range<Int>? {
    while index < text.count, text[index] == "," || skipsBlank() { index += 1 }
    guard index < text.count else { return nil }
    guard text[index] != "}" else {
      isClosed = true
      return nil
    }
    let start = index
    var end = start
    var depth = 0
    var mayQuote = true
    while index < text.count {
      if skipsBlank() {
        index += 1
        continue
      }
      let scalar = text[index]
      if depth == 0, scalar == "," || scalar == "}" { return start..<end }
      switch scalar {
      case "\"", "'":
        if mayQuote { skipQuoted(scalar) }
        mayQuote = false
      case "{", "[":
        depth += 1
        mayQuote = true
      case "}", "]":
        depth -= 1
        mayQuote = false
      case ",", ":": mayQuote = true
      default: mayQuote = false
      }
      index += 1
      end = index
    }
    return nil
  }

  /// True at white space, and at the last scalar of a comment.
  private mutating func skipsBlank() -> Bool {
    guard text[index] == "#", text[index - 1].properties.isWhitespace else {
      return text[index].properties.isWhitespace
    }
    while index + 1 < text.count, text[index] != "\n" { index += 1 }
    return true
  }

  /// To the end quote.
  private mutating func skipQuoted(_ quote: Unicode.Scalar) {
    index += 1
    while index < text.count, text[index] != quote {
      if quote == "\"", text[index] == "\\" { index += 1 }
      index += 1
    }
  }
}
