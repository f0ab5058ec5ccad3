import Diagnostics
import ModuleKit
import Patterns
import Values

/// The times of access and modification that a task asks `file` for.
struct FileTimes: Sendable {
  enum Wish: Hashable, Sendable {
    case kept, now
    /// `YYYY-MM-DD hh:mm:ss` by the clock of the host.
    case at(String)

    var local: LocalTimeFact? { if case .at(let text) = self { LocalTimeFact(text) } else { nil } }
  }

  let accessed: Wish
  let modified: Wish

  /// Both are left alone.
  var areKept: Bool { accessed == .kept && modified == .kept }
  /// At least one is a moment that a file may have already.
  var areCompared: Bool { accessed.local != nil || modified.local != nil }

  init(_ arguments: Arguments, isTouch: Bool) throws(Diagnostic) {
    accessed = try Self.wish("access_time", arguments, isTouch: isTouch)
    modified = try Self.wish("modification_time", arguments, isTouch: isTouch)
  }

  private static func wish(
    _ name: String, _ arguments: Arguments, isTouch: Bool
  ) throws(Diagnostic) -> Wish {
    guard let text = arguments.text(name) else { return isTouch ? .now : .kept }
    switch text {
    case "preserve": return .kept
    case "now": return .now
    default: break
    }
    let format = arguments.text(name + "_format") ?? "%Y%m%d%H%M.%S"
    guard let pattern = pattern(format) else {
      throw .error(
        "`\(name)_format` has a directive that is not supported",
        at: arguments.location(of: name + "_format"),
        hint: "these are: %Y %y %m %b %B %d %H %M %S %T %%")
    }
    guard let moment = moment(text, pattern) else {
      throw .error(
        "`\(name)` is no time of the format `\(format)`", at: arguments.location(of: name))
    }
    return .at(moment)
  }

  private static let parts: [Unicode.Scalar: String] = [
    "Y": "(?P<Y>\\d\\d\\d\\d)", "y": "(?P<y>\\d\\d)", "m": "(?P<m>1[0-2]|0[1-9]|[1-9])",
    "d": "(?P<d>3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9])", "H": "(?P<H>2[0-3]|[0-1]\\d|\\d)",
    "M": "(?P<M>[0-5]\\d|\\d)", "S": "(?P<S>6[0-1]|[0-5]\\d|\\d)",
    "b": "(?P<b>" + months.map { String($0.prefix(3)) }.joined(separator: "|") + ")",
    "B": "(?P<b>" + months.joined(separator: "|") + ")", "%": "%",
  ]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  /// A format as Python's `strptime` reads it; nil where a directive is not known or comes twice.
  private static func pattern(_ format: String) -> Pattern? {
    var text = "\\A"
    var rest = Array(format.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      if scalar == "%" {
        guard let directive = rest.popFirst(), let part = parts[directive] else { return nil }
        text += part
      } else if scalar.properties.isWhitespace {
        while let next = rest.first, next.properties.isWhitespace { rest.removeFirst() }
        text += "\\s+"
      } else {
        text += Pattern.escape(String(scalar))
      }
    }
    return try? Pattern.compile(text + "\\Z", flags: [.ignoreCase, .ascii])
  }

  private static func moment(_ text: String, _ pattern: Pattern) -> String? {
    guard let match = try? pattern.search(text) else { return nil }
    let named = Set(pattern.groupNames.map(\.0))
    func number(_ name: String, _ usual: Int) -> Int {
      guard named.contains(name), let text = match.text(named: name) else { return usual }
      return Int(text.filter { $0 != " " }) ?? usual
    }
    var year = number("Y", 1900)
    if named.contains("y") {
      let short = number("y", 0)
      year = short <= 68 ? 2000 + short : 1900 + short
    }
    var month = number("m", 1)
    if named.contains("b"), let name = match.text(named: "b")?.lowercased(),
      let index = months.firstIndex(where: { $0.hasPrefix(name) })
    {
      month = index + 1
    }
    let day = number("d", 1)
    guard day <= length(ofMonth: month, year) else { return nil }
    let date = "\(digits(year, 4))-\(digits(month))-\(digits(day))"
    return "\(date) \(digits(number("H", 0))):\(digits(number("M", 0))):\(digits(number("S", 0)))"
  }

  private static func digits(_ number: Int, _ count: Int = 2) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }

  private static func length(ofMonth month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// What `FileTimes` means to one host.
struct HostTimes {
  /// As `Step.touch` takes it: nil is now, an empty text leaves the time alone.
  let accessed: String?
  let modified: String?

  init(_ times: FileTimes, _ host: HostView) throws(Interruption) {
    let facts = [times.accessed.local, times.modified.local].compactMap(\.self)
    let seconds = try host.require(all: facts)
    var known: [LocalTimeFact: Int] = [:]
    for (fact, reading) in zip(facts, seconds) {
      guard let reading else { throw .failed("the host's `date` does not know \(fact.text)") }
      known[fact] = reading
    }
    func word(_ wish: FileTimes.Wish) -> String? {
      switch wish {
      case .kept: ""
      case .now: nil
      case .at: wish.local.flatMap { known[$0] }.map { "@\($0)" }
      }
    }
    accessed = word(times.accessed)
    modified = word(times.modified)
  }

  /// Nothing is to be set on a file that has these times.
  func areMet(by file: TimedFile) -> Bool {
    Self.isMet(accessed, by: file.accessed) && Self.isMet(modified, by: file.modified)
  }

  private static func isMet(_ wanted: String?, by time: String) -> Bool {
    guard let wanted else { return false }
    if wanted.isEmpty { return true }
    let parts = time.split(separator: ".", maxSplits: 1)
    return parts.first.map { "@" + $0 } == wanted
      && parts.dropFirst().allSatisfy { $0.utf8.allSatisfy { $0 == 0x30 } }
  }
}
