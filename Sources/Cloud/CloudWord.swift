/// A closed set of words that a cloud may still add to: what is not known stays as text.
package protocol CloudWord: Hashable, Sendable, CustomStringConvertible {
  static var words: KeyValuePairs<String, Self> { get }
  static func other(_ text: String) -> Self
  /// The text of `other`.
  var otherText: String? { get }
}

extension CloudWord {
  package init(_ text: String) {
    self = Self.words.first { $0.key == text }?.value ?? .other(text)
  }

  /// As the cloud writes it.
  package var description: String {
    otherText ?? Self.words.first { $0.value == self }?.key ?? ""
  }
}
