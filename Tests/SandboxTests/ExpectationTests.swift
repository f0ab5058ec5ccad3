import Sandbox
import TestKit
import Testing

/// Clients that wait for a word before they send a body (RFC 9110, 10.1.1).
@Suite struct ExpectationTests {
  private func exchange(
    _ cloud: TestCloud, _ start: String, _ headers: String, _ body: String, isHeldBack: Bool
  ) async throws -> String {
    let head =
      "\(start)\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Auth-Token: \(cloud.client.token ?? "")"
      + "\r\nContent-Type: application/json\r\n\(headers)\r\n\r\n"
    return try await Loopback.exchange(
      isHeldBack ? head : head + body, then: isHeldBack ? body : nil,
      port: Int(cloud.client.port))
  }

  /// Bodies of a call: the shortest, one of some kilobytes, and one in chunks.
  private static let bodies: [(String, String)] = [
    ("Content-Length: 12", #"{"start":{}}"#),
    ("Content-Length: 9012", #"{"start":{}}"# + String(repeating: " ", count: 9000)),
    ("Transfer-Encoding: chunked", "c\r\n{\"start\":{}}\r\n0\r\n\r\n"),
  ]

  @Test("A client that waits is told to go on, once, and then gets its answer", arguments: bodies)
  func goesOn(length: String, body: String) async throws {
    try await TestCloud.run { cloud in
      let id = try await cloud.active()
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      try await cloud.advance(5)
      let said = try await exchange(
        cloud, "POST /compute/v2.0/servers/\(id)/action HTTP/1.1",
        "\(length)\r\nExpect: 100-continue", body, isHeldBack: true)
      let mark = "HTTP/1.1 100 Continue\r\n\r\n"
      #expect(said.hasPrefix(mark + "HTTP/1.1 202 ACCEPTED\r\n"), "\(said)")
      #expect(said.split(separator: "100 Continue").count == 2)
    }
  }

  @Test("A client that does not wait gets its answer and nothing before it")
  func saysNothing() async throws {
    try await TestCloud.run { cloud in
      for (start, headers) in [
        ("POST /identity/v2.0/tokens HTTP/1.1", "Content-Length: 2"),
        ("GET /compute/v2.0/servers HTTP/1.1", "Expect: 100-continue"),
      ] {
        let body = headers.hasPrefix("Content") ? "{}" : ""
        let said = try await exchange(cloud, start, headers, body, isHeldBack: false)
        #expect(!said.contains("100 Continue") && said.hasPrefix("HTTP/1.1 "), "\(said)")
      }
    }
  }

  @Test("A body that is too large is refused without a word to go on")
  func tooLarge() async throws {
    try await TestCloud.run { cloud in
      let said = try await exchange(
        cloud, "PUT /object-store/v1/\(cloud.user)/box/a HTTP/1.1",
        "Content-Length: 999999999999\r\nExpect: 100-continue", "", isHeldBack: false)
      #expect(said.hasPrefix("HTTP/1.1 413 REQUEST ENTITY TOO LARGE\r\n"), "\(said)")
    }
  }
}
