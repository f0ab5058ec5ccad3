import TestKit
import Testing

/// What `--verify-facts` is for: a file that a process of somebody else changes between the
/// reading ahead and the use. The process waits until a lookup of the task between opens a pipe, so
/// nothing depends on time.
@Suite struct StaleFactTests {
  private static let playbook = """
    - hosts: a
      gather_facts: false
      tasks:
        - name: A process of somebody else
          shell: |
            echo old > {{ root }}/file; mkfifo {{ root }}/pipe
            ( exec 3>{{ root }}/pipe; echo changed > {{ root }}/file; echo done >&3 ) >/dev/null 2>&1 &
        - name: Looks ahead
          stat:
            path: "{{ root }}/other"
        - name: It changes the file meanwhile
          debug:
            msg: "{{ lookup('file', root ~ '/pipe') }}"
        - name: Uses what is known
          MODULE
          register: used
        - name: What was it
          debug:
            msg: "size {{ used.stat.size | default(used.size) }}"

    """

  private func run(_ module: String, _ prefetch: String, verifies: Bool) async throws
    -> Command.Result
  {
    let scratch = ScratchFolder()
    try Files.write(
      Self.playbook.replacingAll("MODULE", with: module), to: scratch.path + "/site.yaml")
    var words = [Files.binary, "apply", "--yes", "-i", "a,", "-c", "local", "site.yaml"]
    words += ["-e", "root=" + scratch.path, "--prefetch", prefetch]
    if verifies { words.append("--verify-facts") }
    return try await Command(words: words, folder: scratch.path).run()
  }

  @Test(
    "A fact that is not true any more at its use ends the run with its name, task and host",
    arguments: ["stat: {path: '{{ root }}/file'}", "file: {path: '{{ root }}/file', state: file}"])
  func found(module: String) async throws {
    let result = try await run(module, "full", verifies: true)
    #expect(result.status == 1, "\(result)")
    #expect(result.stderr.hasPrefix("error: fact `"), "\(result)")
    #expect(result.stderr.contains("/file"), "\(result)")
    #expect(
      result.stderr.contains("` of `a` was not true any more when it was used\n"), "\(result)")
    #expect(result.stderr.contains("  task:  Uses what is known\n  host:  a\n"), "\(result)")
    #expect(!result.stdout.contains("What was it"))
  }

  @Test("A fact that is asked at its turn is true")
  func asked() async throws {
    let result = try await run("stat: {path: '{{ root }}/file'}", "none", verifies: true)
    #expect(result.status == 0, "\(result)")
    #expect(result.stdout.contains("size 8"), "\(result)")
  }

  @Test("Without the check the plant is not noticed: it is there")
  func planted() async throws {
    let result = try await run("stat: {path: '{{ root }}/file'}", "full", verifies: false)
    #expect(result.status == 0, "\(result)")
    #expect(result.stdout.contains("size 4"), "\(result)")
  }
}
