/// A client for a server on this machine: a connection for each request, everything read to the end.
package struct LoopbackClient: Sendable {
  package var port: UInt16
  package var token: String?
  /// Seconds without a byte after which a call fails.
  package var patience = 30

  package init(port: UInt16, token: String?) {
    self.port = port
    self.token = token
  }

  package struct Response: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
    /// `.null` where the body is no JSON.
    package var json: Wire { (try? Wire.parse(body)) ?? .null }
  }

  /// - Throws: where nothing listens, or the reply is no HTTP.
  package func send(
    _ method: String, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
  ) throws -> Response {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    if let token { head += "X-Auth-Token: \(token)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    let bytes = try Platform.exchange(
      port, Array((head + "\r\n").utf8) + (body ?? []), seconds: patience)
    return try Self.parse(bytes)
  }

  private static func parse(_ bytes: [UInt8]) throws -> Response {
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= mark.count,
      let end = (0...(bytes.count - mark.count)).first(where: {
        bytes[$0..<($0 + mark.count)].elementsEqual(mark)
      })
    else { throw MachineFailure("the connection ended without a reply") }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else {
      throw MachineFailure("the reply is no HTTP")
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    return Response(
      status: status, headers: headers, body: Array(bytes[(end + mark.count)...]))
  }
}
