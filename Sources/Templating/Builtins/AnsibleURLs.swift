import Values

/// Filters and tests about URLs, which are split as Python's `urllib.parse.urlsplit` does.
enum AnsibleURLs {
  static let filters: [Filter] = [
    Filter("urldecode") { call in .string(URLParts.decoded(call.valueText)) },
    Filter("urlsplit", "query='', alias='urlsplit'") { call in
      let parts = try URLParts(try call.stringValue()).mapping()
      let query = call.text("query")
      if query.isEmpty { return .map(parts) }
      guard let part = parts[.string(query)] else {
        throw Failure("unknown URL component: \(query)")
      }
      return part
    },
  ]

  static let tests: [Test] = [
    Test("uri", "schemes=None") { call in
      hasScheme(try URLParts(try call.stringValue()), call["schemes"])
    },
    Test("url", "schemes=None") { call in
      let parts = try URLParts(try call.stringValue())
      return hasScheme(parts, call["schemes"]) && (!parts.network.isEmpty || parts.scheme == "file")
    },
    Test("urn") { call in hasScheme(try URLParts(try call.stringValue()), ["urn"]) },
  ]

  private static func hasScheme(_ parts: URLParts, _ schemes: Value) -> Bool {
    guard schemes.isTrue, let allowed = schemes.elements else { return true }
    return allowed.contains(.string(parts.scheme))
  }
}

/// The parts of a URL as text.
struct URLParts {
  private(set) var scheme = ""
  private(set) var network = ""
  private(set) var path = ""
  private(set) var query = ""
  private(set) var fragment = ""

  /// - Throws: `Failure` for unbalanced brackets around an address.
  init(_ url: String) throws {
    var rest = url.unicodeScalars.filter { !"\t\r\n".unicodeScalars.contains($0) }[...]
    while let first = rest.first, first.value <= 0x20 { rest.removeFirst() }
    if let colon = rest.firstIndex(of: ":"), let first = rest.first, isLetter(first),
      rest[..<colon].allSatisfy({ isLetter($0) || isDigit($0) || "+-.".unicodeScalars.contains($0) }
      )
    {
      scheme = String(rest[..<colon]).lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if rest.starts(with: "//".unicodeScalars) {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex { "/?#".unicodeScalars.contains($0) } ?? rest.endIndex
      network = String(rest[..<end])
      rest = rest[end...]
      if network.contains("[") != network.contains("]") { throw Failure("Invalid IPv6 URL") }
    }
    if let mark = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    path = String(rest)
  }

  /// All parts under Python's names, in alphabetical order.
  func mapping() throws -> ValueMap {
    var host = Substring(network)
    var user: Substring?
    if let at = network.lastIndex(of: "@") {
      user = network[..<at]
      host = network[network.index(after: at)...]
    }
    let colon = user?.firstIndex(of: ":")
    let name = user.map { user in colon.map { user[..<$0] } ?? user }
    let password = user.flatMap { user in colon.map { user[user.index(after: $0)...] } }

    var port: Substring = ""
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      let behind = host[host.index(after: end)...]
      if behind.hasPrefix(":") { port = behind.dropFirst() }
      host = host[host.index(after: host.startIndex)..<end]
    } else if let colon = host.firstIndex(of: ":") {
      port = host[host.index(after: colon)...]
      host = host[..<colon]
    }
    var number: Int?
    if !port.isEmpty {
      guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(port),
        value <= 65535
      else { throw Failure("Port out of range 0-65535, or not a number: `\(port)`") }
      number = value
    }
    func text(_ part: Substring?) -> Value { part.map { .string(String($0)) } ?? .null }
    return [
      "fragment": .string(fragment),
      "hostname": host.isEmpty ? .null : .string(host.lowercased()),
      "netloc": .string(network), "password": text(password), "path": .string(path),
      "port": number.map { .int($0) } ?? .null, "query": .string(query),
      "scheme": .string(scheme), "username": text(name),
    ]
  }

  /// `%` escapes and `+` undone, as `unquote_plus`; malformed ones stay.
  static func decoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if byte == UInt8(ascii: "%"), at + 1 < bytes.count,
        let high = digit(bytes[at]), let low = digit(bytes[at + 1])
      {
        result.append(high << 4 | low)
        at += 2
      } else {
        result.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}

private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
  scalar.isASCII && scalar.properties.isAlphabetic
}
private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
