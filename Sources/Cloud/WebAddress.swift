/// An absolute `http` or `https` address, in the parts that a client needs (RFC 3986).
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  package var isSecure: Bool
  /// Lower case; an IPv6 address stands in brackets.
  package var host: String
  package var port: Int
  /// Starts with `/`; as written, without query and fragment.
  package var path: String
  /// Without the question mark.
  package var query: String?

  /// - Returns: nil for other schemes, user names in the address, ports that are none, control
  ///   characters and spaces.
  package init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: "#"), maxSplits: 1)
    guard let whole = parts.first.map({ Substring($0) }) else { return nil }
    let lower = whole.prefix(8).lowercased()
    isSecure = lower.hasPrefix("https://")
    guard isSecure || lower.hasPrefix("http://") else { return nil }
    let rest = whole.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let (host, port) = WebAddress.hostAndPort(authority) else { return nil }
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
    let tail = rest.dropFirst(authority.count)
    let path = tail.prefix { $0 != "?" }
    self.path = path.isEmpty ? "/" : String(path)
    query = path.endIndex < tail.endIndex ? String(tail[path.endIndex...].dropFirst()) : nil
  }

  private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
    guard !text.contains("@") else { return nil }
    var host = text
    var port: Int?
    let hostEnd = text.lastIndex(of: "]") ?? text.startIndex
    if let colon = text[hostEnd...].lastIndex(of: ":") {
      let digits = text[text.index(after: colon)...]
      guard let number = Int(digits), (1...65535).contains(number), digits.first != "+" else {
        return nil
      }
      port = number
      host = text[..<colon]
    }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
    guard !host.isEmpty, isBracketed || !host.contains(where: { "[]:".contains($0) }) else {
      return nil
    }
    return (host.lowercased(), port)
  }

  /// Scheme, host and port: what a credential belongs to.
  package var origin: String {
    let usual = isSecure ? 443 : 80
    return (isSecure ? "https://" : "http://") + host + (port == usual ? "" : ":\(port)")
  }

  package var description: String { origin + path + (query.map { "?" + $0 } ?? "") }

  /// True for addresses that never leave this machine.
  package var isLoopback: Bool {
    host == "localhost" || host == "[::1]"
      || host.hasPrefix("127.") && host.allSatisfy { $0 == "." || $0.isNumber }
  }

  /// Where a `Location` header leads to; nil where it is no web address.
  package func resolving(_ location: String) -> WebAddress? {
    if location.hasPrefix("//") { return WebAddress((isSecure ? "https:" : "http:") + location) }
    if location.hasPrefix("/") { return WebAddress(origin + location) }
    if location.hasPrefix("?") { return WebAddress(origin + path + location) }
    if location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") {
      return WebAddress(location)
    }
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    return WebAddress(origin + folder + location)
  }

  /// A text as one segment of a path, or as a value of a query.
  package static func encoded(_ text: String) -> String { encoded(text, keeping: "") }

  /// The name of an object as a path: its slashes stay.
  package static func encodedPath(_ text: String) -> String { encoded(text, keeping: "/") }

  private static func encoded(_ text: String, keeping: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"):
        bytes.append(byte)
      case _ where keeping.utf8.contains(byte): bytes.append(byte)
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        bytes += Array(("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
