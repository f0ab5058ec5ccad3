/// An IPv4 address.
struct IPv4: Hashable, Comparable, Sendable {
  var bits: UInt32

  init(_ bits: UInt32) { self.bits = bits }

  /// Four decimal numbers; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard part.utf8.count <= 3, part.utf8.allSatisfy({ (48...57).contains($0) }),
        let byte = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt32(byte)
    }
    self.bits = bits
  }

  static func < (a: IPv4, b: IPv4) -> Bool { a.bits < b.bits }
}

extension IPv4: CustomStringConvertible {
  var description: String {
    "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
  }
}

/// `192.168.0.0/24`
struct CIDR: Sendable {
  var network: IPv4
  var length: Int

  /// nil for what is no network; `hasHostBits` tells the one fault that has its own words.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4(String(parts[0])), let length = Int(parts[1]),
      (0...32).contains(length)
    else { return nil }
    self.network = address
    self.length = length
  }

  private var mask: UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }
  var hasHostBits: Bool { network.bits & ~mask != 0 }
  var broadcast: IPv4 { IPv4(network.bits | ~mask) }

  func contains(_ address: IPv4) -> Bool { address.bits & mask == network.bits & mask }

  /// The first address a host may have. Only of networks up to /30.
  var firstHost: IPv4 { IPv4(network.bits &+ 1) }
  var lastHost: IPv4 { IPv4(broadcast.bits &- 1) }
}
