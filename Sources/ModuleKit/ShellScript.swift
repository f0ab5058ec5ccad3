/// POSIX shell text whose interpolated values are always quoted.
///
/// `"rm -- \(path)"` quotes `path`; `\(words: list)` quotes each element; only `\(script:)` and
/// `\(verbatim:)` put text in as it is, the latter for literals of ours.
package struct ShellScript: Hashable, Sendable, ExpressibleByStringInterpolation {
  package var text: String

  package init(stringLiteral value: String) { text = value }
  package init(verbatim text: String) { self.text = text }
  package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  package struct Interpolation: StringInterpolationProtocol {
    var text = ""
    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }
    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ value: String) { text += quoted(value) }
    package mutating func appendInterpolation(_ value: Int) { text += String(value) }
    package mutating func appendInterpolation(words: [String]) {
      text += words.map(quoted).joined(separator: " ")
    }
    package mutating func appendInterpolation(script: ShellScript) { text += script.text }
    package mutating func appendInterpolation(verbatim: String) { text += verbatim }
  }

  package static func + (a: ShellScript, b: ShellScript) -> ShellScript {
    ShellScript(verbatim: a.text + b.text)
  }
  package static func += (a: inout ShellScript, b: ShellScript) { a.text += b.text }

  /// One command a line.
  package static func lines(_ scripts: [ShellScript]) -> ShellScript {
    ShellScript(verbatim: scripts.map(\.text).joined(separator: "\n"))
  }
}

/// The word as the shell will read it back, byte for byte. A NUL cannot be part of a word and is
/// dropped; modules refuse it before.
package func quoted(_ word: String) -> String {
  let isPlain =
    !word.isEmpty
    && word.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == 0x2F || $0 == 0x2E || $0 == 0x2D || $0 == 0x5F || $0 == 0x2C || $0 == 0x3A
        || $0 == 0x2B || $0 == 0x40
    }
  if isPlain { return word }
  var out = "'"
  for scalar in word.unicodeScalars where scalar != "\0" {
    if scalar == "'" { out += "'\\''" } else { out.unicodeScalars.append(scalar) }
  }
  return out + "'"
}
