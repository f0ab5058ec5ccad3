import Testing
import Transport

/// The protocol of the loop, without any process: bytes in, signals out.
@Suite struct FramedShellTests {
  private static let first = "00000000000000aa"
  private static let second = "00000000000000bb"

  /// Gives the nonces of these tests in order: the shell's, then the frames'.
  private static func started(
    _ identity: Identity = .login, nonces: [String] = [first, second]
  ) -> FramedShell {
    let source = NonceSource(nonces)
    return FramedShell(identity: identity, makeNonce: { source.next() })
  }

  private static func running(fenced: Bool = true, limit: Int = 100) -> FramedShell {
    var shell = started()
    _ = shell.receive(Array("\n\(first) 42\n".utf8), from: .stdout)
    _ = shell.receive(Array("\n\(first)\n".utf8), from: .stderr)
    _ = shell.begin(
      script: "true", inputLength: 0, outputLimit: limit, mayLeaveProcesses: fenced)
    return shell
  }

  @Test func becomesReadyWhenBothStreamsCarryTheNonce() {
    var shell = Self.started()
    #expect(shell.receive(Array("noise of .bashrc\n".utf8), from: .stdout) == [])
    #expect(
      shell.receive(
        Array("\n\(Self.first) 42 42 (a b) c) S 1 77 77 0\n".utf8), from: .stdout) == [])
    #expect(shell.state == .starting)
    #expect(
      shell.receive(Array("warning\n\(Self.first)\n".utf8), from: .stderr)
        == [.ready(processGroup: 77)])
    #expect(shell.state == .idle)
  }

  @Test func withoutProcFileTheGroupIsTheShellItself() {
    var shell = Self.started()
    _ = shell.receive(Array("\n\(Self.first)\n".utf8), from: .stderr)
    #expect(
      shell.receive(Array("\n\(Self.first) 42 \n".utf8), from: .stdout)
        == [.ready(processGroup: 42)])
  }

  struct GroupRow: Sendable {
    var line: String
    var group: Int32?
  }

  /// A process group that is not one must never reach `kill`: -1 would be everything.
  private static let groups: [GroupRow] = [
    GroupRow(line: " 42 42 (sh) S 1 1 1", group: 42),
    GroupRow(line: " 42 42 (sh) S 1 -5 1", group: 42),
    GroupRow(line: " 1", group: nil),
    GroupRow(line: " 0", group: nil),
    GroupRow(line: " -7", group: nil),
    GroupRow(line: " abc", group: nil),
    GroupRow(line: "", group: nil),
  ]

  @Test(arguments: groups) func onlyRealProcessGroupsAreTaken(_ row: GroupRow) {
    var shell = Self.started()
    _ = shell.receive(Array("\n\(Self.first)\n".utf8), from: .stderr)
    let signals = shell.receive(Array("\n\(Self.first)\(row.line)\n".utf8), from: .stdout)
    #expect(signals == [.ready(processGroup: row.group)])
  }

  @Test func theHeaderCountsBytes() {
    var shell = Self.started()
    _ = shell.receive(Array("\n\(Self.first) 42\n".utf8), from: .stdout)
    _ = shell.receive(Array("\n\(Self.first)\n".utf8), from: .stderr)
    let frame = shell.begin(
      script: "echo ü", inputLength: 9, outputLimit: 10, mayLeaveProcesses: true)
    #expect(frame == Array("\(Self.second) 7 9 fenced\necho ü".utf8))
    #expect(shell.state == .running)
  }

  @Test func aReplyNeedsTheEndOfBothStreams() {
    var shell = Self.running()
    #expect(
      shell.receive(Array("out\n\(Self.second) 3\n\(Self.second) end\n".utf8), from: .stdout) == [])
    let reply = ShellReply(status: 3, stdout: Array("out".utf8), stderr: Array("err\n".utf8))
    #expect(
      shell.receive(Array("err\n\n\(Self.second)\n".utf8), from: .stderr)
        == [.reply(reply), .settled])
    #expect(shell.state == .idle)
  }

  @Test func bytesOneByOneGiveTheSame() {
    var shell = Self.running()
    var signals: [FramedShell.Signal] = []
    let out: [UInt8] = [0, 255, 10, 10] + Array("\n\(Self.second) 0\n\(Self.second) end\n".utf8)
    for byte in Array("\n\(Self.second)\n".utf8) {
      signals += shell.receive([byte], from: .stderr)
    }
    for byte in out { signals += shell.receive([byte], from: .stdout) }
    #expect(
      signals == [.reply(ShellReply(status: 0, stdout: [0, 255, 10, 10], stderr: [])), .settled])
  }

  @Test func aNonceOfAnEarlierFrameEndsNothing() {
    var shell = Self.running()
    let text = "\n\(Self.first) 0\n\(Self.first) end\n"
    #expect(shell.receive(Array(text.utf8), from: .stdout) == [])
    _ = shell.receive(Array("\n\(Self.second)\n".utf8), from: .stderr)
    let signals = shell.receive(Array("\n\(Self.second) 0\n".utf8), from: .stdout)
    #expect(signals == [.reply(ShellReply(status: 0, stdout: Array(text.utf8), stderr: []))])
    #expect(shell.state == .settling)
  }

  @Test func aFrameThatIsCutShortIsKeptAsPartial() {
    var shell = Self.running()
    _ = shell.receive(Array("half a line\n\(Self.second.prefix(9))".utf8), from: .stdout)
    #expect(shell.partial.stdout == Array("half a line\n\(Self.second.prefix(9))".utf8))
  }

  @Test func outputBeyondTheLimitIsDroppedAndMarked() {
    var shell = Self.running(limit: 4)
    _ = shell.receive(Array(repeating: 65, count: 100_000), from: .stdout)
    _ = shell.receive(Array("\n\(Self.second)\n".utf8), from: .stderr)
    let signals = shell.receive(Array("\n\(Self.second) 0\n".utf8), from: .stdout)
    #expect(
      signals == [
        .reply(ShellReply(status: 0, stdout: Array("AAAA".utf8), stderr: [], isTruncated: true))
      ])
  }

  @Test func aStatusThatIsNoneBreaksTheLoop() {
    var shell = Self.running()
    _ = shell.receive(Array("\n\(Self.second)\n".utf8), from: .stderr)
    let signals = shell.receive(Array("\n\(Self.second) x\n".utf8), from: .stdout)
    #expect(signals == [.broken("no exit status at the end of the output")])
  }

  @Test func aMarkerWhoseLineNeverEndsBreaksTheLoop() {
    var shell = Self.running()
    let signals = shell.receive(
      Array("\n\(Self.second) ".utf8) + Array(repeating: 65, count: 20_000), from: .stdout)
    #expect(signals == [.broken("a line without end")])
  }

  @Test func sudoAskingIsCounted() {
    let become = Identity.become(Become(password: Password("x")))
    var shell = Self.started(become, nonces: [Self.first, "cc", Self.second])
    #expect(shell.receive(Array("lecture\nomtd-password-".utf8), from: .stderr) == [])
    #expect(shell.receive(Array("cc:".utf8), from: .stderr) == [.asked(times: 1)])
    #expect(
      shell.receive(Array("\nSorry, try again.\nomtd-password-cc:".utf8), from: .stderr)
        == [.asked(times: 2)])
  }

  @Test func suAskingIsSeenAtTheEndOfALine() {
    let become = Identity.become(Become(method: .su, password: Password("x")))
    var shell = Self.started(become, nonces: [Self.first, "cc", Self.second])
    #expect(shell.receive(Array("Pass".utf8), from: .stderr) == [])
    #expect(shell.receive(Array("word: ".utf8), from: .stderr) == [.asked(times: 1)])
    #expect(shell.receive(Array("\n\(Self.first)\n".utf8), from: .stderr) == [])
  }

  @Test func thePasswordIsInNoCommand() {
    for method in Become.Method.allCases {
      let become = Become(method: method, password: Password("hunter2"))
      #expect(!FramedShell(identity: .become(become)).command.contains("hunter2"))
      #expect(!"\(become) \(String(reflecting: become))".contains("hunter2"))
    }
  }

  @Test func theCommandHasNothingThatCshOrFishReadOtherwise() {
    let command = FramedShell().command
    #expect(!command.contains("!") && !command.contains("\n") && !command.contains(#"\\"#))
  }
}

private final class NonceSource: Sendable {
  private let nonces: [String]
  private let index = Counter()
  init(_ nonces: [String]) { self.nonces = nonces }
  func next() -> String {
    let index = index.increment()
    return index < nonces.count ? nonces[index] : "00000000000000ff"
  }
}
