import Configuration
import Diagnostics
import Playbooks
import Synchronization
import Templating
import Values

/// The passwords of a run, by vault id, in the order in which they are tried.
///
/// What is decrypted is kept: deriving the keys of a text takes some ten milliseconds.
final class VaultKeys: Sendable {
  struct Key: Sendable {
    var label: String
    var password: [UInt8]
  }

  let keys: [Key]
  private let mustMatch: Bool
  private let opened = Mutex<[String: [UInt8]]>([:])
  /// Files that were found to be encrypted when they were read.
  private let vaulted = Mutex<Set<String>>([])

  init(_ keys: [Key], mustMatch: Bool = false) {
    self.keys = keys
    self.mustMatch = mustMatch
  }

  /// The content of an encrypted text. Passwords of the vault id that it names come first.
  ///
  /// - Throws: without a place, where there is no password, none fits, or the text is damaged.
  func open(_ text: String) throws(Diagnostic) -> [UInt8] {
    if let known = opened.withLock({ $0[text] }) { return known }
    guard !keys.isEmpty else {
      throw Diagnostic(
        .error, "this is encrypted, and there is no vault password",
        hint: "name one with `--vault-password-file`, `--vault-id` or `--ask-vault-pass`")
    }
    let label = VaultText.label(of: text)
    let matching = keys.filter { $0.label == label }
    let others = mustMatch && label != nil ? [] : keys.filter { $0.label != label }
    for key in matching + others {
      do {
        guard let plain = try VaultText.open(text, password: key.password) else { continue }
        opened.withLock { $0[text] = plain }
        return plain
      } catch {
        throw Diagnostic.error("this cannot be decrypted: \(error)")
      }
    }
    let tried = (matching + others).map { "`\($0.label)`" }
    throw Diagnostic.error(
      "no vault password fits what is encrypted here",
      evidence: [
        .init("encrypted for", "vault id `\(label ?? "default")`"),
        .init("tried", tried.isEmpty ? "none" : tried.joined(separator: ", ")),
      ])
  }

  /// The value of `!vault` text.
  func value(_ ciphertext: String, _ place: SourceLocation) throws(Diagnostic) -> Value {
    do throws(Diagnostic) {
      let text = String(decoding: try open(ciphertext), as: UTF8.self)
      VaultMasks.add(text)
      return .secret(Secret(.string(text)))
    } catch {
      throw error.located(at: place)
    }
  }

  /// The text of a file that is encrypted as a whole.
  func text(_ ciphertext: String, ofFile path: String) throws(Diagnostic) -> String {
    let bytes: [UInt8]
    do throws(Diagnostic) {
      bytes = try open(ciphertext)
    } catch {
      throw error.located(at: SourceLocation(file: path, line: 1, column: 1))
    }
    vaulted.withLock { _ = $0.insert(path) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .error("`\(path)` does not hold UTF-8 text once it is decrypted")
    }
    VaultMasks.add(file: text)
    return text
  }

  /// The controller's files with those that are encrypted decrypted.
  func reading(_ files: ControllerFiles) -> ControllerFiles {
    var wrapped = files
    wrapped.read = { (path) throws(Diagnostic) in
      let text = try files.read(path)
      return VaultText.isEncrypted(text) ? try self.text(text, ofFile: path) : text
    }
    wrapped.isVaulted = { path in self.vaulted.withLock { $0.contains(path) } }
    wrapped.decrypt = { (text, place) throws(Diagnostic) in try self.value(text, place) }
    return wrapped
  }

  /// The key to encrypt with.
  ///
  /// - Throws: with status 5 where it cannot be told which of several is meant.
  func encryptionKey(_ wanted: String?) throws(Diagnostic) -> Key {
    if let wanted {
      if let key = keys.first(where: { $0.label == wanted }) { return key }
      throw .error(
        "there is no vault password of the id `\(wanted)`",
        evidence: [.init("known", keys.map { "`\($0.label)`" }.joined(separator: ", "))])
    }
    guard let first = keys.first else {
      throw Diagnostic(
        .error, "there is no vault password to encrypt with",
        hint: "name one with `--vault-password-file`, `--vault-id` or `--ask-vault-pass`")
    }
    guard Set(keys.map(\.label)).count == 1 else {
      throw Diagnostic(
        .error, "there are several vault ids to encrypt with",
        evidence: [.init("known", keys.map { "`\($0.label)`" }.joined(separator: ", "))],
        hint: "name one with `--encrypt-vault-id`", exitCode: 5)
    }
    return first
  }
}

extension VaultKeys.Key {
  /// Encrypts for this vault id; texts of the standard id name none, as Ansible writes them.
  func encrypt(_ plain: [UInt8]) throws(Diagnostic) -> String {
    do {
      return try VaultText.encrypt(
        plain, password: password, salt: try VaultText.salt(),
        label: label == VaultSources.standardLabel ? nil : label)
    } catch {
      throw .error("cannot encrypt: \(error)")
    }
  }
}

extension Diagnostic {
  /// The same with a place, if it has none.
  func located(at place: SourceLocation?) -> Diagnostic {
    var copy = self
    copy.location = location ?? place
    return copy
  }
}
