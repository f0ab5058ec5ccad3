import Dispatch
@preconcurrency import Glibc
import Synchronization
import Transport

/// One address of a host, ready for `connect`.
struct SocketAddress: Sendable {
  var family: Int32
  var bytes: [UInt8]
}

/// From a name to an open TCP connection; every wait has its deadline.
enum Dialing {
  /// Names wait here for the C library, which blocks; addresses never do.
  private static let names = DispatchQueue(label: "resolve", attributes: .concurrent)

  static func resolve(
    host: String, port: Int, within limit: Duration
  ) async throws(ConnectionFailure) -> [SocketAddress] {
    if case .success(let addresses) = lookUp(host, port, flags: AI_NUMERICHOST) {
      return addresses
    }
    let result: Result<[SocketAddress], ConnectionFailure> = await withCheckedContinuation {
      continuation in
      let once = Once { continuation.resume(returning: $0) }
      names.async { once.resume(lookUp(host, port, flags: 0)) }
      IOQueue.after(limit) {
        once.resume(
          .failure(
            ConnectionFailure(
              .resolve, .deadline, "no address for `\(host)` within \(limit.inWords)")))
      }
    }
    return try result.get()
  }

  private static func lookUp(
    _ host: String, _ port: Int, flags: Int32
  ) -> Result<[SocketAddress], ConnectionFailure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_ADDRCONFIG | AI_NUMERICSERV
    if flags & AI_NUMERICHOST != 0 { hints.ai_flags = flags | AI_NUMERICSERV }
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
      found.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
      next = entry.ai_next
    }
    guard code == 0, !found.isEmpty else {
      return .failure(
        ConnectionFailure(
          .resolve, .refused, "no address for `\(host)`",
          detail: gai_strerror(code).map { String(cString: $0) }))
    }
    return .success(found)
  }

  /// Tries the addresses one after the other; the socket is non-blocking.
  static func connect(
    _ addresses: [SocketAddress], host: String, port: Int, within limit: Duration
  ) async throws(ConnectionFailure) -> Int32 {
    var last = ConnectionFailure(.connect, .lost, "no address of `\(host)` to connect to")
    for address in addresses {
      let result: Result<Int32, ConnectionFailure> = await withCheckedContinuation {
        continuation in
        IOQueue.async {
          Attempt(address, name: KnownHosts.name(host: host, port: port), limit: limit) {
            continuation.resume(returning: $0)
          }.start()
        }
      }
      switch result {
      case .success(let socket): return socket
      case .failure(let failure): last = failure
      }
    }
    throw last
  }

  /// One `connect`. Lives on the I/O queue; keeps itself until it is over.
  private final class Attempt {
    private let address: SocketAddress
    private let name: String
    private let limit: Duration
    private let done: (Result<Int32, ConnectionFailure>) -> Void
    private let alarm = Alarm()
    private var file: Int32 = -1
    private var writable: PipeEnd?
    /// What comes when the socket is no longer watched.
    private var afterwards: (() -> Void)?

    init(
      _ address: SocketAddress, name: String, limit: Duration,
      done: @escaping (Result<Int32, ConnectionFailure>) -> Void
    ) {
      self.address = address
      self.name = name
      self.limit = limit
      self.done = done
    }

    func start() {
      let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      file = socket(address.family, type, 0)
      guard file >= 0 else { return fail(errno) }
      var on: Int32 = 1
      setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      let code = address.bytes.withUnsafeBytes { bytes in
        bytes.baseAddress.map {
          Glibc.connect(file, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        } ?? -1
      }
      if code == 0 { return done(.success(file)) }
      guard errno == EINPROGRESS else { return fail(errno) }
      let attempt = Confined(self)
      let end = PipeEnd(file, isInput: false, released: { attempt.value.afterwards?() })
      end.handler = { self.check() }
      end.resume()
      writable = end
      alarm.set(after: limit) { self.fail(ETIMEDOUT) }
    }

    private func check() {
      var code: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(file, SOL_SOCKET, SO_ERROR, &code, &length)
      guard code == 0 else { return fail(code) }
      stop { self.done(.success(self.file)) }
    }

    private func fail(_ code: Int32) {
      stop { if self.file >= 0 { close(self.file) } }
      let isSlow = code == ETIMEDOUT
      done(
        .failure(
          ConnectionFailure(
            .connect, isSlow ? .deadline : .lost,
            isSlow
              ? "`\(name)` does not answer within \(limit.inWords)" : "cannot connect to `\(name)`",
            detail: Platform.message(code))))
    }

    private func stop(then next: @escaping () -> Void) {
      alarm.clear()
      guard let end = writable else { return next() }
      writable = nil
      end.handler = nil
      afterwards = {
        self.afterwards = nil
        next()
      }
      end.close()
    }
  }
}

/// Resumes with the first of several results.
private final class Once<Value: Sendable>: Sendable {
  private let resumption: Mutex<(@Sendable (Value) -> Void)?>
  init(_ resumption: @escaping @Sendable (Value) -> Void) {
    self.resumption = Mutex(resumption)
  }
  func resume(_ value: Value) {
    let first = resumption.withLock { held in
      defer { held = nil }
      return held
    }
    first?(value)
  }
}
