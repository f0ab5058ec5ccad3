import Diagnostics
import ModuleKit
import Patterns
import Values

/// `blockinfile`: lines between two markers in a file.
package struct BlockInFileModule: Module {
  package static let specification = Specification(
    "blockinfile", summary: "Sees to it that a block of lines between markers is in a file",
    parameters: TextEdit.parameters + [
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("block", aliases: ["content"], default: ""),
      Parameter("marker", default: "# {mark} ANSIBLE MANAGED BLOCK"),
      Parameter("marker_begin", default: "BEGIN"), Parameter("marker_end", default: "END"),
      Parameter("insertafter"), Parameter("insertbefore"),
      Parameter("append_newline", .bool, default: false),
      Parameter("prepend_newline", .bool, default: false),
    ], rules: [.mutuallyExclusive(["insertbefore", "insertafter"])],
    lacking: AttributesRequest.lacking)

  private enum Place: Sendable {
    case start, end
    case after(Pattern)
    case before(Pattern)
  }

  private let edit: TextEdit
  private let isPresent: Bool
  /// Markers and what stands between them; empty if the block shall go.
  private let block: [[UInt8]]
  private let begin: [UInt8]
  private let end: [UInt8]
  private let place: Place
  private let isSpacedBefore: Bool
  private let isSpacedAfter: Bool

  package init(_ arguments: Arguments) throws(Diagnostic) {
    edit = try TextEdit(
      arguments, text: "block", backupKey: "backup_file", alwaysNamesBackup: false)
    isPresent = arguments.text("state") != "absent"
    isSpacedBefore = arguments.flag("prepend_newline")
    isSpacedAfter = arguments.flag("append_newline")
    let marker = arguments.text("marker") ?? ""
    func line(_ mark: String) -> [UInt8] {
      Array(Self.replacing("{mark}", by: mark, in: marker).utf8) + [0x0A]
    }
    begin = line(arguments.text("marker_begin") ?? "BEGIN")
    end = line(arguments.text("marker_end") ?? "END")
    var text = Array((arguments.text("block") ?? "").utf8)
    if isPresent, !text.isEmpty {
      if text.last != 0x0A { text.append(0x0A) }
      block = [begin] + TextLines.split(text) + [end]
    } else {
      block = []
    }
    switch (arguments.text("insertafter"), arguments.text("insertbefore")) {
    case ("EOF", _), (nil, nil): place = .end
    case (_, "BOF"): place = .start
    case (let text?, _): place = .after(try Self.pattern(text, "insertafter", arguments))
    case (nil, let text?): place = .before(try Self.pattern(text, "insertbefore", arguments))
    }
  }

  private static func replacing(_ mark: String, by word: String, in text: String) -> String {
    var parts: [Substring] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: mark) {
      parts.append(rest[..<start.lowerBound])
      rest = rest[start.upperBound...]
    }
    return (parts + [rest]).joined(separator: word)
  }

  private static func pattern(
    _ text: String, _ name: String, _ arguments: Arguments
  ) throws(Diagnostic) -> Pattern {
    do throws(PatternError) {
      return try Pattern.compile(bytes: Array(text.utf8))
    } catch {
      throw .error(
        "`\(name)` is not a regular expression: \(error.message)", at: arguments.location(of: name))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    // Without `create` a missing file is a failure even where nothing shall be in it.
    let missing = isPresent || !edit.creates ? nil : "\(edit.path) does not exist"
    return try edit.plan(host, whenMissing: missing) {
      (bytes: [UInt8]?) throws(Interruption) -> TextEdit.Change in
      do throws(PatternError) {
        let new = try changed(bytes ?? [])
        if new == bytes { return TextEdit.Change(nil, "") }
        let message =
          bytes == nil ? "File created" : block.isEmpty ? "Block removed" : "Block inserted"
        return TextEdit.Change(new, message)
      } catch {
        throw .failed("the regular expression gave up: \(error.message)")
      }
    }
  }

  private func changed(_ bytes: [UInt8]) throws(PatternError) -> [UInt8] {
    var lines = TextLines.split(bytes)
    var start: Int
    if let first = lines.lastIndex(of: begin), let last = lines.lastIndex(of: end) {
      start = min(first, last)
      lines.removeSubrange(start...max(first, last))
    } else {
      start = try position(lines, bytes)
    }
    start = min(start, lines.count)
    if start > 0, lines[start - 1].last != 0x0A { lines[start - 1].append(0x0A) }
    let blank: [UInt8] = [0x0A]
    if isSpacedBefore, isPresent, start > 0, lines[start - 1] != blank {
      lines.insert(blank, at: start)
      start += 1
    }
    lines.insert(contentsOf: block, at: start)
    let next = start + block.count
    if isSpacedAfter, isPresent, next < lines.count, lines[next] != blank {
      lines.insert(blank, at: next)
    }
    return Array(lines.joined())
  }

  /// Where a block that is not there yet goes: by the last line that fits or, for a pattern with
  /// `(?m)`, by its first match in the whole text.
  private func position(_ lines: [[UInt8]], _ bytes: [UInt8]) throws(PatternError) -> Int {
    let pattern: Pattern
    let offset: Int
    switch place {
    case .start: return 0
    case .end: return lines.count
    case .after(let one): (pattern, offset) = (one, 1)
    case .before(let one): (pattern, offset) = (one, 0)
    }
    if pattern.flags.contains(.multiline) {
      guard let match = try pattern.search(bytes) else { return lines.count }
      let limit = offset == 1 ? match.range.upperBound : match.range.lowerBound
      return bytes[..<limit].count { $0 == 0x0A } + offset
    }
    var found: Int?
    for (index, line) in lines.enumerated() where try pattern.search(line) != nil { found = index }
    return found.map { $0 + offset } ?? lines.count
  }
}
