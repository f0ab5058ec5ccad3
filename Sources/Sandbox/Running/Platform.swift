@preconcurrency import Glibc

/// What the cloud asks of the system.
package enum Platform {
  /// Letters and digits from the system's random source.
  package static func randomText(_ count: Int) -> String {
    let letters = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".utf8)
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<count).map { _ in
      letters[Int.random(in: 0..<letters.count, using: &generator)]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A random UUID in lower case.
  package static func randomUUID() -> String {
    var generator = SystemRandomNumberGenerator()
    var digits = (0..<32).map { _ in Int.random(in: 0..<16, using: &generator) }
    digits[12] = 4
    digits[16] = 8 | digits[16] & 3
    let text = digits.map { String($0, radix: 16) }.joined()
    var parts: [Substring] = []
    var rest = Substring(text)
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }

  /// Seconds since 1970.
  package static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec / 1000) / 1_000_000
  }

  /// 127.0.0.1 and this port.
  static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
    return address
  }
}
