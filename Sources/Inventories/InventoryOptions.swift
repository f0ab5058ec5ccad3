import Diagnostics
import Values

/// How inventories are read.
package struct InventoryOptions: Sendable {
  /// Gives the text of a file that is encrypted as a whole.
  package typealias Decrypt =
    @Sendable (_ ciphertext: String, _ file: String) throws(Diagnostic) -> String

  /// Gives the value of an expression, as written in a file of `plugin: constructed`, with the
  /// variables of a host.
  package typealias Evaluate =
    @Sendable (_ expression: SourceValue, _ variables: [String: Variable]) throws(Diagnostic) ->
    Value

  /// Gives the hosts that a file with the `plugin` of this name means: the file's content without
  /// the keys of `plugin: constructed`, which are applied to the hosts afterwards.
  package typealias Plugin =
    @Sendable (_ file: SourceValue) async throws(Diagnostic) -> HostListing

  /// Mappings of the same name merge instead of replacing each other (`hash_behaviour`).
  package var mergesHashes = false
  /// A run without any readable source stops.
  package var needsSource = false
  /// A source that cannot be read stops the run.
  package var needsAllSources = false
  /// A file that is named as a source and cannot be understood stops the run; those of a folder
  /// are passed over with a warning.
  package var refusesFaultyFiles = false
  /// What a program that gives an inventory may take.
  package var programDeadline: Duration = .seconds(120)
  /// Texts that stand for those of files, by path as a source or a folder names it.
  package var drafts: [String: String] = [:]
  package var ignoredSuffixes = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
  ]
  package var decrypt: Decrypt?
  /// Without it, files of `plugin: constructed` are refused.
  package var evaluate: Evaluate?
  /// By the name that a file gives as its `plugin`.
  package var plugins: [String: Plugin] = [:]

  package init() {}

  static let encryptedHeader = "$ANSIBLE_VAULT;"

  func decrypted(_ text: String, file: String) throws(Diagnostic) -> String {
    guard text.hasPrefix(InventoryOptions.encryptedHeader) else { return text }
    guard let decrypt else {
      throw .error(
        "`\(file)` is encrypted", at: SourceLocation(file: file, line: 1, column: 1),
        hint: "give the password with `--vault-password-file` or `--ask-vault-pass`")
    }
    return try decrypt(text, file)
  }
}
