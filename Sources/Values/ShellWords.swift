/// Words as a POSIX shell splits them, by the rules of Python's `shlex.split`: quotes group and are
/// taken off, a backslash escapes, inside double quotes only itself and the quote.
package struct ShellWords {
  package struct Word {
    package var text: [Unicode.Scalar]
    /// Where each scalar of `text` stands in the line, in scalars.
    package var columns: [Int]
  }

  package enum Failure: Error { case openQuote, openEscape }

  package private(set) var words: [Word] = []
  private var word: Word?

  /// - Parameter takesComments: `#` starts a comment, inside a word as well.
  package init(_ line: [Unicode.Scalar], takesComments: Bool = false) throws(Failure) {
    var quote: Unicode.Scalar?
    var index = 0
    while index < line.count {
      let scalar = line[index]
      if scalar == "\\", quote != "'" {
        guard index + 1 < line.count else { throw .openEscape }
        let next = line[index + 1]
        if quote != nil, next != "\"", next != "\\" { append(scalar, at: index) }
        index += 1
        append(next, at: index)
      } else if let open = quote {
        if scalar == open { quote = nil } else { append(scalar, at: index) }
      } else {
        switch scalar {
        case " ", "\t", "\r", "\n": endWord()
        case "#" where takesComments: index = line.count
        case "\"", "'":
          quote = scalar
          word = word ?? Word(text: [], columns: [])
        default: append(scalar, at: index)
        }
      }
      index += 1
    }
    if quote != nil { throw .openQuote }
    endWord()
  }

  /// The words of a command line; nil where a quote is not closed or a backslash ends the line.
  package static func split(_ text: String) -> [String]? {
    guard let split = try? ShellWords(Array(text.unicodeScalars)) else { return nil }
    return split.words.map { String(String.UnicodeScalarView($0.text)) }
  }

  private mutating func append(_ scalar: Unicode.Scalar, at column: Int) {
    word = word ?? Word(text: [], columns: [])
    word?.text.append(scalar)
    word?.columns.append(column)
  }

  private mutating func endWord() {
    if let word { words.append(word) }
    word = nil
  }
}
