import TestKit
import Testing

/// Options and lookups of runs as ansible-core 2.19 has them.
@Suite struct RunMendTests {
  private func run(
    _ words: [String], playbook: String, files: [String: String] = [:]
  ) async throws -> Command.Result {
    let scratch = ScratchFolder()
    scratch.write("site.yaml", playbook)
    for (name, text) in files { scratch.write(name, text) }
    return try await Command(
      words: [Files.binary] + words + ["-i", "h1,", "-c", "local", "site.yaml"],
      folder: scratch.path
    ).run()
  }

  private static let two = """
    - hosts: all
      gather_facts: false
      tasks:
        - name: Install packages
          debug: msg=one
        - name: Start services
          debug: msg=two

    """

  @Test(
    "Arguments for ssh may begin with a dash",
    arguments: ["--ssh-common-args", "--ssh-extra-args"])
  func sshArguments(_ option: String) async throws {
    let said = try await run(
      ["apply", "--yes", option, "-o PubkeyAuthentication=no"], playbook: Self.two)
    #expect(said.status == 0, "\(said.stderr)")
    #expect(said.stdout.contains("ok=2"), "\(said.stdout)")
    // What follows the value is an option again.
    let next = try await run(["apply", option, "-v", "--list-tasks"], playbook: Self.two)
    #expect(next.status == 0 && next.stdout.contains("Start services"), "\(next.stderr)")
  }

  @Test("A task to start at that is not there is told, with the name that was likely meant")
  func missedStart() async throws {
    let said = try await run(
      ["apply", "--yes", "--start-at-task", "Start servces"], playbook: Self.two)
    #expect(said.status == 0)
    #expect(!said.stdout.contains("ok: [h1]"), "\(said.stdout)")
    #expect(
      said.stderr == """
        warning: there is no task `Start servces` to start at: none has run

        hint: did you mean `Start services`?

        """)
  }

  @Test("A task to start at that is there is not complained of")
  func metStart() async throws {
    let said = try await run(
      ["apply", "--yes", "--start-at-task", "Start services"], playbook: Self.two)
    #expect(said.status == 0 && said.stderr.isEmpty, "\(said.stderr)")
    #expect(said.stdout.contains("ok=1"), "\(said.stdout)")
  }

  @Test("A quiet assertion that holds shows no result")
  func quietAssertion() async throws {
    let said = try await run(
      ["apply", "--yes"],
      playbook: """
        - hosts: all
          gather_facts: false
          tasks:
            - name: Quiet
              assert: {that: [true], quiet: true}
            - name: Quiet in a loop
              assert: {that: "item > 0", quiet: true}
              loop: [1]
            - name: Loud
              assert: {that: [true]}

        """)
    #expect(said.status == 0, "\(said.stderr)")
    #expect(said.stdout.contains("\nok: [h1]\n\nTASK [Quiet in a loop]"), "\(said.stdout)")
    #expect(said.stdout.contains("\nok: [h1] => (item=1)\n\nTASK [Loud]"), "\(said.stdout)")
    #expect(
      said.stdout.contains(
        "\nok: [h1] => {\n    \"changed\": false,\n    \"msg\": \"All assertions passed\"\n}\n"),
      "\(said.stdout)")
  }

  @Test("Templates that look up each other end with an error")
  func endlessLookups() async throws {
    let said = try await run(
      ["apply", "--yes"],
      playbook: """
        - hosts: all
          gather_facts: false
          tasks:
            - debug:
                msg: "{{ lookup('template', 'again.j2') }}"

        """, files: ["again.j2": "{{ lookup('template', 'again.j2') }}"])
    #expect(said.status == 2 && !said.isLate, "\(said.stderr)")
    #expect(said.stderr.contains("more than 20 deep"), "\(said.stderr)")
  }

  @Test("A condition in braces is warned of once, by the check before the run")
  func bracedCondition() async throws {
    let said = try await run(
      ["apply", "--yes"],
      playbook: """
        - hosts: all
          gather_facts: false
          tasks:
            - debug: msg=one
              when: "{{ true }}"

        """)
    #expect(said.status == 0, "\(said.stderr)")
    let count = said.stderr.split(separator: "\n").count { $0.hasPrefix("warning:") }
    #expect(count == 1, "\(said.stderr)")
  }
}
