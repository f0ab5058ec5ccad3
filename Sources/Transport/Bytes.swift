@preconcurrency import Glibc

/// Searching and showing raw bytes.
package enum Bytes {
  /// The offset of the first `needle` at or behind `start`, nil where there is none.
  package static func firstIndex(
    of needle: [UInt8], in bytes: [UInt8], from start: Int = 0
  ) -> Int? {
    guard let head = needle.first, start >= 0 else { return nil }
    return bytes.withUnsafeBytes { all -> Int? in
      guard let base = all.baseAddress else { return nil }
      var position = start
      while all.count - position >= needle.count {
        let span = all.count - position - needle.count + 1
        guard let hit = memchr(base + position, Int32(head), span) else { return nil }
        if memcmp(hit, needle, needle.count) == 0 { return UnsafeRawPointer(hit) - base }
        position = UnsafeRawPointer(hit) - base + 1
      }
      return nil
    }
  }

  package static func count(of needle: [UInt8], in bytes: [UInt8]) -> Int {
    var count = 0
    var position = 0
    while let hit = firstIndex(of: needle, in: bytes, from: position) {
      count += 1
      position = hit + needle.count
    }
    return count
  }

  /// As text; bytes that are not UTF-8 become the replacement character.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// Without white space at both ends; nil where nothing is left.
  package static func trimmed(_ text: String) -> String? {
    let isBlank: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    var scalars = text.unicodeScalars[...]
    while let last = scalars.last, isBlank(last) { scalars.removeLast() }
    scalars = scalars.drop(while: isBlank)
    return scalars.isEmpty ? nil : String(scalars)
  }
}

extension RandomAccessCollection {
  /// The longest end of the collection of which every element passes.
  package func suffix(while passes: (Element) -> Bool) -> SubSequence {
    var start = endIndex
    while start > startIndex, passes(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }

}
