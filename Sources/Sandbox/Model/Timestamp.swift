/// Seconds since 1970 as the API writes them: ISO 8601 in UTC, microseconds only where there are any.
enum Timestamp {
  static func text(_ seconds: Double) -> String {
    let micros = Int((seconds * 1_000_000).rounded())
    let (whole, fraction) = micros.quotientAndRemainder(dividingBy: 1_000_000)
    let (days, second) = (floorDiv(whole, 86_400), floorMod(whole, 86_400))
    let (year, month, day) = civil(days)
    let date = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
    let time = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    return "\(date)T\(time)\(fraction == 0 ? "" : "." + pad(fraction, 6))+00:00"
  }

  /// nil where the text is no time or has no zone.
  static func seconds(_ text: String) -> Double? {
    let parts = text.split(separator: "T")
    guard parts.count == 2 else { return nil }
    let date = parts[0].split(separator: "-").compactMap { Int($0) }
    guard date.count == 3, (1...9999).contains(date[0]), (1...12).contains(date[1]),
      (1...31).contains(date[2])
    else { return nil }
    var clock = parts[1]
    var offset = 0
    if clock.hasSuffix("Z") {
      clock = clock.dropLast()
    } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      let zone = clock[clock.index(after: sign)...].split(separator: ":").compactMap { Int($0) }
      guard zone.count == 2, zone[0] < 24, zone[1] < 60 else { return nil }
      offset = (zone[0] * 3600 + zone[1] * 60) * (clock[sign] == "-" ? -1 : 1)
      clock = clock[..<sign]
    } else {
      return nil
    }
    let time = clock.split(separator: ":").compactMap { Double($0) }
    guard time.count == 3, time.allSatisfy({ $0 >= 0 && $0 < 62 }) else { return nil }
    let days = Double(self.days(date[0], date[1], date[2]))
    return days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2] - Double(offset)
  }

  /// Howard Hinnant's `civil_from_days`.
  private static func civil(_ days: Int) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let era = floorDiv(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDiv(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func floorDiv(_ a: Int, _ b: Int) -> Int { a / b - (a % b < 0 ? 1 : 0) }
  private static func floorMod(_ a: Int, _ b: Int) -> Int { a - floorDiv(a, b) * b }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
