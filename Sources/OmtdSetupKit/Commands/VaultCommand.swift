import ArgumentParser
import Configuration
import Diagnostics
import Templating

/// `vault`: encrypts and decrypts files and texts as `ansible-vault` does.
struct VaultCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vault", abstract: "Encrypts and decrypts files and texts.",
    subcommands: [
      Encrypt.self, Decrypt.self, View.self, Edit.self, Create.self, Rekey.self,
      EncryptString.self,
    ])

  /// The passwords of the options and the settings; asked for where there are none.
  ///
  /// - Parameter isNew: the password that is asked for is one to encrypt with.
  static func keys(
    _ arguments: VaultArguments, _ settings: Settings, isNew: Bool = false
  ) throws(Diagnostics) -> VaultKeys {
    let (keys, warnings) = try VaultSources.load(arguments, settings)
    Terminal.show(Diagnostics(warnings))
    guard keys.keys.isEmpty else { return keys }
    do throws(Diagnostic) {
      let password =
        isNew
        ? try VaultSources.ask(
          "New Vault password: ", again: "Confirm New Vault password: ")
        : try VaultSources.ask("Vault password: ")
      return VaultKeys([.init(label: settings.vaultIdentity.value, password: password)])
    } catch {
      throw Diagnostics([error])
    }
  }

  static func settings() throws(Diagnostics) -> Settings {
    try Settings.load(
      SettingsSources(environment: Platform.environment, home: Platform.variable("HOME")))
  }

  /// Runs what fails with one message.
  static func run(_ body: () throws(Diagnostic) -> Void) throws(Diagnostics) {
    do throws(Diagnostic) {
      try body()
    } catch {
      throw Diagnostics([error])
    }
  }

  struct Encrypt: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Encrypts files.")
    @Argument(help: "Files; standard input if there is none, or for -.") var files: [String] = []
    @OptionGroup var vault: VaultArguments
    @Option(help: "Where to write; - for standard output.") var output: String?
    @Option(name: .customLong("encrypt-vault-id"), help: "The vault id to encrypt for.")
    var encryptVaultID: String?

    func run() throws {
      let settings = try VaultCommand.settings()
      let keys = try VaultCommand.keys(vault, settings, isNew: true)
      try VaultCommand.run { () throws(Diagnostic) in
        let key = try keys.encryptionKey(
          encryptVaultID ?? settings.vaultEncryptIdentity.value)
        for file in try VaultFile.list(files, output) {
          let plain = try file.read()
          guard !VaultText.isEncrypted(String(decoding: plain, as: UTF8.self)) else {
            throw .error("`\(file.name)` is encrypted already")
          }
          try file.write(Array(try key.encrypt(plain).utf8), to: output)
        }
      }
      if Platform.isTerminal(1) { Platform.write("Encryption successful\n", to: 2) }
    }
  }

  struct Decrypt: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Decrypts files.")
    @Argument(help: "Files; standard input if there is none, or for -.") var files: [String] = []
    @OptionGroup var vault: VaultArguments
    @Option(help: "Where to write; - for standard output.") var output: String?

    func run() throws {
      let keys = try VaultCommand.keys(vault, try VaultCommand.settings())
      try VaultCommand.run { () throws(Diagnostic) in
        for file in try VaultFile.list(files, output) {
          try file.write(try file.open(keys), to: output)
        }
      }
      if Platform.isTerminal(1) { Platform.write("Decryption successful\n", to: 2) }
    }
  }

  struct View: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows what is in files.")
    @Argument(help: "Files; standard input if there is none, or for -.") var files: [String] = []
    @OptionGroup var vault: VaultArguments

    func run() throws {
      let keys = try VaultCommand.keys(vault, try VaultCommand.settings())
      try VaultCommand.run { () throws(Diagnostic) in
        for file in try VaultFile.list(files, nil) {
          Platform.write(String(decoding: try file.open(keys), as: UTF8.self), to: 1)
        }
      }
    }
  }

  struct Rekey: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Encrypts files again with another password.")
    @Argument(help: "Files.") var files: [String]
    @OptionGroup var vault: VaultArguments
    @Option(
      name: .customLong("new-vault-password-file"), help: "Where the new password is.")
    var newFile: String?
    @Option(name: .customLong("new-vault-id"), help: "The new vault id: label@FILE.")
    var newIdentity: String?
    @Option(name: .customLong("encrypt-vault-id"), help: "The vault id to encrypt for.")
    var encryptVaultID: String?

    func validate() throws {
      guard newFile == nil || newIdentity == nil else {
        throw ValidationError("--new-vault-id and --new-vault-password-file exclude each other")
      }
    }

    func run() throws {
      let settings = try VaultCommand.settings()
      let keys = try VaultCommand.keys(vault, settings)
      try VaultCommand.run { () throws(Diagnostic) in
        let key = try newKey(keys, settings)
        for name in files {
          let file = VaultFile(name: name)
          let text = try key.encrypt(try file.open(keys))
          try Platform.replace(name, with: Array(text.utf8), keepsMode: true)
        }
      }
      Platform.write("Rekey successful\n", to: 1)
    }

    private func newKey(
      _ keys: VaultKeys, _ settings: Settings
    ) throws(Diagnostic) -> VaultKeys.Key {
      let standard = settings.vaultIdentity.value
      if let text = newIdentity ?? newFile {
        let identity =
          newIdentity == nil
          ? VaultSources.Identity(label: standard, source: text)
          : VaultSources.Identity(text, standard: standard)
        return .init(
          label: identity.label,
          password: try VaultSources.password(of: identity, with: keys))
      }
      if let encryptVaultID { return try keys.encryptionKey(encryptVaultID) }
      return .init(
        label: standard,
        password: try VaultSources.ask(
          "New Vault password: ", again: "Confirm New Vault password: "))
    }
  }
}

/// What a vault command reads and writes: a file, or the standard streams.
struct VaultFile {
  let name: String

  var isStream: Bool { name == "-" }

  /// - Throws: where one output is named for several files.
  static func list(_ names: [String], _ output: String?) throws(Diagnostic) -> [VaultFile] {
    guard names.count < 2 || output == nil else {
      throw Diagnostic(.error, "`--output` is for one file only", exitCode: 5)
    }
    return (names.isEmpty ? ["-"] : names).map { VaultFile(name: $0) }
  }

  func read() throws(Diagnostic) -> [UInt8] {
    if isStream { return Platform.readInput() }
    guard Platform.kind(name) == .file, let bytes = Platform.readBytes(name) else {
      throw .error("cannot read `\(name)`")
    }
    return bytes
  }

  /// The content that is encrypted in it.
  func open(_ keys: VaultKeys) throws(Diagnostic) -> [UInt8] {
    let text = String(decoding: try read(), as: UTF8.self)
    guard VaultText.isEncrypted(text) else { throw .error("`\(name)` is not encrypted") }
    do throws(Diagnostic) {
      return try keys.open(text)
    } catch {
      throw error.located(at: isStream ? nil : SourceLocation(file: name, line: 1, column: 1))
    }
  }

  /// To the file itself, unless another output is named.
  func write(_ bytes: [UInt8], to output: String?) throws(Diagnostic) {
    let target = output ?? name
    guard target != "-" else { return Platform.write(bytes, to: 1) }
    try Platform.replace(target, with: bytes)
  }
}
