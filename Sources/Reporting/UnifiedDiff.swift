/// Line diffs in the unified format with three lines of context, as `diff -u` prints hunks.
package enum UnifiedDiff {
  private static let context = 3
  /// Above this many differing lines the middle counts as replaced whole: time stays linear.
  private static let searchLimit = 4_000

  /// Hunks only, without the two header lines; nothing where the texts are equal.
  package static func hunks(_ before: String, _ after: String) -> [String] {
    let edits = script(lines(before), lines(after))
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

  /// Bytes: by characters, a line break behind a carriage return would not be one.
  private typealias Line = ArraySlice<UInt8>

  private struct Edit {
    enum Kind { case keep, remove, add }
    var kind: Kind
    var line: Line
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
      let isWhole = edit.line.last == 10
      out.append(sign + String(decoding: isWhole ? edit.line.dropLast() : edit.line, as: UTF8.self))
      if !isWhole { out.append("\\ No newline at end of file") }
    }
    return out
  }

  /// Lines with their newlines, so that a missing last one is a difference.
  private static func lines(_ text: String) -> [Line] {
    var lines: [Line] = []
    var rest = Array(text.utf8)[...]
    while let end = rest.firstIndex(of: 10) {
      lines.append(rest[...end])
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { lines.append(rest) }
    return lines
  }

  private static func script(_ old: [Line], _ new: [Line]) -> [Edit] {
    var numbers: [Line: Int] = [:]
    func number(_ line: Line) -> Int {
      if let known = numbers[line] { return known }
      numbers[line] = numbers.count
      return numbers.count - 1
    }
    let (left, right) = (old.map(number), new.map(number))
    guard isSearchable(left, right) else { return replaced(old, new, left, right) }
    let matching = LineMatching(left, right)
    var edits: [Edit] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, matching.removed[i] {
        edits.append(Edit(kind: .remove, line: old[i]))
        i += 1
      } else if j < new.count, matching.added[j] {
        edits.append(Edit(kind: .add, line: new[j]))
        j += 1
      } else if i < old.count, j < new.count {
        edits.append(Edit(kind: .keep, line: old[i]))
        i += 1
        j += 1
      } else {
        break
      }
    }
    return edits
  }

  /// Equal lines at both ends.
  private static func ends(_ old: [Int], _ new: [Int]) -> (head: Int, tail: Int) {
    let most = min(old.count, new.count)
    var (head, tail) = (0, 0)
    while head < most, old[head] == new[head] { head += 1 }
    while tail < most - head, old[old.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
    return (head, tail)
  }

  private static func isSearchable(_ old: [Int], _ new: [Int]) -> Bool {
    let (head, tail) = ends(old, new)
    return old.count + new.count - 2 * (head + tail) <= searchLimit
  }

  /// The lines between the equal ends as replaced whole.
  private static func replaced(
    _ old: [Line], _ new: [Line], _ left: [Int], _ right: [Int]
  ) -> [Edit] {
    let (head, tail) = ends(left, right)
    return old[..<head].map { Edit(kind: .keep, line: $0) }
      + old[head..<(old.count - tail)].map { Edit(kind: .remove, line: $0) }
      + new[head..<(new.count - tail)].map { Edit(kind: .add, line: $0) }
      + old[(old.count - tail)...].map { Edit(kind: .keep, line: $0) }
  }
}
