import CCrypto

/// Digests as lower-case hexadecimal text, by libcrypto's `EVP_Digest`.
package enum Digest {
  package static func sha256(_ bytes: [UInt8]) -> String { hex(bytes, EVP_sha256()) }
  package static func sha1(_ bytes: [UInt8]) -> String { hex(bytes, EVP_sha1()) }
  package static func md5(_ bytes: [UInt8]) -> String { hex(bytes, EVP_md5()) }

  private static func hex(_ bytes: [UInt8], _ algorithm: OpaquePointer?) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard EVP_Digest(bytes, bytes.count, &digest, &length, algorithm, nil) == 1 else { return "" }
    return Hexadecimal.text(digest.prefix(Int(length)))
  }
}

package enum Hexadecimal {
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }
}
