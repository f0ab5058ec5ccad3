@preconcurrency import Glibc
import SSH
import Synchronization
import Transport

struct Missing: Error, CustomStringConvertible {
  var what: String
  var description: String { "this test needs \(what), which is not here" }
}

/// An `sshd` of our own on 127.0.0.1, with keys of its own, for one test.
final class TestServer: Sendable {
  let folder: String
  let port: Int

  /// - Parameter settings: further lines of `sshd_config`.
  init(_ settings: String = "", hostKeys: [String] = ["ed25519", "rsa"]) throws {
    guard getuid() == 0, access("/usr/sbin/sshd", X_OK) == 0 else {
      throw Missing(what: "root and /usr/sbin/sshd")
    }
    var template = Array("/tmp/omtd-sshd-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Missing(what: "a folder in /tmp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    port = try Self.freePort()
    try shell("cp -p \(try Self.keys.get())/* \(folder)")
    try shell("cat \(folder)/user_*.pub > \(folder)/authorized_keys; mkdir -p /run/sshd")
    let keys = hostKeys.map { "HostKey \(folder)/host_\($0)" }.joined(separator: "\n")
    try write(
      "sshd_config",
      """
      ListenAddress 127.0.0.1:\(port)
      \(keys)
      PidFile \(folder)/pid
      AuthorizedKeysFile \(folder)/authorized_keys
      StrictModes no
      PermitRootLogin yes
      UsePAM no
      MaxStartups 100
      \(settings)

      """)
    try start()
    try shell(
      "for k in \(hostKeys.joined(separator: " ")); do echo \"[127.0.0.1]:\(port) $(cut -d' ' -f1,2 \(folder)/host_$k.pub)\"; done > \(folder)/known_hosts"
    )
  }

  deinit {
    stop()
    _ = try? shell("rm -rf \(folder)")
  }

  func start() throws {
    try shell("/usr/sbin/sshd -f \(folder)/sshd_config -E \(folder)/log")
    for _ in 0..<200 {
      if access(folder + "/pid", F_OK) == 0 { return }
      usleep(10_000)
    }
    throw Missing(what: "a running sshd")
  }

  /// Ends the server and waits until it is gone: it removes its own pid file.
  func stop() {
    _ = try? shell(
      "p=$(cat \(folder)/pid) && kill $p; for i in $(seq 100); do kill -0 $p || break; sleep 0.05; done; rm -f \(folder)/pid"
    )
  }

  func endpoint(key: String? = "user_ed25519", user: String = "root") -> Endpoint {
    var endpoint = Endpoint(
      kind: .ssh, host: "127.0.0.1", port: port, user: user,
      keyFiles: key.map { ["\(folder)/\($0)"] } ?? [], knownHostsFiles: ["\(folder)/known_hosts"])
    endpoint.timeouts.connect = .seconds(5)
    return endpoint
  }

  func write(_ name: String, _ text: String) throws {
    guard let file = fopen("\(folder)/\(name)", "we") else { throw Missing(what: name) }
    fputs(text, file)
    fclose(file)
  }

  func text(_ name: String) -> String {
    Platform.readFile("\(folder)/\(name)").map { Bytes.text($0) } ?? ""
  }

  /// The numbers of the server processes that hold a login.
  func sessions() -> [pid_t] {
    let parent = Bytes.trimmed(text("pid")) ?? "0"
    _ = try? shell("pgrep -P \(parent) > \(folder)/sessions")
    return text("sessions").split(separator: "\n").compactMap { pid_t($0) }
  }

  /// Made once in each run of the tests: RSA keys take seconds.
  private static let keys = Result<String, any Error> {
    var template = Array("/tmp/omtd-keys-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Missing(what: "a folder in /tmp") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let names = [
      ("user_ed25519", "ed25519"), ("user_ecdsa", "ecdsa"), ("user_rsa", "rsa"),
      ("host_ed25519", "ed25519"), ("host_ecdsa", "ecdsa"), ("host_rsa", "rsa"),
      ("stranger", "ed25519"),
    ]
    for (name, type) in names { try shell("ssh-keygen -q -N '' -t \(type) -f \(folder)/\(name)") }
    return folder
  }

  static func listen(on port: Int) throws -> Int32 {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var on: Int32 = 1
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0, Glibc.listen(file, 8) == 0 else { throw Missing(what: "port \(port)") }
    return file
  }

  private static func freePort() throws -> Int {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(file) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, length) == 0 && getsockname(file, $0, &length) == 0
      }
    }
    guard code else { throw Missing(what: "a free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

@discardableResult
func shell(_ command: String) throws -> Int32 {
  let status = system("{ \(command); } </dev/null >/dev/null 2>&1")
  guard status == 0 else { throw Missing(what: "`\(command)` to succeed") }
  return status
}

/// What a connector said.
final class Notices: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock { $0 } }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
  var connector: SSHConnector { SSHConnector { [self] in add($0) } }
}

extension Connection {
  func text(_ script: String, input: String = "", _ identity: Identity = .login) async throws
    -> String
  {
    let reply = try await run(
      ShellRequest(
        script: script, input: [Array(input.utf8)], identity: identity, deadline: .seconds(30)))
    return String(decoding: reply.stdout, as: UTF8.self)
  }
}
