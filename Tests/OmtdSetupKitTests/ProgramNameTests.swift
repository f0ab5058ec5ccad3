@preconcurrency import Glibc
import TestKit
import Testing
import Values

/// What Ansible's programs printed, by the program under their names. `Tests/Recording/program-names`
/// records `rows.jsonl`.
@Suite struct ProgramNameTests {
  static let folder = Files.cases + "/program-names"
  static let rows: [Row] = (try? Files.lines(folder + "/rows.jsonl"))?.compactMap(Row.init) ?? []

  struct Row: Sendable, CustomTestStringConvertible {
    let words: [String]
    let status: Int
    /// Nil where the output is Ansible's own words about an error.
    let stdout: String?

    init?(_ line: String) {
      guard let row = try? JSON.parse(line), let words = row["words"]?.elements,
        let status = row["status"]?.int
      else { return nil }
      self.words = words.compactMap(\.string)
      self.status = status
      stdout = row["stdout"]?.string
    }

    var testDescription: String { words.joined(separator: " ") }
  }

  @Test("The recorded rows are there") func rowsAreThere() { #expect(Self.rows.count > 40) }

  @Test("A program by Ansible's name prints and ends as Ansible's", arguments: rows)
  func answersAsRecorded(_ row: Row) async throws {
    let scratch = ScratchFolder()
    let name = scratch.path + "/" + row.words[0]
    try #require(symlink(Files.binary, name) == 0)
    let said = try await Command(
      words: [name] + row.words.dropFirst(), folder: Self.folder + "/project"
    ).run()
    #expect(said.status == row.status, "\(said.stderr)")
    guard let expected = row.stdout else { return }
    // The order of hosts of --list-hosts is a set's in a playbook.
    let isSet = row.words[0] == "ansible-playbook" && row.words.contains("--list-hosts")
    if isSet {
      #expect(lines(said.stdout) == lines(expected))
    } else {
      #expect(said.stdout == expected)
    }
  }

  private func lines(_ text: String) -> [Substring] { text.split(separator: "\n").sorted() }

  @Test(
    "Usage names every option that is not supported",
    arguments: [
      ("ansible-playbook", "--step"), ("ansible", "--tree"), ("ansible-inventory", "--toml"),
    ])
  func refusesUnsupportedOptions(_ name: String, _ option: String) async throws {
    let scratch = ScratchFolder()
    let path = scratch.path + "/" + name
    try #require(symlink(Files.binary, path) == 0)
    let words = [path, option] + (option == "--tree" ? ["x"] : [])
    let said = try await Command(words: words, folder: scratch.path).run()
    #expect(said.status == 2)
    #expect(
      said.stderr
        == "error: \(name): \(option) is not supported\n\nhint: `\(name) --help` lists the options\n"
    )
    let help = try await Command(words: [path, "--help"], folder: scratch.path).run()
    #expect(help.status == 0)
    #expect(help.stdout.contains("\(option)") && help.stdout.contains("not supported"))
  }
}
