import Patterns
import Testing

@Suite struct PatternCorpusTests {
  @Test("every recorded operation gives what CPython gives")
  func recordedOperations() {
    var failures: [String] = []
    for row in PatternCase.rows where !Self.differences.contains(row.pattern) {
      let actual = row.actual
      if actual != row.expected {
        failures.append("\(row)\n   got \(actual)")
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
  }

  /// Patterns that PCRE2 takes otherwise.
  static let differences: Set<String> = [
    // CPython looks for the first character with the outer flags and so misses it.
    #"(?a:\W\D\S)"#,
    // PCRE2 counts repetitions in 16 bits.
    "a{65536}",
  ]
}

extension PatternCase {
  var actual: String {
    do {
      return try operation == "escape" ? json(Pattern.escape(subject)) : run()
    } catch {
      return "error"
    }
  }

  private var parsedFlags: PatternFlags {
    var result = PatternFlags()
    for letter in flags {
      switch letter {
      case "i": result.insert(.ignoreCase)
      case "m": result.insert(.multiline)
      case "s": result.insert(.dotAll)
      case "a": result.insert(.ascii)
      case "x": result.insert(.verbose)
      default: result.insert(.bytes)
      }
    }
    return result
  }

  private func run() throws(PatternError) -> String {
    let flags = parsedFlags
    if flags.contains(.bytes) {
      let compiled = try Pattern.compile(bytes: latin(pattern), flags: flags)
      return try run(compiled, latin(subject), latin(argument))
    }
    return try run(Pattern.compile(pattern, flags: flags), subject, argument)
  }

  private func run<Subject: PatternSubject>(
    _ pattern: Pattern, _ subject: Subject, _ replacement: Subject
  ) throws(PatternError) -> String {
    switch operation {
    case "search": return try span(pattern.search(subject))
    case "match": return try span(pattern.match(subject))
    case "fullmatch": return try span(pattern.fullMatch(subject))
    case "findall":
      let found = try pattern.findAll(subject)
      return "["
        + found.map { texts in
          pattern.groupCount > 1
            ? "[" + texts.map { json($0) }.joined(separator: ",") + "]" : json(texts.first ?? "")
        }.joined(separator: ",") + "]"
    case "finditer":
      let spans = try pattern.findIterator(subject).map { place($0) }
      return "[" + spans.map { "[\($0.lowerBound),\($0.upperBound)]" }.joined(separator: ",") + "]"
    case "split":
      let pieces = try pattern.split(subject, limit: Int(argument) ?? 0)
      return "[" + pieces.map { json($0?.patternBytes) }.joined(separator: ",") + "]"
    default:
      let (result, count) = try pattern.substitute(
        replacement, in: subject, limit: operation == "sub1" ? 1 : 0)
      return "[\(json(result.patternBytes)),\(count)]"
    }
  }

  private var isBytes: Bool { flags.contains("b") }

  private func place(_ match: PatternMatch) -> Range<Int> {
    isBytes ? match.range : match.scalarRange
  }

  private func span(_ match: PatternMatch?) -> String {
    guard let match else { return "null" }
    let range = place(match)
    let groups = (1..<(match.pattern.groupCount + 1)).map { json(match.bytes($0).map(Array.init)) }
    return "[\(range.lowerBound),\(range.upperBound),[\(groups.joined(separator: ","))]]"
  }

  private func latin(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }

  private func json(_ text: String) -> String { json(Array(text.utf8)) }

  private func json(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "null" }
    let units =
      isBytes ? bytes.map(UInt16.init) : Array(String(decoding: bytes, as: UTF8.self).utf16)
    var text = "\""
    for unit in units {
      switch unit {
      case 0x22: text += "\\\""
      case 0x5C: text += "\\\\"
      case 0x0A: text += "\\n"
      case 0x0D: text += "\\r"
      case 0x09: text += "\\t"
      case 0x08: text += "\\b"
      case 0x0C: text += "\\f"
      case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return text + "\""
  }
}
