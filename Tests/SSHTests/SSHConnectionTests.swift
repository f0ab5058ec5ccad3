@preconcurrency import Glibc
import SSH
import Testing
import Transport

/// Real logins to an `sshd` of our own.
@Suite(.serialized) struct SSHConnectionTests {
  private static let binary: [UInt8] = (0...255).map { UInt8($0) } + [0, 10, 255]

  @Test(arguments: ["user_ed25519", "user_ecdsa"]) func aKeyLogsIn(_ key: String) async throws {
    let server = try TestServer()
    let notices = Notices()
    let connection = try await notices.connector.connect(
      server.endpoint(key: key), prelude: "greet() { echo hi $1; }")
    #expect(try await connection.text("greet $(id -un)") == "hi root\n")
    let reply = try await connection.run(
      ShellRequest(script: "cat; echo e >&2; exit 5", input: [Self.binary]))
    #expect(reply == ShellReply(status: 5, stdout: Self.binary, stderr: Array("e\n".utf8)))
    #expect(connection.roundTrips == 2)
    #expect(notices.all == [])
    await connection.close()
  }

  @Test func megabytesGoBothWays() async throws {
    let server = try TestServer()
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    let chunk = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) }
    async let other = connection.text("head -c 3000000 /dev/zero | tr '\\0' x; echo e >&2")
    let reply = try await connection.run(
      ShellRequest(script: "cat", input: [chunk, chunk], deadline: .seconds(60)))
    #expect(reply.stdout == chunk + chunk)
    let length = try await other.utf8.count
    #expect(length == 3_000_000)
    await connection.close()
  }

  @Test func manyRequestsAtOnce() async throws {
    let server = try TestServer()
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    let chunk = [UInt8](repeating: 7, count: 300_000)
    let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<24 {
        group.addTask {
          try await connection.run(ShellRequest(script: "cat; cat /dev/null", input: [chunk]))
            .stdout.count
        }
      }
      var all: [Int] = []
      for try await size in group { all.append(size) }
      return all
    }
    #expect(sizes == Array(repeating: 300_000, count: 24))
    await connection.close()
  }

  @Test func manySessionsAtOnce() async throws {
    let server = try TestServer()
    let connector = Notices().connector
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<24 {
        group.addTask {
          let connection = try await connector.connect(server.endpoint(), prelude: "")
          let text = try await connection.text("echo \(index)")
          await connection.close()
          return text
        }
      }
      var all: Set<String> = []
      for try await text in group { all.insert(text) }
      return all
    }
    #expect(answers.count == 24)
  }

  @Test func aStrangersKeyIsRefused() async throws {
    let server = try TestServer()
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(server.endpoint(key: "stranger"), prelude: "")
    }
    #expect(failure?.phase == .authenticate && failure?.cause == .refused)
    #expect(failure?.summary == "`127.0.0.1` lets `root` not in")
    #expect(failure?.detail?.contains(server.folder + "/stranger: ") == true)
    #expect(failure?.isUnreachable == true)
  }

  @Test func aKeyFileThatIsMissingIsNamed() async throws {
    let server = try TestServer()
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(server.endpoint(key: "nothing"), prelude: "")
    }
    #expect(failure?.phase == .authenticate)
    #expect(failure?.detail?.contains("/nothing: No such file or directory") == true)
  }

  @Test func anUnknownHostKeyIsRefused() async throws {
    let server = try TestServer()
    try server.write("known_hosts", "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(server.endpoint(), prelude: "")
    }
    #expect(failure?.phase == .hostKey)
    #expect(failure?.summary == "the host key of `[127.0.0.1]:\(server.port)` is not known")
    #expect(failure?.detail?.hasPrefix("ssh-ed25519 SHA256:") == true)
  }

  @Test func acceptNewKeepsTheKeyAndRefusesAnother() async throws {
    let server = try TestServer()
    try server.write("known_hosts", "# no final newline")
    var endpoint = server.endpoint()
    endpoint.hostKeyChecking = .acceptNew
    let notices = Notices()
    let connection = try await notices.connector.connect(endpoint, prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    await connection.close()
    #expect(notices.all.count == 1)
    let lines = server.text("known_hosts").split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.last?.hasPrefix("[127.0.0.1]:\(server.port) ssh-ed25519 ") == true)
    endpoint.hostKeyChecking = .strict
    let again = try await notices.connector.connect(endpoint, prelude: "")
    await again.close()

    server.stop()
    try shell(
      "rm \(server.folder)/host_*; for t in ed25519 rsa; do ssh-keygen -q -N '' -t $t -f \(server.folder)/host_$t; done"
    )
    try server.start()
    endpoint.hostKeyChecking = .acceptNew
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await notices.connector.connect(endpoint, prelude: "")
    }
    #expect(failure?.phase == .hostKey)
    #expect(failure?.summary == "the host key of `[127.0.0.1]:\(server.port)` has changed")
    #expect(
      failure?.detail?.contains("(\(server.folder)/known_hosts:2); shown: ssh-ed25519 SHA256:")
        == true)
    #expect(
      failure?.hint?.contains(
        "ssh-keygen -f '\(server.folder)/known_hosts' -R '[127.0.0.1]:\(server.port)'") == true)
    endpoint.hostKeyChecking = .off
    let unchecked = try await notices.connector.connect(endpoint, prelude: "")
    #expect(try await unchecked.text("echo in") == "in\n")
    await unchecked.close()
    #expect(notices.all.last?.contains("has changed, and is not checked") == true)
  }

  @Test func anRSAKeyGoesThroughOpenSSH() async throws {
    let server = try TestServer()
    let notices = Notices()
    let connector = notices.connector
    for _ in 0..<2 {
      let connection = try await connector.connect(
        server.endpoint(key: "user_rsa"), prelude: "p() { echo p; }")
      #expect(connection.roundTrips == 0)
      #expect(try await connection.text("p; cat", input: "x") == "p\nx")
      #expect(connection.roundTrips == 1)
      await connection.close()
    }
    #expect(
      notices.all == [
        "`127.0.0.1` is reached through `ssh`: libssh2 cannot use the key `\(server.folder)/user_rsa`"
      ])
  }

  @Test func anRSAHostKeyGoesThroughOpenSSH() async throws {
    let server = try TestServer(hostKeys: ["rsa"])
    let notices = Notices()
    let connection = try await notices.connector.connect(server.endpoint(), prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    await connection.close()
    #expect(notices.all.count == 1)
  }

  @Test func algorithmsThatLibssh2LacksGoThroughOpenSSH() async throws {
    let server = try TestServer(
      "Ciphers chacha20-poly1305@openssh.com\nKexAlgorithms sntrup761x25519-sha512@openssh.com")
    let notices = Notices()
    let connection = try await notices.connector.connect(server.endpoint(), prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    await connection.close()
    #expect(notices.all.count == 1)
  }

  @Test func openSSHsRefusalsAreNamed() async throws {
    let server = try TestServer()
    var endpoint = server.endpoint(key: "user_rsa")
    endpoint.knownHostsFiles = [server.folder + "/none"]
    let unknown = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(endpoint, prelude: "")
    }
    #expect(unknown?.phase == .hostKey)
    endpoint.knownHostsFiles = [server.folder + "/known_hosts"]
    endpoint.user = "nobody-here"
    let refused = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(endpoint, prelude: "")
    }
    #expect(refused?.phase == .authenticate)
  }

  @Test func aKilledSessionFailsTheRequestOnceAndForAll() async throws {
    let server = try TestServer()
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    _ = try await connection.text("true")
    let file = server.folder + "/count"
    let reply = Task {
      try await connection.run(
        ShellRequest(script: "echo begun; echo x >>\(file); sleep 30", deadline: .seconds(60)))
    }
    while server.text("count").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    try await Task.sleep(for: .milliseconds(100))
    for session in server.sessions() { kill(session, SIGKILL) }
    let failure = await #expect(throws: ConnectionFailure.self) { _ = try await reply.value }
    #expect(failure?.phase == .run && failure?.cause == .lost)
    #expect(failure?.isUnreachable == true)
    #expect(failure?.output?.stdout == Array("begun\n".utf8))
    #expect(server.text("count") == "x\n")
    let later = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(later?.isUnreachable == true)
    await connection.close()
  }

  @Test func aSilentPeerIsNoticed() async throws {
    let server = try TestServer()
    var endpoint = server.endpoint()
    endpoint.timeouts.keepAlive = .seconds(1)
    let connection = try await Notices().connector.connect(endpoint, prelude: "")
    _ = try await connection.text("true")
    let stopped = server.sessions()
    for session in stopped { kill(session, SIGSTOP) }
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(ShellRequest(script: "sleep 20", deadline: .seconds(30)))
    }
    for session in stopped { kill(session, SIGKILL) }
    #expect(failure?.cause == .lost)
    #expect(failure?.summary.hasPrefix("`127.0.0.1` is silent for ") == true)
    await connection.close()
  }

  @Test func anOverdueRequestIsKilledOnTheHost() async throws {
    let server = try TestServer()
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    let file = server.folder + "/pid"
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(script: "echo $$ >\(file); sleep 60", deadline: .milliseconds(600)))
    }
    #expect(failure?.cause == .deadline)
    #expect(
      try await connection.text(
        "sleep 0.2; grep -q '^State:.[^Z]' /proc/$(cat \(file))/status 2>/dev/null || echo gone")
        == "gone\n")
    await connection.close()
  }

  @Test func oneChannelIsEnough() async throws {
    let server = try TestServer("MaxSessions 1")
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    let root = Identity.become(Become())
    async let a = connection.text("echo a; sleep 0.3")
    async let b = connection.text("echo b")
    async let c = connection.text("echo c; id -un", root)
    let answers = try await [a, b, c]
    #expect(answers == ["a\n", "b\n", "c\nroot\n"])
    #expect(try await connection.text("echo d") == "d\n")
    await connection.close()
  }

  @Test func aServerThatDropsConnectionsIsAskedAgain() async throws {
    let server = try TestServer()
    server.stop()
    try shell("sed -i 's/^MaxStartups.*/MaxStartups 1:60:20/' \(server.folder)/sshd_config")
    try server.start()
    let connector = Notices().connector
    let count = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<12 {
        group.addTask {
          let connection = try await connector.connect(server.endpoint(), prelude: "")
          let text = try await connection.text("echo in")
          await connection.close()
          return text
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 == "in\n" ? 1 : 0 }
    }
    #expect(count == 12)
  }

  @Test func nobodyListens() async throws {
    let server = try TestServer()
    server.stop()
    try await Task.sleep(for: .milliseconds(100))
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(server.endpoint(), prelude: "")
    }
    #expect(failure?.phase == .connect)
    #expect(failure?.summary == "cannot connect to `[127.0.0.1]:\(server.port)`")
    #expect(failure?.detail == "Connection refused")
  }

  @Test func aNameThatIsNoneFailsToResolve() async throws {
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(
        Endpoint(kind: .ssh, host: "no-such-host.invalid"), prelude: "")
    }
    #expect(failure?.phase == .resolve)
  }

  @Test func optionsAreNotHosts() async throws {
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(
        Endpoint(kind: .ssh, host: "-oProxyCommand=touch /tmp/x"), prelude: "")
    }
    #expect(failure?.cause == .refused)
  }

  @Test func anAgentsKeyLogsIn() async throws {
    let server = try TestServer()
    let socket = server.folder + "/agent"
    try shell("ssh-agent -a \(socket) > \(server.folder)/agent.sh")
    try shell(
      ". \(server.folder)/agent.sh; ssh-add \(server.folder)/user_ecdsa \(server.folder)/user_ed25519"
    )
    let before = Platform.environment("SSH_AUTH_SOCK")
    setenv("SSH_AUTH_SOCK", socket, 1)
    defer {
      if let before { setenv("SSH_AUTH_SOCK", before, 1) } else { unsetenv("SSH_AUTH_SOCK") }
      _ = try? shell(". \(server.folder)/agent.sh; kill $SSH_AGENT_PID")
    }
    let notices = Notices()
    let connection = try await notices.connector.connect(server.endpoint(key: nil), prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    await connection.close()
    #expect(notices.all == [])
  }

  @Test func aLoginShellThatHangsIsNamed() async throws {
    let server = try TestServer("ForceCommand echo mounting home; sleep 30")
    var endpoint = server.endpoint()
    endpoint.timeouts.loginShell = .seconds(1)
    let connection = try await Notices().connector.connect(endpoint, prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(failure?.phase == .loginShell && failure?.cause == .deadline)
    #expect(failure?.summary == "the login shell did not start within 1 s")
    #expect(failure?.detail == "mounting home")
    await connection.close()
  }

  @Test func aForcedCommandIsReportedWithItsWords() async throws {
    let server = try TestServer("ForceCommand echo only backups here; exit 3")
    let connection = try await Notices().connector.connect(server.endpoint(), prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(failure?.phase == .loginShell && failure?.cause == .refused)
    #expect(failure?.summary == "the login shell ended with status 3")
    #expect(failure?.detail == "only backups here")
    await connection.close()
  }

  @Test func nologinIsNamed() async throws {
    let server = try TestServer()
    try shell("chmod 755 \(server.folder)")
    let connection = try await Notices().connector.connect(
      server.endpoint(user: "nobody"), prelude: "")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("true")
    }
    #expect(failure?.phase == .loginShell)
    #expect(failure?.summary == "the login shell lets nobody in (`nologin`)")
    await connection.close()
  }

  @Test func aLoginOfTooManyKeysIsEnded() async throws {
    let server = try TestServer("MaxAuthTries 2")
    try shell("cd \(server.folder); for i in 1 2 3 4; do cp -p stranger s$i; done")
    var endpoint = server.endpoint()
    endpoint.keyFiles = (1...4).map { "\(server.folder)/s\($0)" } + endpoint.keyFiles
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(endpoint, prelude: "")
    }
    #expect(failure?.phase == .authenticate)
    #expect(failure?.summary == "`127.0.0.1` ended the login of `root` (too many keys?)")
    endpoint.keyFiles.reverse()
    let connection = try await Notices().connector.connect(endpoint, prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    await connection.close()
  }

  @Test func aServerThatSaysNothingIsGivenUp() async throws {
    let server = try TestServer()
    server.stop()
    try await Task.sleep(for: .milliseconds(200))
    // The kernel takes the connection; nobody ever accepts it.
    let listener = try TestServer.listen(on: server.port)
    defer { close(listener) }
    var endpoint = server.endpoint()
    endpoint.timeouts.handshake = .seconds(1)
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Notices().connector.connect(endpoint, prelude: "")
    }
    #expect(failure?.phase == .handshake && failure?.cause == .deadline)
    #expect(failure?.summary == "no SSH handshake with `127.0.0.1` within 1 s")
  }

  @Test func aJumpHostIsPassed() async throws {
    let server = try TestServer()
    try shell(
      "sed 's/127.0.0.1/localhost/' \(server.folder)/known_hosts >>\(server.folder)/known_hosts")
    try server.write(
      "config",
      """
      Host *
      UserKnownHostsFile \(server.folder)/known_hosts
      IdentityFile \(server.folder)/user_ed25519
      Host 127.0.0.1
      ProxyJump root@localhost:\(server.port)

      """)
    var endpoint = server.endpoint()
    endpoint.commonArguments = ["-F", "\(server.folder)/config"]
    let notices = Notices()
    let connection = try await notices.connector.connect(endpoint, prelude: "")
    #expect(try await connection.text("echo in") == "in\n")
    #expect(notices.all == ["`127.0.0.1` is reached through `ssh`: `-F` is set"])
    let reply = Task {
      try await connection.run(ShellRequest(script: "echo x >\(server.folder)/count; sleep 20"))
    }
    while server.text("count").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    for session in server.sessions() { kill(session, SIGKILL) }
    let failure = await #expect(throws: ConnectionFailure.self) { _ = try await reply.value }
    #expect(failure?.phase == .run && failure?.cause == .lost && failure?.isUnreachable == true)
    await connection.close()
  }
}
