/// The id of any object of a cloud, whatever JSON type a service gives it: an integer or text.
///
/// Synnefo mixes both (servers are numbers, networks are numbers in text), so ids compare by text.
package struct CloudID: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let text: String

  package init(_ text: String) { self.text = text }
  package init(_ number: Int) { text = String(number) }
  package init(stringLiteral value: String) { text = value }

  package var description: String { text }
}
