/// Base64 as OpenSSH's files carry it.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8], isPadded: Bool = true) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var group: UInt32 = 0
      for byte in part { group = group << 8 | UInt32(byte) }
      group <<= UInt32(8 * (3 - part.count))
      for place in 0...part.count {
        text.append(alphabet[Int(group >> UInt32(18 - 6 * place) & 63)])
      }
      if isPadded { text += Array(repeating: UInt8(ascii: "="), count: 3 - part.count) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes; nil for anything that is not base64. Line ends are skipped.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var held = 0
    var isOver = false
    for letter in text where letter != 10 && letter != 13 {
      if letter == UInt8(ascii: "=") {
        isOver = true
        continue
      }
      guard !isOver, let digit = value(letter) else { return nil }
      group = group << 6 | digit
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(held)))
        group &= (1 << UInt32(held)) - 1
      }
    }
    return held == 6 ? nil : bytes
  }

  private static func value(_ letter: UInt8) -> UInt32? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - 97 + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - 48 + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
