import Diagnostics
import Inventories

/// An `ansible.cfg`: sections of `key = value`, as Python's `configparser` reads it for Ansible.
struct ConfigFile: Sendable {
  struct Key: Hashable, Sendable {
    var section: String
    var name: String
  }
  struct Entry: Sendable {
    var text: String
    var location: SourceLocation
  }

  let path: String
  private(set) var entries: [Key: Entry] = [:]
  private(set) var warnings: [Diagnostic] = []

  /// Reads a text: full-line comments with `#` and `;`, others with `;` behind a space; indented
  /// lines go on with the value before. Of duplicate keys the last one wins, with a warning.
  ///
  /// - Throws: all lines that are neither a section nor a key with a value.
  init(_ text: String, path: String) throws(Diagnostics) {
    self.path = path
    var faults = Diagnostics()
    var section: String?
    var open: Key?
    var number = 0
    for raw in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let line = Substring(raw)
      let content = ConfigFile.withoutComment(line)
      guard let first = content.first else {
        if line.allSatisfy(\.isWhitespace) { open = nil }
        continue
      }
      let indent = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }.count
      let place = SourceLocation(file: path, line: number, column: indent + 1)
      if indent > 0, let key = open {
        entries[key]?.text += "\n" + content
      } else if first == "[", let close = content.firstIndex(of: "]") {
        section = String(content[content.index(after: content.startIndex)..<close])
        open = nil
      } else if let section, let sign = content.firstIndex(where: { $0 == "=" || $0 == ":" }) {
        let name = ConfigFile.trimmed(content[..<sign]).lowercased()
        let value = ConfigFile.trimmed(content[content.index(after: sign)...])
        let key = Key(section: section, name: name)
        if let old = entries[key] {
          warnings.append(
            .warning(
              "duplicate key `\(name)` in section `\(section)`; the last one is used", at: place,
              evidence: [.init("also at", "\(old.location)")]))
        }
        entries[key] = Entry(text: value, location: place)
        open = key
      } else {
        faults.add(
          .error(
            section == nil
              ? "expected a section such as `[defaults]`" : "expected `key = value`", at: place))
      }
    }
    try faults.throwIfErrors()
  }

  private static func withoutComment(_ line: Substring) -> Substring {
    let content = Substring(trimmed(line))
    if content.hasPrefix("#") || content.hasPrefix(";") { return "" }
    var previous: Character = "x"
    for index in content.indices {
      if content[index] == ";", previous.isWhitespace {
        return Substring(trimmed(content[..<index]))
      }
      previous = content[index]
    }
    return content
  }

  private static func trimmed(_ text: Substring) -> String {
    let rest = text.drop(while: \.isWhitespace)
    guard let end = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(rest[...end])
  }
}
