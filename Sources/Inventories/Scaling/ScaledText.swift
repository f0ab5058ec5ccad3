import Diagnostics
import Values

extension GroupScaling {
  /// The text of one of `files` with its changes; all other bytes stay as they are.
  ///
  /// - Throws: where what stands there is written in a way that is not edited.
  package func edited(_ file: String, _ text: String) throws(Diagnostic) -> String {
    guard !text.hasPrefix(InventoryOptions.encryptedHeader) else {
      throw .error("`\(file)` is encrypted and is not edited")
    }
    var lines = FileLines(text)
    let own = changes.filter { $0.entry.place.file == file }
    // From the end, so that places before stay true.
    for change in own.sorted(by: { $0.entry.place > $1.entry.place }) {
      switch change {
      case .rename(let entry, let pattern): try lines.rename(entry, to: pattern)
      case .remove(let entry): try lines.remove(entry)
      case .add(let hosts, let entry): try lines.add(hosts, after: entry)
      }
    }
    return lines.text
  }
}

extension SourceLocation {
  fileprivate static func > (_ a: SourceLocation, _ b: SourceLocation) -> Bool {
    (a.line, a.column) > (b.line, b.column)
  }
}

/// The lines of a file, each with its end.
private struct FileLines {
  private var lines: [[Unicode.Scalar]] = []

  init(_ text: String) { self.init(Array(text.unicodeScalars)) }

  private init(_ text: [Unicode.Scalar]) {
    var line: [Unicode.Scalar] = []
    for scalar in text {
      line.append(scalar)
      guard scalar == "\n" else { continue }
      lines.append(line)
      line = []
    }
    if !line.isEmpty { lines.append(line) }
  }

  var text: String { String(String.UnicodeScalarView(lines.joined())) }

  // MARK: Changes

  mutating func rename(_ entry: HostEntry, to pattern: String) throws(Diagnostic) {
    let line = entry.place.line - 1
    lines[line].replaceSubrange(try range(of: entry), with: Array(pattern.unicodeScalars))
  }

  mutating func remove(_ entry: HostEntry) throws(Diagnostic) {
    _ = try range(of: entry)
    if let (mapping, index) = try braces(around: entry) {
      self = FileLines(mapping.removing(index))
      return
    }
    lines.removeSubrange(try block(of: entry))
  }

  mutating func add(_ hosts: [String], after entry: HostEntry) throws(Diagnostic) {
    let word = try range(of: entry)
    let port = HostAddress(entry.pattern)?.port.map { ":\($0)" } ?? ""
    if let (mapping, index) = try braces(around: entry) {
      let before = lines[..<(entry.place.line - 1)].reduce(0) { $0 + $1.count }
      let start = mapping.entries[index].lowerBound
      let model = Array(Array(lines.joined())[mapping.entries[index]])
      let key = (before + word.lowerBound - start)..<(before + word.upperBound - start)
      self = FileLines(
        mapping.adding(
          hosts.map { host in
            var copy = model
            copy.replaceSubrange(key, with: Array((host + port).unicodeScalars))
            return copy
          }, behind: index))
      return
    }
    let block = try block(of: entry)
    var model = Array(lines[block])
    let end = model[0].suffix(while: { $0 == "\n" || $0 == "\r" })
    let isOpen = model[model.count - 1].last != "\n"
    let ending = isOpen ? ["\n"] : Array(end)
    if isOpen { model[model.count - 1] += ["\n"] }
    switch entry.form {
    case .line: model[0] = withoutComment(model[0], behind: word.upperBound) + ending
    case .key:
      if entry.variables.map?.isEmpty ?? true {
        let close = model[0][word.upperBound...].firstIndex(of: ":") ?? word.upperBound
        model = [Array(model[0][..<close]) + [":"] + ending]
      }
    }
    var added: [[Unicode.Scalar]] = []
    for host in hosts {
      var copy = model
      copy[0].replaceSubrange(word, with: Array((host + port).unicodeScalars))
      added += copy
    }
    if isOpen {
      // The end of the file stays without its line end.
      lines[block.upperBound - 1] += ["\n"]
      added[added.count - 1].removeLast()
    }
    lines.insert(contentsOf: added, at: block.upperBound)
  }

  // MARK: Places

  /// Where the pattern stands in its line.
  private func range(of entry: HostEntry) throws(Diagnostic) -> Range<Int> {
    let pattern = Array(entry.pattern.unicodeScalars)
    let line = entry.place.line - 1
    var start = entry.place.column - 1
    guard lines.indices.contains(line), lines[line].indices.contains(start) else {
      throw unknown(entry)
    }
    if case .key = entry.form, lines[line][start] == "\"" || lines[line][start] == "'" {
      start += 1
    }
    guard lines[line][start...].starts(with: pattern) else { throw unknown(entry) }
    let end = start + pattern.count
    if case .line = entry.form, let next = lines[line][end...].first,
      !next.properties.isWhitespace, next != "#"
    {
      throw unknown(entry)
    }
    return start..<end
  }

  private func unknown(_ entry: HostEntry) -> Diagnostic {
    .error("`\(entry.pattern)` is written in a way that `scale` does not edit", at: entry.place)
  }

  /// The lines of an entry; of a key with all that is under it.
  private func block(of entry: HostEntry) throws(Diagnostic) -> Range<Int> {
    let start = entry.place.line - 1
    guard case .key(let mapping) = entry.form else { return start..<(start + 1) }
    let indent = entry.place.column - 1
    guard lines[start].prefix(indent).allSatisfy({ $0 == " " }), offset(of: mapping) != nil else {
      throw .error(
        "the hosts of `\(entry.group)` do not stand in lines of their own", at: entry.place,
        hint: "write each under `hosts:`, in a line of its own")
    }
    var end = start + 1
    var line = end
    while line < lines.count {
      let content = lines[line].drop { $0 == " " }
      let isBlank = content.allSatisfy { $0.properties.isWhitespace }
      if !isBlank {
        guard lines[line].count - content.count > indent else { break }
        end = line + 1
      }
      line += 1
    }
    return start..<end
  }

  /// The braces in which a key stands, and which of their entries is its.
  private func braces(
    around entry: HostEntry
  ) throws(Diagnostic) -> (BracedMapping, Int)? {
    guard case .key(let place) = entry.form, let open = offset(of: place) else { return nil }
    let text = Array(lines.joined())
    guard text[open] == "{" else { return nil }
    guard let mapping = BracedMapping(text, at: open), let key = offset(of: entry.place),
      let index = mapping.entries.firstIndex(where: { $0.lowerBound == key })
    else { throw unknown(entry) }
    return (mapping, index)
  }

  private func offset(of place: SourceLocation) -> Int? {
    let (line, column) = (place.line - 1, place.column - 1)
    guard lines.indices.contains(line), lines[line].indices.contains(column) else { return nil }
    return lines[..<line].reduce(column) { $0 + $1.count }
  }

  /// The line up to its comment, without white space and line end.
  private func withoutComment(
    _ line: [Unicode.Scalar], behind start: Int
  ) -> [Unicode.Scalar] {
    var quote: Unicode.Scalar?
    var isEscaped = false
    var end = line.count
    for index in start..<line.count {
      let scalar = line[index]
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if scalar == open { quote = nil }
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
      } else if scalar == "#" {
        end = index
        break
      }
    }
    while end > start, line[end - 1].properties.isWhitespace { end -= 1 }
    return Array(line[..<end])
  }
}

extension Array where Element == Unicode.Scalar {
  fileprivate func suffix(while holds: (Unicode.Scalar) -> Bool) -> ArraySlice<Unicode.Scalar> {
    var start = count
    while start > 0, holds(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}
