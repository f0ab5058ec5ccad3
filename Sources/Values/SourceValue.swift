import Diagnostics
import OrderedCollections

/// A value as written in a file: every part keeps its place, and text in it may be a template.
///
/// The only kind of value that templates are compiled from. Whatever comes from a host, a lookup
/// or a result is a plain `Value` and can never get here.
package struct SourceValue: Sendable {
  package indirect enum Content: Sendable {
    /// A resolved scalar; a string in it may hold a template.
    case scalar(Value)
    /// `!unsafe`: text or data that is never a template.
    case unsafe(Value)
    /// `!vault`: the ciphertext, decrypted at its first use.
    case vault(String)
    case list([SourceValue])
    case map([SourceEntry])
  }

  package var content: Content
  /// Where the value starts; for a block scalar (`|`, `>`) its indicator.
  package var location: SourceLocation

  /// How a string was written, from which the place of a template inside it is computed.
  package var style: Style

  package enum Style: Hashable, Sendable {
    case plain
    /// In single or double quotes: the text starts one column behind `location`.
    case quoted
    /// `|` or `>`: the text starts on the next line, `indent` columns in.
    case block(indent: Int)

    /// The place in the file of an offset, in scalars, into a text that was written so at `start`.
    /// In folded text it is the nearest that the text allows.
    package func place(
      ofOffset offset: Int, in text: String, at start: SourceLocation
    ) -> SourceLocation {
      var line = 0
      var column = 0
      for scalar in text.unicodeScalars.prefix(max(0, offset)) {
        if scalar == "\n" {
          line += 1
          column = 0
        } else {
          column += 1
        }
      }
      var place = start
      switch self {
      case .block(let indent):
        place.line += line + 1
        place.column = column + indent + 1
      case .plain, .quoted:
        place.line += line
        place.column =
          line > 0 ? column + 1 : place.column + column + (self == .quoted ? 1 : 0)
      }
      return place
    }
  }

  package init(_ content: Content, at location: SourceLocation, style: Style = .plain) {
    self.content = content
    self.location = location
    self.style = style
  }
}

/// One key of a mapping as written. Keys are unique after loading: the last one wins.
package struct SourceEntry: Sendable {
  package var key: Value
  package var keyLocation: SourceLocation
  package var value: SourceValue

  package init(key: Value, keyLocation: SourceLocation, value: SourceValue) {
    self.key = key
    self.keyLocation = keyLocation
    self.value = value
  }
}

extension SourceValue {
  /// The scalar's text, if it is a string.
  package var text: String? {
    switch content {
    case .scalar(let value), .unsafe(let value): value.string
    default: nil
    }
  }
  package var items: [SourceValue]? { if case .list(let items) = content { items } else { nil } }
  package var entries: [SourceEntry]? { if case .map(let all) = content { all } else { nil } }
  package var isNull: Bool { if case .scalar(.null) = content { true } else { false } }

  package subscript(key: String) -> SourceValue? {
    entries?.first { $0.key.string?.utf8.elementsEqual(key.utf8) ?? false }?.value
  }

  /// The data without places, templates left as their text, ciphertext as text.
  package var plain: Value {
    switch content {
    case .scalar(let value), .unsafe(let value): value
    case .vault(let ciphertext): .string(ciphertext)
    case .list(let items): .list(items.map(\.plain))
    case .map(let entries):
      .map(ValueMap(entries.map { ($0.key, $0.value.plain) }, uniquingKeysWith: { $1 }))
    }
  }
}

extension SourceValue {
  /// The same with every text and number a secret. Keys stay as they are, and so do templates:
  /// what one renders is as secret as what it uses.
  package var sealed: SourceValue {
    var copy = self
    switch content {
    case .scalar(.string(let text)) where ["{{", "{%", "{#"].contains(where: text.contains): break
    case .scalar(.null), .scalar(.bool), .vault: break
    case .scalar(let value): copy.content = .scalar(.secret(Secret(value)))
    case .unsafe(let value): copy.content = .unsafe(.secret(Secret(value)))
    case .list(let items): copy.content = .list(items.map(\.sealed))
    case .map(let entries):
      copy.content = .map(
        entries.map {
          SourceEntry(key: $0.key, keyLocation: $0.keyLocation, value: $0.value.sealed)
        })
    }
    return copy
  }
}

/// What a variable may hold: text from a file, rendered where it is used, or data that is final.
package enum Variable: Sendable {
  indirect case source(SourceValue)
  case value(Value)
}
