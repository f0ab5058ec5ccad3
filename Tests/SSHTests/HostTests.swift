@preconcurrency import Glibc
import SSH
import Testing
import Transport

/// Escalation on a booted host with the users `deploy` (sudo with a password), `admin` (sudo
/// without), and root with a password. `Tests/Hosts/hosts up` boots it.
@Suite(.serialized) struct HostTests {
  private struct Host {
    var folder: String
    var address: String

    init() throws {
      folder = Platform.environment("OMTD_HOSTS_DIR") ?? "/var/tmp/omtd-hosts"
      let inventory = Platform.readFile(folder + "/inventory").map { Bytes.text($0) } ?? ""
      let line = inventory.split(separator: "\n").first { $0.contains("ansible_host=") }
      guard let word = line?.split(separator: " ").first(where: { $0.hasPrefix("ansible_host=") })
      else { throw Missing(what: "a booted host (Tests/Hosts/hosts up) in \(folder)") }
      address = String(word.dropFirst("ansible_host=".count))
    }

    func connect(
      as user: String, password: String? = nil
    ) async throws -> any Connection {
      let endpoint = Endpoint(
        kind: .ssh, host: address, user: user,
        keyFiles: password == nil ? [folder + "/key"] : [], password: password.map { Password($0) },
        commonArguments: password == nil
          ? ["-o", "UserKnownHostsFile=\(folder)/known_hosts"]
          : ["-o", "UserKnownHostsFile=\(folder)/known_hosts", "-o", "IdentitiesOnly=yes"])
      return try await Notices().connector.connect(endpoint, prelude: "hello() { echo hello; }")
    }
  }

  private static func sudo(_ password: String?, user: String = "root") -> Identity {
    .become(Become(user: user, password: password.map { Password($0) }))
  }

  @Test(arguments: ["root", "deploy", "admin"]) func usersLogIn(_ user: String) async throws {
    let connection = try await Host().connect(as: user)
    #expect(try await connection.text("hello; id -un") == "hello\n\(user)\n")
    await connection.close()
  }

  @Test func aPasswordLogsIn() async throws {
    let connection = try await Host().connect(as: "deploy", password: "deploy")
    #expect(try await connection.text("id -un") == "deploy\n")
    await connection.close()
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await Host().connect(as: "deploy", password: "wrong")
    }
    #expect(failure?.phase == .authenticate && failure?.cause == .refused)
  }

  @Test func sudoWithoutPassword() async throws {
    let connection = try await Host().connect(as: "admin")
    #expect(
      try await connection.text("hello; id -un; cat", input: "x", Self.sudo(nil))
        == "hello\nroot\nx")
    #expect(
      try await connection.text("hello; id -un; cat", input: "x", Self.sudo(nil, user: "deploy"))
        == "hello\ndeploy\nx")
    let fresh = try await connection.run(
      ShellRequest(
        script: "hello; id -un; echo e >&2; exit 3", identity: Self.sudo(nil), isFresh: true))
    #expect(
      fresh == ShellReply(status: 3, stdout: Array("hello\nroot\n".utf8), stderr: Array("e\n".utf8))
    )
    #expect(connection.roundTrips == 3)
    await connection.close()
  }

  @Test func sudoWithPassword() async throws {
    let connection = try await Host().connect(as: "deploy")
    let root = Self.sudo("deploy")
    // The first time over a loop of its own that asks; then, the password being right, inside.
    for _ in 0..<3 {
      let fresh = try await connection.run(
        ShellRequest(
          script: "hello; id -un; cat; echo e >&2; exit 3", input: [[0, 255], [10]], identity: root,
          isFresh: true))
      #expect(
        fresh
          == ShellReply(
            status: 3, stdout: Array("hello\nroot\n".utf8) + [0, 255, 10], stderr: Array("e\n".utf8)
          ))
    }
    #expect(try await connection.text("hello; id -un; cat", input: "x", root) == "hello\nroot\nx")
    #expect(
      try await connection.text("id -un; cat", input: "x", Self.sudo("deploy", user: "admin"))
        == "admin\nx")
    #expect(try await connection.text("id -un") == "deploy\n")
    #expect(connection.roundTrips == 6)
    await connection.close()
  }

  @Test func megabytesGoThroughSudo() async throws {
    let connection = try await Host().connect(as: "deploy")
    let chunk = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) }
    for isFresh in [false, true] {
      let reply = try await connection.run(
        ShellRequest(script: "cat", input: [chunk], identity: Self.sudo("deploy"), isFresh: isFresh)
      )
      #expect(reply.stdout == chunk)
    }
    await connection.close()
  }

  @Test func sudoThatNeedsAPasswordSaysSo() async throws {
    let connection = try await Host().connect(as: "deploy")
    for isFresh in [false, true] {
      let failure = await #expect(throws: ConnectionFailure.self) {
        _ = try await connection.run(
          ShellRequest(script: "id", identity: Self.sudo(nil), isFresh: isFresh))
      }
      #expect(failure?.phase == .escalate && failure?.isUnreachable == false)
      #expect(failure?.summary == "`sudo` needs a password")
      #expect(failure?.detail == "sudo: a password is required")
    }
    #expect(try await connection.text("id -un") == "deploy\n")
    await connection.close()
  }

  @Test(arguments: [Become.Method.sudo, .su])
  func aWrongPasswordIsNotTriedAgain(_ method: Become.Method) async throws {
    let connection = try await Host().connect(as: "deploy")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text(
        "id", .become(Become(method: method, password: Password("wrong"))))
    }
    #expect(failure?.phase == .escalate && failure?.isUnreachable == false)
    #expect(failure?.summary == "wrong password for `\(method)`")
    #expect(try await connection.text("id -un") == "deploy\n")
    await connection.close()
  }

  @Test func suWithPassword() async throws {
    let connection = try await Host().connect(as: "deploy")
    let root = Identity.become(Become(method: .su, password: Password("rootpass")))
    for isFresh in [false, true, true] {
      let reply = try await connection.run(
        ShellRequest(
          script: "hello; id -un; cat", input: [[0, 255]], identity: root, isFresh: isFresh))
      #expect(reply.stdout == Array("hello\nroot\n".utf8) + [0, 255])
      #expect(reply.stderr == [])
    }
    await connection.close()
  }

  @Test func suWithoutPasswordSaysSo() async throws {
    let connection = try await Host().connect(as: "deploy")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("id", .become(Become(method: .su)))
    }
    #expect(failure?.phase == .escalate)
    #expect(failure?.summary == "`su` needs a password")
    await connection.close()
  }

  @Test func rootBecomesOthers() async throws {
    let connection = try await Host().connect(as: "root")
    for method in Become.Method.allCases {
      for isFresh in [false, true] {
        let reply = try await connection.run(
          ShellRequest(
            script: "id -un; cat", input: [[65]],
            identity: .become(Become(method: method, user: "deploy")), isFresh: isFresh))
        #expect(reply.stdout == Array("deploy\nA".utf8))
      }
    }
    await connection.close()
  }

  @Test func usersThatDoNotExistAreNamed() async throws {
    let connection = try await Host().connect(as: "admin")
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.text("id", Self.sudo(nil, user: "no-such-user"))
    }
    #expect(failure?.phase == .escalate)
    #expect(failure?.summary == "no user `no-such-user` on the host")
    await connection.close()
  }

  @Test(arguments: [false, true]) func rootsOverdueRequestIsKilled(isFresh: Bool) async throws {
    let connection = try await Host().connect(as: "deploy")
    let root = Self.sudo("deploy")
    _ = try await connection.text("true", root)
    let failure = await #expect(throws: ConnectionFailure.self) {
      _ = try await connection.run(
        ShellRequest(
          script: "sleep 71.\(isFresh ? 1 : 2)", identity: root, isFresh: isFresh,
          deadline: .milliseconds(900)))
    }
    #expect(failure?.cause == .deadline)
    let left = try await connection.text(
      "pgrep -f 'sleep 71[.]\(isFresh ? 1 : 2)' || echo gone", root)
    #expect(left == "gone\n")
    await connection.close()
  }
}
