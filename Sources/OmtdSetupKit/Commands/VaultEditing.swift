import ArgumentParser
import Configuration
import Diagnostics
import ModuleKit
import Values
import Templating

extension VaultCommand {
  struct Edit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Opens files in $EDITOR and encrypts them again.")
    @Argument(help: "Files.") var files: [String]
    @OptionGroup var vault: VaultArguments
    @Option(name: .customLong("encrypt-vault-id"), help: "The vault id to encrypt for.")
    var encryptVaultID: String?

    func run() throws {
      let settings = try VaultCommand.settings()
      let keys = try VaultCommand.keys(vault, settings)
      try VaultCommand.run { () throws(Diagnostic) in
        for name in files {
          let file = VaultFile(name: name)
          let before = try file.open(keys)
          let key = try key(for: String(decoding: try file.read(), as: UTF8.self), keys)
          let after = try Editing.edit(before, named: name)
          if after == before, encryptVaultID == nil { continue }
          try Platform.replace(
            name, with: Array(try key.encrypt(after).utf8), keepsMode: true)
        }
      }
    }

    /// Without another wish the text keeps the vault id that it had.
    private func key(for text: String, _ keys: VaultKeys) throws(Diagnostic) -> VaultKeys.Key {
      if let encryptVaultID { return try keys.encryptionKey(encryptVaultID) }
      let label = VaultText.label(of: text) ?? VaultSources.standardLabel
      guard let fitting = try? keys.key(opening: text) else {
        return try keys.encryptionKey(label)
      }
      return .init(label: label, password: fitting.password)
    }
  }

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Opens a new file in $EDITOR and encrypts it.")
    @Argument(help: "The file, which must not be there yet.") var file: String
    @OptionGroup var vault: VaultArguments
    @Option(name: .customLong("encrypt-vault-id"), help: "The vault id to encrypt for.")
    var encryptVaultID: String?
    @Flag(name: .customLong("skip-tty-check"), help: "Start the editor without a terminal as well.")
    var skipsTerminalCheck = false

    func run() throws {
      let settings = try VaultCommand.settings()
      let keys = try VaultCommand.keys(vault, settings, isNew: true)
      try VaultCommand.run { () throws(Diagnostic) in
        let key = try keys.encryptionKey(
          encryptVaultID ?? settings.vaultEncryptIdentity.value)
        guard Platform.kind(file) == nil else {
          throw .error("`\(file)` is there already", hint: "use `edit`")
        }
        guard skipsTerminalCheck || Platform.isTerminal(1) else {
          throw Diagnostic(.error, "there is no terminal for an editor", exitCode: 5)
        }
        let content = try Editing.edit([], named: file)
        try Platform.replace(file, with: Array(try key.encrypt(content).utf8))
      }
    }
  }

  struct EncryptString: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "encrypt_string", abstract: "Encrypts texts, to stand in a YAML file.",
      aliases: ["encrypt-string"])
    @Argument(help: "Texts; standard input if there is none.") var texts: [String] = []
    @OptionGroup var vault: VaultArguments
    @Option(help: "Where to write; - for standard output.") var output: String?
    @Option(name: .customLong("encrypt-vault-id"), help: "The vault id to encrypt for.")
    var encryptVaultID: String?
    @Option(
      name: .shortAndLong, parsing: .singleValue, help: "The name of a text's variable, in order.")
    var name: [String] = []
    @Option(name: .customLong("stdin-name"), help: "The variable's name of standard input.")
    var inputName: String?
    @Flag(name: .shortAndLong, help: "Ask for the text.") var prompt = false
    @Flag(name: .customLong("show-input"), help: "Show what is typed.") var showsInput = false

    func run() throws {
      let settings = try VaultCommand.settings()
      let keys = try VaultCommand.keys(vault, settings, isNew: true)
      try VaultCommand.run { () throws(Diagnostic) in
        let key = try keys.encryptionKey(
          encryptVaultID ?? settings.vaultEncryptIdentity.value)
        var result = ""
        for (name, text) in try inputs() {
          guard !text.isEmpty else { throw .error("an empty text cannot be encrypted") }
          result += Self.block(try key.encrypt(text), name: name)
        }
        guard let output, output != "-" else { return Platform.write(result, to: 1) }
        try Platform.replace(output, with: Array(result.utf8))
      }
      if Platform.isTerminal(1) { Platform.write("Encryption successful\n", to: 2) }
    }

    private func inputs() throws(Diagnostic) -> [(name: String?, text: [UInt8])] {
      var inputs: [(name: String?, text: [UInt8])] = []
      if prompt {
        let ask = showsInput ? Platform.readAnswer : Platform.readSecret
        guard let text = ask("String to encrypt: ") else {
          throw .error("a text was to be asked for, but there is no terminal")
        }
        inputs.append((name.first, Array(text.utf8)))
      }
      let isFromInput = inputName != nil || texts.contains("-") || (texts.isEmpty && !prompt)
      if isFromInput {
        if Platform.isTerminal(0) {
          Platform.write("Reading plaintext input from stdin. (ctrl-d to end input)\n", to: 2)
        }
        inputs.append((inputName, Platform.readInput()))
      }
      let given = texts.filter { $0 != "-" }
      for (index, text) in given.enumerated() {
        inputs.append((name.indices.contains(index) ? name[index] : nil, Array(text.utf8)))
      }
      return inputs
    }

    /// The text as a value of YAML, indented as `ansible-vault` does.
    static func block(_ text: String, name: String?) -> String {
      let lines = text.split(separator: "\n").map { "          \($0)\n" }
      return (name.map { "\($0): " } ?? "") + "!vault |\n" + lines.joined()
    }
  }
}

extension VaultKeys {
  /// The key that a text was encrypted with.
  func key(opening text: String) throws -> Key? {
    for key in keys where try VaultText.open(text, password: key.password) != nil { return key }
    return nil
  }
}

/// Content in an editor, in a folder that only the user may enter.
enum Editing {
  /// - Throws: where the editor cannot be started or fails.
  static func edit(_ content: [UInt8], named name: String) throws(Diagnostic) -> [UInt8] {
    let folder = try Platform.makePrivateFolder()
    defer { Platform.shred(folder: folder) }
    // The end of the name tells an editor what kind of text it is.
    let suffix = name.split(separator: "/").last.flatMap { $0.split(separator: ".").last } ?? ""
    let path = folder + "/content." + suffix
    try Platform.replace(path, with: content)
    let editor = Platform.variable("EDITOR").flatMap { $0.isEmpty ? nil : $0 } ?? "vi"
    let words = ShellWords.split(editor) ?? [editor]
    let status = try Platform.runInForeground(words + [path])
    guard status == 0, let result = Platform.readBytes(path) else {
      throw .error("the editor `\(editor)` ended with status \(status)")
    }
    return result
  }
}
