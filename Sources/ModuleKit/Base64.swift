/// Base 64 as `base64` of coreutils and busybox writes it, without line breaks.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { table[Int(digit)] = UInt8(value) }
    return table
  }()

  package static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let a = bytes[index]
      let b = index + 1 < bytes.count ? bytes[index + 1] : 0
      let c = index + 2 < bytes.count ? bytes[index + 2] : 0
      out.append(alphabet[Int(a >> 2)])
      out.append(alphabet[Int((a & 3) << 4 | b >> 4)])
      out.append(index + 1 < bytes.count ? alphabet[Int((b & 15) << 2 | c >> 6)] : 61)
      out.append(index + 2 < bytes.count ? alphabet[Int(c & 63)] : 61)
      index += 3
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Nil for anything that is not base 64; line breaks are skipped.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    var text = String(text)
    return text.withUTF8 { decoded($0) }
  }

  private static func decoded(_ digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(digits.count / 4 * 3 + 3)
    var bits: UInt32 = 0
    var count = 0
    var padding = 0
    for byte in digits where byte != 10 && byte != 13 {
      if byte == 61 {
        padding += 1
        continue
      }
      let value = values[Int(byte)]
      guard value != 255, padding == 0 else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 1
      if count % 4 == 0 {
        out.append(UInt8(bits >> 16 & 255))
        out.append(UInt8(bits >> 8 & 255))
        out.append(UInt8(bits & 255))
        bits = 0
      }
    }
    switch count % 4 {
    case 0: return padding == 0 ? out : nil
    case 2: return out + [UInt8(bits >> 4 & 255)]
    case 3: return out + [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
    default: return nil
    }
  }
}
