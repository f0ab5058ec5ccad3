import CSSH2

/// libssh2 as a whole: started once, and what the installed version can do.
enum Library {
  /// `libssh2_init` must come before the first session of any thread; 0 is success.
  static let start: Int32 = libssh2_init(0)

  static let again = Int(LIBSSH2_ERROR_EAGAIN)

  static let keyExchange = [
    "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
  ]
  static let ciphers = [
    "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr",
  ]
  static let authentication = [
    "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256",
    "hmac-sha2-512",
  ]
  static let hostKeys = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "rsa-sha2-512", "rsa-sha2-256",
  ]

  /// The algorithms of one kind that the installed library has.
  static func supported(_ session: OpaquePointer, _ method: Int32) -> [String] {
    var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    let count = libssh2_session_supported_algs(session, method, &names)
    guard count > 0, let names else { return [] }
    defer { libssh2_free(session, names) }
    return (0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } }
  }

  /// The library's message for the last error of a session.
  static func message(_ session: OpaquePointer) -> String {
    var text: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    let code = libssh2_session_last_error(session, &text, &length, 0)
    guard let text, length > 0 else { return "libssh2 error \(code)" }
    return String(cString: text)
  }
}
