/// Lines of `authorized_keys` and `.pub` files, as sshd(8), "AUTHORIZED_KEYS FILE FORMAT", has them.
enum PublicKeyLine {
  /// Without empty lines and comments.
  static func lines(of text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).map(trimmed).filter {
      !$0.isEmpty && !$0.hasPrefix("#")
    }
  }

  /// The name of a key's type with a key behind it, perhaps behind options.
  ///
  /// The key is base64 of RFC 4253, 6.6: the length of the type's name comes first, and its upper
  /// three bytes are 0.
  static func isKey(_ line: String) -> Bool {
    let words = line.split(whereSeparator: \.isWhitespace)
    return zip(words, words.dropFirst()).contains { type, key in
      isType(type) && key.hasPrefix("AAAA") && key.utf8.allSatisfy(isBase64)
    }
  }

  /// It was meant as a key, though it is none.
  static func beginsLikeKey(_ line: String) -> Bool {
    line.split(whereSeparator: \.isWhitespace).first.map(isType) ?? false
  }

  private static func isType(_ word: Substring) -> Bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].contains { word.hasPrefix($0) }
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x3D: true
    default: false
    }
  }

  private static func trimmed(_ line: Substring) -> String {
    var rest = line.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest)
  }
}
