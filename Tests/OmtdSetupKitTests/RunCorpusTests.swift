import TestKit
import Testing
import Values

/// The recorded runs of `run.jsonl` through the built program. No bar: the score is printed, and
/// below what stands here the test fails, so that it never falls silently.
@Suite struct RunCorpusTests {
  private static let floor = 0.80

  @Test func scoresTheRecordedRunsCorpus() async throws {
    let cases = try Corpus.cases("run.jsonl").filter { $0["portable"] != false }
    try #require(!cases.isEmpty)
    var misses: [String] = []
    await withTaskGroup(of: String?.self) { group in
      for one in cases { group.addTask { await Self.miss(one) } }
      for await miss in group { if let miss { misses.append(miss) } }
    }
    let passed = cases.count - misses.count
    print("run: \(passed)/\(cases.count)")
    if Files.variable("OMTD_SHOW") != nil { print(misses.sorted().joined(separator: "\n")) }
    #expect(Double(passed) >= Self.floor * Double(cases.count), "\(misses.sorted())")
  }

  /// Why a case is missed; nil where it is met.
  private static func miss(_ one: Value) async -> String? {
    let name = one["id"]?.string ?? "?"
    do {
      return try await difference(one).map { "\(name): \($0)" }
    } catch {
      return "\(name): \(error)"
    }
  }

  private static func difference(_ one: Value) async throws -> String? {
    let scratch = ScratchFolder()
    let folder = scratch.path
    for (path, content) in one["files"]?.map ?? [:] {
      guard let name = path.string else { continue }
      let text = content.string ?? content["content"]?.string ?? ""
      let mode = content["mode"]?.string.flatMap { UInt32($0, radix: 8) }
      scratch.write(name, text.replacingAll("@DIR@", with: folder), mode: mode ?? 0o644)
    }
    let arguments = (one["args"]?.elements ?? []).compactMap(\.string).map {
      $0.replacingAll("@DIR@", with: folder)
    }
    let log = folder + "/.events"
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "--json", log] + arguments, folder: folder
    ).run()
    guard !said.isLate else { return "not done in time" }
    guard one["exit_code"] == .int(said.status) else {
      return "exit \(said.status), not \(one["exit_code"]?.int ?? -1)"
    }
    guard one["error"] != true else { return nil }
    let text = Files.exists(log) ? try Files.text(log) : ""
    let events = try text.split(separator: "\n").map { try JSON.parse(String($0)) }
    if let miss = counts(one, events) ?? results(one, events) { return miss }
    return try files(one, folder)
  }

  private static func counts(_ one: Value, _ events: [Value]) -> String? {
    let recap = events.last { $0["event"]?.string == "recap" }?["hosts"]
    for (host, expected) in one["stats"]?.map ?? [:] {
      for (key, count) in expected.map ?? [:] {
        let name = key.string == "failures" ? "failed" : key.string ?? ""
        let ours = recap?[host.string ?? ""]?[name] ?? 0
        if ours != count { return "\(name) of \(host.string ?? "")" }
      }
    }
    return nil
  }

  private static func results(_ one: Value, _ events: [Value]) -> String? {
    for (host, rows) in one["results"]?.map ?? [:] {
      let expected = (rows.elements ?? []).filter { !isInclude($0) }
      let ours = events.filter {
        $0["event"]?.string == "result" && $0["host"] == host && !isInclude($0)
      }
      guard expected.count == ours.count else { return "number of results" }
      for (wanted, got) in zip(expected, ours) {
        var status = got["status"]?.string
        if wanted["status"] == "rescued", status == "failed" { status = "rescued" }
        // A host that cannot be reached and stays in the play.
        if got["result"]?["unreachable"] == true, status == "ignored" { status = "unreachable" }
        guard wanted["status"]?.string == status else {
          return "status of \(wanted["task"]?.string ?? "")"
        }
        if let message = wanted["msg"], wanted["status"] == "ok",
          got["result"]?["msg"] != message
        {
          return "msg of \(wanted["task"]?.string ?? "")"
        }
      }
    }
    return nil
  }

  private static func isInclude(_ row: Value) -> Bool {
    row["action"]?.string?.contains("include") ?? false
  }

  private static func files(_ one: Value, _ folder: String) throws -> String? {
    for (path, text) in one["files_after"]?.map ?? [:] {
      guard let name = path.string else { continue }
      let place =
        name.hasPrefix("@DIR@") ? name.replacingAll("@DIR@", with: folder) : "\(folder)/\(name)"
      guard Files.exists(place) else { return "no file \(name)" }
      let ours = try Files.text(place).replacingAll(folder, with: "@DIR@")
      if text.string != ours { return "text of \(name)" }
    }
    return nil
  }
}
