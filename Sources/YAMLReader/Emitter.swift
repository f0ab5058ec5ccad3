import CYAML
import Values

/// The options of PyYAML's `dump` that filters give on.
package struct YAMLStyle: Hashable, Sendable {
  /// How lists and mappings are written.
  package enum Flow: Hashable, Sendable {
    /// One item a line.
    case block
    /// In `[…]` and `{…}`.
    case flow
    /// In `[…]` and `{…}` where all parts are plain scalars: what PyYAML does for None.
    case leaves
  }
  package enum Scalars: Hashable, Sendable { case any, singleQuoted, doubleQuoted, literal, folded }

  package var flow: Flow
  /// Spaces a level, 2 to 9; anything else is 2.
  package var indent: Int?
  /// Columns after which lines are folded; nil is 80.
  package var width: Int?
  package var sortKeys: Bool
  package var allowUnicode: Bool
  package var scalars: Scalars
  package var explicitStart: Bool
  package var explicitEnd: Bool

  package init(
    flow: Flow = .block, indent: Int? = nil, width: Int? = nil, sortKeys: Bool = true,
    allowUnicode: Bool = true, scalars: Scalars = .any, explicitStart: Bool = false,
    explicitEnd: Bool = false
  ) {
    self.flow = flow
    self.indent = indent
    self.width = width
    self.sortKeys = sortKeys
    self.allowUnicode = allowUnicode
    self.scalars = scalars
    self.explicitStart = explicitStart
    self.explicitEnd = explicitEnd
  }

  /// What the filter `to_yaml` uses.
  package static let filter = YAMLStyle(flow: .leaves)
  /// What the filter `to_nice_yaml` uses.
  package static let nice = YAMLStyle(flow: .block, indent: 4)
}

extension YAML {
  /// The text of a value as PyYAML's safe dumper on libyaml writes it.
  ///
  /// Secrets and unknown parts show as fixed words. Equal parts are written out, never as aliases.
  package static func text(_ value: Value, style: YAMLStyle = .filter) -> String {
    let emitter = Emitter(style)
    emitter.write(EmittedNode(value, style, depth: 0))
    return emitter.text
  }
}

/// A value with its representation decided: tag and text of scalars, flow or block of the rest.
private indirect enum EmittedNode {
  case scalar(tag: String, text: String, style: yaml_scalar_style_t)
  case list([EmittedNode], isFlow: Bool)
  case map([(key: EmittedNode, value: EmittedNode)], isFlow: Bool)

  init(_ value: Value, _ style: YAMLStyle, depth: Int) {
    func scalar(_ tag: String, _ text: String) -> EmittedNode {
      .scalar(tag: "tag:yaml.org,2002:" + tag, text: text, style: style.scalars.code)
    }
    guard depth < JSON.depthLimit else {
      self = scalar("str", "(nested too deep)")
      return
    }
    switch value {
    case .null: self = scalar("null", "null")
    case .bool(let flag): self = scalar("bool", flag ? "true" : "false")
    case .int(let number): self = scalar("int", String(number))
    case .bigInt(let number): self = scalar("int", String(number))
    case .double(let number): self = scalar("float", floatText(number))
    case .string(let text): self = scalar("str", text)
    case .bytes(let bytes):
      self = .scalar(
        tag: "tag:yaml.org,2002:binary", text: base64Lines(bytes),
        style: YAML_LITERAL_SCALAR_STYLE)
    case .date(let date): self = scalar("timestamp", date.isoText)
    case .datetime(let time): self = scalar("timestamp", time.text(separator: " "))
    case .secret: self = scalar("str", Secret.redacted)
    case .unknown: self = scalar("str", "(known after apply)")
    case .list(let items), .tuple(let items):
      let nodes = items.map { EmittedNode($0, style, depth: depth + 1) }
      self = .list(nodes, isFlow: style.flow.isFlow(nodes.allSatisfy(\.isBareScalar)))
    case .map(let map), .partial(let map, _):
      let pairs = sorted(map, style.sortKeys).map {
        (
          key: EmittedNode($0.key, style, depth: depth + 1),
          value: EmittedNode($0.value, style, depth: depth + 1)
        )
      }
      let isBare = pairs.allSatisfy { $0.key.isBareScalar && $0.value.isBareScalar }
      self = .map(pairs, isFlow: style.flow.isFlow(isBare))
    }
  }

  var isBareScalar: Bool {
    if case .scalar(_, _, let style) = self { style == YAML_PLAIN_SCALAR_STYLE } else { false }
  }
}

/// The entries by key where Python could order the keys, as they are otherwise.
private func sorted(_ map: ValueMap, _ sorts: Bool) -> [(key: Value, value: Value)] {
  let entries = map.map { (key: $0.key, value: $0.value) }
  guard sorts, entries.count > 1 else { return entries }
  let texts = entries.compactMap(\.key.string)
  if texts.count == entries.count {
    return entries.sorted {
      ($0.key.string ?? "").utf8.lexicographicallyPrecedes(($1.key.string ?? "").utf8)
    }
  }
  let numbers = entries.compactMap { number($0.key) }
  guard numbers.count == entries.count else { return entries }
  return zip(numbers, entries).sorted { $0.0 < $1.0 }.map(\.1)
}

private func number(_ value: Value) -> Double? {
  switch value {
  case .bool(let flag): flag ? 1 : 0
  case .int(let number): Double(number)
  case .bigInt(let number): Double(number)
  case .double(let number): number
  default: nil
  }
}

private func floatText(_ number: Double) -> String {
  if number.isNaN { return ".nan" }
  if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
  let text = pythonRepr(number)
  guard !text.contains("."), let mark = text.firstIndex(of: "e") else { return text }
  return text[..<mark] + ".0" + text[mark...]
}

/// Base64 in lines of 76 characters, each ended.
private func base64Lines(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  var index = 0
  while index < bytes.count {
    let rest = bytes[index...].prefix(3)
    var group = 0
    for offset in 0..<3 {
      group = group << 8 | (offset < rest.count ? Int(rest[index + offset]) : 0)
    }
    for place in 0..<4 {
      text.append(
        place <= rest.count ? alphabet[group >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
    index += 3
    if index % 57 == 0 || index >= bytes.count { text.append(UInt8(ascii: "\n")) }
  }
  return String(decoding: text, as: UTF8.self)
}

extension YAMLStyle.Flow {
  fileprivate func isFlow(_ isBare: Bool) -> Bool {
    switch self {
    case .block: false
    case .flow: true
    case .leaves: isBare
    }
  }
}

extension YAMLStyle.Scalars {
  fileprivate var code: yaml_scalar_style_t {
    switch self {
    case .any: YAML_PLAIN_SCALAR_STYLE
    case .singleQuoted: YAML_SINGLE_QUOTED_SCALAR_STYLE
    case .doubleQuoted: YAML_DOUBLE_QUOTED_SCALAR_STYLE
    case .literal: YAML_LITERAL_SCALAR_STYLE
    case .folded: YAML_FOLDED_SCALAR_STYLE
    }
  }
}

/// libyaml's emitter, writing one document into memory.
private final class Emitter {
  private let emitter: UnsafeMutablePointer<yaml_emitter_t>
  private let style: YAMLStyle
  private var bytes: [UInt8] = []

  init(_ style: YAMLStyle) {
    self.style = style
    emitter = .allocate(capacity: 1)
    emitter.initialize(to: yaml_emitter_t())
    yaml_emitter_initialize(emitter)
    yaml_emitter_set_unicode(emitter, style.allowUnicode ? 1 : 0)
    if let indent = style.indent { yaml_emitter_set_indent(emitter, Int32(clamping: indent)) }
    if let width = style.width { yaml_emitter_set_width(emitter, Int32(clamping: width)) }
  }

  deinit {
    yaml_emitter_delete(emitter)
    emitter.deallocate()
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func write(_ root: EmittedNode) {
    // The emitter calls back only inside this function, while `self` is alive.
    yaml_emitter_set_output(
      emitter,
      { context, buffer, size in
        guard let context, let buffer else { return 0 }
        let emitter = Unmanaged<Emitter>.fromOpaque(context).takeUnretainedValue()
        emitter.bytes += UnsafeBufferPointer(start: buffer, count: size)
        return 1
      }, Unmanaged.passUnretained(self).toOpaque())
    var event = yaml_event_t()
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)
    yaml_emitter_emit(emitter, &event)
    yaml_document_start_event_initialize(&event, nil, nil, nil, style.explicitStart ? 0 : 1)
    yaml_emitter_emit(emitter, &event)
    emit(root)
    yaml_document_end_event_initialize(&event, style.explicitEnd ? 0 : 1)
    yaml_emitter_emit(emitter, &event)
    yaml_stream_end_event_initialize(&event)
    yaml_emitter_emit(emitter, &event)
    yaml_emitter_flush(emitter)
  }

  private func emit(_ node: EmittedNode) {
    var event = yaml_event_t()
    switch node {
    case .scalar(let tag, let text, let style):
      let isPlain = implicitTag(of: text) == Tag(tag)
      let isText = Tag(tag) == .str
      yaml_scalar_event_initialize(
        &event, nil, tag, Array(text.utf8) + [0], Int32(clamping: text.utf8.count),
        isPlain ? 1 : 0, isText ? 1 : 0, style)
      yaml_emitter_emit(emitter, &event)
    case .list(let items, let isFlow):
      yaml_sequence_start_event_initialize(
        &event, nil, "tag:yaml.org,2002:seq", 1,
        isFlow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE)
      yaml_emitter_emit(emitter, &event)
      for item in items { emit(item) }
      yaml_sequence_end_event_initialize(&event)
      yaml_emitter_emit(emitter, &event)
    case .map(let pairs, let isFlow):
      yaml_mapping_start_event_initialize(
        &event, nil, "tag:yaml.org,2002:map", 1,
        isFlow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE)
      yaml_emitter_emit(emitter, &event)
      for pair in pairs {
        emit(pair.key)
        emit(pair.value)
      }
      yaml_mapping_end_event_initialize(&event)
      yaml_emitter_emit(emitter, &event)
    }
  }
}
