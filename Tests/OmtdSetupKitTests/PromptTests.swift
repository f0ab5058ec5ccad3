import TestKit
import Testing

/// `vars_prompt` on a terminal, which the program `script` makes.
@Suite struct PromptTests {
  private static let playbook = """
    - hosts: localhost
      gather_facts: false
      vars:
        base: of the play
      vars_prompt:
        - name: shown
          prompt: Which word
          private: false
        - name: hidden
          prompt: Which secret
        - name: kept
          default: standard
          private: false
        - name: twice
          prompt: Which number
          confirm: true
          private: false
        - name: template
          prompt: A template
          private: false
        - name: plain
          prompt: No template
          private: false
          unsafe: true
        - name: hashed
          prompt: A password
          encrypt: sha256_crypt
          salt: pepper
      tasks:
        - debug:
            msg: "{{ [shown, hidden, kept, twice, template, plain, hashed] | join('|') }}"

    """

  @Test("The questions of a play are asked on a terminal")
  func asked() async throws {
    let scratch = ScratchFolder()
    try Files.write(Self.playbook, to: scratch.path + "/site.yaml")
    let answers = ["one", "s3cret", "", "1", "2", "3", "3", "{{ base }}", "{{ base }}", "pass"]
    let typed = answers.map { $0 + "\\n" }.joined()
    let command = "\(Files.binary) apply --yes -i localhost, -c local site.yaml"
    let result = try await Command(
      words: [
        "/bin/sh", "-c", "printf '\(typed)' | script -qec '\(command)' /dev/null",
      ], folder: scratch.path
    ).run()
    let said = result.stdout.replacingAll("\r", with: "")
    for question in [
      "Which word: ", "Which secret: ", "kept [standard]: ", "confirm Which number: ",
      "A template: ",
    ] {
      #expect(said.contains(question), "\(said)")
    }
    #expect(said.contains("the two answers differ"), "\(said)")
    // What Python's passlib makes of it.
    let hash = "$5$rounds=535000$pepper$iW3wK/rhhfUHwotJCxLodLLsCBIRAObwhEHVOvtX7h2"
    #expect(
      said.contains("one|s3cret|standard|3|of the play|{{ base }}|\(hash)"), "\(said)")
  }

  private static let pauses = """
    - hosts: a:b
      gather_facts: false
      tasks:
        - name: Sure
          pause: {prompt: Really go on}
          register: answer
          until: answer.user_input == 'yes'
          delay: 0
        - pause: {prompt: A word, echo: false}
          register: word
          run_once: true
        - debug:
            msg: "{{ answer.user_input | default('-') }}|{{ word.user_input }}|{{ word.echo }}"

    """

  @Test("A pause asks until the answer is the one that is waited for")
  func pause() async throws {
    let scratch = ScratchFolder()
    try Files.write(Self.pauses, to: scratch.path + "/site.yaml")
    let command = "\(Files.binary) apply --yes -i a,b, -c local site.yaml"
    let result = try await Command(
      words: [
        "/bin/sh", "-c", "printf 'no\\nyes\\nhush\\n' | script -qec '\(command)' /dev/null",
      ], folder: scratch.path
    ).run()
    let said = result.stdout.replacingAll("\r", with: "")
    #expect(said.contains("[Sure]\nReally go on: "), "\(said)")
    #expect(said.contains("A word (hidden): "), "\(said)")
    #expect(said.contains("yes|hush|False"), "\(said)")
    #expect(said.contains("-|hush|False"), "\(said)")
  }

  @Test("A plan asks nothing, and what depends on the answer is unknown")
  func planned() async throws {
    let scratch = ScratchFolder()
    try Files.write(
      """
      - hosts: a
        gather_facts: false
        tasks:
          - pause: {prompt: Really go on}
            register: answer
          - file: {path: /nonexistent/x, state: touch}
            when: answer.user_input == 'yes'

      """, to: scratch.path + "/site.yaml")
    let command = "\(Files.binary) plan -i a, -c local site.yaml"
    let result = try await Command(
      words: ["/bin/sh", "-c", "script -qec '\(command)' /dev/null </dev/null"],
      folder: scratch.path, deadline: 60
    ).run()
    #expect(!result.isLate && !result.stdout.contains("Really"), "\(result.stdout)")
    #expect(result.stdout.contains("what is answered to a prompt"), "\(result.stdout)")
  }
}
