/// Ranges of IPv4 addresses in CIDR notation.
enum AddressRange {
  /// True for two texts of one range: bits of the host do not count, as in `10.0.0.1/24`. What is no
  /// range is compared as text.
  static func areSame(_ a: String, _ b: String) -> Bool {
    guard let x = range(a), let y = range(b) else { return a == b }
    return x == y
  }

  static func range(_ text: String) -> ClosedRange<UInt32>? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let address = AddressChoice.number(parts[0]),
      let length = Int(parts[1]),
      (0...32).contains(length)
    else { return nil }
    let mask: UInt32 = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
    return (address & mask)...(address | ~mask)
  }
}
