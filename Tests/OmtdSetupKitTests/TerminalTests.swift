import TestKit
import Testing
import Values

/// What is left behind where a person interrupts, on a terminal that the program `script` makes.
@Suite struct TerminalTests {
  /// Runs a shell on a terminal; the keys come when the file `ready` is there.
  private func type(
    _ keys: String, to program: String, in scratch: ScratchFolder
  ) async throws -> Command.Result {
    try Files.write(program, to: scratch.path + "/program")
    let wait = "for n in $(seq 300); do [ -e ready ] && break; sleep 0.1; done; sleep 0.3"
    return try await Command(
      words: [
        "/bin/sh", "-c",
        "{ \(wait); printf '\(keys)'; sleep 1; } | script -qec 'sh program' /dev/null",
      ], folder: scratch.path
    ).run()
  }

  @Test(
    "^C while an editor shows a vault's text leaves none of it behind",
    arguments: ["edit", "create"])
  func editor(_ command: String) async throws {
    let scratch = ScratchFolder()
    scratch.write("password", "secret")
    scratch.write(
      "ed", "#!/bin/sh\necho canary >> \"$1\"\ntouch \(scratch.path)/ready\nexec sleep 30\n",
      mode: 0o755)
    let file = command == "edit" ? "old.yml" : "new.yml"
    if command == "edit" {
      scratch.write("old.yml", "canary: 1\n")
      let made = try await Command(
        words: [
          Files.binary, "vault", "encrypt", "--vault-password-file", "password", "old.yml",
        ], folder: scratch.path
      ).run()
      try #require(made.status == 0, "\(made.stderr)")
    }
    let before = try? Files.text(scratch.path + "/" + file)
    let said = try await type(
      "\\003",
      to: """
        mkdir tmp
        trap : INT
        TMPDIR=$PWD/tmp EDITOR=$PWD/ed \(Files.binary) vault \(command) \
        --vault-password-file password \(file)
        echo "status $?"
        grep -rl canary tmp; ls tmp

        """, in: scratch)
    let lines = said.stdout.replacingAll("\r", with: "").split(separator: "\n")
    #expect(lines.last == "status 1", "\(said.stdout)")
    #expect(said.stdout.contains("ended with status 130"), "\(said.stdout)")
    #expect((try? Files.text(scratch.path + "/" + file)) == before)
  }

  @Test("^C at a question for a password brings the terminal's echo back")
  func password() async throws {
    let scratch = ScratchFolder()
    scratch.write("site.yaml", "- hosts: localhost\n  tasks: [ping: ]\n")
    let said = try await type(
      "\\003",
      to: """
        trap : INT
        (sleep 1; touch ready) &
        \(Files.binary) apply -y -K -i localhost, -c local site.yaml
        echo "status $?"
        stty -a

        """, in: scratch)
    #expect(said.stdout.contains("status 130"), "\(said.stdout)")
    #expect(said.stdout.contains(" echo "), "\(said.stdout)")
    #expect(!said.stdout.contains(" -echo "), "\(said.stdout)")
  }

  @Test("Where a person types, changes are asked about, also where a file takes the output")
  func asks() async throws {
    let scratch = ScratchFolder()
    scratch.write(
      "site.yaml",
      "- hosts: localhost\n  gather_facts: false\n  tasks: [{copy: {dest: \(scratch.path)/made, content: a}}]\n"
    )
    let said = try await type(
      "no\\n",
      to: """
        (sleep 1; touch ready) &
        \(Files.binary) apply -i localhost, -c local site.yaml >log
        echo "status $?"

        """, in: scratch)
    #expect(said.stdout.contains("status 1"), "\(said.stdout)")
    #expect(said.stdout.contains("Apply this?"), "\(said.stdout)")
    #expect(!Files.exists(scratch.path + "/made"))
  }

  @Test("What was asked for a plan is not asked again behind it, and what was read is known")
  func agreed() async throws {
    let scratch = ScratchFolder()
    scratch.write(
      "site.yaml",
      """
      - hosts: h1
        gather_facts: false
        vars_prompt: [{name: word, prompt: Which word, private: false}]
        tasks:
          - copy: {content: "{{ word }}", dest: "\(scratch.path)/word"}
          - copy: {content: "same", dest: "\(scratch.path)/same"}

      """)
    // The steps, and what has to be read behind them; nothing where nothing is to be done.
    for (word, limit) in [("one", 3), ("two", 2), ("two", 0)] {
      let said = try await type(
        "\(word)\\nyes\\n",
        to: """
          touch ready
          \(Files.binary) apply -i h1, -c local --json events site.yaml
          echo "status $?"

          """, in: scratch)
      #expect(said.stdout.contains("status 0"), "\(said.stdout)")
      #expect(said.stdout.ranges(of: "Which word").count == 1, "\(said.stdout)")
      #expect(try Files.text(scratch.path + "/word") == word)
      let recap = try Files.text(scratch.path + "/events").split(separator: "\n").last
      let trips = try JSON.parse(String(recap ?? ""))["round_trips"]?["h1"]?.int
      #expect(trips.map { $0 <= limit } == true, "\(word): \(trips ?? -1) round trips")
    }
  }

  @Test("^C at the question whether to apply says no, ends the line and tells what it meant")
  func question() async throws {
    let scratch = ScratchFolder()
    scratch.write(
      "site.yaml",
      """
      - hosts: localhost
        gather_facts: false
        tasks:
          - file: {path: made, state: touch}

      """)
    let said = try await type(
      "\\003",
      to: """
        trap : INT
        (sleep 3; touch ready) &
        \(Files.binary) apply -i localhost, -c local site.yaml
        echo "status $?"

        """, in: scratch)
    let text = said.stdout.replacingAll("\r", with: "")
    #expect(text.contains("Apply this? Only `yes` is taken as such: "), "\(text)")
    #expect(
      text.hasSuffix("\nnote: interrupted: nothing is changed\nstatus 1\n"), "\(text)")
    #expect(!Files.exists(scratch.path + "/made"))
  }
}
