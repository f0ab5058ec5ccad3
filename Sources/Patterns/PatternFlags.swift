/// The flags of Python's `re.compile`, and whether subjects are text or bytes.
package struct PatternFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let ignoreCase = PatternFlags(rawValue: 1)
  package static let multiline = PatternFlags(rawValue: 2)
  package static let dotAll = PatternFlags(rawValue: 4)
  /// `\w`, `\d`, `\s` and `\b` know ASCII only.
  package static let ascii = PatternFlags(rawValue: 8)
  package static let verbose = PatternFlags(rawValue: 16)
  /// The pattern is matched byte by byte, as a Python pattern of type `bytes`. Implies `ascii`.
  package static let bytes = PatternFlags(rawValue: 32)
}
