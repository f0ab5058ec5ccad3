@preconcurrency import Glibc
import Templating
import TestKit
import Testing
import Values

/// Texts that the real `ansible-vault` encrypted (`Tests/Recording/vault`), and our own.
@Suite struct VaultTests {
  static let folder = Files.cases + "/vault"

  private func run(
    _ words: [String], in folder: String = VaultTests.folder
  ) async throws -> Command.Result {
    try await Command(words: [Files.binary] + words, folder: folder).run()
  }

  @Test(
    "What ansible-vault encrypted is read",
    arguments: [
      ("plain.yml", "password", "token: s3cret\nlist: [one, 2]\nkept: \"{{ token }}-x\"\n"),
      ("dev.yml", "other", "dev_token: other s3cret\n"),
    ])
  func views(_ file: String, _ password: String, _ content: String) async throws {
    let said = try await run(["vault", "view", "--vault-password-file", password, file])
    #expect(said.stdout == content)
    #expect(said.status == 0)
  }

  @Test(
    "With the salt of ansible-vault our text is its own, byte for byte",
    arguments: [
      ("plain.yml", "first password", nil), ("dev.yml", "zweites Paßwort", "dev"),
      ("blob", "first password", nil),
    ] as [(String, String, String?)])
  func encryptsTheSame(_ file: String, _ password: String, _ label: String?) throws {
    let text = try Files.text(Self.folder + "/" + file)
    let plain = try VaultText.decrypt(text, password: Array(password.utf8))
    // The first of the three inner lines is the salt, in hexadecimal digits twice.
    let digits = text.split(separator: "\n").dropFirst().joined()
    let salt = pairs(
      of: pairs(of: digits).prefix { $0 != 0x0A }.map { Character(Unicode.Scalar($0)) })
    #expect(salt.count == 32)
    let again = try VaultText.encrypt(
      plain, password: Array(password.utf8), salt: salt, label: label)
    #expect(again == text)
    #expect(VaultText.label(of: text) == label)
  }

  private func pairs(of digits: some Sequence<Character>) -> [UInt8] {
    var values: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      let value = UInt8(digit.hexDigitValue ?? 0)
      if let first = high {
        values.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return values
  }

  @Test("The wrong password names the file and what was tried") func wrongPassword() async throws {
    let said = try await run(["vault", "view", "--vault-password-file", "other", "plain.yml"])
    #expect(said.status == 1)
    #expect(
      said.stderr == """
        error: no vault password fits what is encrypted here
          encrypted for: vault id `default`
          tried:         `default`
          --> plain.yml:1:1

        """)
  }

  @Test("A text goes through encrypt, rekey, edit and decrypt") func roundTrip() async throws {
    let scratch = ScratchFolder()
    let path = scratch.path + "/text"
    try Files.write("one\n", to: path)
    let password = Self.folder + "/password"
    func step(_ words: String...) async throws -> Command.Result {
      let said = try await run(["vault"] + words, in: scratch.path)
      #expect(said.status == 0, "\(words): \(said.stderr)")
      return said
    }
    _ = try await step("encrypt", "--vault-password-file", password, "text")
    #expect(try Files.text(path).hasPrefix("$ANSIBLE_VAULT;1.1;AES256\n"))
    var info = stat()
    #expect(stat(path, &info) == 0 && info.st_mode & 0o777 == 0o600)
    let again = try await run(
      ["vault", "encrypt", "--vault-password-file", password, "text"], in: scratch.path)
    #expect(again.status == 1)
    #expect(again.stderr == "error: `text` is encrypted already\n")
    _ = try await step(
      "rekey", "--vault-password-file", password, "--new-vault-id",
      "dev@\(Self.folder)/some-client.sh", "text")
    #expect(try Files.text(path).hasPrefix("$ANSIBLE_VAULT;1.2;AES256;dev\n"))
    let id = "dev@\(Self.folder)/other"
    let said = try await Command(
      words: ["/usr/bin/env", "EDITOR=sed -i s/one/two/", Files.binary]
        + ["vault", "edit", "--vault-id", id, "text"], folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stderr)")
    #expect(try Files.text(path).hasPrefix("$ANSIBLE_VAULT;1.2;AES256;dev\n"))
    let shown = try await step("decrypt", "--vault-id", id, "text", "--output", "-")
    #expect(shown.stdout == "two\n")
    let several = try await run(
      ["vault", "encrypt", "--vault-id", id, "--vault-id", "x@\(password)", "text"],
      in: scratch.path)
    #expect(several.status == 5)
  }

  @Test("An encrypted text stands in YAML as ansible-vault writes it") func encryptString()
    async throws
  {
    let said = try await run(
      ["vault", "encrypt_string", "--vault-id", "dev@other", "-n", "first", "abc"])
    let lines = said.stdout.split(separator: "\n")
    #expect(lines.first == "first: !vault |")
    #expect(lines.dropFirst().first == "          $ANSIBLE_VAULT;1.2;AES256;dev")
    #expect(lines.dropFirst(2).allSatisfy { $0.hasPrefix("          ") && $0.utf8.count <= 90 })
    let body = lines.dropFirst().map { $0.drop { $0 == " " } }.joined(separator: "\n")
    let plain = try VaultText.decrypt(body, password: Array("zweites Paßwort".utf8))
    #expect(String(decoding: plain, as: UTF8.self) == "abc")
  }

  // MARK: Runs

  private static let playbook = """
    - hosts: localhost
      gather_facts: false
      vars_files: [plain.yml, strings.yml]
      vars: {name: me}
      tasks:
        - copy: {content: "{{ token }} {{ one }} {{ two }} {{ kept }}\\n", dest: "{{ root }}/values"}
        - template: {src: note.j2, dest: "{{ root }}/note"}
        - copy: {src: blob, dest: "{{ root }}/opened"}
        - copy: {src: blob, dest: "{{ root }}/closed", decrypt: false}
        - include_tasks: tasks.yml
        - debug: {msg: "it is {{ token }}"}
        - assert: {that: ["token == 's3cret'", "list == ['one', 2]"]}

    """

  private func project() throws -> ScratchFolder {
    let scratch = ScratchFolder()
    for name in ["plain.yml", "dev.yml", "strings.yml", "note.j2", "blob", "tasks.yml"] {
      let bytes = try Files.text(Self.folder + "/" + name)
      try Files.write(bytes, to: scratch.path + "/" + name)
    }
    try Files.write(Self.playbook, to: scratch.path + "/site.yaml")
    try Files.write("localhost ansible_connection=local\n", to: scratch.path + "/hosts")
    return scratch
  }

  private func apply(_ scratch: ScratchFolder, _ words: [String]) async throws -> Command.Result {
    let start = ["apply", "--yes", "-D", "-v", "-i", "hosts", "site.yaml"]
    return try await run(
      start + ["-e", "root=\(scratch.path)"] + words, in: scratch.path)
  }

  @Test("Variables, templates, sources and tasks of a run are decrypted and never shown")
  func runsWithVault() async throws {
    let scratch = try project()
    let said = try await apply(
      scratch,
      [
        "--vault-password-file", Self.folder + "/password", "--vault-id",
        "dev@\(Self.folder)/some-client.sh",
      ])
    #expect(said.status == 0, "\(said.stdout + said.stderr)")
    #expect(
      try Files.text(scratch.path + "/values") == "s3cret value one value two, äöü s3cret-x\n")
    #expect(try Files.text(scratch.path + "/note") == "for me: s3cret\n")
    #expect(try Files.bytes(scratch.path + "/opened") == [0, 0xFF] + Array(" binary\n".utf8))
    #expect(try Files.text(scratch.path + "/closed").hasPrefix("$ANSIBLE_VAULT;"))
    #expect(try Files.text(scratch.path + "/task") == "from an encrypted file\n")
    for secret in ["s3cret", "value one", "value two"] {
      #expect(!said.stdout.contains(secret))
      #expect(!said.stderr.contains(secret))
    }
    #expect(said.stdout.contains("\"msg\": \"(redacted)\""))
  }

  @Test("A whole file without its password ends the program before any task") func noPassword()
    async throws
  {
    let scratch = try project()
    let said = try await apply(scratch, [])
    #expect(said.status == 4)
    #expect(said.stdout.isEmpty)
    #expect(
      said.stderr.contains(
        "error: this is encrypted, and there is no vault password\n  --> plain.yml:1:1"))
  }

  @Test("A value without its password fails its task, at the value") func wrongValue() async throws
  {
    let scratch = try project()
    let said = try await apply(scratch, ["--vault-password-file", Self.folder + "/password"])
    #expect(said.status == 2)
    #expect(
      said.stderr.contains(
        """
          reason:        no vault password fits what is encrypted here
          encrypted for: vault id `dev`
          tried:         `default`
          --> strings.yml:
        """))
  }

  @Test("A source that gives no password is a warning beside one that does") func missingSource()
    async throws
  {
    let said = try await run([
      "vault", "view", "--vault-id", "x@absent", "--vault-id", "y@password", "plain.yml",
    ])
    #expect(said.status == 0)
    #expect(said.stderr == "warning: vault password file `absent` not found\n")
    let alone = try await run(["vault", "view", "--vault-id", "x@absent", "plain.yml"])
    #expect(alone.status == 1)
    #expect(alone.stderr == "error: vault password file `absent` not found\n")
  }

  @Test(
    "What a vault held shows nowhere, whatever a task makes of it", arguments: ["plan", "apply"])
  func masked(command: String) async throws {
    let scratch = ScratchFolder()
    let canary = #"CANARY"1vault"#
    scratch.write("password", "secret")
    scratch.write("secrets.yml", "held: 'CANARY\"1vault'\nword: nothings\n")
    scratch.write(
      "site.yaml",
      """
      - hosts: h1
        gather_facts: false
        vars_files: [secrets.yml]
        tasks:
          - shell: "echo '{{ held }}'; echo '{{ held }}' >&2; exit 1"
            ignore_errors: true
          - command: {argv: [echo, "{{ held }}"]}
          - file: {path: "\(scratch.path)/{{ held }}", state: touch}
          - get_url: {url: "http://u:{{ held | urlencode }}@127.0.0.1:1/{{ held }}", dest: /tmp/x}
            ignore_errors: true
          - debug: {msg: "{{ ['a', held] | join(' ') }}"}
          - debug: {msg: "a\\nothings"}

      """)
    let made = try await run(
      ["vault", "encrypt", "--vault-password-file", "password", "secrets.yml"], in: scratch.path)
    try #require(made.status == 0, "\(made.stderr)")
    let yes = command == "apply" ? ["--yes", "-D"] : []
    let said = try await run(
      [command] + yes + [
        "-vvv", "-i", "h1,", "-c", "local", "--vault-password-file", "password", "--json",
        "events", "site.yaml",
      ], in: scratch.path)
    let all = said.stdout + said.stderr + (try Files.text(scratch.path + "/events"))
    for line in try Files.text(scratch.path + "/events").split(separator: "\n") {
      #expect(throws: Never.self) { try JSON.parse(String(line)) }
    }
    for form in [canary, #"CANARY\"1vault"#] {
      #expect(!all.contains(form), "\(all)")
    }
    #expect(all.contains("(redacted)"))
    #expect(Files.exists(scratch.path + "/" + canary) == (command == "apply"), "\(all)")
  }
}
