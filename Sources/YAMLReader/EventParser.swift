import CYAML
import Diagnostics

/// A place in YAML text as libyaml counts it: line and column from 0, columns in scalars.
struct Mark {
  var line: Int
  var column: Int

  init(_ mark: yaml_mark_t) {
    line = Int(mark.line)
    column = Int(mark.column)
  }
  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// One event of libyaml's parser, its text copied.
struct Event {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(String, Written)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }
  enum Written { case plain, quoted, literal, folded }

  var kind: Kind
  var anchor: String?
  /// nil where the node has none or only `!`.
  var tag: String?
  /// True for a scalar whose text decides its type.
  var isPlainImplicit = false
  var start: Mark
}

/// libyaml's event parser over text in memory.
final class EventParser {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  let file: String

  init(_ text: String, file: String) {
    self.file = file
    let bytes = text.utf8
    input = .allocate(capacity: max(1, bytes.count))
    _ = input.initialize(from: bytes)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    yaml_parser_initialize(parser)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event.
  ///
  /// - Throws: the parser's problem in our words, at its place.
  func next() throws(Diagnostic) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
    defer { yaml_event_delete(&event) }
    let start = Mark(event.start_mark)
    func bare(_ kind: Event.Kind) -> Event { Event(kind: kind, start: start) }
    switch event.type {
    case YAML_STREAM_START_EVENT: return bare(.streamStart)
    case YAML_DOCUMENT_START_EVENT: return bare(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return bare(.documentEnd)
    case YAML_SEQUENCE_END_EVENT: return bare(.sequenceEnd)
    case YAML_MAPPING_END_EVENT: return bare(.mappingEnd)
    case YAML_ALIAS_EVENT: return bare(.alias(text(event.data.alias.anchor) ?? ""))
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      return Event(
        kind: .sequenceStart, anchor: text(data.anchor), tag: tag(data.tag), start: start)
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      return Event(
        kind: .mappingStart, anchor: text(data.anchor), tag: tag(data.tag), start: start)
    case YAML_SCALAR_EVENT:
      let data = event.data.scalar
      let value = String(
        decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
      return Event(
        kind: .scalar(value, written(data.style)), anchor: text(data.anchor), tag: tag(data.tag),
        isPlainImplicit: data.plain_implicit != 0, start: start)
    default: return bare(.streamEnd)
    }
  }

  /// The bytes of the text, for what libyaml does not tell of a node.
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(input) }

  private func written(_ style: yaml_scalar_style_t) -> Event.Written {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func tag(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    let name = text(pointer)
    return name == "!" || name == "" ? nil : name
  }

  private func problem() -> Diagnostic {
    let state = parser.pointee
    let words = state.problem.map { String(cString: $0) } ?? "unreadable text"
    if state.error == YAML_READER_ERROR {
      let place = place(ofByte: Int(state.problem_offset))
      return .error("invalid YAML: \(ParserProblem.words(for: words))", at: place)
    }
    if state.error == YAML_MEMORY_ERROR { return .error("out of memory reading YAML") }
    // Of text that is never closed the end of the file tells nothing, but its opening quote does.
    let isUnclosed = state.context.map { String(cString: $0) } == ParserProblem.inQuotes
    let mark = Mark(
      isUnclosed && ParserProblem.unclosed.contains(words)
        ? state.context_mark : state.problem_mark)
    return ParserProblem.diagnostic(words, at: mark, in: self)
  }

  private func place(ofByte offset: Int) -> SourceLocation {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return SourceLocation(file: file, line: line, column: column)
  }
}
