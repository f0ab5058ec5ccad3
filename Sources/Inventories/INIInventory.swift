import Diagnostics
import Values

/// Reads Ansible's INI format: sections of hosts, of children and of variables.
struct INIInventory {
  private enum Section { case hosts, children, variables }
  /// A group that is used before its own section.
  private struct Pending {
    var place: SourceLocation
    /// The groups that have it as a child; empty for `[name:vars]`.
    var parents: [Int]
  }

  private(set) var inventory: Inventory
  private let path: String
  private let source: String
  private var group = Inventory.ungrouped
  private var section = Section.hosts
  private var pending: [String: Pending] = [:]
  private var pendingOrder: [String] = []

  init(path: String, inventory: Inventory) {
    self.path = path
    self.inventory = inventory
    source = Files.absolute(path)
  }

  mutating func read(_ text: String) throws(InventoryFault) {
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      try read(Substring(line), number)
    }
    for name in pendingOrder {
      guard let left = pending[name] else { continue }
      throw .format(
        left.parents.isEmpty
          ? .error("variables for `\(name)`, which is no group of this inventory", at: left.place)
          : .error(
            "the child group `\(name)` is no group of this inventory", at: left.place,
            length: name.unicodeScalars.count))
    }
  }

  private mutating func read(_ line: Substring, _ number: Int) throws(InventoryFault) {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let scalars = Array(line.unicodeScalars)
    guard let start = scalars.firstIndex(where: { !isSpace($0) }),
      let end = scalars.lastIndex(where: { !isSpace($0) })
    else { return }
    let content = scalars[start...end]
    if content.first == "#" || content.first == ";" { return }
    let place = SourceLocation(file: path, line: number, column: start + 1)
    if content.first == "[", try header(content, at: place) { return }
    switch section {
    case .hosts: try hosts(content, at: place)
    case .children: try child(content, at: place)
    case .variables: try variable(content, at: place)
    }
  }

  // MARK: Sections

  /// `[name]`, `[name:children]`, `[name:vars]`, perhaps with a comment behind.
  private mutating func header(
    _ line: ArraySlice<Unicode.Scalar>, at place: SourceLocation
  ) throws(InventoryFault) -> Bool {
    guard let close = line.firstIndex(of: "]"), isEnd(line[(close + 1)...]) else {
      if line.last == "]" { throw fault("invalid section header", at: place) }
      return false
    }
    let parts = line[(line.startIndex + 1)..<close]
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    guard let name = parts.first, !name.isEmpty, !name.contains(where: isSpace),
      parts.count == 1 || parts[1].allSatisfy({ $0.properties.isXIDContinue }),
      parts.count == 1 || !parts[1].isEmpty
    else {
      if line.last == "]" { throw fault("invalid section header", at: place) }
      return false
    }
    let groupName = string(name)
    switch parts.count == 1 ? "hosts" : string(parts[1]) {
    case "hosts": section = .hosts
    case "children": section = .children
    case "vars": section = .variables
    case let kind:
      var word = place
      word.column += parts[1].startIndex - line.startIndex
      let near = suggestion(for: kind, among: ["children", "vars", "hosts"])
      throw .format(
        .error(
          "unknown kind of section `\(kind)`", at: word, length: parts[1].count,
          hint: near.map { "did you mean `\($0)`?" } ?? "there are `children` and `vars`"))
    }
    if section == .variables, !inventory.hasGroup(groupName), pending[groupName] == nil {
      wait(groupName, Pending(place: place, parents: []))
    }
    group = try inventory.group(groupName, at: place)
    if section != .variables { try resolve(groupName, at: place) }
    return true
  }

  private mutating func wait(_ name: String, _ entry: Pending) {
    pending[name] = entry
    pendingOrder.append(name)
  }

  private mutating func resolve(_ name: String, at place: SourceLocation) throws(InventoryFault) {
    guard let entry = pending.removeValue(forKey: name) else { return }
    for parent in entry.parents { try inventory.add(child: group, to: parent, at: entry.place) }
  }

  private mutating func child(
    _ line: ArraySlice<Unicode.Scalar>, at place: SourceLocation
  ) throws(InventoryFault) {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let name = line.prefix { !isSpace($0) && $0 != ":" && $0 != "]" && $0 != "#" }
    guard !name.isEmpty, isEnd(line[name.endIndex...]) else {
      throw fault("expected the name of a group", at: place)
    }
    let childName = string(name)
    if let child = inventory.groupIndex[childName], pending[childName] == nil {
      try inventory.add(child: child, to: group, at: place)
    } else if pending[childName] != nil {
      pending[childName]?.parents.append(group)
    } else {
      wait(childName, Pending(place: place, parents: [group]))
    }
  }

  /// Nothing but a comment.
  private func isEnd(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
    let first = rest.first { !$0.properties.isWhitespace }
    return first == nil || first == "#"
  }

  // MARK: Hosts and variables

  private mutating func hosts(
    _ line: ArraySlice<Unicode.Scalar>, at place: SourceLocation
  ) throws(InventoryFault) {
    let words: [ShellWords.Word]
    do {
      words = try ShellWords(Array(line), takesComments: true).words
    } catch {
      throw fault(
        error == .openQuote ? "quote without its end" : "backslash at the end of the line",
        at: place)
    }
    guard let first = words.first else { return }
    let name = string(first.text[...])
    let range: HostRange
    do {
      range = try HostRange(name, at: place)
    } catch {
      throw .format(error)
    }
    if first.text.last == ":", range.port == nil {
      throw fault("expected a port behind `:`", at: place)
    }
    if range.hosts.contains("---") { throw fault("`---` starts a YAML file", at: place) }
    var variables: [(String, Variable)] = []
    for word in words.dropFirst() { variables.append(try assignment(word, at: place)) }
    for hostName in range.hosts {
      let host = try inventory.host(
        hostName, in: group, port: range.port, source: source, at: place)
      for (key, value) in variables { inventory.set(key, value, ofHost: host) }
    }
    inventory.hostEntries.append(
      HostEntry(
        group: inventory.groups[group].name, pattern: name, place: place, hosts: range.hosts,
        variables: .list(words.dropFirst().map { .string(string($0.text[...])) }), form: .line))
  }

  private func assignment(
    _ word: ShellWords.Word, at place: SourceLocation
  ) throws(InventoryFault) -> (String, Variable) {
    var location = place
    location.column += word.columns.first ?? 0
    guard let sign = word.text.firstIndex(of: "=") else {
      throw .format(
        .error(
          "expected `name=value`, found `\(string(word.text[...]))`", at: location,
          length: word.text.count))
    }
    location.column = place.column + (word.columns.dropFirst(sign + 1).first ?? 0)
    let text = string(word.text[(sign + 1)...])
    return (string(word.text[..<sign]), value(text, at: location))
  }

  private mutating func variable(
    _ line: ArraySlice<Unicode.Scalar>, at place: SourceLocation
  ) throws(InventoryFault) {
    guard let sign = line.firstIndex(of: "=") else {
      throw fault("expected `name=value`", at: place)
    }
    let name = Substring(string(line[..<sign])).trimmed
    let rest = line[(sign + 1)...].drop { $0.properties.isWhitespace }
    var location = place
    location.column += rest.startIndex - line.startIndex
    try inventory.set(name, value(string(rest), at: location), ofGroup: group, at: place)
  }

  /// A Python literal where the text is one, text otherwise.
  private func value(_ text: String, at place: SourceLocation) -> Variable {
    guard let literal = PythonLiteral.value(of: text) else {
      return .source(SourceValue(.scalar(.string(text)), at: place))
    }
    let isQuoted = text.hasPrefix("\"") || text.hasPrefix("'")
    return .source(SourceValue(plain: literal, at: place, style: isQuoted ? .quoted : .plain))
  }

  private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  private func fault(_ summary: String, at place: SourceLocation) -> InventoryFault {
    .format(.error(summary, at: place))
  }
}

extension SourceValue {
  /// A value all parts of which have the same place.
  init(plain value: Value, at place: SourceLocation, style: Style = .plain) {
    switch value {
    case .list(let items):
      self.init(.list(items.map { SourceValue(plain: $0, at: place) }), at: place)
    case .map(let map):
      let entries = map.map {
        SourceEntry(
          key: $0.key, keyLocation: place, value: SourceValue(plain: $0.value, at: place))
      }
      self.init(.map(entries), at: place)
    default: self.init(.scalar(value), at: place, style: style)
    }
  }
}
