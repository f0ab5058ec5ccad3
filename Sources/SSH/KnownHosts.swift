import Transport

/// OpenSSH's `known_hosts` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
///
/// Hashed names, `[host]:port`, wildcards, negation, `@revoked` and `@cert-authority` are
/// understood; a line that is malformed is skipped and named in `warnings`.
package struct KnownHosts: Sendable {
  package enum Mark: Hashable, Sendable { case none, revoked, certAuthority }

  package struct Entry: Sendable {
    package var file: String
    package var line: Int
    package var mark: Mark
    package var names: Names
    package var key: PublicKey
  }

  package enum Names: Hashable, Sendable {
    case patterns([String])
    case hashed(salt: [UInt8], digest: [UInt8])
  }

  package private(set) var entries: [Entry] = []
  package private(set) var warnings: [String] = []

  package init() {}

  package init(_ bytes: [UInt8], file: String) { add(bytes, file: file) }

  package mutating func add(_ bytes: [UInt8], file: String) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let words = line.split { $0 == 32 || $0 == 9 || $0 == 13 }
      guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
      if let entry = Self.entry(words, file: file, line: index + 1) {
        entries.append(entry)
      } else {
        warnings.append("\(file):\(index + 1): not a known_hosts line, skipped")
      }
    }
  }

  package mutating func add(_ other: KnownHosts) {
    entries += other.entries
    warnings += other.warnings
  }

  /// The lines that speak of a host; port 22 is looked up by the bare name.
  package func entries(host: String, port: Int) -> [Entry] {
    let name = Self.name(host: host, port: port)
    return entries.filter { $0.names.match(name) }
  }

  /// How a host is written in these files.
  package static func name(host: String, port: Int) -> String {
    let host = host.lowercased()
    return port == 22 ? host : "[\(host)]:\(port)"
  }

  private static func entry(_ words: [ArraySlice<UInt8>], file: String, line: Int) -> Entry? {
    var words = words[...]
    var mark = Mark.none
    if let first = words.first, first.first == UInt8(ascii: "@") {
      switch Bytes.text(first) {
      case "@revoked": mark = .revoked
      case "@cert-authority": mark = .certAuthority
      default: return nil
      }
      words.removeFirst()
    }
    guard words.count >= 3, let names = Names(words[words.startIndex]),
      let blob = Base64.decode(words[words.startIndex + 2])
    else { return nil }
    let key = PublicKey(blob: blob)
    guard !key.type.isEmpty, key.type == Bytes.text(words[words.startIndex + 1]) else { return nil }
    return Entry(file: file, line: line, mark: mark, names: names, key: key)
  }
}

extension KnownHosts.Names {
  init?(_ word: ArraySlice<UInt8>) {
    guard word.first == UInt8(ascii: "|") else {
      self = .patterns(
        word.split(separator: UInt8(ascii: ",")).map { Bytes.text($0).lowercased() })
      return
    }
    let parts = word.split(separator: UInt8(ascii: "|"))
    guard parts.count == 3, parts[0].elementsEqual([UInt8(ascii: "1")]),
      let salt = Base64.decode(parts[1]), let digest = Base64.decode(parts[2]),
      salt.count == 20, digest.count == 20
    else { return nil }
    self = .hashed(salt: salt, digest: digest)
  }

  /// A negated pattern that matches wins over all others of its line.
  func match(_ name: String) -> Bool {
    switch self {
    case .hashed(let salt, let digest):
      return Digests.hmacSHA1(key: salt, Array(name.utf8)) == digest
    case .patterns(let patterns):
      var isMatched = false
      for pattern in patterns {
        let isNegated = pattern.utf8.first == UInt8(ascii: "!")
        let body = isNegated ? pattern.utf8.dropFirst() : pattern.utf8[...]
        guard Self.match(Array(body), Array(name.utf8)) else { continue }
        if isNegated { return false }
        isMatched = true
      }
      return isMatched
    }
  }

  /// `*` and `?` as in `match_pattern` of OpenSSH; linear in practice, without recursion.
  private static func match(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
    var p = 0
    var t = 0
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        p = last.pattern + 1
        t = last.text + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
