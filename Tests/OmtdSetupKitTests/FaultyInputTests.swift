import TestKit
import Testing

/// Input that is no playbook or inventory at all: pipes, devices, folders, bytes. Each is told with
/// its name, and nothing is waited for for ever.
@Suite struct FaultyInputTests {
  private static let playbook = """
    - hosts: all
      gather_facts: false
      tasks:
        - command: echo hi

    """

  private func run(_ command: String, _ files: [String: String] = [:]) async throws
    -> Command.Result
  {
    let scratch = ScratchFolder()
    scratch.write("hosts", "a ansible_connection=local\n")
    scratch.write("site.yaml", Self.playbook)
    for (name, text) in files { scratch.write(name, text) }
    let words = ["/bin/bash", "-c", "omtd() { \"$0\" \"$@\"; }; " + command, Files.binary]
    return try await Command(words: words, folder: scratch.path).run()
  }

  struct Row: Sendable {
    var command: String
    var status: Int
    var stderr: String
    init(_ command: String, _ status: Int, _ stderr: String) {
      self.command = command
      self.status = status
      self.stderr = stderr
    }
  }

  static let rows: [Row] = [
    Row("mkdir f; omtd apply -yi hosts f", 1, "error: playbook `f` is a folder\n"),
    Row("omtd apply -yi hosts /dev/null", 4, "error: playbook `/dev/null` is empty\n"),
    Row(
      "mkfifo f; omtd apply -yi hosts f", 4,
      "error: cannot read `f`: nothing comes through this pipe\n"),
    Row(
      "mkfifo f; omtd apply -yi f site.yaml", 1,
      "error: cannot read `f`: nothing comes through this pipe\n"),
    Row(
      "mkfifo f; omtd apply -yi hosts -e @f site.yaml", 1,
      "error: cannot read `f`: nothing comes through this pipe\n"),
    Row(
      "mkdir f; omtd apply -yi hosts -e @f site.yaml", 1,
      "error: variables file `f` is a folder\n  option: -e @f\n"),
    Row("head -c 50000000 /dev/zero > f; omtd apply -yi f site.yaml", 1, "`f` is not UTF-8 text"),
    Row("head -c 50000000 /dev/urandom > f; omtd apply -yi f site.yaml", 1, "is not UTF-8 text"),
    Row(
      "head -c 50000000 /dev/urandom > f; omtd apply -yi hosts f", 4,
      "error: `f` is not UTF-8 text\n"),
    Row(
      "printf -- '- hosts: a\\000ll\\n' > f; omtd apply -yi hosts f", 4,
      "error: invalid YAML: control character in the text\n  --> f:1:11\n"),
    Row("printf 'a\\000b\\n' > f; omtd apply -yi f site.yaml", 1, "`f` is not UTF-8 text"),
    Row(
      "{ printf -- '- hosts: '; head -c 100000 /dev/zero | tr '\\000' '['; } > f; "
        + "omtd apply -yi hosts f", 4, "error: nesting too deep: more than 250 levels\n"),
    Row(
      "chmod 0 site.yaml; chmod 755 .; exec setpriv --reuid 65534 --clear-groups -- "
        + "\"$0\" apply -yi hosts site.yaml", 4,
      "error: cannot read `site.yaml`: permission denied\n"),
    Row("ulimit -n 10; omtd apply -yi hosts site.yaml", 1, "error: 10 open files are allowed"),
  ]

  @Test("What cannot be a playbook, inventory or file of variables is told", arguments: rows)
  func told(row: Row) async throws {
    let said = try await run(row.command)
    #expect(!said.isLate)
    #expect(said.status == row.status)
    #expect(said.stderr.contains(row.stderr), "\(said.stderr)")
    #expect(said.stdout == "")
  }

  @Test("A playbook and an inventory come through pipes")
  func pipes() async throws {
    let said = try await run("omtd apply -y -i <(cat hosts) <(sleep 1; cat site.yaml)")
    #expect(said.status == 0, "\(said.stderr)")
    #expect(said.stdout.contains("changed: [a]"))
  }

  @Test("More hosts than open files are told with what to do, and none is waited for")
  func manyHosts() async throws {
    let hosts = (1...100).map { "h\($0) ansible_connection=local\n" }.joined()
    let low = try await run("ulimit -n 64; omtd apply -yi many -f 100 site.yaml", ["many": hosts])
    #expect(!low.isLate)
    #expect(low.status == 4)
    #expect(low.stderr.contains("Too many open files\n"))
    #expect(low.stderr.contains("hint: raise the limit, as with `ulimit -n 4096`"))
    let soft = try await run(
      "ulimit -Sn 64; omtd apply -yi many -f 100 site.yaml", ["many": hosts])
    #expect(soft.status == 0, "\(soft.stderr)")
  }
}
