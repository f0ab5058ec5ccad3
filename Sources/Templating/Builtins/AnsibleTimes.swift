@preconcurrency import Glibc
import Patterns
import Values

/// Points of time from text and to text.
enum AnsibleTimes {
  static let filters: [Filter] = [
    Filter("strftime", "second=None, utc=False") { call in
      let seconds: Double
      if let given = call.optional("second") {
        guard let number = given.double ?? given.string.flatMap({ Double($0) }), number.isFinite
        else { throw Failure("Invalid value for epoch value (\(given.pythonText))") }
        seconds = number
      } else {
        let now = try call.evaluator.impure(
          kind: "now", name: "now", options: ["utc": true, "fmt": nil], location: call.location)
        guard case .datetime(let time) = now else { throw Failure("the time is not known") }
        seconds = Double(time.microseconds) / 1_000_000
      }
      return .string(
        try clockText(call.valueText, seconds: seconds, isUTC: call.bool("utc")))
    },
    Filter("to_datetime", "format='%Y-%m-%d %H:%M:%S'") { call in
      .datetime(try TimePattern(call.text("format")).read(call.valueText))
    },
  ]

  /// `time.strftime`, by the C library: a moment in UTC or in the controller's zone.
  private static func clockText(_ format: String, seconds: Double, isUTC: Bool) throws -> String {
    guard abs(seconds) < 6e10 else { throw Failure("timestamp out of range for platform time_t") }
    var moment = time_t(seconds.rounded(.down))
    var parts = tm()
    _ = isUTC ? gmtime_r(&moment, &parts) : localtime_r(&moment, &parts)
    // A blank in front tells an empty result from a buffer that is too small.
    let format = " " + format
    var size = 256
    while size <= 1 << 20 {
      var buffer = [CChar](repeating: 0, count: size)
      let count = Glibc.strftime(&buffer, size, format, &parts)
      if count > 0 {
        let bytes = buffer[1..<count].map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
      }
      size *= 4
    }
    throw Failure("the format gives too long a text")
  }
}

/// A format of Python's `datetime.strptime`, turned into a pattern.
struct TimePattern {
  private let format: String
  private let pattern: Pattern

  /// - Throws: `Failure` for a directive that is not known.
  init(_ format: String) throws {
    self.format = format
    var text = ""
    var scalars = Array(format.unicodeScalars)[...]
    var used: Set<Unicode.Scalar> = []
    while let scalar = scalars.popFirst() {
      if scalar.properties.isWhitespace {
        while let next = scalars.first, next.properties.isWhitespace { scalars.removeFirst() }
        text += "\\s+"
      } else if scalar != "%" {
        text += Pattern.escape(String(scalar))
      } else {
        guard let directive = scalars.popFirst() else { throw Failure("stray % in format") }
        if let longer = TimePattern.composed[directive] {
          scalars = Array(longer.unicodeScalars)[...] + scalars
          continue
        }
        if directive == "%" {
          text += "%"
          continue
        }
        guard let part = TimePattern.parts[directive] else {
          throw Failure("'\(directive)' is a bad directive in format '\(format)'")
        }
        guard used.insert(directive).inserted else {
          throw Failure("the directive %\(directive) occurs twice in format '\(format)'")
        }
        text += "(?P<\(directive)>\(part))"
      }
    }
    do {
      pattern = try Pattern.compile(text, flags: [.ignoreCase, .ascii])
    } catch {
      throw Failure("bad format '\(format)'")
    }
  }

  private static let composed: [Unicode.Scalar: String] = [
    "c": "%a %b %d %H:%M:%S %Y", "x": "%m/%d/%y", "X": "%H:%M:%S",
  ]

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]
  private static let days = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]

  private static let parts: [Unicode.Scalar: String] = [
    "d": "3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9]", "f": "[0-9]{1,6}", "H": "2[0-3]|[0-1]\\d|\\d",
    "I": "1[0-2]|0[1-9]|[1-9]",
    "j": "36[0-6]|3[0-5]\\d|[1-2]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]",
    "m": "1[0-2]|0[1-9]|[1-9]", "M": "[0-5]\\d|\\d", "S": "6[0-1]|[0-5]\\d|\\d", "w": "[0-6]",
    "y": "\\d\\d", "Y": "\\d\\d\\d\\d",
    "z": "[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|(?-i:Z)", "Z": "utc|gmt",
    "p": "am|pm", "B": months.joined(separator: "|"),
    "b": months.map { String($0.prefix(3)) }.joined(separator: "|"),
    "A": days.joined(separator: "|"),
    "a": days.map { String($0.prefix(3)) }.joined(separator: "|"),
  ]

  /// - Throws: `Failure` where the text does not have the format or names no real moment.
  func read(_ text: String) throws -> DateTime {
    guard let match = try? pattern.match(text) else {
      throw Failure("time data '\(text)' does not match format '\(format)'")
    }
    guard match.range.upperBound == match.subject.count else {
      let rest = String(decoding: match.subject[match.range.upperBound...], as: UTF8.self)
      throw Failure("unconverted data remains: \(rest)")
    }
    func field(_ name: String) -> String? { match.text(named: name)?.lowercased() }
    func number(_ name: String) -> Int? {
      field(name).flatMap { Int($0.filter { $0 != " " }) }
    }
    var year = number("Y") ?? 1900
    if let short = number("y") { year = short <= 68 ? 2000 + short : 1900 + short }
    var month = number("m") ?? 1
    if let name = field("B") ?? field("b"),
      let index = TimePattern.months.firstIndex(where: { $0.hasPrefix(name) })
    {
      month = index + 1
    }
    var day = number("d") ?? 1
    if var rest = number("j"), field("m") == nil, field("d") == nil {
      month = 1
      while month < 12, rest > TimePattern.length(ofMonth: month, year) {
        rest -= TimePattern.length(ofMonth: month, year)
        month += 1
      }
      day = rest
    }
    guard year >= 1, day <= TimePattern.length(ofMonth: month, year) else {
      throw Failure("day is out of range for month")
    }
    var hour = number("H") ?? 0
    if let half = number("I") {
      hour = half % 12 + (field("p") == "pm" ? 12 : 0)
    }
    let second = number("S") ?? 0
    guard second < 60 else { throw Failure("second must be in 0..59") }
    let fraction = field("f").map { $0 + String(repeating: "0", count: 6 - $0.utf8.count) }
    return DateTime(
      date: CalendarDate(year: year, month: month, day: day), hour: hour,
      minute: number("M") ?? 0, second: second, microsecond: fraction.flatMap { Int($0) } ?? 0,
      utcOffset: match.text(named: "z").map(TimePattern.offset))
  }

  private static func offset(_ text: String) -> Int {
    if text == "Z" { return 0 }
    let whole = text.prefix { $0 != "." }
    let digits = Array(whole.utf8.filter { (0x30...0x39).contains($0) }.map { Int($0) - 0x30 })
    let units = [36000, 3600, 600, 60, 10, 1]
    let seconds = zip(digits, units).reduce(0) { $0 + $1.0 * $1.1 }
    return text.hasPrefix("-") ? -seconds : seconds
  }

  private static func length(ofMonth month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
