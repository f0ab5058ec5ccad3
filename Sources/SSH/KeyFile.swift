import Transport

/// What a private key file is, as far as it shows without its passphrase.
struct KeyFile: Sendable {
  enum Kind: Equatable, Sendable {
    case ed25519, ecdsa, rsa
    /// A hardware key, DSA, or a format that the library has no word for.
    case other
    case missing(String)
  }

  let path: String
  let kind: Kind
  let isEncrypted: Bool
  /// A certificate lies beside it, which OpenSSH would offer.
  let hasCertificate: Bool

  init(_ path: String) {
    self.path = path
    hasCertificate = Platform.readFile(path + "-cert.pub", limit: 64 << 10) != nil
    guard let bytes = Platform.readFile(path, limit: 64 << 10) else {
      kind = .missing(Platform.lastError())
      isEncrypted = false
      return
    }
    let lines = bytes.split(separator: 10).map { Bytes.text($0.filter { $0 != 13 }) }
    let first = lines.first { $0.contains("-----BEGIN ") } ?? ""
    if first.contains("OPENSSH PRIVATE KEY") {
      let body = lines.drop { $0 != first }.dropFirst().prefix { !$0.contains("-----") }
      (kind, isEncrypted) = Self.read(Base64.decode(body.joined().utf8) ?? [])
      return
    }
    isEncrypted = first.contains("ENCRYPTED") || lines.contains { $0.contains("Proc-Type: 4,ENC") }
    if first.contains("RSA PRIVATE KEY") {
      kind = .rsa
    } else if first.contains("EC PRIVATE KEY") {
      kind = .ecdsa
    } else {
      // PKCS#8 says its type inside; the public half beside it says it in words.
      let words = Platform.readFile(path + ".pub", limit: 64 << 10).map { Bytes.text($0) } ?? ""
      kind = Self.kind(of: words.split(separator: " ").first.map(String.init) ?? "")
    }
  }

  /// Whether libssh2 can log in with it; otherwise only OpenSSH can.
  var isUsableHere: Bool {
    (kind == .ed25519 || kind == .ecdsa) && !isEncrypted && !hasCertificate
  }

  var isMissing: Bool {
    if case .missing = kind { true } else { false }
  }

  /// PROTOCOL.key of OpenSSH: magic, cipher, kdf, its options, count, public key.
  private static func read(_ bytes: [UInt8]) -> (Kind, isEncrypted: Bool) {
    let magic = Array("openssh-key-v1\0".utf8)
    guard bytes.starts(with: magic) else { return (.other, false) }
    var reader = WireReader(bytes.dropFirst(magic.count))
    guard let cipher = reader.text(), reader.bytes() != nil, reader.bytes() != nil,
      reader.number() != nil, let blob = reader.bytes()
    else { return (.other, false) }
    return (kind(of: PublicKey(blob: blob).type), cipher != "none")
  }

  static func kind(of type: String) -> Kind {
    switch type {
    case "ssh-ed25519": .ed25519
    case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": .ecdsa
    case "ssh-rsa": .rsa
    default: .other
    }
  }
}
