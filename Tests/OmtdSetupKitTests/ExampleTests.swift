import Synchronization
import TestKit
import Testing
import Values

@Suite struct ExampleTests {
  static let names: [String] = Files.folders(in: Files.examples, with: "expected.json")
  static let known = KnownFailures(Files.examples)
  /// `OMTD_EXAMPLES=A,B` chooses some while working on them.
  private static let chosen =
    Files.variable("OMTD_EXAMPLES").map { $0.split(separator: ",").map(String.init) } ?? names

  @Test(
    "An example does what ansible-playbook did with it, whatever is fetched ahead",
    arguments: chosen)
  func example(name: String) async throws {
    let example = try Example(name)
    if example.needsHosts { await Gate.hosts.enter() }
    do {
      try await check(example)
    } catch {
      Issue.record("\(name): \(error)")
    }
    if example.needsHosts { await Gate.hosts.leave() }
  }

  private func check(_ example: Example) async throws {
    let full = try await example.run(prefetch: "full")
    var problems = compare(full, with: example.expected)
    let none = try await example.run(prefetch: "none")
    problems += compare(full, with: none, "none")
    let some = try await example.run(prefetch: "7")
    problems += compare(full, with: some, "7")
    let verified = try await example.run(prefetch: "full", verifiesFacts: true)
    problems += compare(full, with: verified, "full, verified")
    if !Self.known.contains(example.name), problems.isEmpty {
      let found: Value = [
        "full": full.first.trips, "none": none.first.trips, "full, unchanged": full.second.trips,
        "none, unchanged": none.second.trips,
      ]
      problems += try RoundTrips.compare(example.name, found)
    }
    Self.known.judge(
      example.name, problems, full.first.output + full.first.said.stderr + full.second.said.stderr)
  }

  /// With what was recorded.
  private func compare(_ outcome: Example.Outcome, with expected: Value) -> [String] {
    let first = outcome.first
    if first.said.isLate || outcome.second.said.isLate { return ["no end within the deadline"] }
    var problems: [String] = []
    func same(_ what: String, _ ours: Value?, _ theirs: Value?) {
      let (us, them) = (ExampleRows.text(ours ?? .null), ExampleRows.text(theirs ?? .null))
      if us != them { problems.append("\(what): \(us) instead of \(them)") }
    }
    func sameTree(_ what: String, _ ours: [String: Value], _ theirs: Value?) {
      let theirs = theirs?.map ?? [:]
      for path in Set(ours.keys).union(theirs.keys.map { $0.string ?? "" }).sorted() {
        same("\(what) \(path)", ours[path], theirs[.string(path)])
      }
    }
    same("exit status", .int(first.said.status), expected["exit_code"])
    same("recap", first.stats, expected["stats"])
    problems += ExampleRows(first.events).differences(from: expected["results"] ?? [:])
    sameTree("tree", first.tree, expected["tree"])
    let second = expected["second"] ?? [:]
    same("second exit status", .int(outcome.second.said.status), second["exit_code"])
    same("second recap", outcome.second.stats, second["stats"])
    let isSame = second["tree"]?.string == "same"
    sameTree("second tree", outcome.second.tree, isSame ? expected["tree"] : second["tree"])
    return problems
  }

  /// With a run that fetched ahead in another way: it must not show.
  private func compare(
    _ full: Example.Outcome, with other: Example.Outcome, _ prefetch: String
  ) -> [String] {
    var problems: [String] = []
    for (what, a, b) in [("first", full.first, other.first), ("second", full.second, other.second)]
    {
      func same(_ part: String, _ ours: String, _ theirs: String) {
        guard ours != theirs else { return }
        let (x, y) = Self.firstDifference(ours, theirs)
        problems.append("\(what) run, prefetch \(prefetch), \(part): `\(y)` instead of `\(x)`")
      }
      same("exit status", "\(a.said.status)", "\(b.said.status)")
      same("output", a.output, b.output)
      let rows = [a, b].map { pass in
        ExampleRows(pass.events).hosts.sorted { $0.key < $1.key }.map { host, rows in
          host + ": " + rows.map { ExampleRows.text(.map($0)) }.joined(separator: "\n")
        }.joined(separator: "\n")
      }
      same("results", rows[0], rows[1])
      let trees = [a, b].map { pass in
        pass.tree.sorted { $0.key < $1.key }.map { $0.key + " " + ExampleRows.text($0.value) }
          .joined(separator: "\n")
      }
      same("tree", trees[0], trees[1])
    }
    return problems
  }

  private static func firstDifference(_ a: String, _ b: String) -> (String, String) {
    let left = a.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let right = b.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for index in 0..<max(left.count, right.count) {
      let x = index < left.count ? left[index] : "(end)"
      let y = index < right.count ? right[index] : "(end)"
      if x != y { return (x, y) }
    }
    return ("", "")
  }

  @Test("Every known failure is an example")
  func listIsClean() {
    #expect(Set(Self.known.reasons.keys).subtracting(Self.names).sorted() == [])
    #expect(Self.known.reasons.filter { $0.value.isEmpty }.keys.sorted() == [], "a reason each")
  }
}

/// How often each host was asked, stated exactly: a first run and one that changes nothing, with
/// all fetched ahead and with nothing. `OMTD_RECORD=1` writes the file anew.
enum RoundTrips {
  static let path = Files.examples + "/round-trips.json"
  static let isRecording = Files.variable("OMTD_RECORD") == "1"
  private static let file = Mutex<Void>(())

  static func stated() throws -> Value { try JSON.parse(Files.text(path), file: path) }

  static func compare(_ name: String, _ found: Value) throws -> [String] {
    guard isRecording else {
      let stated = try stated()[name] ?? .null
      let (us, them) = (ExampleRows.text(found), ExampleRows.text(stated))
      return us == them ? [] : ["round trips: \(us) instead of \(them)"]
    }
    try file.withLock { _ in
      var all = (try? stated().map) ?? [:]
      all[.string(name)] = found
      let known = Set(ExampleTests.names)
      let lines = all.sorted { ($0.key.string ?? "") < ($1.key.string ?? "") }
        .filter { known.contains($0.key.string ?? "") }
        .map { "\(JSON.text($0.key)): \(ExampleRows.text($0.value))" }
      try Files.write("{\n" + lines.joined(separator: ",\n") + "\n}\n", to: path)
    }
    return []
  }
}

@Suite struct RoundTripTests {
  /// A first run has less to win: what a step may have changed is read again behind it anyway.
  @Test(
    "Fetching ahead saves round trips in at least 40 unchanged runs, and in at least 20 first ones")
  func prefetchHelps() throws {
    let rows = try RoundTrips.stated().map ?? [:]
    let unchanged = rows.values.filter { $0["full, unchanged"] != $0["none, unchanged"] }
    #expect(unchanged.count >= 40)
    let first = rows.values.filter { $0["full"] != $0["none"] }
    #expect(first.count >= 20)
  }

  @Test("Fetching ahead never costs a round trip in a run that changes nothing")
  func prefetchNeverHurts() throws {
    for (name, row) in try RoundTrips.stated().map ?? [:] {
      for (host, count) in row["full, unchanged"]?.map ?? [:] {
        let without = row["none, unchanged"]?.map?[host]?.int ?? 0
        #expect((count.int ?? 0) <= without, "\(name) \(host)")
      }
    }
  }

  @Test(
    "Every example that works has its round trips stated", .enabled(if: !RoundTrips.isRecording))
  func complete() throws {
    let stated = Set((try RoundTrips.stated().map ?? [:]).keys.map { $0.string ?? "" })
    let working = ExampleTests.names.filter { !ExampleTests.known.contains($0) }
    #expect(Set(working).subtracting(stated).sorted() == [])
  }
}
