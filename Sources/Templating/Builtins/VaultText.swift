import CCrypto
import Values

/// Ansible's vault format: versions 1.1 and 1.2, cipher AES256.
///
/// A header line, then hexadecimal digits in lines of 80, which spell three hexadecimal lines: salt,
/// HMAC-SHA-256 of the ciphertext, ciphertext (AES-256 in counter mode). The keys come from the
/// password by PBKDF2 with SHA-256.
package enum VaultText {
  private static let mark = "$ANSIBLE_VAULT;"
  private static let rounds: Int32 = 10_000

  package static func isEncrypted(_ text: String) -> Bool {
    text.utf8.starts(with: mark.utf8)
  }

  /// The vault id in the header; nil where there is none.
  package static func label(of text: String) -> String? {
    let line = text.prefix { !$0.isNewline }
    let parts = line.split(separator: ";")
    guard isEncrypted(text), parts.count >= 4, parts[1] == "1.2" else { return nil }
    return String(parts[3])
  }

  /// Bytes that nobody can guess, for a new text.
  /// - Throws: where the system has no randomness to give.
  package static func salt() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else {
      throw Failure("libcrypto has no random bytes")
    }
    return bytes
  }

  /// - Parameter label: the vault id in the header; nil writes version 1.1, which has none.
  package static func encrypt(
    _ plain: [UInt8], password: [UInt8], salt: [UInt8], label: String?
  ) throws -> String {
    let keys = try Keys(password: password, salt: salt)
    let padding = 16 - plain.count % 16
    let padded = plain + [UInt8](repeating: UInt8(padding), count: padding)
    let cipher = try keys.crypt(padded)
    let inner = [salt, try keys.digest(cipher), cipher].map(digits).joined(separator: "\n")
    let body = digits(Array(inner.utf8))
    let version = label.map { "1.2;AES256;\($0)" } ?? "1.1;AES256"
    let lines = stride(from: 0, to: body.utf8.count, by: 80).map { start in
      String(body.dropFirst(start).prefix(80)) + "\n"
    }
    return mark + version + "\n" + lines.joined()
  }

  /// - Throws: `Failure` for text that is damaged or was encrypted with another password.
  package static func decrypt(_ text: String, password: [UInt8]) throws -> [UInt8] {
    guard let plain = try open(text, password: password) else {
      throw Failure("the password is not the one that the text was encrypted with")
    }
    return plain
  }

  /// The content; nil where the text was encrypted with another password.
  /// - Throws: `Failure` for text that is damaged.
  package static func open(_ text: String, password: [UInt8]) throws -> [UInt8]? {
    var lines = text.split(whereSeparator: \.isNewline)[...]
    guard let header = lines.popFirst()?.split(separator: ";"), header.count >= 3,
      ["1.1", "1.2"].contains(header[1]), header[2].filter({ $0 != " " }) == "AES256"
    else { throw Failure("the text is not in a vault format that is known (1.1 or 1.2, AES256)") }
    let body = lines.joined().filter { !$0.isWhitespace }
    guard let inner = bytes(body) else { throw damaged }
    let parts = inner.split(separator: 0x0A).map { bytes(String(decoding: $0, as: UTF8.self)) }
    guard parts.count == 3, let salt = parts[0], let digest = parts[1], let cipher = parts[2]
    else { throw damaged }
    let keys = try Keys(password: password, salt: salt)
    let expected = try keys.digest(cipher)
    guard expected.count == digest.count,
      zip(expected, digest).reduce(0 as UInt8, { $0 | $1.0 ^ $1.1 }) == 0
    else { return nil }
    let padded = try keys.crypt(cipher)
    guard let padding = padded.last, (1...16).contains(padding), padding <= padded.count
    else { throw damaged }
    return Array(padded.dropLast(Int(padding)))
  }

  private static var damaged: Failure { Failure("the vault text is damaged") }

  private struct Keys {
    let cipher: [UInt8]
    let authentication: [UInt8]
    let counter: [UInt8]

    init(password: [UInt8], salt: [UInt8]) throws {
      var derived = [UInt8](repeating: 0, count: 80)
      let count = Int32(clamping: derived.count)
      let status = password.withUnsafeBytes { buffer in
        PKCS5_PBKDF2_HMAC(
          buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: buffer.count),
          salt, Int32(clamping: salt.count), VaultText.rounds, EVP_sha256(), count, &derived)
      }
      guard status == 1 else { throw Failure("libcrypto cannot derive the vault's keys") }
      cipher = Array(derived[..<32])
      authentication = Array(derived[32..<64])
      counter = Array(derived[64...])
    }

    /// Counter mode: encryption and decryption are the same.
    func crypt(_ input: [UInt8]) throws -> [UInt8] {
      guard let context = EVP_CIPHER_CTX_new() else { throw Failure("out of memory") }
      defer { EVP_CIPHER_CTX_free(context) }
      var output = [UInt8](repeating: 0, count: input.count + 16)
      var count: Int32 = 0
      guard input.count <= Int(Int32.max) - 16,
        EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nil, cipher, counter) == 1,
        EVP_EncryptUpdate(context, &output, &count, input, Int32(input.count)) == 1
      else { throw Failure("libcrypto cannot run AES-256 in counter mode") }
      return Array(output.prefix(Int(count)))
    }

    func digest(_ input: [UInt8]) throws -> [UInt8] {
      var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      guard
        HMAC(
          EVP_sha256(), authentication, Int32(authentication.count), input, input.count, &output,
          &count) != nil
      else { throw Failure("libcrypto cannot compute HMAC-SHA-256") }
      return Array(output.prefix(Int(count)))
    }
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { hex(UInt32($0), width: 2) }.joined()
  }

  private static func bytes(_ digits: String) -> [UInt8]? {
    guard digits.utf8.count % 2 == 0 else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(digits.utf8.count / 2)
    var high: UInt8?
    for unit in digits.utf8 {
      guard let value = Character(Unicode.Scalar(unit)).hexDigitValue else { return nil }
      if let first = high {
        result.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return result
  }
}
