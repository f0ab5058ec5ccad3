import Diagnostics
import Values

/// The text of a template and where it stands, from which places inside it are computed.
struct TemplateSource: Hashable, Sendable {
  var text: String
  var location: SourceLocation
  var style: SourceValue.Style

  /// The place in the file of an offset in scalars.
  func location(at offset: Int) -> SourceLocation {
    style.place(ofOffset: offset, in: text, at: location)
  }
}
