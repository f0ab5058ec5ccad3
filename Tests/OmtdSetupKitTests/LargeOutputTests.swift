import TestKit
import Testing

/// More output than is read must not look like a step that did not end.
@Suite struct LargeOutputTests {
  private static let playbook = """
    - hosts: a
      gather_facts: false
      tasks:
        - name: Prints much
          shell: echo run >>{{ root }}/runs; head -c 17000000 /dev/zero | tr '\\0' x
          no_log: true
          register: much
        - name: The end of it
          debug:
            msg: "{{ much.stdout | length > 16000000 }} {{ much.stdout[-63:] }}"

    """

  @Test("A command that prints more than 16 MiB runs once, and its output tells that it was cut")
  func runsOnce() async throws {
    let scratch = ScratchFolder()
    try Files.write(Self.playbook, to: scratch.path + "/site.yaml")
    let said = try await Command(
      words: [
        Files.binary, "apply", "--yes", "-i", "a,", "-c", "local", "site.yaml", "-e",
        "root=" + scratch.path,
      ], folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stdout.suffix(500))\(said.stderr.suffix(500))")
    #expect(try Files.text(scratch.path + "/runs") == "run\n")
    #expect(
      said.stdout.contains("\"True [omtd-setup: the output goes on"), "\(said.stdout.suffix(500))")
  }
}
