import OrderedCollections
import Values

/// Filters that lay text and values out in lines.
enum JinjaLayoutFilters {
  static let all: [Filter] = [
    Filter(
      "wordwrap", "width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True",
      live: wordWrap),
    Filter(
      "pprint",
      live: { call in
        .string(PrettyPrinter.text(try call.evaluator.freeze(call.value)))
      }),
  ]

  private static func wordWrap(_ call: LiveCall) throws -> RuntimeValue {
    let width = try call.int("width")
    guard width > 0 else { throw Failure("the width must be positive") }
    let separator = call["wrapstring"].isNull ? "\n" : try call.text("wrapstring")
    let wrapper = TextWrapper(
      width: width, breaksLongWords: try call.bool("break_long_words"),
      breaksOnHyphens: try call.bool("break_on_hyphens"))
    let lines = StringMethods.lines(try call.input()).map {
      wrapper.wrap($0).joined(separator: separator)
    }
    return call.alike(lines.joined(separator: separator))
  }
}

/// Breaks a line of text into lines of a width, as Python's `textwrap` does.
package struct TextWrapper {
  package var width: Int
  package var breaksLongWords = true
  package var breaksOnHyphens = true

  package init(width: Int, breaksLongWords: Bool = true, breaksOnHyphens: Bool = true) {
    self.width = width
    self.breaksLongWords = breaksLongWords
    self.breaksOnHyphens = breaksOnHyphens
  }

  package func wrap(_ text: String) -> [String] {
    var chunks = Array(self.chunks(text).reversed())
    var lines: [String] = []
    while !chunks.isEmpty {
      var line: [[Unicode.Scalar]] = []
      var length = 0
      if let next = chunks.last, next.allSatisfy(isBlank), !lines.isEmpty { chunks.removeLast() }
      while let next = chunks.last, length + next.count <= width {
        line.append(next)
        length += next.count
        chunks.removeLast()
      }
      if let next = chunks.last, next.count > width {
        let room = width - length
        if breaksLongWords {
          var cut = max(1, room)
          if breaksOnHyphens, next.count > room, room > 0,
            let hyphen = next[..<min(room, next.count)].lastIndex(of: "-"), hyphen > 0,
            next[..<hyphen].contains(where: { $0 != "-" })
          {
            cut = hyphen + 1
          }
          line.append(Array(next[..<cut]))
          chunks[chunks.count - 1] = Array(next[cut...])
        } else if line.isEmpty {
          line.append(next)
          chunks.removeLast()
        }
      }
      if let last = line.last, last.allSatisfy(isBlank) { line.removeLast() }
      if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
    }
    return lines
  }

  /// Runs of white space and words, the latter cut behind hyphens between letters.
  private func chunks(_ text: String) -> [[Unicode.Scalar]] {
    let scalars = Array(text.unicodeScalars)
    var result: [[Unicode.Scalar]] = []
    var current: [Unicode.Scalar] = []
    for (index, scalar) in scalars.enumerated() {
      if let last = current.last, isBlank(last) != isBlank(scalar) {
        result.append(current)
        current = []
      }
      current.append(scalar)
      if breaksOnHyphens, scalar == "-", index > 1, index + 2 < scalars.count,
        isLetter(scalars[index - 1]), isLetter(scalars[index - 2]), isLetter(scalars[index + 1]),
        isLetter(scalars[index + 2])
      {
        result.append(current)
        current = []
      }
    }
    if !current.isEmpty { result.append(current) }
    return result
  }

  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar == "_"
  }
}

/// Lays a value out as Python's `pprint` does: keys in order, one line where it fits.
enum PrettyPrinter {
  static func text(_ value: Value) -> String { layout(value, indent: 0, allowance: 0) }

  private static let width = 80

  private static func sortedRepr(_ value: Value) -> String {
    switch value {
    case .map(let map):
      let inner = sorted(map).map { "\($0.0.pythonRepr): \(sortedRepr($0.1))" }
      return "{" + inner.joined(separator: ", ") + "}"
    case .list(let items): return "[" + items.map(sortedRepr).joined(separator: ", ") + "]"
    case .tuple(let items):
      let inner = items.map(sortedRepr).joined(separator: ", ")
      return items.count == 1 ? "(\(inner),)" : "(\(inner))"
    default: return value.pythonRepr
    }
  }

  private static func sorted(_ map: ValueMap) -> [(Value, Value)] {
    map.map { ($0.key, $0.value) }.sorted { a, b in
      if let x = a.0.string, let y = b.0.string {
        return x.utf8.lexicographicallyPrecedes(y.utf8)
      }
      if let x = a.0.int, let y = b.0.int { return x < y }
      return false
    }
  }

  private static func layout(_ value: Value, indent: Int, allowance: Int) -> String {
    let short = sortedRepr(value)
    if short.unicodeScalars.count <= width - indent - allowance { return short }
    switch value {
    case .map(let map):
      let entries = sorted(map)
      let parts = entries.enumerated().map { index, entry in
        let name = entry.0.pythonRepr
        let isLast = index == entries.count - 1
        return name + ": "
          + layout(
            entry.1, indent: indent + name.unicodeScalars.count + 3,
            allowance: isLast ? allowance + 1 : 1)
      }
      return "{" + parts.joined(separator: ",\n" + margin(indent + 1)) + "}"
    case .list(let items): return sequence(items, "[", "]", indent, allowance)
    case .tuple(let items):
      return sequence(items, "(", items.count == 1 ? ",)" : ")", indent, allowance)
    default: return short
    }
  }

  private static func sequence(
    _ items: [Value], _ open: String, _ close: String, _ indent: Int, _ allowance: Int
  ) -> String {
    let parts = items.enumerated().map { index, item in
      layout(
        item, indent: indent + 1, allowance: index == items.count - 1 ? allowance + 1 : 1)
    }
    return open + parts.joined(separator: ",\n" + margin(indent + 1)) + close
  }

  private static func margin(_ count: Int) -> String { String(repeating: " ", count: count) }
}
