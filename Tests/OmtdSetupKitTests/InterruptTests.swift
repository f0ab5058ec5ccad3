import TestKit
import Testing

@Suite struct InterruptTests {
  private static let playbook = """
    - hosts: h1
      gather_facts: false
      tasks:
        - name: Long
          shell: touch {{ root }}/started; sleep 2; touch {{ root }}/ended
          notify: Tell
        - name: Next
          command: touch {{ root }}/next
      handlers:
        - name: Tell
          command: touch {{ root }}/handled

    """

  /// Runs it, and interrupts it while the first task is under way.
  private func run(times: Int, of project: SecretProject) async throws -> Command.Result {
    let root = project.scratch.path + "/root"
    let signals = Array(repeating: "kill -INT $id", count: times).joined(separator: "; sleep 0.3; ")
    return try await Command(
      words: [
        "/bin/sh", "-c",
        """
        "$@" & id=$!
        for n in $(seq 600); do [ -e \(root)/started ] && break; sleep 0.1; done
        \(signals)
        wait $id
        """, "sh", Files.binary, "apply", "--yes", "-i", "hosts", "site.yaml",
      ], folder: project.folder
    ).run()
  }

  @Test("An interrupt lets the task under way end, then prints the recap and ends with 99")
  func once() async throws {
    let project = try SecretProject(Self.playbook)
    let said = try await run(times: 1, of: project)
    #expect(said.status == 99)
    #expect(said.stdout.contains("TASK [Long]"))
    #expect(said.stdout.contains("h1                         : ok=1    changed=1"))
    #expect(!said.stdout.contains("TASK [Next]") && !said.stdout.contains("HANDLER"))
    #expect(
      said.stderr
        == "note: interrupted: the task under way is finished first; once more ends at once\n")
    #expect(Files.names(project.scratch.path + "/root") == ["ended", "started"])
  }

  @Test("A second interrupt ends at once with 130")
  func twice() async throws {
    let project = try SecretProject(Self.playbook)
    let said = try await run(times: 2, of: project)
    #expect(said.status == 130)
    #expect(!said.stdout.contains("RECAP"))
  }
}
