/// The name of an environment: what is created, listed and destroyed together.
package struct EnvironmentName: Hashable, Sendable, CustomStringConvertible {
  package let text: String
  /// True where it was made from the path of the inventory, not given.
  package let isDerived: Bool

  package var description: String { text }

  /// nil where the text is no name: letters, digits, `.`, `_` and `-`, at most 64, and neither the
  /// first one a dot nor a dash.
  package init?(_ text: String) {
    let isFine = text.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || byte == 45 || byte == 46 || byte == 95
    }
    guard isFine, (1...64).contains(text.utf8.count), !text.hasPrefix("."), !text.hasPrefix("-")
    else { return nil }
    self.text = text
    isDerived = false
  }

  /// From the absolute path of the first inventory: the last two names of it and a digest of the
  /// whole, so that `hosts` of two folders are two environments.
  package init(inventoryPath path: String) {
    let names = path.split(separator: "/").suffix(2)
    let words = names.joined(separator: "-").utf8.map { byte -> UInt8 in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || byte == 95
      return isPlain ? byte : 45
    }
    let short = String(decoding: words.drop { $0 == 45 }.prefix(40), as: UTF8.self)
    text = (short.isEmpty ? "inventory" : short) + "-" + Hex.digest(path, bytes: 3)
    isDerived = true
  }
}
