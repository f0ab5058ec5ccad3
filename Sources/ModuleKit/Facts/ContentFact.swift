import Values

/// The content of a regular file up to 8 MB, links followed.
package struct ContentFact: Fact {
  package let path: String

  package init(_ path: String) { self.path = RemotePath.trimmingSlashes(path) }

  package enum Reading: Hashable, Sendable {
    case absent
    case bytes([UInt8])
    /// A directory, a device, too large, or not to be read; in words.
    case unreadable(String)
  }

  package static let isContained = true

  package static func script(_ batch: [ContentFact]) -> ShellScript {
    "omtd_contents \(words: batch.map(\.path))"
  }

  package func parse(_ line: Substring) -> Reading {
    if line == "-" { return .absent }
    if line.hasPrefix("! ") { return .unreadable(String(line.dropFirst(2))) }
    guard line.hasPrefix("="), let bytes = Base64.bytes(line.dropFirst()) else {
      return .unreadable("`base64` answered `\(line.prefix(80))`")
    }
    return .bytes(bytes)
  }

  package func imagined(in overlay: Overlay) -> ImaginedReading<Reading>? {
    var path = path
    for _ in 0..<40 {
      guard let node = overlay.node(at: path) else {
        return path == self.path ? nil : .unknown(Unknown("behind an imagined link"))
      }
      switch node {
      case .absent: return .known(.absent)
      case .directory: return .known(.unreadable("is a directory"))
      case .file(let payload?, _): return .known(.bytes(payload.bytes))
      case .file(nil, _): return .unknown(Unknown("its content is made by an earlier task"))
      case .unknown(let reason): return .unknown(reason)
      case .link(let target): path = RemotePath.resolve(target, from: path)
      }
    }
    return .known(.absent)
  }
}

/// The digest of a regular file of any size, by `sha1sum`, `sha256sum` and their like.
package struct DigestFact: Fact {
  package enum Algorithm: String, Sendable { case md5, sha1, sha224, sha256, sha384, sha512 }
  package let path: String
  package let algorithm: Algorithm

  package init(_ path: String, _ algorithm: Algorithm) {
    self.path = path
    self.algorithm = algorithm
  }

  package var deadline: Duration { .seconds(600) }

  package static let isContained = true

  package static func script(_ batch: [DigestFact]) -> ShellScript {
    .lines(batch.map { "omtd_digest \($0.algorithm.rawValue) \($0.path)" })
  }

  /// Nil for what is not a readable regular file.
  package func parse(_ line: Substring) -> String? { line == "-" ? nil : String(line) }

  package func imagined(in overlay: Overlay) -> ImaginedReading<String?>? {
    guard let node = overlay.node(at: path) else { return nil }
    switch node {
    case .file(let payload?, _):
      switch algorithm {
      case .md5: return .known(Digest.md5(payload.bytes))
      case .sha1: return .known(Digest.sha1(payload.bytes))
      case .sha256: return .known(payload.sha256)
      default: return .unknown(Unknown("digest of a file that is written before"))
      }
    case .absent, .directory: return .known(nil)
    default: return .unknown(Unknown("made by an earlier task"))
    }
  }
}
