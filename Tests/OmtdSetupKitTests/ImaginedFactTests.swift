import TestKit
import Testing

/// What a plan imagines holds to its end, whatever is read anew meanwhile.
@Suite struct ImaginedFactTests {
  private func plan(_ playbook: String, in scratch: ScratchFolder) async throws -> Command.Result {
    scratch.write("site.yaml", playbook)
    return try await Command(
      words: [Files.binary, "plan", "-i", "a,", "-c", "local", "site.yaml"], folder: scratch.path
    ).run()
  }

  @Test(
    "A user that a plan makes is there for all later tasks",
    arguments: [
      "debug: {msg: \"{{ lookup('pipe', 'true') }}\"}",
      "command: 'true'\n      check_mode: false",
    ])
  func stays(between: String) async throws {
    let scratch = ScratchFolder()
    let result = try await plan(
      """
      - hosts: a
        gather_facts: false
        tasks:
          - user: {name: omtd-nobody-has-this-name}
          - \(between)
          - name: Again
            user: {name: omtd-nobody-has-this-name}

      """, in: scratch)
    #expect(result.stdout.contains("state: absent -> present"), "\(result)")
    #expect(result.stdout.contains("Plan: 1 to change"), "\(result)")
    #expect(!result.stdout.contains("Again"), "\(result)")
  }

  @Test("What runs as a user that a plan makes is known later, and tasks behind it are planned")
  func runsAsNewUser() async throws {
    let scratch = ScratchFolder()
    let result = try await plan(
      """
      - hosts: a
        gather_facts: false
        tasks:
          - user: {name: omtd-nobody-has-this-name}
          - name: In its home
            copy: {content: x, dest: ~/kept}
            become: true
            become_user: omtd-nobody-has-this-name
          - name: Behind
            copy: {content: x, dest: "\(scratch.path)/behind"}

      """, in: scratch)
    #expect(result.status == 0, "\(result)")
    #expect(result.stdout.contains("it runs as `omtd-nobody-has-this-name`"), "\(result)")
    #expect(result.stdout.contains("Plan: 2 to change, 1 known after apply"), "\(result)")
  }
}
