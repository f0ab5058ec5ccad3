import Diagnostics
import Inventories
import TestKit
import Testing

/// Files before and after `scale GROUP=N`. That each result is an inventory with the hosts meant was
/// also seen by `ansible-inventory` when the rows were written.
@Suite struct GroupScalingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var file = "hosts"
    var before: String
    var count: Int
    var after: String
    var leaving: [String] = []
    var joining: [String] = []

    var testDescription: String { id }
  }

  private static let one = "# a\n[web]\nweb-[1:3] a=1  # b\n\n[web:vars]\nx=[1]\n"
  private static let singles = "[web]\nweb-1 a=1 # first\nweb-2 a=1\r\n\n[db]\ndb-1"
  private static let yaml = """
    # the fleet
    all:
      children:
        web:   # front
          hosts:
            web-1:
            # the second
            web-2:

            # of web-3
            web-3:
              # inner

          vars: {a: 1}
        db: {hosts: {"db-[1:2]": {}}}

    """

  static let rows: [Row] = [
    Row(
      id: "a range of INI grows", before: one, count: 5,
      after: one.replacingAll("[1:3]", with: "[1:5]"), joining: ["web-4", "web-5"]),
    Row(
      id: "a range of INI shrinks", before: one, count: 1,
      after: one.replacingAll("[1:3]", with: "[1:1]"), leaving: ["web-2", "web-3"]),
    Row(
      id: "a range of INI is emptied, not taken out", before: one, count: 0,
      after: one.replacingAll("[1:3]", with: "[1:0]"), leaving: ["web-1", "web-2", "web-3"]),
    Row(
      id: "an empty range grows again", before: one.replacingAll("[1:3]", with: "[1:0]"), count: 2,
      after: one.replacingAll("[1:3]", with: "[1:2]"), joining: ["web-1", "web-2"]),
    Row(id: "as many as there are", before: one, count: 3, after: one),
    Row(
      id: "padded numbers keep their width", before: "[web]\nn[08:09].x:22\n", count: 4,
      after: "[web]\nn[08:11].x:22\n", joining: ["n10.x", "n11.x"]),
    Row(
      id: "steps are kept", before: "[web]\nn[2:6:2]\n", count: 5, after: "[web]\nn[2:10:2]\n",
      joining: ["n8", "n10"]),
    Row(
      id: "a range from 0 cannot be empty and goes", before: "[web]\nn[0:1] a=1\nlast\n", count: 1,
      after: "[web]\nlast\n", leaving: ["n0", "n1"]),
    Row(
      id: "hosts of INI are added behind the last, with its variables and line end",
      before: singles, count: 4,
      after: singles.replacingAll("web-2 a=1\r\n", with: "web-2 a=1\r\nweb-3 a=1\r\nweb-4 a=1\r\n"),
      joining: ["web-3", "web-4"]),
    Row(
      id: "hosts of INI leave from the end", before: singles, count: 1,
      after: singles.replacingAll("web-2 a=1\r\n", with: ""), leaving: ["web-2"]),
    Row(
      id: "no host is left", before: singles, count: 0, after: "[web]\n\n[db]\ndb-1",
      leaving: ["web-2", "web-1"]),
    Row(
      id: "a comment is not copied, a file without its last line end stays so",
      before: "[web]\nn1:2222   # one#two", count: 2, after: "[web]\nn1:2222   # one#two\nn2:2222",
      joining: ["n2"]),
    Row(
      id: "numbers that are taken are passed over", before: "[db]\nn2\n[web]\nn1\n", count: 2,
      after: "[db]\nn2\n[web]\nn1\nn3\n", joining: ["n3"]),
    Row(
      id: "the number is in the first label", before: "[web]\na01.v2.x\n", count: 2,
      after: "[web]\na01.v2.x\na02.v2.x\n", joining: ["a02.v2.x"]),
    Row(
      id: "beside single hosts the range changes", before: "[web]\nn[1:2]\nspecial\n", count: 5,
      after: "[web]\nn[1:4]\nspecial\n", joining: ["n3", "n4"]),
    Row(
      id: "when the range is empty single hosts leave", before: "[web]\nspecial\nn[1:2]\nx\n",
      count: 1, after: "[web]\nspecial\nn[1:0]\n", leaving: ["n1", "n2", "x"]),
    Row(
      id: "a section in two parts", before: "[web]\nn1\n[db]\nd1\n[web]\nn2\n[db:vars]\na=1\n",
      count: 3, after: "[web]\nn1\n[db]\nd1\n[web]\nn2\nn3\n[db:vars]\na=1\n", joining: ["n3"]),
    Row(
      id: "keys of YAML are added", file: "hosts.yml", before: yaml, count: 4,
      after: yaml.replacingAll("          # inner\n", with: "          # inner\n        web-4:\n"),
      joining: ["web-4"]),
    Row(
      id: "keys of YAML leave with what is under them", file: "hosts.yml", before: yaml, count: 1,
      after: yaml.replacingAll("        web-2:\n\n", with: "\n").replacingAll(
        "        web-3:\n          # inner\n", with: ""),
      leaving: ["web-3", "web-2"]),
    Row(
      id: "no key of YAML is left", file: "hosts.yml", before: "web:\n  hosts:\n    n1: {a: 1}\n",
      count: 0, after: "web:\n  hosts:\n", leaving: ["n1"]),
    Row(
      id: "variables under a key of YAML are copied", file: "hosts.yaml",
      before: "web:\n  hosts:\n    'n1':\n      a: |\n        t\n\n      b: 2\n", count: 2,
      after: "web:\n  hosts:\n    'n1':\n      a: |\n        t\n\n      b: 2\n"
        + "    'n2':\n      a: |\n        t\n\n      b: 2\n", joining: ["n2"]),
    Row(
      id: "a range of YAML", file: "hosts.yml",
      before: "web:\n  hosts:\n    mesos-slave-[1:8]:  # all\n      a: 1\n", count: 3,
      after: "web:\n  hosts:\n    mesos-slave-[1:3]:  # all\n      a: 1\n",
      leaving: (4...8).map { "mesos-slave-\($0)" }),
    Row(
      id: "a range of YAML in quotes and braces", file: "hosts.json",
      before: #"{"web": {"hosts": {"n[1:2]": {"a": 1}, "m": {}}}}"#, count: 2,
      after: #"{"web": {"hosts": {"n[1:1]": {"a": 1}, "m": {}}}}"#, leaving: ["n2"]),
    Row(
      id: "braces on a line grow", file: "hosts.yml", before: "web: {hosts: {n1: , n2: }}  # x\n",
      count: 4, after: "web: {hosts: {n1: , n2: , n3: , n4: }}  # x\n", joining: ["n3", "n4"]),
    Row(
      id: "one host in braces", file: "hosts.yml", before: "web: {hosts: {n1: }}\n",
      count: 2, after: "web: {hosts: {n1: , n2: }}\n", joining: ["n2"]),
    Row(
      id: "keys alone", file: "hosts.yml", before: "web: {hosts: {n1, n2}, vars: {a: 1}}\n",
      count: 3,
      after: "web: {hosts: {n1, n2, n3}, vars: {a: 1}}\n", joining: ["n3"]),
    Row(
      id: "braces on a line shrink", file: "hosts.yml",
      before: "web: {hosts: {n1: , n2: , n3: }}\n", count: 1, after: "web: {hosts: {n1: }}\n",
      leaving: ["n3", "n2"]),
    Row(
      id: "nothing is left in braces", file: "hosts.yml",
      before: "web: {hosts: {n1: {a: 1}, n2: {a: 1} , }}\n", count: 0, after: "web: {hosts: { }}\n",
      leaving: ["n2", "n1"]),
    Row(
      id: "braces over lines, with comments and quotes", file: "hosts.yml",
      before:
        "web:\n  hosts: {\n    'n1': {a: \"},{\", b: it's},  # one, {\n    n2: {a: \"},{\", b: it's}\n  }\n",
      count: 3,
      after:
        "web:\n  hosts: {\n    'n1': {a: \"},{\", b: it's},  # one, {\n    n2: {a: \"},{\", b: it's}, n3: {a: \"},{\", b: it's}\n  }\n",
      joining: ["n3"]),
    Row(
      id: "JSON grows", file: "hosts.json",
      before: "{\"web\": {\n  \"hosts\": {\n    \"n1\": {},\n    \"n2\": {}\n  }\n}}\n", count: 3,
      after:
        "{\"web\": {\n  \"hosts\": {\n    \"n1\": {},\n    \"n2\": {},\n    \"n3\": {}\n  }\n}}\n",
      joining: ["n3"]),
    Row(
      id: "JSON shrinks, its range last", file: "hosts.json",
      before: "{\"web\": {\"hosts\": {\"m\": {}, \"n[0:1]\": {\"a\": [1, 2]}, \"k\": {}}}}",
      count: 2,
      after: "{\"web\": {\"hosts\": {\"m\": {}, \"k\": {}}}}", leaving: ["n0", "n1"]),
    Row(
      id: "a host with a port in braces", file: "hosts.yml",
      before: "web: {hosts: {\"n1:22\": }}\n", count: 2,
      after: "web: {hosts: {\"n1:22\": , \"n2:22\": }}\n", joining: ["n2"]),
  ]

  private func scale(
    _ name: String, _ text: String, _ group: String, _ count: Int
  ) async throws -> (text: String, scaling: GroupScaling, before: Inventory, after: Inventory) {
    let scratch = ScratchFolder()
    scratch.write("inv/" + name, text)
    scratch.write("inv/README.md", "no inventory")
    let path = scratch.path + "/inv"
    let before = try await Inventory.load(sources: [path])
    let scaling = try GroupScaling(group, to: count, in: before)
    var options = InventoryOptions()
    var edited = text
    for file in scaling.files {
      edited = try scaling.edited(file, text)
      options.drafts[file] = edited
    }
    return (edited, scaling, before, try await Inventory.load(sources: [path], options: options))
  }

  @Test("The place of a group's hosts is edited, and every other byte stays", arguments: rows)
  func edits(_ row: Row) async throws {
    let result = try await scale(row.file, row.before, "web", row.count)
    #expect(result.text == row.after)
    #expect(result.scaling.leaving.sorted() == row.leaving.sorted())
    #expect(result.scaling.joining == row.joining)
    #expect(result.after.hosts(inGroup: "web").count == row.count)
    #expect(
      Set(result.after.hostNames)
        == Set(result.before.hostNames).subtracting(row.leaving).union(row.joining))
    #expect(result.after.warnings.isEmpty)
  }

  /// What is refused: file, text, number, summary, line and column.
  static let refused: [(String, String, Int, String, Int, Int)] = [
    ("hosts", "[web]\nn[a:c]\n", 4, "`n[a:c]` is no range of numbers", 2, 1),
    ("hosts", "[web]\nn[a:c]\n", 2, "`n[a:c]` is no range of numbers", 2, 1),
    ("hosts", "[web]\nr[1:2]n[1:2]\n", 3, "`r[1:2]n[1:2]` is no range of numbers", 2, 1),
    ("hosts", "[web]\n  alpha\n", 2, "`alpha` has no number to go on from", 2, 3),
    ("hosts", "[web]\n10.0.0.1\n", 2, "`10.0.0.1` has no number to go on from", 2, 1),
    (
      "hosts", "[web]\nn1 a=1\nn2 a=2\n", 3,
      "hosts of `web` have variables of their own, and a new one would need some", 2, 1
    ),
    (
      "hosts", "[web]\nn[08:99]\n", 93,
      "`n[08:99]` has no room for 93 hosts: its numbers have 2 digits", 2, 1
    ),
    (
      "hosts", "[web]\nn[1:2]\n[db]\nd1\nn4\n", 4,
      "`n[1:2]` would grow over `n4`, which is in the inventory already", 5, 1
    ),
    (
      "hosts", "[web]\nn[1:2]\n[db]\nd1\nn2 a=1\n", 1,
      "`n2` leaves group `web`, but stands in group `db` too", 5, 1
    ),
    ("hosts", "[web]\nn1\nn[1:2]\n", 4, "`n1` stands in `web` more than once", 3, 1),
    ("hosts", "[web]\n'n1'\n", 2, "`n1` is written in a way that `scale` does not edit", 2, 1),
    (
      "h.yml", "web: {hosts: {? n1 : , ? n2 : }}\n", 3,
      "`n2` is written in a way that `scale` does not edit", 1, 26
    ),
    (
      "h.yml", "web:\n  hosts: n1\n", 2, "the hosts of `web` do not stand in lines of their own", 2,
      10
    ),
  ]

  @Test("What cannot be edited is told with its place", arguments: refused)
  func refuses(_ row: (String, String, Int, String, Int, Int)) async {
    do {
      _ = try await scale(row.0, row.1, "web", row.2)
      Issue.record("was accepted")
    } catch {
      let diagnostic = error as? Diagnostic
      #expect(diagnostic?.summary == row.3)
      #expect(diagnostic?.location?.line == row.4)
      #expect(diagnostic?.location?.column == row.5)
    }
  }

  @Test("A group that is not there, has groups only, or comes from a program is told as such")
  func groups() async throws {
    for (text, group, summary) in [
      ("[web]\nn1\n", "wbe", "there is no group `wbe`"),
      ("[web]\nn1\n[site:children]\nweb\n", "site", "group `site` lists no hosts"),
    ] {
      let error = await #expect(throws: Diagnostic.self) {
        _ = try await scale("hosts", text, group, 2)
      }
      #expect(error?.summary == summary)
    }
    let scratch = ScratchFolder()
    scratch.write("dyn", "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"n1\"]}}'\n", mode: 0o755)
    let inventory = try await Inventory.load(sources: [scratch.path + "/dyn"])
    let error = #expect(throws: Diagnostic.self) { try GroupScaling("web", to: 2, in: inventory) }
    #expect(error?.summary == "`n1` of group `web` stands in no line that can be edited")
    #expect(error?.evidence.first?.text == scratch.path + "/dyn")
  }

  @Test("Of a folder the file with the hosts changes, an encrypted one never")
  func folders() async throws {
    let scratch = ScratchFolder()
    scratch.write("inv/a.ini", "[db]\nd1\n[web]\nn1\n")
    scratch.write("inv/b.yml", "web:\n  hosts:\n    n[2:3]:\n")
    let inventory = try await Inventory.load(sources: [scratch.path + "/inv"])
    let more = try GroupScaling("web", to: 5, in: inventory)
    #expect(more.files == [scratch.path + "/inv/b.yml"])
    #expect(more.joining == ["n4", "n5"])
    let less = try GroupScaling("web", to: 0, in: inventory)
    #expect(Set(less.files) == [scratch.path + "/inv/a.ini", scratch.path + "/inv/b.yml"])
    #expect(throws: Diagnostic.self) {
      try more.edited(scratch.path + "/inv/b.yml", "$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    }
  }
}
