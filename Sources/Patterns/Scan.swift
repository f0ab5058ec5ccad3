import CPCRE2

/// One operation on one subject: the match data of PCRE2, and where the next match may begin.
struct Scan: ~Copyable {
  private let pattern: Pattern
  private let subject: [UInt8]
  private let data: OpaquePointer
  private var isChecked: Bool
  private var position = 0
  /// Python: behind an empty match, the next one at the same place must not be empty.
  private var mustAdvance = false
  private var isFinished = false

  init(_ pattern: Pattern, _ subject: some PatternSubject) throws(PatternError) {
    self.pattern = pattern
    self.subject = subject.patternBytes
    isChecked = type(of: subject).isAlwaysUTF8 || pattern.flags.contains(.bytes)
    guard let data = pcre2_match_data_create_from_pattern_8(pattern.code, nil) else {
      throw PatternError(.limit, "out of memory")
    }
    self.data = data
  }

  deinit { pcre2_match_data_free_8(data) }

  /// The next match from left to right, none overlapping another; nil behind the last.
  mutating func next() throws(PatternError) -> PatternMatch? {
    if isFinished { return nil }
    let options = mustAdvance ? UInt32(PCRE2_NOTEMPTY_ATSTART) : 0
    guard let match = try match(options) else {
      isFinished = true
      return nil
    }
    mustAdvance = match.range.isEmpty
    position = match.range.upperBound
    return match
  }

  /// One match at the current position, with PCRE2's options for it.
  mutating func match(_ options: UInt32) throws(PatternError) -> PatternMatch? {
    let check = isChecked ? UInt32(PCRE2_NO_UTF_CHECK) : 0
    var status = run(options | check)
    if status == PCRE2_ERROR_JIT_STACKLIMIT {
      status = run(options | check | UInt32(PCRE2_NO_JIT))
    }
    guard status >= 0 else {
      if status == PCRE2_ERROR_NOMATCH { return nil }
      throw failure(status)
    }
    isChecked = true
    return collect()
  }

  private func run(_ options: UInt32) -> Int32 {
    // An empty array may have no address, which PCRE2 takes amiss.
    if subject.isEmpty {
      var nothing: UInt8 = 0
      return pcre2_match_8(pattern.code, &nothing, 0, 0, options, data, nil)
    }
    return subject.withUnsafeBufferPointer {
      pcre2_match_8(pattern.code, $0.baseAddress, $0.count, position, options, data, nil)
    }
  }

  private func collect() -> PatternMatch? {
    guard let vector = pcre2_get_ovector_pointer_8(data) else { return nil }
    let pairs = min(Int(pcre2_get_ovector_count_8(data)), pattern.groupCount + 1)
    var ranges: [Range<Int>?] = []
    ranges.reserveCapacity(pairs)
    for pair in 0..<pairs {
      let (start, end) = (vector[2 * pair], vector[2 * pair + 1])
      let isSet = start >= 0 && start <= end && end <= subject.count
      ranges.append(isSet ? start..<end : nil)
    }
    guard let whole = ranges.first ?? nil else { return nil }
    return PatternMatch(pattern, subject, whole, ranges)
  }

  private func failure(_ status: Int32) -> PatternError {
    switch status {
    case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT,
      PCRE2_ERROR_JIT_STACKLIMIT, PCRE2_ERROR_NOMEMORY:
      PatternError(.limit, "the pattern takes too many steps on this text")
    case PCRE2_ERROR_UTF8_ERR21...PCRE2_ERROR_UTF8_ERR1:
      PatternError(.subject, "the text is not valid UTF-8")
    default: PatternError(.limit, Pattern.message(of: status))
    }
  }
}
