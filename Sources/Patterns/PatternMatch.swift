/// Where a pattern matched, and what its groups caught.
package struct PatternMatch: Sendable {
  package let pattern: Pattern
  /// The whole subject, shared by all matches in it.
  package let subject: [UInt8]
  /// Byte ranges by group; group 0 is the whole match.
  private let ranges: [Range<Int>?]
  /// The whole match, in bytes.
  package let range: Range<Int>

  init(_ pattern: Pattern, _ subject: [UInt8], _ range: Range<Int>, _ ranges: [Range<Int>?]) {
    self.pattern = pattern
    self.subject = subject
    self.range = range
    self.ranges = ranges
  }

  /// Nil where the group took no part in the match, or does not exist.
  package func range(_ group: Int) -> Range<Int>? {
    ranges.indices.contains(group) ? ranges[group] : nil
  }

  package func bytes(_ group: Int = 0) -> ArraySlice<UInt8>? {
    range(group).map { subject[$0] }
  }

  package func text(_ group: Int = 0) -> String? {
    bytes(group).map { String(decoding: $0, as: UTF8.self) }
  }

  package func text(named name: String) -> String? {
    pattern.group(named: name).flatMap { text($0) }
  }

  /// Groups 1 and up, as Python's `Match.groups()`.
  package var groups: [String?] {
    ranges.indices.dropFirst().map { text($0) }
  }

  /// The whole match counted in Unicode scalars, as Python's `Match.span()`.
  package var scalarRange: Range<Int> {
    let start = scalarCount(subject[..<range.lowerBound])
    return start..<(start + scalarCount(subject[range]))
  }

  /// What Python's `findall` gives for one match: the whole if the pattern has no group, else
  /// the groups, with an empty text for one that took no part.
  package var found: [String] {
    pattern.groupCount == 0 ? [text() ?? ""] : groups.map { $0 ?? "" }
  }
}

private func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
  bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
}
