import Diagnostics
import Patterns

/// The hosts that a pattern names, in order, and what a user should know about it.
package struct HostSelection: Sendable {
  package var names: [String] = []
  package var warnings: [Diagnostic] = []
}

extension Inventory {
  /// The hosts of a pattern, limited where a limit is given. See `select`.
  package func hosts(
    matching pattern: String, limit: String? = nil
  ) throws(Diagnostic) -> [String] {
    try select([pattern], limit: limit).names
  }

  /// The hosts of patterns: first all plain ones in the order written, then `&` keeps and `!`
  /// takes away. A part is a host, a group, a shell pattern or `~` and a regular expression, for
  /// all but the last perhaps with `[0]` or `[1:3]`, both ends counted.
  ///
  /// `localhost` matches a host that is made up where the inventory has none.
  ///
  /// A subscript behind the last host is no host, with a warning.
  ///
  /// - Throws: an invalid regular expression, a missing limit file.
  package func select(
    _ patterns: [String], limit: String? = nil, at place: SourceLocation? = nil
  ) throws(Diagnostic) -> HostSelection {
    var finder = HostFinder(inventory: self, place: place)
    var selected = try finder.evaluate(patterns.flatMap(HostFinder.parts))
    if let limit {
      let kept = Set(try finder.evaluate(try HostFinder.limitParts(limit)))
      selected = selected.filter { kept.contains($0) }
    }
    return HostSelection(names: selected, warnings: finder.warnings)
  }
}

extension Inventory {
  /// The same where a limit that leaves no host is a mistake, with exit status 1.
  package func requireHosts(
    matching patterns: [String], limit: String?
  ) throws(Diagnostic) -> HostSelection {
    let selection = try select(patterns, limit: limit)
    guard let limit, selection.names.isEmpty else { return selection }
    var diagnostic = Diagnostic.error(
      "no host matches the limit `\(limit)`")
    diagnostic.exitCode = 1
    throw diagnostic
  }
}

private struct HostFinder {
  let inventory: Inventory
  let place: SourceLocation?
  var warnings: [Diagnostic] = []

  // MARK: Parts

  /// The parts of a pattern: between commas, or where there is none between colons that are not
  /// of an address or a range.
  static func parts(_ pattern: String) -> [String] {
    if pattern.utf8.contains(UInt8(ascii: ",")) {
      return pattern.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
    if HostAddress(pattern) != nil { return [Substring(pattern).trimmed] }
    var parts: [String] = []
    var current = String.UnicodeScalarView()
    let scalars = Array(pattern.unicodeScalars)
    var index = 0
    func end() {
      if !current.isEmpty { parts.append(String(current)) }
      current = String.UnicodeScalarView()
    }
    while index < scalars.count {
      let scalar = scalars[index]
      if scalar == "[", let close = scalars[index...].firstIndex(of: "]") {
        current.append(contentsOf: scalars[index...close])
        index = close + 1
        continue
      }
      if scalar == ":" || scalar == "[" || scalar == "]" || scalar.properties.isWhitespace {
        end()
      } else {
        current.append(scalar)
      }
      index += 1
    }
    end()
    return parts
  }

  /// The parts of a limit; `@file` stands for the lines of a file.
  static func limitParts(_ limit: String) throws(Diagnostic) -> [String] {
    var result: [String] = []
    for part in parts(limit) {
      guard part.hasPrefix("@") else {
        result.append(part)
        continue
      }
      let path = String(part.dropFirst())
      switch Files.kind(path) {
      case .file: break
      case nil: throw .error("there is no limit file `\(path)`")
      default: throw .error("the limit `\(path)` is not a file")
      }
      switch Files.read(path) {
      case .success(let text):
        result += text.split(separator: "\n").map(\.trimmed).filter { !$0.isEmpty }
      case .failure(let error): throw .error("cannot read `\(path)`: \(error.reason)")
      }
    }
    return result
  }

  // MARK: Evaluation

  mutating func evaluate(_ parts: [String]) throws(Diagnostic) -> [String] {
    var plain: [String] = []
    var kept: [String] = []
    var removed: [String] = []
    for part in parts {
      switch part.unicodeScalars.first {
      case "!": removed.append(String(part.unicodeScalars.dropFirst()))
      case "&": kept.append(String(part.unicodeScalars.dropFirst()))
      case nil: continue
      default: plain.append(part)
      }
    }
    var names: [String] = []
    var seen = Set<String>()
    for part in plain.isEmpty ? ["all"] : plain {
      for name in try matches(part) where seen.insert(name).inserted { names.append(name) }
    }
    for part in kept {
      let matched = Set(try matches(part))
      names.removeAll { !matched.contains($0) }
    }
    for part in removed {
      let matched = Set(try matches(part))
      names.removeAll { matched.contains($0) }
    }
    return names
  }

  /// The hosts of one part, perhaps with repetitions: a subscript counts them.
  private mutating func matches(_ part: String) throws(Diagnostic) -> [String] {
    if inventory.hasHost(part) { return [part] }
    guard !part.isEmpty else { return [] }
    guard !part.hasPrefix("~"), let subscripted = SubscriptedPattern(part) else {
      return try unsubscripted(part)
    }
    let names = try unsubscripted(subscripted.pattern)
    if names.isEmpty { return [] }
    guard let slice = subscripted.slice(of: names) else {
      warnings.append(
        .warning("`\(subscripted.pattern)` has only \(names.count) hosts, not `\(part)`", at: place)
      )
      return []
    }
    return slice
  }

  private mutating func unsubscripted(_ part: String) throws(Diagnostic) -> [String] {
    let matcher = try NameMatcher(part, at: place)
    let groups = matcher.matching(inventory.groups.map(\.name), known: inventory.hasGroup)
    var names = groups.flatMap { inventory.hosts(inGroup: $0) }
    let isOpen = part.unicodeScalars.contains { ".?*[".unicodeScalars.contains($0) }
    if groups.isEmpty || part.hasPrefix("~") || isOpen {
      names += matcher.matching(inventory.hosts.map(\.name), known: inventory.hasHost)
    }
    if names.isEmpty, Inventory.localNames.contains(part) { return [localName(part)] }
    if names.isEmpty, groups.isEmpty, part != "all" {
      warnings.append(.warning("no host and no group matches `\(part)`", at: place))
    }
    return names
  }

  /// The local host of the inventory under whatever name it has there.
  private func localName(_ name: String) -> String {
    inventory.hosts.first { Inventory.localNames.contains($0.name) }?.name ?? name
  }
}

/// A shell pattern or a regular expression for names.
private enum NameMatcher {
  case glob(Glob)
  case regex(Pattern)

  init(_ text: String, at place: SourceLocation?) throws(Diagnostic) {
    guard text.hasPrefix("~") else {
      self = .glob(Glob(text))
      return
    }
    do {
      self = .regex(try Pattern.compile(String(text.unicodeScalars.dropFirst())))
    } catch {
      throw .error("`\(text)` is no valid pattern: \(error.message)", at: place)
    }
  }

  /// The names that match, in order; a glob without wildcards is looked up.
  func matching(_ names: @autoclosure () -> [String], known: (String) -> Bool) -> [String] {
    switch self {
    case .glob(let glob):
      if let literal = glob.literal { return known(literal) ? [literal] : [] }
      return names().filter(glob.matches)
    case .regex(let pattern):
      // A name on which the pattern exceeds its limits does not match.
      return names().filter { ((try? pattern.match($0)) ?? nil) != nil }
    }
  }
}

/// `pattern[index]`, `pattern[first:last]`, `pattern[first:]`.
private struct SubscriptedPattern {
  let pattern: String
  private let first: Int
  /// nil for one element; -1 for the end.
  private let last: Int?

  init?(_ text: String) {
    guard text.hasSuffix("]"),
      let open = text.unicodeScalars.lastIndex(of: "["), open > text.startIndex
    else { return nil }
    pattern = String(text[..<open])
    let inner = Array(text.unicodeScalars[open...].dropFirst().dropLast())
    let isDigits = { (part: ArraySlice<Unicode.Scalar>) in
      part.allSatisfy { ("0"..."9").contains($0) }
    }
    func number(_ part: ArraySlice<Unicode.Scalar>) -> Int? {
      Int(String(String.UnicodeScalarView(part)))
    }
    let isNegative = inner.first == "-"
    let digits = inner[(isNegative ? 1 : 0)...]
    if !digits.isEmpty, isDigits(digits) {
      guard let index = number(digits) else { return nil }
      first = isNegative ? -index : index
      last = nil
      return
    }
    guard let sign = inner.firstIndex(where: { $0 == ":" || $0 == "-" }), sign > 0,
      isDigits(inner[..<sign]), isDigits(inner[(sign + 1)...]), let start = number(inner[..<sign])
    else { return nil }
    first = start
    let end = inner[(sign + 1)...]
    guard let value = end.isEmpty ? -1 : number(end) else { return nil }
    // `[n:0]` is the element n alone.
    last = value == 0 ? nil : value
  }

  /// The elements; nil where a single one does not exist.
  func slice(of names: [String]) -> [String]? {
    guard let last else {
      let index = first < 0 ? names.count + first : first
      return names.indices.contains(index) ? [names[index]] : nil
    }
    let end = last == -1 ? names.count : min(last, names.count - 1) + 1
    return first < end ? Array(names[first..<end]) : []
  }
}
