@preconcurrency import Glibc
import Testing
import Transport

/// Escalation over pipes, with a `sudo` of our own that behaves as the real one does without a
/// terminal; the real ones are tested on booted hosts.
@Suite struct EscalationTests {
  /// - Parameter body: what it does before it runs the command behind `--`; `$prompt` is its `-p`.
  private static func fakeSudo(_ body: String) throws -> String {
    let path = try TemporaryFolder.make() + "/sudo"
    try TemporaryFolder.write(
      path,
      """
      #!/bin/sh
      prompt=
      asks=
      while [ "$1" != -- ]; do
      case $1 in
      -p) prompt=$2; shift;;
      -S) asks=y;;
      -n) asks=;;
      -u) shift;;
      esac
      shift
      done
      shift
      \(body)
      exec "$@"

      """)
    return path
  }

  private static let asking = """
    if [ -z "$asks" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
    for try in 1 2 3; do
    printf %s "$prompt" >&2
    IFS= read -r word || exit 1
    echo "$word" >>"$0.asked"
    [ "$word" = right ] && break
    echo 'Sorry, try again.' >&2
    [ $try = 3 ] && exit 1
    done
    """

  private static func become(_ sudo: String, _ password: String?) -> Identity {
    .become(Become(password: password.map { Password($0) }, executable: sudo))
  }

  private static func asked(_ sudo: String) -> String {
    Platform.readFile(sudo + ".asked").map { Bytes.text($0) } ?? ""
  }

  @Test func aPasswordIsGivenWhenAskedFor() async throws {
    let sudo = try Self.fakeSudo(Self.asking)
    let connection = LoopConnection.local(prelude: "hi() { echo hi; }")
    let identity = Self.become(sudo, "right")
    let reply = try await connection.run(
      ShellRequest(script: "hi; cat", input: [[0, 255]], identity: identity))
    #expect(reply == ShellReply(status: 0, stdout: [104, 105, 10, 0, 255], stderr: []))
    _ = try await connection.run(ShellRequest(script: "hi", identity: identity))
    #expect(Self.asked(sudo) == "right\n")
    await connection.close()
  }

  @Test func aWrongPasswordIsGivenOnce() async throws {
    let sudo = try Self.fakeSudo(Self.asking)
    let connection = LoopConnection.local(prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(script: "id", identity: Self.become(sudo, "wrong")))
    }
    #expect(failure?.summary == "wrong password for `sudo`")
    #expect(failure?.phase == .escalate && failure?.isUnreachable == false)
    #expect(Self.asked(sudo) == "wrong\n")
    await connection.close()
  }

  @Test func aPasswordThatNobodyAsksForGoesNowhere() async throws {
    let sudo = try Self.fakeSudo("")
    let connection = LoopConnection.local(prelude: "")
    let identity = Self.become(sudo, "echo stolen >/tmp/never")
    for isFresh in [false, true, true] {
      let reply = try await connection.run(
        ShellRequest(script: "cat", input: [[65]], identity: identity, isFresh: isFresh))
      #expect(reply == ShellReply(status: 0, stdout: [65], stderr: []))
    }
    await connection.close()
  }

  @Test func aPasswordThatWasRightGoesAlongWithTheRequest() async throws {
    let sudo = try Self.fakeSudo(Self.asking)
    let connection = LoopConnection.local(prelude: "")
    let identity = Self.become(sudo, "right")
    for _ in 0..<3 {
      let reply = try await connection.run(
        ShellRequest(
          script: "cat; echo e >&2; exit 9", input: [[65]], identity: identity, isFresh: true))
      #expect(reply == ShellReply(status: 9, stdout: [65], stderr: Array("e\n".utf8)))
    }
    #expect(Self.asked(sudo) == "right\nright\nright\n")
    await connection.close()
  }

  @Test(arguments: [true, false]) func noPasswordIsSaidAtOnce(isFresh: Bool) async throws {
    let sudo = try Self.fakeSudo(Self.asking)
    let connection = LoopConnection.local(prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(script: "id", identity: Self.become(sudo, nil), isFresh: isFresh))
    }
    #expect(failure?.summary == "`sudo` needs a password")
    #expect(failure?.hint?.contains("--ask-become-pass") == true)
    await connection.close()
  }

  struct Refusal: Sendable {
    var words: String
    var summary: String
  }

  private static let refusals: [Refusal] = [
    Refusal(
      words: "sudo: sorry, you must have a tty to run sudo",
      summary: "sudoers demands a terminal (`requiretty`)"),
    Refusal(
      words: "x is not in the sudoers file.", summary: "the login user is not in the sudoers file"),
    Refusal(
      words: "Sorry, user x is not allowed to execute '/bin/sh' as root on h.",
      summary: "sudoers does not let this user run a shell"),
    Refusal(words: "sudo: unknown user bob", summary: "no user `root` on the host"),
    Refusal(words: "etwas anderes", summary: "`sudo` gave no shell of `root`"),
  ]

  @Test(arguments: refusals, [true, false])
  func refusalsAreNamed(_ row: Refusal, isFresh: Bool) async throws {
    let sudo = try Self.fakeSudo("echo \"\(row.words)\" >&2; exit 1")
    let connection = LoopConnection.local(prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(script: "id", identity: Self.become(sudo, nil), isFresh: isFresh))
    }
    #expect(failure?.summary == row.summary)
    #expect(failure?.detail == row.words)
    await connection.close()
  }

  @Test func aSudoThatHangsEndsWithItsDeadline() async throws {
    let sudo = try Self.fakeSudo("echo 'waiting for LDAP' >&2; sleep 30")
    var endpoint = Endpoint.local
    endpoint.timeouts.escalate = .milliseconds(500)
    let connection = LoopConnection.local(endpoint, prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(ShellRequest(script: "id", identity: Self.become(sudo, nil)))
    }
    #expect(failure?.phase == .escalate && failure?.cause == .deadline)
    #expect(failure?.summary == "`sudo` gave no shell of `root` within 0.5 s")
    #expect(failure?.detail == "waiting for LDAP")
    await connection.close()
  }

  @Test func noiseAndALectureDoNotMatter() async throws {
    let sudo = try Self.fakeSudo("echo 'We trust you'; echo 'lecture' >&2;" + Self.asking)
    let connection = LoopConnection.local(prelude: "")
    for isFresh in [false, true] {
      let reply = try await connection.run(
        ShellRequest(
          script: "echo x; echo y >&2", identity: Self.become(sudo, "right"), isFresh: isFresh))
      #expect(reply.errorText == "y\n")
      #expect(reply.text.hasSuffix("x\n"))
    }
    await connection.close()
  }
}
