/// Line diffs in the unified format with three lines of context, as `diff -u` prints hunks.
package enum UnifiedDiff {
  private static let context = 3
  /// Above this many differing lines the middle counts as replaced whole: time stays linear.
  private static let searchLimit = 4_000

  /// Hunks only, without the two header lines; nothing where the texts are equal.
  package static func hunks(_ before: String, _ after: String) -> [String] {
    let old = lines(before)
    let new = lines(after)
    let edits = script(old, new)
    guard edits.contains(where: { $0.kind != .keep }) else { return [] }
    var out: [String] = []
    var index = 0
    while index < edits.count {
      guard edits[index].kind != .keep else {
        index += 1
        continue
      }
      let start = max(0, index - context)
      var end = index
      var quiet = 0
      while end < edits.count, quiet <= context * 2 {
        quiet = edits[end].kind == .keep ? quiet + 1 : 0
        end += 1
      }
      end -= max(0, quiet - context)
      out += hunk(Array(edits[start..<end]), edits[..<start])
      index = end
    }
    return out
  }

  private struct Edit {
    enum Kind { case keep, remove, add }
    var kind: Kind
    var line: Substring
  }

  private static func hunk(_ edits: [Edit], _ before: ArraySlice<Edit>) -> [String] {
    let oldStart = before.count { $0.kind != .add }
    let newStart = before.count { $0.kind != .remove }
    let oldCount = edits.count { $0.kind != .add }
    let newCount = edits.count { $0.kind != .remove }
    func range(_ start: Int, _ count: Int) -> String {
      count == 1 ? "\(start + 1)" : count == 0 ? "\(start),0" : "\(start + 1),\(count)"
    }
    var out = ["@@ -\(range(oldStart, oldCount)) +\(range(newStart, newCount)) @@"]
    for edit in edits {
      let sign = edit.kind == .keep ? " " : edit.kind == .remove ? "-" : "+"
      if edit.line.hasSuffix("\n") {
        out.append(sign + edit.line.dropLast())
      } else {
        out += [sign + edit.line, "\\ No newline at end of file"]
      }
    }
    return out
  }

  /// Lines with their newlines, so that a missing last one is a difference.
  private static func lines(_ text: String) -> [Substring] {
    var lines: [Substring] = []
    var rest = Substring(text)
    while let end = rest.utf8.firstIndex(of: 10) {
      let next = rest.utf8.index(after: end)
      lines.append(rest[..<next])
      rest = rest[next...]
    }
    if !rest.isEmpty { lines.append(rest) }
    return lines
  }

  private static func script(_ old: [Substring], _ new: [Substring]) -> [Edit] {
    var head = 0
    while head < old.count, head < new.count, old[head] == new[head] { head += 1 }
    var tail = 0
    while tail < old.count - head, tail < new.count - head,
      old[old.count - 1 - tail] == new[new.count - 1 - tail]
    {
      tail += 1
    }
    let middle = between(
      Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
    return old[..<head].map { Edit(kind: .keep, line: $0) } + middle
      + old[(old.count - tail)...].map { Edit(kind: .keep, line: $0) }
  }

  /// Myers' greedy algorithm.
  private static func between(_ old: [Substring], _ new: [Substring]) -> [Edit] {
    guard !old.isEmpty, !new.isEmpty, old.count + new.count <= searchLimit else {
      return old.map { Edit(kind: .remove, line: $0) } + new.map { Edit(kind: .add, line: $0) }
    }
    let change = new.difference(from: old)
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for one in change {
      switch one {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var edits: [Edit] = []
    var i = 0
    var j = 0
    while i < old.count || j < new.count {
      if i < old.count, removed.contains(i) {
        edits.append(Edit(kind: .remove, line: old[i]))
        i += 1
      } else if j < new.count, inserted.contains(j) {
        edits.append(Edit(kind: .add, line: new[j]))
        j += 1
      } else if i < old.count {
        edits.append(Edit(kind: .keep, line: old[i]))
        i += 1
        j += 1
      } else {
        break
      }
    }
    return edits
  }
}
