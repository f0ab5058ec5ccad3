import Diagnostics
import Values

/// Arguments written as `key=value` words.
package struct KeyValueArguments: Hashable, Sendable {
  package struct Option: Hashable, Sendable {
    package var name: String
    package var text: String
  }

  /// In the order of first appearance; the last value of a name wins.
  package private(set) var options: [Option] = []
  /// The words that are no options, joined: what a command is.
  package var freeForm: String?

  package subscript(name: String) -> String? { options.first { $0.name == name }?.text }

  mutating func set(_ name: String, _ text: String) {
    if let index = options.firstIndex(where: { $0.name == name }) {
      options[index].text = text
    } else {
      options.append(Option(name: name, text: text))
    }
  }
}

/// The free form of task arguments: words, quotes, Jinja blocks that are never split.
package enum KeyValue {
  /// The only options that a free-form command takes; other `a=b` words belong to the command.
  package static let commandOptions: Set<String> = [
    "creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline",
    "strip_empty_ends",
  ]

  /// Reads arguments; with `isCommand` only `commandOptions` are taken out.
  ///
  /// - Throws: where quotes or Jinja blocks are not closed.
  package static func parse(
    _ text: String, isCommand: Bool = false, at place: SourceLocation? = nil
  ) throws(Diagnostic) -> KeyValueArguments {
    var arguments = KeyValueArguments()
    var rest: [String] = []
    for word in try split(text, at: place) {
      let scalars = Array(decodingEscapes(word).unicodeScalars)
      guard scalars.contains("=") else {
        rest.append(word)
        continue
      }
      let sign = scalars.indices.first { $0 > 0 && scalars[$0] == "=" && scalars[$0 - 1] != "\\" }
      guard let sign else {
        rest.append(unescapingEquals(scalars))
        continue
      }
      let name = string(scalars[..<sign])
      if isCommand, !commandOptions.contains(name) {
        rest.append(word)
      } else {
        arguments.set(strip(name), unquote(strip(string(scalars[(sign + 1)...]))))
      }
    }
    if !rest.isEmpty { arguments.freeForm = join(rest) }
    return arguments
  }

  /// Splits at spaces and line ends outside of quotes and Jinja blocks. Runs of spaces and line
  /// ends stay at the end of the word before them, so that `join` restores the text.
  package static func split(
    _ text: String, at place: SourceLocation? = nil
  ) throws(Diagnostic) -> [String] {
    var splitter = WordSplitter()
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    if text.isEmpty { return [] }
    for (index, line) in lines.enumerated() {
      splitter.add(line: line, isLast: index == lines.count - 1)
    }
    guard splitter.isBalanced else {
      throw .error("unbalanced quotes or template braces in `\(text.prefix(80))`", at: place)
    }
    return splitter.words.map { String(String.UnicodeScalarView($0)) }
  }

  /// The words with single spaces between them, none after a line end.
  package static func join(_ words: [String]) -> String {
    var text = ""
    for word in words {
      if !text.isEmpty, text.unicodeScalars.last != "\n" { text += " " }
      text += word
    }
    return text
  }

  /// Without its quotes, if it starts and ends with the same one and the last is not escaped.
  package static func unquote(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count > 1, let first = scalars.first, first == "\"" || first == "'",
      scalars.last == first, scalars[scalars.count - 2] != "\\"
    else { return text }
    return string(scalars[1..<(scalars.count - 1)])
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  private static func unescapingEquals(_ scalars: [Unicode.Scalar]) -> String {
    var text = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      if scalar == "\\", index + 1 < scalars.count, scalars[index + 1] == "=" { continue }
      text.append(scalar)
    }
    return String(text)
  }

  static func strip(_ text: String) -> String {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let scalars = text.unicodeScalars.drop(while: isSpace)
    let end = scalars.lastIndex { !isSpace($0) }
    return end.map { String(String.UnicodeScalarView(scalars[...$0])) } ?? ""
  }
}

/// The state of a split: quotes and Jinja blocks run across words and lines.
private struct WordSplitter {
  typealias Scalars = Substring.UnicodeScalarView

  var words: [[Unicode.Scalar]] = []
  private var quote: Unicode.Scalar?
  /// Depths of `{{ }}`, `{% %}` and `{# #}`.
  private var depths = [0, 0, 0]
  private let marks: [Unicode.Scalar] = ["{", "%", "#"]

  var isBalanced: Bool { quote == nil && !isInsideBlock }
  private var isInsideBlock: Bool { depths.contains { $0 > 0 } }

  mutating func add(line: Scalars, isLast: Bool) {
    var continues = false
    let pieces = line.split(separator: " ", omittingEmptySubsequences: false)
    for (index, piece) in pieces.enumerated() {
      if piece.isEmpty, index > 0 {
        extend([" "])
      } else if piece.count == 1, piece.first == "\\", quote == nil {
        continues = true
      } else {
        add(piece, isFirst: index == 0)
      }
    }
    if !isLast, !continues { extend(["\n"]) }
  }

  private mutating func add(_ piece: Scalars, isFirst: Bool) {
    let wasQuoted = quote != nil
    let wasInsideBlock = isInsideBlock
    followQuotes(piece)
    let isQuoted = quote != nil
    let depthsBefore = depths
    for kind in depths.indices { followBlocks(piece, kind) }

    if isQuoted, !wasQuoted, !wasInsideBlock {
      words.append(Array(piece))
    } else if wasInsideBlock || isQuoted || wasQuoted {
      let isSameLine = !isFirst
      extend((isSameLine ? [" "] : []) + Array(piece))
    } else if depths != depthsBefore || (!isInsideBlock && !piece.isEmpty) {
      words.append(Array(piece))
    }
  }

  private mutating func extend(_ scalars: [Unicode.Scalar]) {
    if words.isEmpty { words.append([]) }
    words[words.count - 1] += scalars
  }

  private mutating func followQuotes(_ piece: Scalars) {
    var previous: Unicode.Scalar?
    for scalar in piece {
      if scalar == "\"" || scalar == "'", previous != "\\" {
        if quote == nil {
          quote = scalar
        } else if quote == scalar {
          quote = nil
        }
      }
      previous = scalar
    }
  }

  private mutating func followBlocks(_ piece: Scalars, _ kind: Int) {
    let mark = marks[kind]
    let change =
      count(piece, "{", mark) - count(piece, kind == 0 ? "}" : mark, "}")
    depths[kind] = max(0, depths[kind] + change)
  }

  /// How often the two stand together, without overlap.
  private func count(_ piece: Scalars, _ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Int {
    var count = 0
    var previous: Unicode.Scalar?
    for scalar in piece {
      if previous == first, scalar == second {
        count += 1
        previous = nil
      } else {
        previous = scalar
      }
    }
    return count
  }
}
