import ArgumentParser

/// Where the passwords of encrypted texts come from.
struct VaultArguments: ParsableArguments {
  @Option(
    name: .customLong("vault-id"), parsing: .singleValue,
    help: "A vault id and its password: label@FILE, label@PROGRAM or label@prompt.")
  var identities: [String] = []

  @Option(
    name: [.customLong("vault-password-file"), .customLong("vault-pass-file")],
    parsing: .singleValue,
    help: "A file that holds a vault's password, or a program that prints it.")
  var passwordFiles: [String] = []

  @Flag(
    name: [
      .customShort("J"), .customLong("ask-vault-pass"), .customLong("ask-vault-password"),
    ], help: "Ask for a vault's password.")
  var asks = false

  /// The options as if none were given.
  static var parsed: VaultArguments {
    (try? VaultArguments.parse([])) ?? VaultArguments()
  }
}
