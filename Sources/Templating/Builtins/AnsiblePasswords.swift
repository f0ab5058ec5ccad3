@preconcurrency import Glibc
import Synchronization
import Values

/// `password_hash`, computed by the system's libcrypt.
enum AnsiblePasswords {
  static let filters: [Filter] = [
    Filter(
      "password_hash",
      "hashtype='sha512', salt=None, salt_size=None, rounds=None, ident=None"
    ) { call in
      let scheme = try PasswordScheme.named(call.text("hashtype"))
      let salt: String
      if let given = call.optional("salt") {
        salt = given.string ?? given.pythonText
      } else {
        let size = call.has("salt_size") ? try call.int("salt_size") : scheme.saltSize
        salt = try AnsibleRandom.salt(size, call)
      }
      let rounds = call.optional("rounds") == nil ? nil : try call.int("rounds")
      let ident = call.optional("ident").map { $0.string ?? $0.pythonText }
      guard call.value.string != nil || call.value.double != nil else {
        throw Failure("needs a string, not a value of type `\(call.value.typeName)`")
      }
      return .string(
        try scheme.hash(call.valueText, salt: salt, rounds: rounds, ident: ident))
    }
  ]
}

/// A way to store passwords, with the defaults of Ansible (those of passlib).
package enum PasswordScheme: Sendable {
  case md5
  case blowfish
  case sha256
  case sha512

  /// - Throws: `Failure` for a name that Ansible does not know either.
  package static func named(_ name: String) throws -> PasswordScheme {
    switch name {
    case "md5", "md5_crypt": return .md5
    case "blowfish", "bcrypt": return .blowfish
    case "sha256", "sha256_crypt": return .sha256
    case "sha512", "sha512_crypt": return .sha512
    default:
      throw Failure(
        "unknown hash type `\(name)`", hint: "use one of: md5, blowfish, sha256, sha512")
    }
  }

  /// How long a salt that nobody gave is.
  package var saltSize: Int {
    switch self {
    case .md5: 8
    case .blowfish: 22
    case .sha256, .sha512: 16
    }
  }

  /// The line for `/etc/shadow`.
  ///
  /// - Throws: `Failure` for a salt or a number of rounds that the scheme does not take.
  package func hash(
    _ password: String, salt: String, rounds: Int? = nil, ident: String? = nil
  ) throws -> String {
    try check(salt)
    let setting: String
    switch self {
    case .md5: setting = "$1$\(salt)$"
    case .sha256, .sha512:
      let rounds = rounds ?? (self == .sha256 ? 535_000 : 656_000)
      guard (1000...999_999_999).contains(rounds) else {
        throw Failure("rounds must lie between 1000 and 999999999")
      }
      let prefix = self == .sha256 ? "$5$" : "$6$"
      setting = rounds == 5000 ? "\(prefix)\(salt)$" : "\(prefix)rounds=\(rounds)$\(salt)$"
    case .blowfish:
      let rounds = rounds ?? 12
      guard (4...31).contains(rounds) else { throw Failure("rounds must lie between 4 and 31") }
      let kind = ident.map { String($0.filter { $0 != "$" }) } ?? "2b"
      guard ["2a", "2b", "2y"].contains(kind) else { throw Failure("unknown ident `\(kind)`") }
      setting = "$\(kind)$\(rounds < 10 ? "0" : "")\(rounds)$\(salt)"
    }
    return try SystemCrypt.hash(password, setting: setting)
  }

  private func check(_ salt: String) throws {
    let isValid = salt.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("."..."9").contains(scalar))
    }
    if !isValid { throw Failure("the salt may hold only letters, digits, `.` and `/`") }
    switch self {
    case .blowfish where salt.utf8.count != 22:
      throw Failure("the salt of blowfish has 22 characters, not \(salt.utf8.count)")
    case .md5 where salt.utf8.count > 8, .sha256 where salt.utf8.count > 16,
      .sha512 where salt.utf8.count > 16:
      throw Failure("the salt is too long: \(salt.utf8.count) characters")
    default: break
    }
  }
}

/// `crypt(3)`, loaded at its first use: nothing else needs libcrypt.
private enum SystemCrypt {
  private typealias Function =
    @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> UnsafeMutablePointer<CChar>?

  /// `crypt` keeps its result in one static buffer.
  private static let lock = Mutex<Void>(())

  private static let address: UInt = {
    for name in ["libcrypt.so.1", "libcrypt.so.2"] {
      if let library = dlopen(name, RTLD_NOW), let symbol = dlsym(library, "crypt") {
        return UInt(bitPattern: symbol)
      }
    }
    return 0
  }()

  static func hash(_ password: String, setting: String) throws -> String {
    if password.utf8.contains(0) { throw Failure("a password may not hold a NUL character") }
    guard let pointer = UnsafeRawPointer(bitPattern: address) else {
      throw Failure("password_hash needs the library libcrypt, which is not installed here")
    }
    let crypt = unsafeBitCast(pointer, to: Function.self)
    let hashed = lock.withLock { _ in crypt(password, setting).map { String(cString: $0) } }
    guard let hashed, !hashed.hasPrefix("*") else {
      throw Failure("libcrypt here does not know this hash type")
    }
    return hashed
  }
}
