import TestKit
import Testing

/// What the report is written to takes nothing any more: a full disk, a closed pipe.
@Suite struct FullDiskTests {
  private static let playbook = """
    - hosts: h1
      gather_facts: false
      tasks:
        - name: Long
          shell: sleep 1; touch {{ root }}/ended
        - name: Next
          command: touch {{ root }}/next

    """

  private func run(_ command: String) async throws -> (Command.Result, files: [String]) {
    let project = try SecretProject(Self.playbook)
    let words = ["/bin/bash", "-c", "omtd() { \"$0\" \"$@\"; }; " + command, Files.binary]
    let said = try await Command(words: words, folder: project.folder).run()
    return (said, Files.names(project.scratch.path + "/root"))
  }

  @Test("A log of events on a full disk is told once; the run goes on and does not end with 0")
  func fullLog() async throws {
    let (said, files) = try await run("omtd apply -yi hosts --json /dev/full site.yaml")
    #expect(said.status == 1)
    #expect(
      said.stderr
        == "error: cannot write `/dev/full`: No space left on device; the run goes on without it\n")
    #expect(said.stdout.contains("changed=2"))
    #expect(files == ["ended", "next"])
  }

  @Test("Where standard output is full the task under way is finished, then that is told")
  func fullOutput() async throws {
    let (said, files) = try await run("omtd apply -yi hosts site.yaml > /dev/full")
    #expect(said.status == 1)
    #expect(said.stderr == "error: cannot write standard output: No space left on device\n")
    #expect(!files.contains("next"))
  }

  @Test("A reader that goes away ends the run quietly behind the task under way")
  func closedPipe() async throws {
    let (said, files) = try await run(
      "omtd apply -yi hosts site.yaml | head -3 > /dev/null; echo ${PIPESTATUS[0]} >&2")
    #expect(said.stderr == "141\n")
    #expect(files == ["ended"])
    let (plan, _) = try await run(
      "omtd plan -i hosts site.yaml | true; echo ${PIPESTATUS[0]} >&2")
    #expect(plan.stderr == "141\n")
  }

  @Test("With its standard streams closed a run does what it is to do")
  func closedStreams() async throws {
    let (said, files) = try await run("omtd apply -yi hosts site.yaml <&- >&- 2>&-")
    #expect(said.status == 0)
    #expect(files == ["ended", "next"])
  }
}
