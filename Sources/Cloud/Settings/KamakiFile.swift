import Diagnostics

/// kamaki's configuration, `~/.kamakirc`, as Python 2's `RawConfigParser` reads it for kamaki.
///
/// Keys are lower-cased; sections of one name merge, the last of equal keys wins; lines that start
/// with white space go on with the value before; `#`, `;` and `rem` start comment lines, and the
/// first `;` of a value, if behind a space, a comment. The section `DEFAULT` is in all others.
struct KamakiFile {
  struct Entry {
    var text: String
    var location: SourceLocation
  }

  let path: String
  private(set) var sections: [String: [String: Entry]] = [:]
  /// Names of sections in the order of the file, each with where it starts.
  private(set) var order: [(name: String, location: SourceLocation)] = []

  init(_ text: String, path: String) throws(Diagnostic) {
    self.path = path
    var section: String?
    var key: String?
    for (index, raw) in text.utf8.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).enumerated() {
      let line = Substring(raw)
      let content = trimmed(line)
      let place = SourceLocation(file: path, line: index + 1, column: 1)
      guard let first = line.unicodeScalars.first, !content.isEmpty,
        !KamakiFile.isComment(line)
      else { continue }
      if first.properties.isWhitespace, let section, let key {
        sections[section]?[key]?.text += "\n" + content
      } else if first == "[", let name = KamakiFile.header(line) {
        section = name
        key = nil
        if sections[name] == nil {
          sections[name] = [:]
          order.append((name, place))
        }
      } else if let section {
        guard !first.properties.isWhitespace, let (name, value) = KamakiFile.option(line) else {
          throw .error("expected `key = value`", at: place)
        }
        sections[section]?[name] = Entry(text: value, location: place)
        key = name
      } else {
        throw .error("expected a section such as `[global]`", at: place)
      }
    }
  }

  /// A value of a section, or of `DEFAULT`; nil where it is absent or empty.
  func entry(_ section: String, _ key: String) -> Entry? {
    let entry = sections[section]?[key] ?? sections["DEFAULT"]?[key]
    return entry?.text.isEmpty == false ? entry : nil
  }

  /// The clouds in the order of the file: name, and the section that describes it.
  ///
  /// - Throws: for the first section `cloud …` whose name is not one.
  func clouds() throws(Diagnostic) -> [(name: String, section: String)] {
    var all: [(name: String, section: String)] = []
    for (section, place) in order where section.hasPrefix("cloud ") {
      guard let name = KamakiFile.cloudName(section) else {
        throw .error(
          "`[\(section)]` does not name a cloud", at: place,
          hint: "write `[cloud \"NAME\"]`, with letters, digits and `~@#$.:-_` in the name")
      }
      all.append((name, section))
    }
    return all
  }

  private static func cloudName(_ section: String) -> String? {
    let rest = section.dropFirst("cloud ".count)
    guard rest.first == "\"" else { return nil }
    let name = rest.dropFirst().prefix { $0 != "\"" }
    let isClosed = name.endIndex < rest.endIndex
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "~@#$.:-_".utf8.contains(byte)
      }
    }
    return isClosed && allowed && !name.isEmpty ? String(name) : nil
  }

  private static func isComment(_ line: Substring) -> Bool {
    if line.hasPrefix("#") || line.hasPrefix(";") { return true }
    return line.prefix { !$0.isWhitespace }.lowercased() == "rem"
  }

  private static func header(_ line: Substring) -> String? {
    let inside = line.dropFirst()
    guard let close = inside.firstIndex(of: "]"), close > inside.startIndex else { return nil }
    return String(inside[..<close])
  }

  private static func option(_ line: Substring) -> (name: String, value: String)? {
    guard let sign = line.firstIndex(where: { $0 == "=" || $0 == ":" }), sign > line.startIndex
    else { return nil }
    var value = line[line.index(after: sign)...].drop(while: \.isWhitespace)
    if let mark = value.firstIndex(of: ";"), mark > value.startIndex,
      value[value.index(before: mark)].isWhitespace
    {
      value = value[..<mark]
    }
    let text = trimmed(value)
    return (trimmed(line[..<sign]).lowercased(), text == "\"\"" ? "" : text)
  }
}

/// Without white space at either end.
func trimmed(_ text: Substring) -> String {
  var rest = text.drop(while: \.isWhitespace)
  while rest.last?.isWhitespace == true { rest.removeLast() }
  return String(rest)
}
