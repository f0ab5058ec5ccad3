import ModuleKit

/// Public keys as OpenPGP (RFC 4880) packs them: taken apart only as far as names need.
struct OpenPGPKeys: Sendable {
  struct Key: Sendable {
    /// Upper-case hexadecimal, 40 digits for keys of version 4.
    var fingerprint: String
    /// Fingerprints of the key and of its subkeys.
    var all: [String]
    /// The packets of the key and of all that belongs to it.
    var bytes: [UInt8]
  }

  let keys: [Key]

  /// Binary or armoured; nil for what is neither.
  init?(_ bytes: [UInt8]) {
    let binary: [UInt8]
    if bytes.first.map({ $0 & 0x80 != 0 }) ?? false {
      binary = bytes
    } else {
      guard let all = Self.dearmoured(bytes) else { return nil }
      binary = all
    }
    guard let keys = Self.keys(binary), !keys.isEmpty else { return nil }
    self.keys = keys
  }

  // Every block of the text, since files of keys often hold several.
  private static func dearmoured(_ bytes: [UInt8]) -> [UInt8]? {
    let lines = String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    var out: [UInt8] = []
    var block: String?
    var isInHeaders = false
    for line in lines {
      if line.hasPrefix("-----BEGIN PGP PUBLIC KEY BLOCK") {
        block = ""
        isInHeaders = true
      } else if line.hasPrefix("-----END PGP PUBLIC KEY BLOCK") {
        guard let text = block, let data = Base64.bytes(text[...]) else { return nil }
        out += data
        block = nil
      } else if block != nil {
        let trimmed = line.filter { !$0.isWhitespace }
        if isInHeaders {
          if trimmed.isEmpty { isInHeaders = false }
          if line.contains(":") || trimmed.isEmpty { continue }
          isInHeaders = false
        }
        // The last line is a checksum.
        if !trimmed.hasPrefix("=") { block?.append(contentsOf: trimmed) }
      }
    }
    return out.isEmpty ? nil : out
  }

  private static func keys(_ bytes: [UInt8]) -> [Key]? {
    var keys: [Key] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let (tag, body, length) = packet(rest) else { return nil }
      let whole = rest.prefix(length)
      rest = rest.dropFirst(length)
      switch tag {
      case 6:
        keys.append(
          Key(fingerprint: fingerprint(body), all: [fingerprint(body)], bytes: Array(whole)))
      default:
        // Trust packets and what stands before the first key belong to nothing.
        guard !keys.isEmpty, tag != 12 else { continue }
        keys[keys.count - 1].bytes += whole
        if tag == 14 { keys[keys.count - 1].all.append(fingerprint(body)) }
      }
    }
    return keys
  }

  private static func packet(
    _ bytes: ArraySlice<UInt8>
  ) -> (tag: UInt8, body: ArraySlice<UInt8>, length: Int)? {
    guard let head = bytes.first, head & 0x80 != 0 else { return nil }
    var rest = bytes.dropFirst()
    func number(_ count: Int) -> Int? {
      guard rest.count >= count else { return nil }
      let value = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(count)
      return value
    }
    let tag: UInt8
    let size: Int?
    if head & 0x40 != 0 {
      tag = head & 0x3F
      guard let first = number(1) else { return nil }
      switch first {
      case ..<192: size = first
      case 192..<224: size = number(1).map { (first - 192) << 8 + $0 + 192 }
      case 255: size = number(4)
      default: return nil
      }
    } else {
      tag = head >> 2 & 0xF
      switch head & 3 {
      case 0: size = number(1)
      case 1: size = number(2)
      case 2: size = number(4)
      default: size = rest.count
      }
    }
    guard let size, rest.count >= size else { return nil }
    return (tag, rest.prefix(size), bytes.count - rest.count + size)
  }

  // Version 4: SHA-1 of 0x99, the length and the body.
  private static func fingerprint(_ body: ArraySlice<UInt8>) -> String {
    let length = [
      UInt8(truncatingIfNeeded: body.count >> 8), UInt8(truncatingIfNeeded: body.count),
    ]
    return Digest.sha1([0x99] + length + body).uppercased()
  }
}
