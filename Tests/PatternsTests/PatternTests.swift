import Patterns
import Testing

@Suite struct PatternTests {
  @Test("a pattern that explodes is given up with an error of its own")
  func givesUp() throws {
    let pattern = try Pattern.compile("^(a+)+$")
    #expect(throws: PatternError(.limit, "the pattern takes too many steps on this text")) {
      try pattern.search(String(repeating: "a", count: 40) + "!")
    }
  }

  @Test("bytes that are not UTF-8 are refused by a pattern for text and matched by one for bytes")
  func invalidText() throws {
    let subject: [UInt8] = [0x61, 0xFF, 0x62]
    #expect(throws: PatternError(.subject, "the text is not valid UTF-8")) {
      try Pattern.compile("a.b").search(subject)
    }
    #expect(try Pattern.compile("a.b", flags: .bytes).search(subject)?.range == 0..<3)
  }

  @Test("an error names the place in the pattern")
  func errorPlace() {
    #expect(throws: PatternError(.pattern, "multiple repeat", offset: 2)) {
      try Pattern.compile("a**")
    }
    #expect(throws: PatternError(.pattern, "missing ), unterminated subpattern", offset: 1)) {
      try Pattern.compile("é(a")
    }
  }

  @Test("names lead to groups, and an unset group has no text")
  func names() throws {
    let pattern = try Pattern.compile("(?P<key>\\w+)(?:=(?P<value>\\w+))?")
    let match = try #require(try pattern.match("port"))
    #expect(match.text(named: "key") == "port")
    #expect(match.text(named: "value") == nil)
    #expect(match.text(named: "other") == nil)
    #expect(pattern.groupNames.map(\.name) == ["key", "value"])
    #expect(match.range(7) == nil)
  }

  @Test("a long subject is matched whatever the stack of the compiled pattern")
  func longSubject() throws {
    let text = String(repeating: "ab", count: 200_000)
    #expect(try Pattern.compile("(?:a|b)*$").match(text)?.range.count == 400_000)
  }

  @Test("deep nesting is an error or a pattern, never a crash")
  func deepNesting() throws {
    let count = 20_000
    let text = String(repeating: "(", count: count) + String(repeating: ")", count: count)
    #expect(throws: PatternError.self) { try Pattern.compile(text) }
    #expect(throws: PatternError.self) {
      try Pattern.compile(String(repeating: "[", count: count))
    }
  }

  @Test("one pattern serves many threads at once")
  func sharedPattern() async throws {
    let pattern = try Pattern.compile("(\\d+)-(\\d+)")
    let sums = await withTaskGroup(of: Int.self) { group in
      for number in 0..<64 {
        group.addTask {
          let match = try? pattern.search("x \(number)-\(number + 1) y")
          return match?.groups.compactMap { $0.flatMap { Int($0) } }.reduce(0, +) ?? -1
        }
      }
      return await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(sums == Set((0..<64).map { 2 * $0 + 1 }))
  }
}
