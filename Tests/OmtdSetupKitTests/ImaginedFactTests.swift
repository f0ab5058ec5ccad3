import TestKit
import Testing

/// What a plan imagines holds to its end, whatever is read anew meanwhile.
@Suite struct ImaginedFactTests {
  @Test(
    "A user that a plan makes is there for all later tasks",
    arguments: [
      "debug: {msg: \"{{ lookup('pipe', 'true') }}\"}",
      "command: 'true'\n      check_mode: false",
    ])
  func stays(between: String) async throws {
    let scratch = ScratchFolder()
    try Files.write(
      """
      - hosts: a
        gather_facts: false
        tasks:
          - user: {name: omtd-nobody-has-this-name}
          - \(between)
          - name: Again
            user: {name: omtd-nobody-has-this-name}

      """, to: scratch.path + "/site.yaml")
    let result = try await Command(
      words: [Files.binary, "plan", "-i", "a,", "-c", "local", "site.yaml"], folder: scratch.path
    ).run()
    #expect(result.stdout.contains("state: absent -> present"), "\(result)")
    #expect(result.stdout.contains("Plan: 1 to change"), "\(result)")
    #expect(!result.stdout.contains("Again"), "\(result)")
  }
}
