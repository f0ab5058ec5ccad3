/// Reads the length-prefixed fields of SSH's wire format (RFC 4251, section 5).
struct WireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(bytes) }

  mutating func number() -> Int? {
    guard rest.count >= 4 else { return nil }
    let value = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    return value
  }

  mutating func bytes() -> [UInt8]? {
    guard let count = number(), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func text() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }

  mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

  static func field(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt32(bytes.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
  }
}

/// A public key as it goes over the wire.
package struct PublicKey: Hashable, Sendable {
  package var blob: [UInt8]

  package init(blob: [UInt8]) { self.blob = blob }

  /// `ssh-ed25519` and its like; empty where the blob is none.
  package var type: String {
    var reader = WireReader(blob)
    return reader.text() ?? ""
  }

  package var base64: String { Base64.encode(blob) }

  /// `SHA256:…` as OpenSSH prints it.
  package var fingerprint: String {
    "SHA256:" + Base64.encode(Digests.sha256(blob), isPadded: false)
  }
}
