import Diagnostics
import ModuleKit
import Patterns
import Values

/// `lineinfile`: one line of a file, there or not.
package struct LineInFileModule: Module {
  package static let specification = Specification(
    "lineinfile", summary: "Sees to it that a line is in a file, or is not",
    parameters: TextEdit.parameters + [
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("line", aliases: ["value"]), Parameter("regexp", aliases: ["regex"]),
      Parameter("search_string"), Parameter("backrefs", .bool, default: false),
      Parameter("insertafter"), Parameter("insertbefore"),
      Parameter("firstmatch", .bool, default: false),
    ],
    rules: [
      .mutuallyExclusive(["insertbefore", "insertafter"]),
      .mutuallyExclusive(["regexp", "search_string"]),
      .mutuallyExclusive(["backrefs", "search_string"]),
    ], lacking: AttributesRequest.lacking)

  private let edit: TextEdit
  private let isPresent: Bool
  private let line: [UInt8]?
  private let lines: LineSearch
  private let expandsGroups: Bool
  private let place: Place
  private let warnings: [String]

  private enum Place: Sendable {
    case start, end
    case after(Pattern)
    case before(Pattern)
  }

  package init(_ arguments: Arguments) throws(Diagnostic) {
    edit = try TextEdit(arguments, text: "line", backupKey: "backup", alwaysNamesBackup: true)
    isPresent = arguments.text("state") != "absent"
    line = arguments.text("line").map { Array($0.utf8) }
    expandsGroups = arguments.flag("backrefs")
    lines = LineSearch(
      regexp: try Self.pattern("regexp", arguments),
      text: arguments.text("search_string").map { Array($0.utf8) },
      stopsAtFirst: arguments.flag("firstmatch"))
    switch (arguments.text("insertafter"), arguments.text("insertbefore")) {
    case ("BOF", _), (_, "BOF"): place = .start
    // Only `insertafter` knows EOF; before it is a pattern like any other.
    case (nil, nil), ("EOF", _): place = .end
    case (_?, _): place = try Self.pattern("insertafter", arguments).map { .after($0) } ?? .end
    case (nil, _?): place = try Self.pattern("insertbefore", arguments).map { .before($0) } ?? .end
    }
    warnings = ["regexp", "search_string"].filter { arguments.text($0) == "" }
      .map { "`\($0)` is empty and so matches every line" }
    if isPresent, line == nil { throw arguments.missing("line") }
    if isPresent, expandsGroups, arguments.text("regexp") == nil {
      throw .error("`backrefs` needs `regexp`", at: arguments.location(of: "backrefs"))
    }
    if !isPresent, line == nil, lines.isEmpty {
      throw .error(
        "with `state: absent` one of these parameters is required: `line`, `regexp`, `search_string`",
        at: arguments.location)
    }
  }

  private static func pattern(
    _ name: String, _ arguments: Arguments
  ) throws(Diagnostic) -> Pattern? {
    guard let text = arguments.text(name) else { return nil }
    do throws(PatternError) {
      return try Pattern.compile(bytes: Array(text.utf8))
    } catch {
      throw .error(
        "`\(name)` is not a regular expression: \(error.message)", at: arguments.location(of: name))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let missing = isPresent ? nil : "file not present"
    let outcome = try edit.plan(host, whenMissing: missing) {
      (bytes: [UInt8]?) throws(Interruption) -> TextEdit.Change in
      do throws(PatternError) {
        return isPresent ? try present(bytes ?? []) : try absent(bytes ?? [])
      } catch {
        throw .failed("the regular expression gave up: \(error.message)")
      }
    }
    guard case .done(var result) = outcome else { return outcome }
    result.warnings = warnings
    return .done(result)
  }

  private func absent(_ bytes: [UInt8]) throws(PatternError) -> TextEdit.Change {
    var kept: [UInt8] = []
    var found = 0
    for one in TextLines.cut(bytes) {
      let matches =
        lines.isEmpty ? TextLines.bare(one).elementsEqual(line ?? []) : try lines.matches(one)
      if matches { found += 1 } else { kept += one }
    }
    return TextEdit.Change(kept, found > 0 ? "\(found) line(s) removed" : "", found: found)
  }

  private func present(_ bytes: [UInt8]) throws(PatternError) -> TextEdit.Change {
    guard let line else { return TextEdit.Change(nil, "") }
    var all = TextLines.cut(bytes)
    let added = line + [0x0A]
    if let hit = try lines.find(all) {
      var new = line
      if expandsGroups, let match = hit.match {
        new = try ReplacementTemplate(line, for: match.pattern).expand(match)
      }
      if new.last != 0x0A { new.append(0x0A) }
      return replace(&all, hit.index, new)
    }
    var exact: Int?
    var beside: Int?
    for (index, one) in all.enumerated() {
      if TextLines.bare(one).elementsEqual(line) {
        exact = index
      } else if let found = try position(index, one) {
        beside = found
        if lines.stopsAtFirst { break }
      }
    }
    if let exact { return replace(&all, exact, line.last == 0x0A ? line : added) }
    if expandsGroups { return TextEdit.Change(nil, "") }
    switch (place, beside) {
    case (.start, _): all.insert(added, at: 0)
    case (.after, let index?):
      let next = index < all.count ? all[index] : []
      if index < all.count, TextLines.bare(next).elementsEqual(line) {
        return TextEdit.Change(nil, "")
      }
      endLast(&all, isNeeded: index == all.count)
      all.insert(added, at: index)
    case (.before, let index?): all.insert(added, at: index)
    default:
      endLast(&all, isNeeded: true)
      all.append(added)
    }
    return TextEdit.Change(Array(all.joined()), "line added")
  }

  /// Where the line would go because of this one.
  private func position(_ index: Int, _ one: [UInt8]) throws(PatternError) -> Int? {
    switch place {
    case .after(let pattern): return try pattern.search(one) != nil ? index + 1 : nil
    case .before(let pattern): return try pattern.search(one) != nil ? index : nil
    case .start, .end: return nil
    }
  }

  private func replace(_ all: inout [[UInt8]], _ index: Int, _ new: [UInt8]) -> TextEdit.Change {
    guard all.indices.contains(index), all[index] != new else { return TextEdit.Change(nil, "") }
    all[index] = new
    return TextEdit.Change(Array(all.joined()), "line replaced")
  }

  private func endLast(_ all: inout [[UInt8]], isNeeded: Bool) {
    guard isNeeded, let last = all.last?.last, last != 0x0A, last != 0x0D else { return }
    all[all.count - 1].append(0x0A)
  }
}

/// Which line is meant: by a regular expression or by a text in it.
struct LineSearch: Sendable {
  var regexp: Pattern?
  var text: [UInt8]?
  /// The first line that fits rather than the last.
  var stopsAtFirst: Bool

  var isEmpty: Bool { regexp == nil && text == nil }

  func matches(_ line: [UInt8]) throws(PatternError) -> Bool {
    if let regexp { return try regexp.search(line) != nil }
    if let text { return TextLines.contains(line, text) }
    return false
  }

  func find(_ lines: [[UInt8]]) throws(PatternError) -> (index: Int, match: PatternMatch?)? {
    var hit: (index: Int, match: PatternMatch?)?
    for (index, line) in lines.enumerated() {
      if let regexp {
        guard let match = try regexp.search(line) else { continue }
        hit = (index, match)
      } else if let text, TextLines.contains(line, text) {
        hit = (index, nil)
      } else {
        continue
      }
      if stopsAtFirst { break }
    }
    return hit
  }
}
