import Synchronization
import Values
import YAMLReader

/// Texts that vaults held, kept out of all that is shown and logged. Values that are secret hide
/// themselves; this is for what is made of their text: the words of a command, an address, a path.
enum VaultMasks {
  /// Shorter ones would hide half of what there is to see; a file of variables holds ordinary words too.
  private static let shortest = (value: 6, ofFile: 8, line: 16)

  /// As text and as JSON has it, longest first.
  private static let texts = Mutex<[String]>([])

  static func add(_ secret: String) { add(secret, shortest.value) }

  /// The values of an encrypted file of variables; of any other file nothing is taken.
  static func add(file text: String) {
    guard let root = try? YAML.loadFile(text, file: "").root, case .map = root.content else {
      return
    }
    add(root)
  }

  private static func add(_ source: SourceValue) {
    switch source.content {
    case .scalar(.string(let text)), .unsafe(.string(let text)):
      if !text.contains("{{") { add(text, shortest.ofFile) }
    case .list(let items): for item in items { add(item) }
    case .map(let entries): for entry in entries { add(entry.value) }
    case .scalar, .unsafe, .vault: break
    }
  }

  private static func add(_ secret: String, _ least: Int) {
    let whole = secret.utf8.last == 0x0A ? String(secret.dropLast()) : secret
    var found = whole.utf8.count < least ? [] : [whole]
    let lines = whole.split(separator: "\n").map(String.init)
    if lines.count > 1 { found += lines.filter { $0.utf8.count >= shortest.line } }
    for text in found where text.contains(where: { !$0.isWhitespace }) {
      let escaped = String(JSON.text(.string(text)).dropFirst().dropLast())
      texts.withLock { texts in
        for form in [text, escaped] where !texts.contains(form) { texts.append(form) }
        texts.sort { $0.utf8.count > $1.utf8.count }
      }
    }
  }

  /// The text with each of them as `(redacted)`.
  static func masked(_ text: String) -> String {
    let secrets = texts.withLock { $0 }
    var text = text
    for secret in secrets where text.contains(secret) {
      text = text.replacing(secret, with: Secret.redacted)
    }
    return text
  }
}
