import CCrypto
import Values

/// Base64, digests and identifiers made of digests.
enum AnsibleEncoding {
  static let filters: [Filter] = [
    Filter("b64encode", "encoding='utf-8', urlsafe=False") { call in
      let bytes = try TextEncoding.named(call.text("encoding")).encode(call.valueText)
      return .string(Base64.encode(bytes, isURLSafe: call.bool("urlsafe")))
    },
    Filter("b64decode", "encoding='utf-8', urlsafe=False") { call in
      let bytes = try Base64.decode(call.valueText, isURLSafe: call.bool("urlsafe"))
      return .string(try TextEncoding.named(call.text("encoding")).decode(bytes))
    },
    Filter("hash", "hashtype='sha1'") { call in
      .string(try hexDigest(call.text("hashtype"), Array(call.valueText.utf8)))
    },
    Filter("sha1") { call in .string(try hexDigest("sha1", Array(call.valueText.utf8))) },
    Filter("checksum") { call in .string(try hexDigest("sha1", Array(call.valueText.utf8))) },
    Filter("md5") { call in .string(try hexDigest("md5", Array(call.valueText.utf8))) },
    Filter("to_uuid", "namespace='361E6D51-FAEC-444A-9079-341386DA8E2E'") { call in
      .string(try nameUUID(call.valueText, namespace: call.text("namespace")))
    },
  ]

  /// A digest by Python's name for it (`sha3_256`, `blake2b`), through libcrypto.
  /// - Throws: `Failure` for a name that libcrypto does not have.
  static func digest(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let known =
      switch name.lowercased() {
      case "blake2b": "blake2b512"
      case "blake2s": "blake2s256"
      default: String(name.lowercased().map { $0 == "_" ? "-" : $0 })
      }
    guard !known.hasPrefix("shake"), let method = EVP_get_digestbyname(known) else {
      throw Failure("unknown hash type `\(name)`")
    }
    var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard EVP_Digest(bytes, bytes.count, &result, &count, method, nil) == 1 else {
      throw Failure("the hash type `\(name)` is not available")
    }
    return Array(result.prefix(Int(count)))
  }

  static func hexDigest(_ name: String, _ bytes: [UInt8]) throws -> String {
    try digest(name, bytes).map { hex(UInt32($0), width: 2) }.joined()
  }

  /// A UUID of version 5: RFC 4122, section 4.3.
  static func nameUUID(_ name: String, namespace: String) throws -> String {
    let digits = namespace.filter { $0 != "-" }
    let space = stride(from: 0, to: 32, by: 2).compactMap { start in
      UInt8(String(digits.dropFirst(start).prefix(2)), radix: 16)
    }
    guard digits.utf8.count == 32, space.count == 16 else {
      throw Failure("Invalid value '\(namespace)' for 'namespace': it must be a UUID")
    }
    var bytes = Array(try digest("sha1", space + Array(name.utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += hex(UInt32(byte), width: 2)
    }
    return text
  }
}

/// RFC 4648 base64, read as leniently as Python's `base64.b64decode`.
enum Base64 {
  private static let common = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  static func encode(_ bytes: [UInt8], isURLSafe: Bool = false) -> String {
    let alphabet = common + Array((isURLSafe ? "-_" : "+/").utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        let digit = Int(bits >> UInt32(18 - 6 * index) & 0x3F)
        text.append(index <= group.count ? alphabet[digit] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Characters outside the alphabet are skipped.
  /// - Throws: `Failure` where characters or padding are missing at the end.
  static func decode(_ text: String, isURLSafe: Bool = false) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var digits = 0
    var padding = 0
    for unit in text.utf8 {
      if unit == UInt8(ascii: "=") {
        padding += 1
        if digits % 4 >= 2, digits % 4 + padding >= 4 { return bytes }
        continue
      }
      guard let digit = value(unit, isURLSafe: isURLSafe) else { continue }
      padding = 0
      bits = bits << 6 | digit
      digits += 1
      switch digits % 4 {
      case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
      case 3: bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
      case 0: bytes.append(UInt8(truncatingIfNeeded: bits))
      default: break
      }
    }
    if digits % 4 == 1 {
      throw Failure(
        "Invalid base64-encoded string: number of data characters (\(digits)) cannot be 1 more "
          + "than a multiple of 4")
    }
    if digits % 4 != 0 { throw Failure("Incorrect padding") }
    return bytes
  }

  private static func value(_ unit: UInt8, isURLSafe: Bool) -> UInt32? {
    switch unit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(unit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(unit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(unit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: isURLSafe ? "-" : "+"): 62
    case UInt8(ascii: isURLSafe ? "_" : "/"): 63
    default: nil
    }
  }
}

/// The text encodings that filters take by Python's names.
enum TextEncoding {
  case utf8
  case ascii
  case latin1
  case utf16(isBig: Bool, hasMark: Bool)

  static func named(_ name: String) throws -> TextEncoding {
    switch String(name.lowercased().filter { $0 != "-" && $0 != "_" }) {
    case "utf8": .utf8
    case "ascii", "usascii": .ascii
    case "latin1", "iso88591": .latin1
    case "utf16": .utf16(isBig: false, hasMark: true)
    case "utf16le": .utf16(isBig: false, hasMark: false)
    case "utf16be": .utf16(isBig: true, hasMark: false)
    default: throw Failure("unknown encoding: \(name)")
    }
  }

  func encode(_ text: String) throws -> [UInt8] {
    switch self {
    case .utf8: return Array(text.utf8)
    case .ascii, .latin1:
      let limit: UInt32 = if case .ascii = self { 0x80 } else { 0x100 }
      return try text.unicodeScalars.map { scalar in
        guard scalar.value < limit else {
          throw Failure("the character U+\(hex(scalar.value, width: 4)) cannot be encoded")
        }
        return UInt8(scalar.value)
      }
    case .utf16(let isBig, let hasMark):
      let units = (hasMark ? [0xFEFF] : []) + Array(text.utf16)
      return units.flatMap { unit in
        let high = UInt8(unit >> 8)
        let low = UInt8(unit & 0xFF)
        return isBig ? [high, low] : [low, high]
      }
    }
  }

  func decode(_ bytes: [UInt8]) throws -> String {
    switch self {
    case .utf8, .ascii:
      let limit: UInt8 = if case .ascii = self { 0x80 } else { 0xFF }
      guard bytes.allSatisfy({ $0 < limit }), let text = String(validating: bytes, as: UTF8.self)
      else { throw Failure("the decoded bytes are not text in this encoding") }
      return text
    case .latin1:
      var text = String.UnicodeScalarView()
      for byte in bytes { text.append(Unicode.Scalar(byte)) }
      return String(text)
    case .utf16(var isBig, let hasMark):
      guard bytes.count % 2 == 0 else { throw Failure("truncated data") }
      var units = stride(from: 0, to: bytes.count, by: 2).map { index in
        UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
      }
      if hasMark, let first = units.first, first == 0xFEFF || first == 0xFFFE {
        isBig = first == 0xFFFE
        units.removeFirst()
      }
      if isBig { units = units.map(\.byteSwapped) }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw Failure("the decoded bytes are not text in this encoding")
      }
      return text
    }
  }
}
