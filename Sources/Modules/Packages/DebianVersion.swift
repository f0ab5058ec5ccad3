/// The order of Debian's version numbers, as deb-version(7) defines it.
enum DebianVersion {
  /// Negative, zero or positive as `a` is before, the same as or after `b`.
  static func compare(_ a: String, _ b: String) -> Int {
    let (x, y) = (split(a), split(b))
    for order in [numbers(x.epoch, y.epoch), parts(x.upstream, y.upstream)] where order != 0 {
      return order
    }
    return parts(x.revision, y.revision)
  }

  /// True if the version matches a pattern with `*` and `?`.
  static func matches(_ version: String, _ pattern: String) -> Bool {
    matches(Array(version.utf8)[...], Array(pattern.utf8)[...])
  }

  private static func split(
    _ version: String
  ) -> (epoch: ArraySlice<UInt8>, upstream: ArraySlice<UInt8>, revision: ArraySlice<UInt8>) {
    var rest = Array(version.utf8)[...]
    var epoch: ArraySlice<UInt8> = []
    if let colon = rest.firstIndex(of: 0x3A) {
      epoch = rest[..<colon]
      rest = rest[(colon + 1)...]
    }
    guard let dash = rest.lastIndex(of: 0x2D) else { return (epoch, rest, []) }
    return (epoch, rest[..<dash], rest[(dash + 1)...])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  // `~` is before the end of the text, the end before letters, letters before the rest.
  private static func weight(_ byte: UInt8?) -> Int {
    switch byte {
    case nil: 0
    case 0x7E: -1
    case let byte? where isDigit(byte): 0
    case let byte? where (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte): Int(byte)
    case let byte?: Int(byte) + 256
    }
  }

  private static func parts(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    var (a, b) = (a, b)
    while !a.isEmpty || !b.isEmpty {
      while a.first.map({ !isDigit($0) }) ?? false || b.first.map({ !isDigit($0) }) ?? false {
        let order = weight(a.first) - weight(b.first)
        if order != 0 { return order }
        a = a.dropFirst()
        b = b.dropFirst()
      }
      let (x, y) = (a.prefix(while: isDigit), b.prefix(while: isDigit))
      let order = numbers(x, y)
      if order != 0 { return order }
      a = a.dropFirst(x.count)
      b = b.dropFirst(y.count)
    }
    return 0
  }

  private static func numbers(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    let (x, y) = (a.drop { $0 == 0x30 }, b.drop { $0 == 0x30 })
    if x.count != y.count { return x.count - y.count }
    for (one, other) in zip(x, y) where one != other { return Int(one) - Int(other) }
    return 0
  }

  private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    var (text, pattern) = (text, pattern)
    var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
    while true {
      if pattern.first == 0x2A {
        pattern = pattern.dropFirst()
        retry = (text, pattern)
      } else if let head = text.first, pattern.first == head || pattern.first == 0x3F {
        text = text.dropFirst()
        pattern = pattern.dropFirst()
      } else if text.isEmpty, pattern.isEmpty {
        return true
      } else if let last = retry, !last.text.isEmpty {
        retry = (last.text.dropFirst(), last.pattern)
        text = last.text.dropFirst()
        pattern = last.pattern
      } else {
        return false
      }
    }
  }
}
