extension String {
  /// All places of a text replaced, byte by byte.
  package func replacingAll(_ old: String, with new: String) -> String {
    let (bytes, old, new) = (Array(utf8), Array(old.utf8), Array(new.utf8))
    guard let first = old.first, bytes.count >= old.count else { return self }
    var result: [UInt8] = []
    var start = 0
    var index = 0
    while index <= bytes.count - old.count {
      if bytes[index] == first, bytes[index..<index + old.count].elementsEqual(old) {
        result += bytes[start..<index]
        result += new
        index += old.count
        start = index
      } else {
        index += 1
      }
    }
    result += bytes[start...]
    return String(decoding: result, as: UTF8.self)
  }
}
