import Cloud
@preconcurrency import Glibc
import Testing

/// Which certificates are accepted, against `openssl s_server`.
@Suite(.serialized, .enabled(if: access("/usr/bin/openssl", X_OK) == 0))
struct TLSTests {
  /// A server with a certificate for `localhost` that signs itself, for as long as this lives.
  private final class Server {
    let port: Int
    let folder: String
    private var process: pid_t = 0

    var certificate: String { folder + "/cert.pem" }

    init() async throws {
      var template = Array("/tmp/cloud-tls-XXXXXX\0".utf8CString)
      folder = try #require(mkdtemp(&template).map { String(cString: $0) })
      // The port of a listener that has just closed is free.
      let probe = try LoopbackServer { _ in .close }
      port = probe.port
      probe.stop()
      let key = folder + "/key.pem"
      let made = try Server.start([
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost",
      ])
      var status: Int32 = 0
      waitpid(made, &status, 0)
      try #require(status == 0)
      process = try Server.start([
        "s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert",
        certificate,
      ])
      for _ in 0..<100 where !isListening { try await Task.sleep(for: .milliseconds(50)) }
      try #require(isListening)
    }

    deinit {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      for name in ["/cert.pem", "/key.pem"] { unlink(folder + name) }
      rmdir(folder)
    }

    private var isListening: Bool {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
    }

    private static func start(_ arguments: [String]) throws -> pid_t {
      var words = (["openssl"] + arguments).map { strdup($0) } + [nil]
      defer { for word in words { free(word) } }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      for descriptor: Int32 in 0...2 {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
      }
      var process: pid_t = 0
      let code = posix_spawn(&process, "/usr/bin/openssl", &actions, nil, &words, environ)
      try #require(code == 0)
      return process
    }
  }

  private func kind(_ trust: CurlTransport.Trust, _ url: String) async -> CloudError.Kind? {
    let transport = CurlTransport(trust: trust)
    return await failure { () async throws(CloudError) in
      try await transport.send(HTTPRequest(.get, url, token: Token("T0K3N")))
    }?.kind
  }

  private func isRefused(_ kind: CloudError.Kind?) -> Bool {
    if case .transport(.tls, _) = kind { true } else { false }
  }

  @Test func onlyACertificateThatIsTrustedAndOfThatNameIsAccepted() async throws {
    let server = try await Server()
    let url = "https://localhost:\(server.port)/"
    #expect(isRefused(await kind(.system, url)))
    #expect(await kind(.file(server.certificate), url) == nil)
    #expect(
      isRefused(await kind(.file(server.certificate), "https://127.0.0.1:\(server.port)/")))
    #expect(isRefused(await kind(.file("/no/such/file"), url)))
    #expect(await kind(.anything, url) == nil)
  }

  @Test func aServerThatDoesNotSpeakTLSIsRefused() async throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    #expect(isRefused(await kind(.anything, "https://127.0.0.1:\(server.port)/")))
    #expect(server.received.isEmpty)
  }
}
