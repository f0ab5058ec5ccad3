import Configuration
import Diagnostics
import Templating
import Values

/// Finds the passwords that options and settings name.
enum VaultSources {
  static let standardLabel = "default"
  private static let promptNames = ["prompt", "prompt_ask_vault_pass"]

  /// What a program that prints a password may take: a person may have to unlock something.
  static let programDeadline: Duration = .seconds(300)

  /// A vault id and where its password is: a file, a program, or `prompt`.
  struct Identity: Hashable {
    var label: String
    var source: String

    /// `label@source`, or a source alone.
    init(_ text: String, standard: String) {
      if let sign = text.firstIndex(of: "@") {
        label = String(text[..<sign])
        source = String(text[text.index(after: sign)...])
      } else {
        label = standard
        source = text
      }
    }

    init(label: String, source: String) {
      self.label = label
      self.source = source
    }
  }

  /// The identities in the order in which they are tried: settings, `--vault-id`, files, a prompt.
  static func identities(_ arguments: VaultArguments, _ settings: Settings) -> [Identity] {
    let standard = settings.vaultIdentity.value
    var all = (settings.vaultIdentities.value + arguments.identities).map {
      Identity($0, standard: standard)
    }
    var files = arguments.passwordFiles
    if files.isEmpty, let file = settings.vaultPasswordFile.value { files = [file] }
    all += files.map { Identity(label: standard, source: $0) }
    if arguments.asks || settings.asksVaultPassword.value {
      all.append(Identity(label: standard, source: "prompt_ask_vault_pass"))
    }
    return all
  }

  /// All passwords that could be had. One that cannot is a warning if another one can.
  ///
  /// - Throws: what is wrong with the last source, where no source gives a password.
  static func load(
    _ arguments: VaultArguments, _ settings: Settings
  ) throws(Diagnostics) -> (keys: VaultKeys, warnings: [Diagnostic]) {
    let mustMatch = settings.vaultIdentityMustMatch.value
    var keys: [VaultKeys.Key] = []
    var faults: [Diagnostic] = []
    for identity in identities(arguments, settings) {
      do throws(Diagnostic) {
        let password = try self.password(
          of: identity, with: VaultKeys(keys, mustMatch: mustMatch))
        keys.append(VaultKeys.Key(label: identity.label, password: password))
      } catch {
        faults.append(error)
      }
    }
    if keys.isEmpty, !faults.isEmpty { throw Diagnostics(faults) }
    let warnings = faults.map { fault in
      var fault = fault
      fault.severity = .warning
      return fault
    }
    return (VaultKeys(keys, mustMatch: mustMatch), warnings)
  }

  /// - Parameter others: what is known already, for a file that is encrypted itself.
  /// - Throws: where there is no such file or terminal, or nothing in it.
  static func password(
    of identity: Identity, with others: VaultKeys
  ) throws(Diagnostic) -> [UInt8] {
    let label = identity.label
    if promptNames.contains(identity.source) {
      let suffix = identity.source == "prompt" ? " (\(label))" : ""
      return try ask("Vault password\(suffix): ")
    }
    let path = Platform.expanded(identity.source)
    guard Platform.kind(path) == .file else {
      throw .error("vault password file `\(identity.source)` not found")
    }
    var bytes: [UInt8]
    if Platform.isExecutable(path) {
      bytes = try answer(of: path, label: label)
    } else {
      guard let content = Platform.readBytes(path) else {
        throw .error("cannot read vault password file `\(identity.source)`")
      }
      bytes = content
      let text = String(decoding: content, as: UTF8.self)
      if VaultText.isEncrypted(text) { bytes = try others.open(text) }
      bytes = trimmed(bytes) { [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains($0) }
    }
    guard !bytes.isEmpty else {
      throw .error("vault password file `\(identity.source)` gives an empty password")
    }
    return bytes
  }

  /// What the program prints, without the end of the line. A name that ends in `-client` is told
  /// which vault id is meant.
  private static func answer(of path: String, label: String) throws(Diagnostic) -> [UInt8] {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = name.split(separator: ".", omittingEmptySubsequences: false).first ?? ""
    var words = [Platform.absolute(path)]
    if stem.hasSuffix("-client") { words += ["--vault-id", label] }
    let result = try Platform.output(of: words, within: programDeadline)
    guard result.status == 0 else {
      throw .error("vault password program `\(path)` ended with status \(result.status)")
    }
    return trimmed(result.output) { $0 == 0x0A || $0 == 0x0D }
  }

  /// - Throws: where there is no terminal, or nothing is typed.
  static func ask(_ prompt: String, again: String? = nil) throws(Diagnostic) -> [UInt8] {
    guard let text = Platform.readSecret(prompt) else {
      throw .error("a vault password was to be asked for, but there is no terminal")
    }
    if let again, Platform.readSecret(again) != text { throw .error("the passwords differ") }
    let bytes = trimmed(Array(text.utf8)) { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard !bytes.isEmpty else { throw .error("the vault password is empty") }
    return bytes
  }

  private static func trimmed(_ bytes: [UInt8], _ isSpace: (UInt8) -> Bool) -> [UInt8] {
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(bytes[first...last])
  }
}
