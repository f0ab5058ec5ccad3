import Diagnostics

/// JSON as Python's `json` module reads and writes it.
package enum JSON {
  /// How deep lists and objects may nest, in reading and in writing.
  package static let depthLimit = 300

  /// Reads one JSON text: big integers, `NaN`, `Infinity`; of duplicate keys the last one wins.
  ///
  /// - Throws: a diagnostic at the place of the first fault, in `file`.
  package static func parse(_ text: String, file: String = "<json>") throws(Diagnostic) -> Value {
    var reader = JSONReader<Value>(text, file: file)
    return try reader.document()
  }

  /// The same with the place of every part, for files that may hold templates.
  package static func parseLocated(
    _ text: String, file: String
  ) throws(Diagnostic) -> SourceValue {
    var reader = JSONReader<SourceValue>(text, file: file)
    return try reader.document()
  }

  /// The text of a value. Secrets and unknown parts show as fixed words; never fails.
  package static func text(_ value: Value, style: JSONStyle = .python) -> String {
    var writer = JSONWriter(style: style)
    writer.write(value, depth: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// The arguments of Python's `json.dumps`.
package struct JSONStyle: Hashable, Sendable {
  /// Spaces a level; nil writes one line.
  package var indent: Int?
  package var sortKeys: Bool
  package var ensureASCII: Bool
  package var itemSeparator: String
  package var keySeparator: String

  /// Without separators they are Python's: `, ` on one line, `,` at the end of lines.
  package init(
    indent: Int? = nil, sortKeys: Bool = false, ensureASCII: Bool = true,
    itemSeparator: String? = nil, keySeparator: String = ": "
  ) {
    self.indent = indent
    self.sortKeys = sortKeys
    self.ensureASCII = ensureASCII
    self.itemSeparator = itemSeparator ?? (indent == nil ? ", " : ",")
    self.keySeparator = keySeparator
  }

  /// No space at all, and text as it is.
  package static let compact = JSONStyle(
    ensureASCII: false, itemSeparator: ",", keySeparator: ":")
  /// `json.dumps(value)`.
  package static let python = JSONStyle()
}
