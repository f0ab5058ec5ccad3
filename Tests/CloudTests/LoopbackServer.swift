import Dispatch
@preconcurrency import Glibc
import Synchronization

/// A server on 127.0.0.1 that answers as it is told, also wrongly, and notes what it received.
final class LoopbackServer: Sendable {
  struct Received: Sendable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: String
    /// Counted from 1; requests on one connection share it.
    var connection: Int

    var path: String { String(target.prefix { $0 != "?" }) }
  }

  enum Reply: Sendable {
    case answer(Int, [String: String] = [:], String = "")
    /// Exactly these bytes, then the end of the connection.
    case raw(String)
    /// The start of an answer, then `text` again and again until the other side has gone.
    case endless(start: String, text: String, every: Duration)
    /// No byte, and the end of the connection.
    case close
    /// No byte, until the other side has gone.
    case silence
  }

  let port: Int
  private let descriptor: Int32
  private let log = Mutex<[Received]>([])
  private let isStopped = Atomic(false)

  /// - Parameter answer: Called for each request, from one thread per connection.
  init(_ answer: @escaping @Sendable (Received) -> Reply) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard isBound else { throw Failure(number: errno) }
    DispatchQueue(label: "accept").async { @Sendable in self.accept(answer) }
  }

  struct Failure: Error { var number: Int32 }

  var url: String { "http://127.0.0.1:\(port)" }
  var received: [Received] { log.withLock { $0 } }

  func received(_ path: String) -> [Received] { received.filter { $0.path == path } }

  /// Ends the listening; connections end with their next byte.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func accept(_ answer: @escaping @Sendable (Received) -> Reply) {
    var count = 0
    while !isStopped.load(ordering: .relaxed) {
      let peer = Glibc.accept(descriptor, nil, nil)
      guard peer >= 0 else { continue }
      count += 1
      let number = count
      DispatchQueue(label: "connection").async { @Sendable in
        self.serve(peer, number: number, answer)
        close(peer)
      }
    }
    close(descriptor)
  }

  private func serve(_ peer: Int32, number: Int, _ answer: (Received) -> Reply) {
    var buffer: [UInt8] = []
    while let request = read(peer, number: number, &buffer) {
      log.withLock { $0.append(request) }
      switch answer(request) {
      case .answer(let status, let headers, let body):
        var head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        guard send(peer, head + "\r\n" + (request.method == "HEAD" ? "" : body)) else { return }
      case .raw(let text):
        _ = send(peer, text)
        return
      case .endless(let start, let text, let pause):
        guard send(peer, start) else { return }
        while !isStopped.load(ordering: .relaxed), send(peer, text) {
          usleep(UInt32(pause.components.attoseconds / 1_000_000_000_000))
        }
        return
      case .close: return
      case .silence:
        var byte: UInt8 = 0
        _ = recv(peer, &byte, 1, 0)
        return
      }
    }
  }

  /// The next request of a connection; nil at its end.
  private func read(_ peer: Int32, number: Int, _ buffer: inout [UInt8]) -> Received? {
    while true {
      if let request = parse(&buffer, number: number) { return request }
      var part = [UInt8](repeating: 0, count: 65536)
      let count = recv(peer, &part, part.count, 0)
      // The first byte of TLS is no HTTP.
      guard count > 0, part[0] != 0x16 else { return nil }
      buffer += part.prefix(count)
    }
  }

  private func parse(_ buffer: inout [UInt8], number: Int) -> Received? {
    guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
      .split(whereSeparator: \.isNewline)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      headers[parts[0].lowercased()] = String((parts.last ?? "").drop { $0 == " " })
    }
    let size = headers["content-length"].flatMap { Int($0) } ?? 0
    guard buffer.count - end.upperBound >= size else { return nil }
    let body = buffer[end.upperBound..<(end.upperBound + size)]
    let request = Received(
      method: String(words[0]), target: String(words[1]), headers: headers,
      body: String(decoding: body, as: UTF8.self), connection: number)
    buffer.removeFirst(end.upperBound + size)
    return request
  }

  private func send(_ peer: Int32, _ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Glibc.send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }
}
