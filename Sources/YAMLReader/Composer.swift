import Diagnostics

/// A node of a document before its values are made: aliases share the node that they name.
final class Node {
  enum Content {
    case scalar(String, Event.Written)
    case sequence([Node])
    case mapping([(key: Node, value: Node)])
  }

  var content: Content
  var tag: Tag
  /// Where the value starts, behind its tag and anchor.
  let place: Mark
  /// Where its tag or anchor starts.
  let start: Mark
  var blockIndent = 0
  var isComplete = false
  /// What the node became; made once however often it is named.
  var made: Constructor.Made?

  init(_ content: Content, tag: Tag, start: Mark, place: Mark) {
    self.content = content
    self.tag = tag
    self.start = start
    self.place = place
  }

  var kindName: String {
    switch content {
    case .scalar: "a scalar"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// Events to a tree of nodes, one document at a time.
struct Composer {
  /// How deep lists and mappings may nest.
  static let depthLimit = 250

  private let parser: EventParser
  private var anchors: [String: Node] = [:]
  private var lines: SourceLines?
  private(set) var nodeCount = 0

  init(_ parser: EventParser) { self.parser = parser }

  /// The root of the next document, or nil at the end of the text.
  mutating func document() throws(Diagnostic) -> Node? {
    while true {
      let event = try parser.next()
      switch event.kind {
      case .documentStart:
        anchors = [:]
        let root = try node(try parser.next(), depth: 0)
        _ = try parser.next()
        return root
      case .streamEnd: return nil
      default: continue
      }
    }
  }

  /// Where the next document starts, or nil at the end of the text.
  mutating func nextDocumentStart() throws(Diagnostic) -> Mark? {
    let event = try parser.next()
    if case .documentStart = event.kind { return event.start }
    return nil
  }

  private mutating func node(_ event: Event, depth: Int) throws(Diagnostic) -> Node {
    guard depth < Composer.depthLimit else {
      throw fault("nesting too deep: more than \(Composer.depthLimit) levels", event.start)
    }
    nodeCount += 1
    switch event.kind {
    case .alias(let name):
      guard let target = anchors[name] else {
        throw fault(
          "undefined alias `*\(name)`", event.start, length: name.unicodeScalars.count + 1)
      }
      guard target.isComplete else {
        throw fault("alias `*\(name)` stands inside the value that it names", event.start)
      }
      return target
    case .sequenceStart: return try sequence(event, depth: depth)
    case .mappingStart: return try mapping(event, depth: depth)
    case .scalar(let text, let written):
      let tag = event.tag.map(Tag.init) ?? (event.isPlainImplicit ? implicitTag(of: text) : .str)
      let node = Node(
        .scalar(text, written), tag: tag, start: event.start, place: place(of: event))
      if written == .literal || written == .folded {
        node.blockIndent = blockIndent(of: text, at: node.place)
      }
      node.isComplete = true
      try register(node, event)
      return node
    default: throw fault("unexpected end of a value", event.start)
    }
  }

  private mutating func sequence(_ event: Event, depth: Int) throws(Diagnostic) -> Node {
    let tag = event.tag.map(Tag.init) ?? .seq
    let node = Node(.sequence([]), tag: tag, start: event.start, place: place(of: event))
    try register(node, event)
    var items: [Node] = []
    while true {
      let next = try parser.next()
      if case .sequenceEnd = next.kind { break }
      items.append(try self.node(next, depth: depth + 1))
    }
    node.content = .sequence(items)
    node.isComplete = true
    return node
  }

  private mutating func mapping(_ event: Event, depth: Int) throws(Diagnostic) -> Node {
    let tag = event.tag.map(Tag.init) ?? .map
    let node = Node(.mapping([]), tag: tag, start: event.start, place: place(of: event))
    try register(node, event)
    var pairs: [(key: Node, value: Node)] = []
    while true {
      let next = try parser.next()
      if case .mappingEnd = next.kind { break }
      let key = try self.node(next, depth: depth + 1)
      pairs.append((key, try self.node(try parser.next(), depth: depth + 1)))
    }
    node.content = .mapping(pairs)
    node.isComplete = true
    return node
  }

  private mutating func register(_ node: Node, _ event: Event) throws(Diagnostic) {
    guard let anchor = event.anchor else { return }
    if let first = anchors[anchor] {
      var diagnostic = fault("anchor `&\(anchor)` is defined twice", event.start)
      let place = "\(parser.file):\(first.start.line + 1):\(first.start.column + 1)"
      diagnostic.evidence = [.init("also at", place)]
      throw diagnostic
    }
    anchors[anchor] = node
  }

  private func fault(_ summary: String, _ mark: Mark, length: Int = 1) -> Diagnostic {
    .error(
      summary,
      at: SourceLocation(file: parser.file, line: mark.line + 1, column: mark.column + 1),
      length: length)
  }

  /// libyaml's mark of a node with a tag or an anchor is theirs: this is the value's own.
  private mutating func place(of event: Event) -> Mark {
    guard event.tag != nil || event.anchor != nil else { return event.start }
    let bytes = parser.bytes
    var offset = source.offset(of: event.start)
    var mark = event.start
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    func skip(until stop: (UInt8) -> Bool) {
      while offset < bytes.count, !stop(bytes[offset]) {
        if bytes[offset] & 0xC0 != 0x80 { mark.column += 1 }
        offset += 1
      }
    }
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "!"), UInt8(ascii: "&"): skip { isSpace($0) || $0 == 0x0A }
      case UInt8(ascii: "#"): skip { $0 == 0x0A }
      case 0x0A:
        offset += 1
        mark = Mark(line: mark.line + 1, column: 0)
      case let byte where isSpace(byte): skip { !isSpace($0) }
      default: return mark
      }
    }
    return event.start
  }

  /// How far the text of a block scalar is indented: what its first line has in the file and has
  /// not in the value.
  private mutating func blockIndent(of text: String, at mark: Mark) -> Int {
    let isBlank = { (line: Substring) in line.allSatisfy { $0 == " " } }
    let first = text.split(separator: "\n", omittingEmptySubsequences: false)
      .first { !isBlank($0) }
    guard let first else { return 0 }
    var line = mark.line + 1
    while let written = source.text(ofLine: line) {
      let trimmed =
        written.last == "\r" || written.last == "\r\n" ? written.dropLast() : written[...]
      if !isBlank(trimmed) {
        let spaces = { (text: Substring) in text.prefix { $0 == " " }.count }
        return max(0, spaces(trimmed) - spaces(first))
      }
      line += 1
    }
    return 0
  }

  private var source: SourceLines {
    mutating get {
      if let lines { return lines }
      let made = SourceLines(parser.bytes)
      lines = made
      return made
    }
  }
}
