/// Text that never shows: a token, the password of a new server.
///
/// Only what sends it to the cloud, or stores it where the user asked for it, may call `open`.
package struct SecretText: Hashable, Sendable {
  private let text: String

  package init(_ text: String) { self.text = text }

  package func open() -> String { text }

  /// `other` without any occurrence of the secret.
  package func redacted(from other: String) -> String {
    let wanted = Array(text.utf8)
    guard wanted.count >= SecretText.shortestRedacted else { return other }
    let bytes = Array(other.utf8)
    var kept: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position...].starts(with: wanted) {
        kept += Array(SecretText.placeholder.utf8)
        position += wanted.count
      } else {
        kept.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  static let placeholder = "(redacted)"
  /// Shorter texts occur by chance.
  private static let shortestRedacted = 4
}

/// What `X-Auth-Token` carries.
package typealias Token = SecretText

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { SecretText.placeholder }
  package var debugDescription: String { SecretText.placeholder }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
