import Values

/// Points of time as seconds since 1970, UTC, and their text `2026-01-31T10:00:00Z`.
package enum Moment {
  package static func text(_ seconds: Int) -> String {
    let clamped = min(max(seconds, 0), 253_402_300_799)
    let (days, rest) = clamped.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = civil(days)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = String(repeating: "0", count: max(0, 4 - "\(year)".utf8.count)) + "\(year)"
    return "\(date)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):"
      + two(rest % 60) + "Z"
  }

  package static func of(_ time: DateTime) -> Int {
    days(time.date.year, time.date.month, time.date.day) * 86_400 + time.hour * 3600
      + time.minute * 60 + time.second - (time.utcOffset ?? 0)
  }

  package static func of(_ date: CalendarDate) -> Int {
    days(date.year, date.month, date.day) * 86_400
  }

  /// A day that exists as `YYYY-MM-DD`, alone or followed by `T` or a space, `HH:MM[:SS]` and `Z` or an offset.
  package static func parse(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int? {
      guard from + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[from..<from + count] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      return value
    }
    guard bytes.count >= 10, let year = number(0, 4), bytes[4] == 45, let month = number(5, 2),
      (1...12).contains(month), bytes[7] == 45, let day = number(8, 2), (1...31).contains(day)
    else { return nil }
    let count = days(year, month, day)
    // Of February there may be no 30th.
    guard civil(count) == (year, month, day) else { return nil }
    let start = count * 86_400
    if bytes.count == 10 { return start }
    guard bytes.count >= 16, bytes[10] == 84 || bytes[10] == 32, let hour = number(11, 2),
      hour < 24, bytes[13] == 58, let minute = number(14, 2), minute < 60
    else { return nil }
    var second = 0
    var next = 16
    if bytes.count > 16, bytes[16] == 58 {
      guard let number = number(17, 2), number < 61 else { return nil }
      second = number
      next = 19
    }
    if next < bytes.count, bytes[next] == 46 {
      next += 1
      while next < bytes.count, (48...57).contains(bytes[next]) { next += 1 }
    }
    let clock = start + hour * 3600 + minute * 60 + second
    if next == bytes.count || (next + 1 == bytes.count && bytes[next] == 90) { return clock }
    let sign = bytes[next] == 43 ? 1 : bytes[next] == 45 ? -1 : 0
    let hasColon = bytes.count == next + 6 && bytes[next + 3] == 58
    guard sign != 0, hasColon || bytes.count == next + 5, let hours = number(next + 1, 2),
      let minutes = number(next + (hasColon ? 4 : 3), 2)
    else { return nil }
    return clock - sign * (hours * 3600 + minutes * 60)
  }

  /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let inEra = shifted - era * 400
    let inYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + inEra * 365 + inEra / 4 - inEra / 100 + inYear - 719_468
  }

  private static func civil(_ days: Int) -> (Int, Int, Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let inEra = z - era * 146_097
    let year = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * year + year / 4 - year / 100)
    let month = (5 * inYear + 2) / 153
    let day = inYear - (153 * month + 2) / 5 + 1
    return (
      year + era * 400 + (month >= 10 ? 1 : 0), month + (month < 10 ? 3 : -9), day
    )
  }
}
