import CCrypto

/// An Ed25519 host key that is made on the controller and sent along with a new machine, so that
/// its first answer can be checked.
package struct HostKey: Sendable {
  /// `ssh-ed25519 AAAA…`, without a comment.
  package let publicText: String
  /// In OpenSSH's own format (`PROTOCOL.key` of OpenSSH), without a passphrase.
  package let privateText: String

  package init?() {
    var seed = [UInt8](repeating: 0, count: 32)
    guard RAND_priv_bytes(&seed, 32) == 1,
      let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32)
    else { return nil }
    defer { EVP_PKEY_free(key) }
    var point = [UInt8](repeating: 0, count: 32)
    var length = 32
    guard EVP_PKEY_get_raw_public_key(key, &point, &length) == 1, length == 32 else { return nil }
    self.init(seed: seed, point: point, check: UInt32.random(in: 0...UInt32.max))
  }

  init(seed: [UInt8], point: [UInt8], check: UInt32) {
    let type = Array("ssh-ed25519".utf8)
    let blob = Self.string(type) + Self.string(point)
    publicText = "ssh-ed25519 " + Self.base64(blob)
    var secret = Self.number(check) + Self.number(check) + blob
    secret += Self.string(seed + point) + Self.string([])
    var pad: UInt8 = 1
    while secret.count % 8 != 0 {
      secret.append(pad)
      pad += 1
    }
    let none = Self.string(Array("none".utf8))
    var all = Array("openssh-key-v1".utf8) + [0]
    all += none + none + Self.string([]) + Self.number(1) + Self.string(blob) + Self.string(secret)
    var text = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    var rest = Substring(Self.base64(all))
    while !rest.isEmpty {
      text += rest.prefix(70) + "\n"
      rest = rest.dropFirst(70)
    }
    privateText = text + "-----END OPENSSH PRIVATE KEY-----\n"
  }

  private static func number(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    number(UInt32(bytes.count)) + bytes
  }

  static func base64(_ bytes: [UInt8]) -> String {
    var out = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&out, bytes, Int32(bytes.count))
    return String(decoding: out.prefix(Int(max(0, count))), as: UTF8.self)
  }
}
