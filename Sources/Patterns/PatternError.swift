/// Why a pattern, a replacement or a match was refused.
package struct PatternError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The pattern cannot be compiled.
    case pattern
    /// The replacement template is malformed or names a group that does not exist.
    case replacement
    /// The match was given up: it needs more steps or memory than is sane.
    case limit
    /// The subject is not valid UTF-8, and the pattern was not compiled for bytes.
    case subject
  }

  package var kind: Kind
  /// One line, lower case, no full stop.
  package var message: String
  /// Scalars (bytes, in a pattern for bytes) from the start of the text that is wrong.
  package var offset: Int?

  package init(_ kind: Kind, _ message: String, offset: Int? = nil) {
    self.kind = kind
    self.message = message
    self.offset = offset
  }
}

extension PatternError: CustomStringConvertible {
  package var description: String {
    offset.map { "\(message) at position \($0)" } ?? message
  }
}
