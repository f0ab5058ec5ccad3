import CPCRE2

// The operations of Python's `re` module. Each throws `PatternError` of kind `limit` where a match
// is given up, and `subject` for bytes that are not UTF-8 under a pattern for text.

extension Pattern {
  /// A match that begins at the start of the subject.
  package func match(_ subject: some PatternSubject) throws(PatternError) -> PatternMatch? {
    var scan = try Scan(self, subject)
    return try scan.match(UInt32(PCRE2_ANCHORED))
  }

  /// A match that spans the whole subject.
  package func fullMatch(_ subject: some PatternSubject) throws(PatternError) -> PatternMatch? {
    var scan = try Scan(self, subject)
    return try scan.match(UInt32(PCRE2_ANCHORED) | UInt32(PCRE2_ENDANCHORED))
  }

  /// The first match anywhere in the subject.
  package func search(_ subject: some PatternSubject) throws(PatternError) -> PatternMatch? {
    var scan = try Scan(self, subject)
    return try scan.match(0)
  }

  /// All matches that do not overlap, as `re.finditer`.
  package func findIterator(
    _ subject: some PatternSubject
  ) throws(PatternError) -> [PatternMatch] {
    var scan = try Scan(self, subject)
    var matches: [PatternMatch] = []
    while let match = try scan.next() { matches.append(match) }
    return matches
  }

  /// `re.findall`: for each match its text or, where the pattern has groups, their texts.
  ///
  /// Each element has one text if the pattern has at most one group, else one for each group.
  package func findAll(_ subject: some PatternSubject) throws(PatternError) -> [[String]] {
    var scan = try Scan(self, subject)
    var found: [[String]] = []
    while let match = try scan.next() { found.append(match.found) }
    return found
  }

  /// `re.split`: the texts between matches, with the groups' texts in between.
  ///
  /// - Parameter limit: at most so many splits; 0 for all.
  package func split<Subject: PatternSubject>(
    _ subject: Subject, limit: Int = 0
  ) throws(PatternError) -> [Subject?] {
    let bytes = subject.patternBytes
    if limit < 0 { return [subject] }
    var scan = try Scan(self, subject)
    var pieces: [Subject?] = []
    var end = 0
    var count = 0
    while limit == 0 || count < limit, let match = try scan.next() {
      pieces.append(Subject(patternBytes: Array(bytes[end..<match.range.lowerBound])))
      for group in 1..<(groupCount + 1) {
        pieces.append(match.bytes(group).map { Subject(patternBytes: Array($0)) })
      }
      end = match.range.upperBound
      count += 1
    }
    pieces.append(Subject(patternBytes: Array(bytes[end...])))
    return pieces
  }

  /// `re.subn`: replaces matches by a template with `\1`, `\g<name>`, `\g<1>` and escapes.
  ///
  /// - Parameter limit: at most so many replacements; 0 for all.
  /// - Throws: also `PatternError` of kind `replacement`.
  package func substitute<Subject: PatternSubject>(
    _ template: Subject, in subject: Subject, limit: Int = 0
  ) throws(PatternError) -> (result: Subject, count: Int) {
    let template = try ReplacementTemplate(template.patternBytes, for: self)
    return try substitute(in: subject, limit: limit) { template.expand($0) }
  }

  /// Replaces matches by what the closure makes of each.
  package func substitute<Subject: PatternSubject>(
    in subject: Subject, limit: Int = 0, by replacement: (PatternMatch) -> [UInt8]
  ) throws(PatternError) -> (result: Subject, count: Int) {
    if limit < 0 { return (subject, 0) }
    let bytes = subject.patternBytes
    var scan = try Scan(self, subject)
    var result: [UInt8] = []
    var end = 0
    var count = 0
    while limit == 0 || count < limit, let match = try scan.next() {
      result += bytes[end..<match.range.lowerBound]
      result += replacement(match)
      end = match.range.upperBound
      count += 1
    }
    if count == 0 { return (subject, 0) }
    result += bytes[end...]
    return (Subject(patternBytes: result), count)
  }

  /// `re.escape`: the pattern that matches this text and nothing else.
  package static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if special.contains(scalar) { escaped.unicodeScalars.append("\\") }
      escaped.unicodeScalars.append(scalar)
    }
    return escaped
  }

  private static let special = Set("()[]{}?*+-|^$\\.&~# \t\n\r\u{0B}\u{0C}".unicodeScalars)
}
