/// The type of a node: what the text says, or what YAML 1.1 finds in a plain scalar.
enum Tag: Hashable {
  case null, bool, int, float, str, binary, timestamp, seq, map, set, omap, pairs, merge, value
  case unsafe, vault, vaultEncrypted
  case other(String)

  init(_ name: String) {
    self = Tag.known[name] ?? .other(name)
  }

  /// As a user would write it.
  var text: String {
    switch self {
    case .other(let name):
      let standard = "tag:yaml.org,2002:"
      return name.hasPrefix(standard) ? "!!" + name.dropFirst(standard.count) : name
    case .unsafe: return "!unsafe"
    case .vault: return "!vault"
    case .vaultEncrypted: return "!vault-encrypted"
    default: return "!!\(self)"
    }
  }

  private static let known: [String: Tag] = {
    var table: [String: Tag] = [
      "!unsafe": .unsafe, "!vault": .vault, "!vault-encrypted": .vaultEncrypted,
    ]
    let standard: [(String, Tag)] = [
      ("null", .null), ("bool", .bool), ("int", .int), ("float", .float), ("str", .str),
      ("binary", .binary), ("timestamp", .timestamp), ("seq", .seq), ("map", .map), ("set", .set),
      ("omap", .omap), ("pairs", .pairs), ("merge", .merge), ("value", .value),
      ("python/dict", .map), ("python/unicode", .str),
    ]
    for (name, tag) in standard { table["tag:yaml.org,2002:" + name] = tag }
    return table
  }()
}

private let booleans: Set<String> = [
  "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on",
  "On", "ON", "off", "Off", "OFF",
]

/// The tag of a plain scalar by the rules of YAML 1.1 in the form that PyYAML gives them.
func implicitTag(of text: String) -> Tag {
  var utf8 = text.utf8[...]
  guard let first = utf8.first else { return .null }
  switch first {
  case UInt8(ascii: "~"): return utf8.count == 1 ? .null : .str
  case UInt8(ascii: "="): return utf8.count == 1 ? .value : .str
  case UInt8(ascii: "<"): return text == "<<" ? .merge : .str
  case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"),
    UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"),
    UInt8(ascii: "o"), UInt8(ascii: "O"):
    guard utf8.count <= 5 else { return .str }
    if booleans.contains(text) { return .bool }
    return text == "null" || text == "Null" || text == "NULL" ? .null : .str
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"),
    UInt8(ascii: "-"):
    let scan = NumberScan(Array(utf8))
    if scan.isFloat { return .float }
    if scan.isInteger { return .int }
    utf8 = utf8.prefix(5)
    if utf8.count == 5, utf8.last == UInt8(ascii: "-"), Timestamp(text, strict: true) != nil {
      return .timestamp
    }
    return .str
  default: return .str
  }
}

/// Recognises the number forms of YAML 1.1.
struct NumberScan {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isFloat: Bool {
    var at = 0
    let signed = skipSign(&at)
    if take(&at, ".") {
      let rest = String(decoding: bytes[at...], as: UTF8.self)
      if ["inf", "Inf", "INF"].contains(rest) { return true }
      if signed { return false }
      if ["nan", "NaN", "NAN"].contains(rest) { return true }
      guard let first = byte(at), isDigit(first) else { return false }
      skipAll(&at) { isDigit($0) || $0 == underscore }
      return exponentEnds(at)
    }
    guard let first = byte(at), isDigit(first) else { return false }
    skipAll(&at) { isDigit($0) || $0 == underscore }
    if byte(at) == UInt8(ascii: ":") {
      guard skipSixties(&at), take(&at, ".") else { return false }
      skipAll(&at) { isDigit($0) || $0 == underscore }
      return at == bytes.count
    }
    guard take(&at, ".") else { return false }
    skipAll(&at) { isDigit($0) || $0 == underscore }
    return exponentEnds(at)
  }

  var isInteger: Bool {
    var at = 0
    _ = skipSign(&at)
    guard let first = byte(at), isDigit(first) else { return false }
    if first == UInt8(ascii: "0") {
      at += 1
      guard let next = byte(at) else { return true }
      switch next {
      case UInt8(ascii: "b"):
        return at + 1 < bytes.count
          && bytes[(at + 1)...].allSatisfy { $0 == 0x30 || $0 == 0x31 || $0 == underscore }
      case UInt8(ascii: "x"):
        return at + 1 < bytes.count
          && bytes[(at + 1)...].allSatisfy { isHexDigit($0) || $0 == underscore }
      default:
        return bytes[at...].allSatisfy { (0x30...0x37).contains($0) || $0 == underscore }
      }
    }
    skipAll(&at) { isDigit($0) || $0 == underscore }
    if at == bytes.count { return true }
    return skipSixties(&at) && at == bytes.count
  }

  /// `(:[0-5]?[0-9])+`
  private func skipSixties(_ at: inout Int) -> Bool {
    var count = 0
    while byte(at) == UInt8(ascii: ":") {
      guard let first = byte(at + 1), isDigit(first) else { return false }
      if let second = byte(at + 2), isDigit(second) {
        guard first <= UInt8(ascii: "5") else { return false }
        at += 3
      } else {
        at += 2
      }
      count += 1
    }
    return count > 0
  }

  private func exponentEnds(_ start: Int) -> Bool {
    var at = start
    if at == bytes.count { return true }
    guard byte(at) == UInt8(ascii: "e") || byte(at) == UInt8(ascii: "E") else { return false }
    at += 1
    guard skipSign(&at), at < bytes.count else { return false }
    return bytes[at...].allSatisfy(isDigit)
  }

  private func byte(_ at: Int) -> UInt8? { at < bytes.count ? bytes[at] : nil }
  private func take(_ at: inout Int, _ character: Unicode.Scalar) -> Bool {
    guard let byte = byte(at), UInt32(byte) == character.value else { return false }
    at += 1
    return true
  }
  private func skipSign(_ at: inout Int) -> Bool { take(&at, "-") || take(&at, "+") }
  private func skipAll(_ at: inout Int, _ matches: (UInt8) -> Bool) {
    while let byte = byte(at), matches(byte) { at += 1 }
  }
}

let underscore = UInt8(ascii: "_")
func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}
