import Diagnostics
import Values
import YAMLReader

/// The output of `inventory --list --yaml`: groups inside of groups, as the YAML format has them.
extension Inventory {
  /// - Parameter isExport: variables stand where they were written, not merged into the hosts.
  package func tree(limit: String? = nil, isExport: Bool = false) throws(Diagnostic) -> String {
    let shown = Set(try hosts(matching: "all", limit: limit))
    var ciphertexts: [String] = []
    var seen = Seen()
    let all = members(
      of: Inventory.all, shown, isExport, &seen, &ciphertexts, depth: 0)
    let text = YAML.text(.map(["all": .map(all)]), style: YAMLStyle(flow: .block))
    return Self.withVaults(text, ciphertexts)
  }

  /// What `inventory --host NAME --yaml` shows.
  package func tree(ofHost name: String, isExport: Bool = false) -> String {
    var ciphertexts: [String] = []
    let map = hostMap(name, isExport, &ciphertexts)
    return Self.withVaults(YAML.text(.map(map), style: YAMLStyle(flow: .block)), ciphertexts)
  }

  private struct Seen {
    var hosts: Set<String> = []
    var groups: Set<Int> = []
  }

  /// A group's children, hosts and variables; a group and a host show theirs at their first place
  /// only.
  private func members(
    of group: Int, _ shown: Set<String>, _ isExport: Bool, _ seen: inout Seen,
    _ ciphertexts: inout [String], depth: Int
  ) -> ValueMap {
    let record = groups[group]
    var children = ValueMap()
    // Deeper groups than anyone writes are left out.
    for child in record.children.sorted(by: { groups[$0].name < groups[$1].name })
    where depth < 200 {
      guard seen.groups.insert(child).inserted else {
        children[.string(groups[child].name)] = [:]
        continue
      }
      let inner = members(of: child, shown, isExport, &seen, &ciphertexts, depth: depth + 1)
      if !inner.isEmpty { children[.string(groups[child].name)] = .map(inner) }
    }
    var result = ValueMap()
    if !children.isEmpty { result["children"] = .map(children) }
    if group != Inventory.all {
      var map = ValueMap()
      for name in record.hosts.map({ hosts[$0].name }).sorted() where shown.contains(name) {
        let isFirst = seen.hosts.insert(name).inserted
        map[.string(name)] = .map(isFirst ? hostMap(name, isExport, &ciphertexts) : [:])
      }
      if !map.isEmpty { result["hosts"] = .map(map) }
    }
    if isExport {
      let map = treeMap(variables(ofGroup: record.name), &ciphertexts)
      if !map.isEmpty { result["vars"] = .map(map) }
    }
    return result
  }

  private func hostMap(
    _ name: String, _ isExport: Bool, _ ciphertexts: inout [String]
  ) -> ValueMap {
    treeMap(isExport ? ownVariables(ofHost: name) : variables(ofHost: name), &ciphertexts)
  }

  /// The variables of a host without those of its groups.
  package func ownVariables(ofHost name: String) -> [String: Variable] {
    guard let host = hostIndex[name] else { return [:] }
    var result = hosts[host].variables
    for folder in inventoryFolders + playbookFolders {
      for (key, value) in folder.hosts[name] ?? [:] { result[key] = merged(result[key], value) }
    }
    return result
  }

  private func treeMap(
    _ variables: [String: Variable], _ ciphertexts: inout [String]
  ) -> ValueMap {
    var map = ValueMap()
    for key in variables.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      switch variables[key] {
      case .source(let source): map[.string(key)] = Self.written(source, &ciphertexts)
      case .value(let value): map[.string(key)] = value
      case nil: continue
      }
    }
    return map
  }

  // MARK: Ciphertexts

  private static let mark = "omtd-vault-"

  /// Ciphertext becomes a word that is replaced once the text stands.
  private static func written(_ source: SourceValue, _ ciphertexts: inout [String]) -> Value {
    switch source.content {
    case .scalar(let value), .unsafe(let value): return value
    case .vault(let text):
      ciphertexts.append(text)
      return .string("\(mark)\(ciphertexts.count - 1)-end")
    case .list(let items):
      var values: [Value] = []
      for item in items { values.append(written(item, &ciphertexts)) }
      return .list(values)
    case .map(let entries):
      var map = ValueMap()
      for entry in entries { map[entry.key] = written(entry.value, &ciphertexts) }
      return .map(map)
    }
  }

  private static func withVaults(_ text: String, _ ciphertexts: [String]) -> String {
    guard !ciphertexts.isEmpty else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line -> String in
      guard line.hasSuffix("-end"), let start = line.range(of: mark),
        let number = Int(line[start.upperBound...].dropLast(4)),
        ciphertexts.indices.contains(number)
      else { return String(line) }
      let indent = String(repeating: " ", count: line.prefix { $0 == " " }.count + 2)
      let body = ciphertexts[number].split(whereSeparator: \.isNewline).map { indent + $0 }
      return line[..<start.lowerBound] + "!vault |\n" + body.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension StringProtocol {
  /// The last place of a text in this one.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    var found: Range<Index>?
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        found = start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return found
  }
}
