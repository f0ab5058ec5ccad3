@preconcurrency import Glibc
import Transport

/// A running `ssh-agent` (draft-miller-ssh-agent): lists keys and signs.
///
/// Calls block for at most `patience` each, since libssh2 wants signatures at once.
struct Agent: Sendable {
  struct Identity: Sendable {
    var key: PublicKey
    var comment: String
  }

  let path: String

  private static let patience = 3

  /// Of `SSH_AUTH_SOCK`, where that is set.
  static var ofEnvironment: Agent? {
    guard let path = Platform.environment("SSH_AUTH_SOCK"), !path.isEmpty else { return nil }
    return Agent(path: path)
  }

  func identities() -> [Identity] {
    guard var reader = ask([11], answer: 12), let count = reader.number(), count < 1000 else {
      return []
    }
    var found: [Identity] = []
    for _ in 0..<max(0, count) {
      guard let blob = reader.bytes(), let comment = reader.text() else { break }
      found.append(Identity(key: PublicKey(blob: blob), comment: comment))
    }
    return found
  }

  /// The bare signature, as libssh2 puts it behind the name of the algorithm.
  func sign(_ data: [UInt8], with key: PublicKey) -> [UInt8]? {
    let request: [UInt8] =
      [13] + WireReader.field(key.blob) + WireReader.field(data) + [0, 0, 0, 0]
    guard var reader = ask(request, answer: 14), let blob = reader.bytes() else { return nil }
    var signature = WireReader(blob)
    guard signature.text() != nil else { return nil }
    return signature.bytes()
  }

  private func ask(_ request: [UInt8], answer: UInt8) -> WireReader? {
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard connect(file), send(WireReader.field(request), to: file),
      let head = receive(4, from: file)
    else { return nil }
    var lengths = WireReader(head)
    guard let length = lengths.number(), (1...(1 << 20)).contains(length),
      let body = receive(length, from: file), body.first == answer
    else { return nil }
    return WireReader(body.dropFirst())
  }

  private func connect(_ file: Int32) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard name.count < room else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  private func send(_ bytes: [UInt8], to file: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private func receive(_ count: Int, from file: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes {
        read(file, $0.baseAddress.map { $0 + filled }, count - filled)
      }
      guard got > 0 else { return nil }
      filled += got
    }
    return bytes
  }
}
