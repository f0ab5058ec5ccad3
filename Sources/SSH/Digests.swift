import CCrypto

/// The digests of host keys, by libcrypto.
enum Digests {
  static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
    return digest
  }

  static func hmacSHA1(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    var length: UInt32 = 20
    HMAC(EVP_sha1(), key, Int32(key.count), bytes, bytes.count, &digest, &length)
    return digest
  }
}
