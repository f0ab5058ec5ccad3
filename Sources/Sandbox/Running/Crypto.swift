import CCrypto
import FoundationEssentials

/// Digests and keys, through OpenSSL.
enum Digest {
  /// Lower case hexadecimal digits.
  static func sha256(_ bytes: [UInt8]) -> String { hex(digest(bytes, EVP_sha256())) }

  /// Pithos's Merkle hash: SHA-256 of each block, then pairs of hashes up to one. The number of leaves
  /// is filled up to a power of two with zero hashes.
  static func merkle(_ bytes: [UInt8], block: Int) -> String {
    var level: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + block)
      // Trailing zeros of a block do not count.
      var slice = bytes[start..<end]
      while slice.last == 0 { slice.removeLast() }
      level.append(digest(Array(slice), EVP_sha256()))
      start = end
    }
    if level.isEmpty { return sha256([]) }
    var width = 1
    while width < level.count { width *= 2 }
    level += Array(repeating: [UInt8](repeating: 0, count: 32), count: width - level.count)
    while level.count > 1 {
      level = stride(from: 0, to: level.count - 1, by: 2).map {
        digest(level[$0] + level[$0 + 1], EVP_sha256())
      }
    }
    return hex(level[0])
  }

  /// The MD5 fingerprint of an RSA or DSA key, `aa:bb:…`; fixed words for every other text.
  static func fingerprint(ofKey line: String) -> String {
    let parts = line.split(separator: " ")
    guard parts.count >= 2, parts[0] == "ssh-rsa" || parts[0] == "ssh-dss",
      let blob = Data(base64Encoded: String(parts[1]))
    else { return "unknown fingerprint" }
    let digits = Array(hex(digest([UInt8](blob), EVP_md5())))
    return stride(from: 0, to: digits.count - 1, by: 2)
      .map { String(digits[$0...($0 + 1)]) }.joined(separator: ":")
  }

  private static func digest(_ bytes: [UInt8], _ kind: OpaquePointer?) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard EVP_Digest(bytes, bytes.count, &output, &length, kind, nil) == 1 else { return [] }
    return Array(output.prefix(Int(length)))
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// An RSA key of 2048 bits as OpenSSH writes it.
struct GeneratedKey {
  var publicLine: String
  var privatePEM: String

  /// nil where OpenSSL refuses.
  init?() {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1, EVP_PKEY_keygen(context, &key) == 1
    else { return nil }
    defer { EVP_PKEY_free(key) }
    guard let exponent = Self.number(key, "e"), let modulus = Self.number(key, "n"),
      let output = BIO_new(BIO_s_mem())
    else { return nil }
    defer { BIO_free(output) }
    guard PEM_write_bio_PrivateKey(output, key, nil, nil, 0, nil, nil) == 1 else { return nil }
    var pem = [UInt8](repeating: 0, count: 8192)
    let length = BIO_read(output, &pem, Int32(pem.count))
    guard length > 0 else { return nil }
    privatePEM = String(decoding: pem.prefix(Int(length)), as: UTF8.self)
    let blob = Self.framed(Array("ssh-rsa".utf8)) + Self.framed(exponent) + Self.framed(modulus)
    publicLine = "ssh-rsa \(Data(blob).base64EncodedString())"
  }

  /// A big-endian number with a leading zero where the first bit is set.
  private static func number(_ key: OpaquePointer?, _ name: String) -> [UInt8]? {
    var value: OpaquePointer?
    guard EVP_PKEY_get_bn_param(key, name, &value) == 1, let value else { return nil }
    defer { BN_free(value) }
    var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(value) + 7) / 8)
    BN_bn2bin(value, &bytes)
    return (bytes.first ?? 0) > 127 ? [0] + bytes : bytes
  }

  private static func framed(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt32(clamping: bytes.count)
    return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + bytes
  }
}
