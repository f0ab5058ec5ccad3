import Diagnostics
import Values

/// The text of a template and where it stands, from which places inside it are computed.
struct TemplateSource: Hashable, Sendable {
  var text: String
  var location: SourceLocation
  var style: SourceValue.Style

  /// The place in the file of an offset in scalars. In folded text it is the nearest that the text
  /// allows.
  func location(at offset: Int) -> SourceLocation {
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
    var place = location
    switch style {
    case .block(let indent):
      place.line += line + 1
      place.column = column + indent + 1
    case .plain, .quoted:
      place.line += line
      if line > 0 {
        place.column = column + 1
      } else {
        place.column += column + (style == .quoted ? 1 : 0)
      }
    }
    return place
  }
}
