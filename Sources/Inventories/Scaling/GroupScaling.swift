import Diagnostics
import Values

/// How an inventory's files change so that a group lists another number of hosts.
///
/// The last range of numbers of the group grows or shrinks; a group of hosts that are listed one by
/// one gets hosts with the next numbers, or loses its last ones. A range without hosts is written
/// as `[1:0]`, so that it can grow again.
package struct GroupScaling: Sendable {
  enum Change: Sendable {
    case rename(HostEntry, to: String)
    case remove(HostEntry)
    case add([String], after: HostEntry)
  }

  package let group: String
  package private(set) var leaving: [String] = []
  package private(set) var joining: [String] = []
  private(set) var changes: [Change] = []
  private let inventory: Inventory
  private let entries: [HostEntry]

  /// - Throws: what cannot be edited, with its place.
  package init(_ group: String, to count: Int, in inventory: Inventory) throws(Diagnostic) {
    self.group = group
    self.inventory = inventory
    entries = inventory.hostEntries.filter { $0.group == group }
    let present = try present()
    if count > present {
      try grow(by: count - present)
    } else {
      try shrink(by: present - count)
    }
  }

  /// The files that change, in the order in which they were read.
  package var files: [String] {
    var files: [String] = []
    for change in changes where !files.contains(change.entry.place.file) {
      files.append(change.entry.place.file)
    }
    return files
  }

  /// The hosts of the group, each of which must stand in one place.
  private func present() throws(Diagnostic) -> Int {
    let listed = inventory.hosts(directlyInGroup: group)
    guard !entries.isEmpty || !listed.isEmpty else {
      guard inventory.hasGroup(group) else {
        let near = suggestion(for: group, among: inventory.groupNames)
        throw .error(
          "there is no group `\(group)`", hint: near.map { "did you mean `\($0)`?" })
      }
      let children = inventory.children(ofGroup: group).map { "`\($0)`" }
      throw .error(
        "group `\(group)` lists no hosts",
        hint: children.isEmpty
          ? "write one, or a range such as `\(group)-[1:0]`"
          : "scale one of its groups: \(children.joined(separator: ", "))")
    }
    var places: [String: SourceLocation] = [:]
    for entry in entries {
      for host in entry.hosts {
        guard places.updateValue(entry.place, forKey: host) == nil else {
          throw .error("`\(host)` stands in `\(group)` more than once", at: entry.place)
        }
      }
    }
    if let other = listed.first(where: { places[$0] == nil }) {
      throw .error(
        "`\(other)` of group `\(group)` stands in no line that can be edited",
        evidence: [.init("inventory", inventory.source(ofHost: other) ?? "computed")])
    }
    return places.count
  }

  // MARK: - Growing

  private mutating func grow(by more: Int) throws(Diagnostic) {
    for entry in entries.reversed() {
      if let range = NumberRange(entry.pattern) {
        return try stretch(entry, range, to: range.count + more)
      }
    }
    guard let last = entries.last(where: { $0.hosts.count == 1 && !$0.isRange }) else {
      throw .error(
        "`\(entries.last?.pattern ?? group)` is no range of numbers", at: entries.last?.place)
    }
    guard let (name, _) = NumberedName.split(last.hosts[0]) else {
      throw .error(
        "`\(last.hosts[0])` has no number to go on from", at: last.place,
        hint: "write it as a range, such as `\(last.hosts[0])-[1:1]`")
    }
    let alike = entries.filter { entry in
      entry.hosts.contains { name.number(of: $0) != nil }
    }
    if let odd = alike.first(where: { $0.variables != last.variables }) {
      throw .error(
        "hosts of `\(group)` have variables of their own, and a new one would need some",
        at: odd.place, hint: "write the new hosts by hand, or the variables in `group_vars`")
    }
    var number = alike.flatMap(\.hosts).compactMap { name.number(of: $0) }.max() ?? 0
    while joining.count < more {
      let (next, overflow) = number.addingReportingOverflow(1)
      guard !overflow else { throw .error("the numbers of hosts end here", at: last.place) }
      number = next
      let host = name.host(number)
      if !inventory.hasHost(host) { joining.append(host) }
    }
    changes.append(.add(joining, after: last))
  }

  private mutating func stretch(
    _ entry: HostEntry, _ range: NumberRange, to count: Int
  ) throws(Diagnostic) {
    guard let pattern = range.pattern(count: count) else {
      throw .error(
        "`\(entry.pattern)` has no room for \(count) hosts: its numbers have \(range.width) digits",
        at: entry.place, length: entry.pattern.unicodeScalars.count)
    }
    joining = Array(try HostRange(pattern, at: entry.place).hosts.dropFirst(entry.hosts.count))
    for host in joining where inventory.hasHost(host) {
      let other = inventory.hostEntries.first { $0.hosts.contains(host) }
      throw .error(
        "`\(entry.pattern)` would grow over `\(host)`, which is in the inventory already",
        at: other?.place ?? entry.place)
    }
    changes.append(.rename(entry, to: pattern))
  }

  // MARK: - Shrinking

  private mutating func shrink(by number: Int) throws(Diagnostic) {
    var number = number
    var open = entries
    // What grows is what shrinks first.
    if let last = open.lastIndex(where: { NumberRange($0.pattern) != nil }) {
      open.append(open.remove(at: last))
    }
    while number > 0, let entry = open.popLast() {
      let gone = min(number, entry.hosts.count)
      guard gone > 0 else { continue }
      number -= gone
      leaving += entry.hosts.suffix(gone)
      let left = entry.hosts.count - gone
      if let range = NumberRange(entry.pattern), let pattern = range.pattern(count: left) {
        changes.append(.rename(entry, to: pattern))
      } else if left == 0 {
        changes.append(.remove(entry))
      } else {
        throw .error("`\(entry.pattern)` is no range of numbers", at: entry.place)
      }
    }
    let names = Set(leaving)
    for entry in inventory.hostEntries where entry.group != group {
      guard let host = entry.hosts.first(where: names.contains) else { continue }
      throw .error(
        "`\(host)` leaves group `\(group)`, but stands in group `\(entry.group)` too",
        at: entry.place, hint: "take it out there first")
    }
  }
}

extension GroupScaling.Change {
  var entry: HostEntry {
    switch self {
    case .rename(let entry, _), .remove(let entry), .add(_, let entry): entry
    }
  }
}

extension HostEntry {
  /// Brackets that are no address.
  fileprivate var isRange: Bool {
    (HostAddress(pattern)?.host ?? pattern).unicodeScalars.contains("[")
  }
}
