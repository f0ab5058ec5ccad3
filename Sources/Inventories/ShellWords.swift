/// Words as a POSIX shell splits them, by the rules of Python's `shlex.split` with comments.
struct ShellWords {
  struct Word {
    var text: [Unicode.Scalar]
    /// Where each scalar of `text` stands in the line.
    var columns: [Int]
  }
  enum Failure: Error { case openQuote, openEscape }

  private(set) var words: [Word] = []

  /// Quotes group, a backslash escapes, `#` starts a comment, inside a word as well.
  init(_ line: [Unicode.Scalar]) throws(Failure) {
    var word: Word?
    var quote: Unicode.Scalar?
    var index = 0
    func add(_ scalar: Unicode.Scalar) {
      var current = word ?? Word(text: [], columns: [])
      current.text.append(scalar)
      current.columns.append(index)
      word = current
    }
    while index < line.count {
      let scalar = line[index]
      if let open = quote {
        if scalar == open {
          quote = nil
        } else if scalar == "\\", open == "\"" {
          guard index + 1 < line.count else { throw .openEscape }
          let next = line[index + 1]
          if next == "\"" || next == "\\" {
            index += 1
          } else {
            add("\\")
            index += 1
          }
          add(next)
        } else {
          add(scalar)
        }
      } else {
        switch scalar {
        case " ", "\t", "\r", "\n":
          if let ended = word { words.append(ended) }
          word = nil
        case "#":
          index = line.count
        case "\"", "'":
          quote = scalar
          word = word ?? Word(text: [], columns: [])
        case "\\":
          guard index + 1 < line.count else { throw .openEscape }
          index += 1
          add(line[index])
        default: add(scalar)
        }
      }
      index += 1
    }
    if quote != nil { throw .openQuote }
    if let word { words.append(word) }
  }
}
