/// What a pattern is matched against: text, or bytes that should be UTF-8 unless the pattern is
/// for bytes.
package protocol PatternSubject: Sendable {
  var patternBytes: [UInt8] { get }
  init(patternBytes: [UInt8])
  static var isAlwaysUTF8: Bool { get }
}

extension String: PatternSubject {
  package var patternBytes: [UInt8] { Array(utf8) }
  package init(patternBytes: [UInt8]) { self.init(decoding: patternBytes, as: UTF8.self) }
  package static var isAlwaysUTF8: Bool { true }
}

extension Substring: PatternSubject {
  package var patternBytes: [UInt8] { Array(utf8) }
  package init(patternBytes: [UInt8]) { self.init(String(patternBytes: patternBytes)) }
  package static var isAlwaysUTF8: Bool { true }
}

extension Array: PatternSubject where Element == UInt8 {
  package var patternBytes: [UInt8] { self }
  package init(patternBytes: [UInt8]) { self = patternBytes }
  package static var isAlwaysUTF8: Bool { false }
}
