import TestKit
import Testing

@testable import OmtdSetupKit

/// Paths of the command line that no shell has written out.
@Suite struct PathVariableTests {
  private static let variables = ["A": "/x", "EMPTY": "", "HOME": "/h"]

  /// What Python's `os.path.expandvars` makes of them where `variables` are set.
  private static let rows: [(path: String, expanded: String)] = [
    ("$A/y", "/x/y"), ("${A}y", "/xy"), ("$Ay", "$Ay"), ("$B/y", "$B/y"), ("${B}/y", "${B}/y"),
    ("${A", "${A"), ("$", "$"), ("$$A", "$/x"), ("a$A", "a/x"), ("${}", "${}"), ("$EMPTY/z", "/z"),
    ("${A}/${HOME}", "/x//h"), ("$A$A", "/x/x"), ("~/$A", "~//x"), ("é$Aé", "é/xé"),
    ("${A b}", "${A b}"), ("", ""), ("plain", "plain"),
  ]

  @Test("Variables in a path are written out as Python does it", arguments: rows.indices)
  func variables(_ index: Int) {
    let row = Self.rows[index]
    #expect(PathVariables.expanded(row.path) { Self.variables[$0] } == row.expanded)
  }

  @Test(
    "Home and variables are written out in inventories and files of variables, as Ansible does it",
    arguments: ["~", "$HOME", "${HOME}"])
  func options(_ home: String) async throws {
    let scratch = ScratchFolder()
    scratch.write("home/hosts.ini", "l ansible_connection=local\n")
    scratch.write("home/v.yml", "v: 7\n")
    scratch.write(
      "site.yaml", "- hosts: all\n  gather_facts: false\n  tasks: [{debug: {var: v}}]\n")
    let said = try await Command(
      words: [
        "env", "HOME=\(scratch.path)/home", Files.binary, "apply", "--yes", "-i",
        "\(home)/hosts.ini", "-e", "@\(home)/v.yml", "site.yaml",
      ], folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stderr)")
    #expect(said.stdout.contains("\"v\": 7"), "\(said.stdout)")
  }

  @Test("A list of hosts is no path")
  func list() async throws {
    let scratch = ScratchFolder()
    let said = try await Command(
      words: [Files.binary, "inventory", "-i", "~/a,", "--graph"], folder: scratch.path
    ).run()
    #expect(said.stdout == "@all:\n  |--@ungrouped:\n  |  |--~/a\n", "\(said.stderr)")
  }
}
