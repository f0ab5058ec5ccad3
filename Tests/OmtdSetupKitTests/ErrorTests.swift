import TestKit
import Testing

@Suite struct ErrorTests {
  static let names: [String] = Files.folders(in: Files.errors, with: "expected.status")
    .filter { !Files.exists("\(Files.errors)/\($0)/there.sh") }
  static let known = KnownFailures(Files.errors)

  @Test("A mistake is told in the recorded words, with the recorded status", arguments: names)
  func mistake(name: String) async throws {
    let folder = Files.errors + "/" + name
    let scratch = ScratchFolder()
    let project = scratch.path + "/project"
    try Files.copy(folder, to: project, leaving: ["args", "expected.status", "expected.stderr"])
    let arguments = try Files.lines(folder + "/args").filter { !$0.isEmpty }
    let result = try await Command(
      words: [Files.binary, "apply", "--yes"] + arguments, folder: project
    ).run()

    var problems: [String] = []
    let text = try Files.text(folder + "/expected.status")
    let status = text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? -1
    if result.isLate { problems.append("no end within the deadline") }
    if result.status != status { problems.append("status \(result.status) instead of \(status)") }
    let expected = try Files.text(folder + "/expected.stderr")
    let found = Self.withoutPlaces(result.stderr)
    let isPart = status == 0 || status == 2 || name == "unknown-handler"
    let isSame =
      isPart
      ? found.replacingAll(expected, with: "").utf8.count < found.utf8.count || expected.isEmpty
      : found.utf8.elementsEqual(expected.utf8)
    if !isSame { problems.append("standard error:\n\(found)  instead of\n\(expected)") }
    Self.known.judge(name, problems)
  }

  /// Takes out the lines that name folders of the machine: `looked for:` and those behind it
  /// that are indented further.
  private static func withoutPlaces(_ text: String) -> String {
    var kept: [Substring] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("  looked for: ") {
        isInside = true
      } else if isInside, line.hasPrefix("    ") {
        continue
      } else {
        isInside = false
        kept.append(line)
      }
    }
    return kept.joined(separator: "\n")
  }

  @Test("Every known failure is a project")
  func listIsClean() {
    #expect(
      Set(Self.known.reasons.keys).subtracting(Self.names + HostErrorTests.names).sorted() == [])
    #expect(Self.known.reasons.filter { $0.value.isEmpty }.keys.sorted() == [], "a reason each")
  }
}
