@preconcurrency import Glibc
import Testing
import Transport

/// The loop under real shells, over pipes.
@Suite struct LocalConnectionTests {
  private static func connection(_ shell: TestShell) throws -> LoopConnection {
    LoopConnection.local(
      Endpoint(kind: .local, shellExecutable: try shell.path()), prelude: "greet() { echo hi $1; }")
  }

  struct Row: Sendable {
    var name: String
    var script: String
    var input: [UInt8] = []
    var status: Int32 = 0
    var stdout: [UInt8] = []
    var stderr: String?
  }

  private static let binary: [UInt8] = (0...255).map { UInt8($0) } + [0, 0, 10, 0, 255]

  private static let rows: [Row] = [
    Row(
      name: "output", script: "echo out; echo err >&2", stdout: Array("out\n".utf8), stderr: "err\n"
    ),
    Row(name: "status", script: "exit 7", status: 7, stderr: ""),
    Row(name: "false", script: "false", status: 1),
    Row(name: "syntax error", script: "if then", status: 2),
    Row(name: "command not found", script: "no-such-program-here", status: 127),
    Row(name: "killed", script: "sh -c 'kill -9 $$'", status: 137),
    Row(name: "no final newline", script: "printf a; printf b >&2", stdout: [97], stderr: "b"),
    Row(name: "only newlines", script: #"printf '\n\n'"#, stdout: [10, 10]),
    Row(name: "binary", script: "cat", input: binary, stdout: binary),
    Row(name: "input left over", script: "exit 0", input: Array(repeating: 10, count: 300_000)),
    Row(
      name: "input read in part", script: "read -r x; echo $x", input: Array("1\n2\nexit\n".utf8),
      stdout: Array("1\n".utf8)),
    Row(name: "no input", script: "cat; echo end", stdout: Array("end\n".utf8)),
    Row(
      name: "input that a closed stdin leaves", script: "exec <&-; echo x",
      input: Array("echo no\n".utf8), stdout: Array("x\n".utf8)),
    Row(name: "prelude", script: "greet you", stdout: Array("hi you\n".utf8)),
    Row(name: "quotes", script: #"echo 'a'"b"\c$(echo d)"#, stdout: Array("abcd\n".utf8)),
    Row(name: "trailing newlines", script: "echo a\n\n\n", stdout: Array("a\n".utf8)),
    Row(name: "empty script", script: ""),
    Row(name: "not UTF-8", script: #"printf '\303\050'"#, stdout: [0xc3, 0x28]),
    Row(name: "C locale", script: "echo $LC_ALL", stdout: Array("C\n".utf8)),
    Row(name: "no time limit", script: "echo ${TMOUT-none}", stdout: Array("none\n".utf8)),
  ]

  @Test(arguments: TestShell.allCases, [true, false])
  func everyKindOfRequest(_ shell: TestShell, isFenced: Bool) async throws {
    let connection = try Self.connection(shell)
    for row in Self.rows {
      let reply = try await connection.run(
        ShellRequest(
          script: row.script, input: row.input.isEmpty ? [] : [row.input],
          deadline: .seconds(30), mayLeaveProcesses: isFenced))
      #expect(
        reply.status == row.status || (row.name == "syntax error" && reply.status != 0),
        "\(row.name)")
      #expect(reply.stdout == row.stdout, "\(row.name)")
      if let stderr = row.stderr { #expect(reply.errorText == stderr, "\(row.name)") }
      #expect(!reply.isTruncated)
    }
    #expect(connection.roundTrips == Self.rows.count)
    await connection.close()
  }

  @Test(arguments: TestShell.allCases) func requestsShareNothing(_ shell: TestShell) async throws {
    let connection = try Self.connection(shell)
    let folder = try await connection.text("pwd")
    _ = try await connection.text("cd /; x=1; greet() { :; }; umask 000; set -e; exec >/dev/null")
    #expect(try await connection.text("pwd; echo ${x-unset}; greet a") == folder + "unset\nhi a\n")
    await connection.close()
  }

  @Test(arguments: TestShell.allCases, [true, false])
  func freshShellsGiveTheSame(_ shell: TestShell, hasInput: Bool) async throws {
    let connection = try Self.connection(shell)
    let own = try await connection.text("echo $$")
    let reply = try await connection.run(
      ShellRequest(
        script: "greet x; cat; echo e >&2; echo $$; exit 4",
        input: hasInput ? [[0, 1], [255]] : [], isFresh: true))
    let begin: [UInt8] = Array("hi x\n".utf8) + (hasInput ? [0, 1, 255] : [])
    #expect(reply.stdout.starts(with: begin))
    #expect(reply.status == 4)
    #expect(reply.errorText == "e\n")
    #expect(String(decoding: reply.stdout.dropFirst(begin.count), as: UTF8.self) != own)
    await connection.close()
  }

  @Test(arguments: [TestShell.dash, .bash, .busybox])
  func threeMegabytesGoThere(_ shell: TestShell) async throws {
    let connection = try Self.connection(shell)
    let chunk = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let reply = try await connection.run(
      ShellRequest(script: "cat", input: [chunk, chunk, chunk], deadline: .seconds(60)))
    #expect(reply.stdout == chunk + chunk + chunk)
    #expect(try await connection.text("echo still in step") == "still in step\n")
    await connection.close()
  }

  @Test(arguments: [TestShell.dash, .bash, .busybox])
  func anOverdueRequestIsKilled(_ shell: TestShell) async throws {
    let connection = try Self.connection(shell)
    let file = try TemporaryFolder.make() + "/pid"
    let start = ContinuousClock.now
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(
          script: "echo begun; sleep 77 & echo $! >\(file); wait", deadline: .milliseconds(700)))
    }
    #expect(failure?.phase == .run && failure?.cause == .deadline)
    #expect(failure?.isUnreachable == false)
    #expect(failure?.output?.text == "begun\n")
    // Far below the 77 seconds of the command; a busy machine takes some itself.
    #expect(ContinuousClock.now - start < .seconds(60))
    #expect(try await connection.isGone(file))
    await connection.close()
  }

  @Test func whatIgnoresSigtermIsKilledTheHardWay() async throws {
    let connection = try Self.connection(.dash)
    let file = try TemporaryFolder.make() + "/pid"
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(
          script: "sh -c 'trap \"\" TERM; echo $$ >\(file); sleep 60; sleep 60'",
          deadline: .milliseconds(400)))
    }
    #expect(failure?.cause == .deadline)
    #expect(try await connection.isGone(file))
    await connection.close()
  }

  @Test func aCancelledTaskKillsItsRequest() async throws {
    let connection = try Self.connection(.dash)
    let file = try TemporaryFolder.make() + "/pid"
    let task = Task {
      try await connection.run(
        ShellRequest(script: "echo $$ >\(file); sleep 60", deadline: .seconds(120)))
    }
    while access(file, F_OK) != 0 { try await Task.sleep(for: .milliseconds(20)) }
    task.cancel()
    let result = await task.result
    #expect(throws: ConnectionFailure.self) { try result.get() }
    #expect(try await connection.isGone(file))
    await connection.close()
  }

  @Test(arguments: [TestShell.dash, .bash, .busybox])
  func aDaemonNeitherHoldsTheReplyNorWritesIntoTheNext(_ shell: TestShell) async throws {
    let connection = try Self.connection(shell)
    _ = try await connection.text("true")
    let start = ContinuousClock.now
    let script =
      "( trap '' PIPE; for i in $(seq 100); do echo daemon; echo daemon >&2; sleep 0.2; done ) & echo started"
    let reply = try await connection.run(ShellRequest(script: script))
    #expect(reply.text.contains("started\n"))
    #expect(ContinuousClock.now - start < .seconds(15))
    for _ in 0..<3 {
      let next = try await connection.run(ShellRequest(script: "sleep 0.3; echo mine"))
      #expect(next.text == "mine\n" && next.errorText == "")
    }
    await connection.close()
  }

  @Test func anEndingLoopIsReportedAndReopened() async throws {
    let connection = try Self.connection(.dash)
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(script: "echo last words >&2; kill -9 $$", mayLeaveProcesses: false))
    }
    #expect(failure?.phase == .run && failure?.cause == .lost)
    #expect(try await connection.text("echo again") == "again\n")
    await connection.close()
  }

  @Test func requestsAtTheSameTimeGetLoopsOfTheirOwnUpToTheLimit() async throws {
    let connection = LoopConnection.local(Endpoint(kind: .local, loopLimit: 3), prelude: "")
    let shells = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<9 { group.addTask { try await connection.text("echo $$; sleep 0.2") } }
      var all: Set<String> = []
      for try await text in group { all.insert(text) }
      return all
    }
    #expect(shells.count == 3)
    #expect(connection.roundTrips == 9)
    await connection.close()
  }

  @Test func aClosedConnectionRefuses() async throws {
    let connection = try Self.connection(.dash)
    _ = try await connection.text("true")
    await connection.close()
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(failure?.cause == .cancelled)
  }

  @Test func aShellThatIsNotThereIsNamed() async throws {
    let connection = LoopConnection.local(
      Endpoint(kind: .local, shellExecutable: "/no/such/shell"), prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(failure?.summary == "cannot start `/no/such/shell`")
    #expect(failure?.detail == "No such file or directory")
  }

  @Test func aScriptWithNulIsRefused() async throws {
    let connection = try Self.connection(.dash)
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("echo a\0b")
    }
    #expect(failure?.summary == "a script holds a NUL byte")
    await connection.close()
  }

  @Test func outputBeyondTheLimitIsCut() async throws {
    let connection = try Self.connection(.dash)
    let reply = try await connection.run(
      ShellRequest(script: "head -c 5000000 /dev/zero", outputLimit: 1000))
    #expect(reply.stdout.count == 1000 && reply.isTruncated)
    #expect(try await connection.text("echo ok") == "ok\n")
    await connection.close()
  }

  @Test func signalsAreAsAfterLogin() async throws {
    let connection = try Self.connection(.dash)
    let line = try await connection.text("grep SigIgn /proc/self/status")
    let digits = line.split(separator: "\t").last?.dropLast() ?? ""
    let ignored = try #require(UInt64(digits, radix: 16))
    // The C library keeps 32 and 33 to itself.
    #expect(ignored & 0x7fff_ffff == 0)
    await connection.close()
  }
}
