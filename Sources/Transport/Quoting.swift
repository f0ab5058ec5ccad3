/// Shell quoting that sh, csh and fish read alike.
package enum Quoting {
  /// The text as one word, in single quotes; a quote inside becomes `'\''`.
  package static func word(_ text: String) -> String {
    var quoted: [UInt8] = [UInt8(ascii: "'")]
    for byte in text.utf8 {
      if byte == UInt8(ascii: "'") { quoted += Array(#"'\''"#.utf8) } else { quoted.append(byte) }
    }
    quoted.append(UInt8(ascii: "'"))
    return String(decoding: quoted, as: UTF8.self)
  }

  /// The text split as a POSIX shell splits words, quotes and backslashes taken away; nil where a
  /// quote is not closed. Nothing is expanded.
  package static func split(_ text: String) -> [String]? {
    var words: [String] = []
    var word: String.UnicodeScalarView?
    var quote: Unicode.Scalar?
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      switch (quote, scalar) {
      case ("'", "'"), ("\"", "\""): quote = nil
      case ("'", _): word?.append(scalar)
      case ("\"", "\\"):
        guard let next = scalars.next() else { return nil }
        if !["\"", "\\", "$", "`"].contains(next) { word?.append("\\") }
        word?.append(next)
      case ("\"", _): word?.append(scalar)
      case (_, "'"), (_, "\""):
        quote = scalar
        word = word ?? String.UnicodeScalarView()
      case (_, "\\"):
        guard let next = scalars.next() else { return nil }
        word = word ?? String.UnicodeScalarView()
        word?.append(next)
      case (_, " "), (_, "\t"), (_, "\n"):
        if let done = word { words.append(String(done)) }
        word = nil
      default:
        word = word ?? String.UnicodeScalarView()
        word?.append(scalar)
      }
    }
    guard quote == nil else { return nil }
    if let done = word { words.append(String(done)) }
    return words
  }
}
