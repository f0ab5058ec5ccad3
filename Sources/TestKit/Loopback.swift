import Dispatch
@preconcurrency import Glibc
import Synchronization

/// Exchanges with a server on this computer, without a program that would have to wait for its turn.
package enum Loopback {
  package static let interrupt = SIGINT
  package static let kill = SIGKILL

  /// Sends all of it, and reads until the server ends the connection, for twenty seconds at most.
  ///
  /// - Parameter rest: is sent once the server has said something.
  /// - Returns: all that the server has said.
  package static func exchange(
    _ text: String, then rest: String? = nil, port: Int
  ) async throws -> String {
    let outcome = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { @Sendable in
        continuation.resume(
          returning: Result { try exchangeNow([text] + (rest.map { [$0] } ?? []), port: port) })
      }
    }
    return try outcome.get()
  }

  private static func exchangeNow(_ parts: [String], port: Int) throws -> String {
    func problem(_ what: String) -> TestProblem {
      TestProblem("cannot \(what) at port \(port): \(String(cString: strerror(errno)))")
    }
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard file >= 0 else { throw problem("make a socket") }
    defer { close(file) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw problem("connect") }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for (index, part) in parts.enumerated() {
      if index > 0 {
        let count = recv(file, &buffer, buffer.count, 0)
        guard count > 0 else { throw problem("read a first word") }
        answer += buffer.prefix(count)
      }
      var rest = Array(part.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw problem("send") }
        rest = rest.dropFirst(count)
      }
    }
    while true {
      let count = recv(file, &buffer, buffer.count, 0)
      guard count >= 0 else { throw problem("read") }
      if count == 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer.prefix(count)
    }
  }

  /// Sends a signal to a process whose id stands in a file.
  package static func signal(_ number: Int32, file: String) throws {
    let text = try Files.text(file).split(separator: "\n").first ?? ""
    guard let id = pid_t(text), id > 1, Glibc.kill(id, number) == 0 else {
      throw TestProblem("no process `\(text)` to be sent signal \(number)")
    }
  }
}

/// A server on this computer that writes down every request, and answers each with an empty object.
package final class LoopbackListener: Sendable {
  package let port: Int
  private let file: Int32
  private let seen = Mutex<[String]>([])

  package init() throws {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, length) == 0 && listen(file, 8) == 0 && getsockname(file, $0, &length) == 0
      }
    }
    guard file >= 0, isListening else { throw TestProblem("cannot listen on the loopback") }
    self.file = file
    port = Int(in_port_t(bigEndian: address.sin_port))
    DispatchQueue.global().async { @Sendable [weak self] in
      while case let peer = accept(file, nil, nil), peer >= 0 {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = max(0, recv(peer, &buffer, buffer.count, 0))
        self?.seen.withLock { $0.append(String(decoding: buffer.prefix(count), as: UTF8.self)) }
        let answer = Array(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
            .utf8)
        _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
        close(peer)
      }
    }
  }

  /// The requests so far, each with its headers.
  package var requests: [String] { seen.withLock { $0 } }

  deinit {
    shutdown(file, Int32(SHUT_RDWR))
    close(file)
  }
}
