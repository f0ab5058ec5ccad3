import Diagnostics
import Values

/// Nodes to located values, as Ansible's loader builds them.
struct Constructor {
  /// A value and how many values it is with every alias written out.
  struct Made {
    var value: SourceValue
    var size: Int
  }

  /// How many values aliases and merges may add to those written.
  static let expansionLimit = 1_000_000

  let file: String
  /// False for data of unknown origin, where `!unsafe` and `!vault` are unknown tags.
  let knowsAnsibleTags: Bool
  private(set) var warnings: [Diagnostic] = []
  private var merged = 0

  init(file: String, knowsAnsibleTags: Bool) {
    self.file = file
    self.knowsAnsibleTags = knowsAnsibleTags
  }

  mutating func document(_ root: Node, nodeCount: Int) throws(Diagnostic) -> SourceValue {
    let made = try make(root)
    guard made.size <= nodeCount + Constructor.expansionLimit else {
      throw fault("aliases write out to more than \(Constructor.expansionLimit) values", root)
    }
    return made.value
  }

  private mutating func make(_ node: Node) throws(Diagnostic) -> Made {
    if let made = node.made { return made }
    let made = try build(node)
    node.made = made
    return made
  }

  private mutating func build(_ node: Node) throws(Diagnostic) -> Made {
    switch node.tag {
    case .seq, .omap, .pairs: return try list(node)
    case .map: return try mapping(node)
    case .set:
      let made = try mapping(node)
      let keys = made.value.entries?.map {
        SourceValue(.scalar($0.key), at: $0.keyLocation)
      }
      return Made(value: SourceValue(.list(keys ?? []), at: made.value.location), size: made.size)
    case .unsafe, .vault, .vaultEncrypted:
      guard knowsAnsibleTags else { throw unknownTag(node) }
      return Made(value: try ansibleValue(node), size: 1)
    case .merge, .value, .other: throw unknownTag(node)
    default:
      let text = try scalarText(node)
      let value = try scalar(text, node)
      return Made(value: SourceValue(.scalar(value), at: place(node), style: style(node)), size: 1)
    }
  }

  // MARK: Scalars

  private func scalar(_ text: String, _ node: Node) throws(Diagnostic) -> Value {
    let value: Value?
    switch node.tag {
    case .null: value = .null
    case .bool: value = ScalarText.bool(text)
    case .int: value = ScalarText.int(text)
    case .float: value = ScalarText.float(text)
    case .binary: value = ScalarText.binary(text)
    case .timestamp:
      switch Timestamp(text, strict: false)?.outcome {
      case .value(let time): value = time
      case .outOfRange: throw fault("no such day or time: `\(text)`", node)
      case nil: value = nil
      }
    default: value = .string(text)
    }
    guard let value else {
      throw fault("`\(text.prefix(60))` is not a value of type `\(node.tag.text)`", node)
    }
    return value
  }

  private func scalarText(_ node: Node) throws(Diagnostic) -> String {
    switch node.content {
    case .scalar(let text, _): return text
    case .mapping(let pairs):
      for pair in pairs where pair.key.tag == .value { return try scalarText(pair.value) }
    case .sequence: break
    }
    throw fault("expected a scalar for `\(node.tag.text)`, found \(node.kindName)", node)
  }

  /// `!unsafe` and `!vault`: the type is found again as if the node were plain and untagged.
  private mutating func ansibleValue(_ node: Node) throws(Diagnostic) -> SourceValue {
    let tag: Tag
    switch node.content {
    case .scalar(let text, _): tag = implicitTag(of: text)
    case .sequence: tag = .seq
    case .mapping: tag = .map
    }
    let copy = Node(node.content, tag: tag, start: node.start, place: node.place)
    copy.blockIndent = node.blockIndent
    let inner = try make(copy).value
    if node.tag == .unsafe {
      return SourceValue(.unsafe(inner.plain), at: inner.location, style: inner.style)
    }
    guard let ciphertext = inner.text else {
      throw fault("`\(node.tag.text)` needs text, found \(node.kindName)", node)
    }
    return SourceValue(.vault(ciphertext), at: inner.location, style: inner.style)
  }

  private func style(_ node: Node) -> SourceValue.Style {
    guard case .scalar(_, let written) = node.content else { return .plain }
    switch written {
    case .plain: return .plain
    case .quoted: return .quoted
    case .literal, .folded: return .block(indent: node.blockIndent)
    }
  }

  // MARK: Lists

  private mutating func list(_ node: Node) throws(Diagnostic) -> Made {
    guard case .sequence(let items) = node.content else {
      throw fault("expected a list for `\(node.tag.text)`, found \(node.kindName)", node)
    }
    var values: [SourceValue] = []
    values.reserveCapacity(items.count)
    var size = 1
    for item in items {
      let made = node.tag == .seq ? try make(item) : try pair(item)
      values.append(made.value)
      size = sum(size, made.size)
    }
    return Made(value: SourceValue(.list(values), at: place(node)), size: size)
  }

  /// An item of an ordered map: key and value as a list of two.
  private mutating func pair(_ node: Node) throws(Diagnostic) -> Made {
    guard case .mapping(let pairs) = node.content, pairs.count == 1, let only = pairs.first else {
      throw fault("expected a mapping of one key in an ordered map", node)
    }
    let key = try make(only.key)
    let value = try make(only.value)
    return Made(
      value: SourceValue(.list([key.value, value.value]), at: place(node)),
      size: sum(key.size, value.size))
  }

  // MARK: Mappings

  private mutating func mapping(_ node: Node) throws(Diagnostic) -> Made {
    guard case .mapping(let pairs) = node.content else {
      throw fault("expected a mapping for `\(node.tag.text)`, found \(node.kindName)", node)
    }
    var collector = EntryCollector()
    var size = 1
    for pair in pairs where pair.key.tag == .merge {
      for source in try mergeSources(pair.value, into: node) {
        let made = try make(source)
        for entry in made.value.entries ?? [] {
          merged += 1
          collector.merge(entry)
        }
        size = sum(size, made.size)
      }
      guard merged <= Constructor.expansionLimit else {
        throw fault("merges write out to more than \(Constructor.expansionLimit) values", node)
      }
    }
    for pair in pairs where pair.key.tag != .merge {
      let key = try self.key(pair.key, of: node)
      let made = try make(pair.value)
      size = sum(size, sum(1, made.size))
      let entry = SourceEntry(key: key, keyLocation: place(pair.key), value: made.value)
      if let first = collector.set(entry) {
        warnings.append(duplicate(entry, first: first))
      }
    }
    return Made(value: SourceValue(.map(collector.entries), at: place(node)), size: size)
  }

  /// In a list of mappings to merge the first one that has a key gives it: so they are returned
  /// last to first.
  private func mergeSources(_ node: Node, into target: Node) throws(Diagnostic) -> [Node] {
    switch node.content {
    case .mapping: return [node]
    case .sequence(let items):
      for item in items {
        guard case .mapping = item.content else {
          throw fault("expected a mapping to merge, found \(item.kindName)", item)
        }
      }
      return items.reversed()
    case .scalar:
      throw fault("expected a mapping, or a list of mappings, to merge", node)
    }
  }

  private mutating func key(_ node: Node, of mapping: Node) throws(Diagnostic) -> Value {
    switch node.content {
    case .scalar(let text, _):
      if node.tag == .value { return .string(text) }
      let made = try make(node)
      switch made.value.content {
      case .scalar(let value), .unsafe(let value): return value
      case .vault: throw fault("an encrypted value cannot be a key", node)
      case .list, .map: break
      }
    case .sequence, .mapping: break
    }
    // `{{ name }}` without quotes is a mapping whose key is a mapping.
    var hint: String?
    if case .mapping = node.content, node.place.line == mapping.place.line,
      node.place.column == mapping.place.column + 1
    {
      hint = "put templates in quotes: `\"{{ … }}\"`"
    }
    throw .error("\(node.kindName) cannot be a key", at: start(node), hint: hint)
  }

  private func duplicate(_ entry: SourceEntry, first: SourceLocation) -> Diagnostic {
    .warning(
      "duplicate key `\(entry.key.string ?? JSON.text(entry.key))`; the last one is used",
      at: entry.keyLocation, length: entry.key.string?.unicodeScalars.count ?? 1,
      evidence: [.init("also at", "\(first)")])
  }

  // MARK: Places

  private func place(_ node: Node) -> SourceLocation {
    SourceLocation(file: file, line: node.place.line + 1, column: node.place.column + 1)
  }

  private func start(_ node: Node) -> SourceLocation {
    SourceLocation(file: file, line: node.start.line + 1, column: node.start.column + 1)
  }

  private func fault(_ summary: String, _ node: Node) -> Diagnostic {
    .error(summary, at: start(node))
  }

  private func unknownTag(_ node: Node) -> Diagnostic {
    fault("unknown tag `\(node.tag.text)`", node)
  }

  private func sum(_ a: Int, _ b: Int) -> Int {
    let (total, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : total
  }
}

/// Entries of one mapping in order of first appearance, the last value of a key winning.
private struct EntryCollector {
  private(set) var entries: [SourceEntry] = []
  private var positions: [Value: Int] = [:]
  private var mergedCount = 0
  /// Up to this many entries a scan is faster than a table.
  private let scanLimit = 8

  /// Adds an entry of a merged mapping.
  mutating func merge(_ entry: SourceEntry) {
    _ = put(entry)
    mergedCount = entries.count
  }

  /// Adds an entry that is written here; returns where its key was written before, if it was.
  mutating func set(_ entry: SourceEntry) -> SourceLocation? {
    guard let position = put(entry) else { return nil }
    guard position.index >= mergedCount else { return nil }
    return position.location
  }

  private mutating func put(_ entry: SourceEntry) -> (index: Int, location: SourceLocation)? {
    if let index = index(of: entry.key) {
      let location = entries[index].keyLocation
      entries[index] = entry
      return (index, location)
    }
    entries.append(entry)
    if entries.count > scanLimit {
      if positions.isEmpty {
        for (index, entry) in entries.enumerated() { positions[entry.key] = index }
      } else {
        positions[entry.key] = entries.count - 1
      }
    }
    return nil
  }

  private func index(of key: Value) -> Int? {
    entries.count > scanLimit ? positions[key] : entries.firstIndex { $0.key == key }
  }
}
