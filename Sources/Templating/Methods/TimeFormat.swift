import Values

private let dayNames = [
  "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
]
private let monthNames = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December",
]

/// Python's `strftime` in the C locale. Without an offset the time counts as UTC for `%s`.
package func strftime(_ format: String, _ time: DateTime) throws -> String {
  var result = ""
  var scalars = Substring(format).unicodeScalars
  while let scalar = scalars.popFirst() {
    guard scalar == "%", let code = scalars.popFirst() else {
      result.unicodeScalars.append(scalar)
      continue
    }
    if code == "-", let plain = scalars.popFirst() {
      let text = try field(plain, time)
      let trimmed = text.drop { $0 == "0" }
      result += trimmed.isEmpty ? "0" : String(trimmed)
    } else {
      result += try field(code, time)
    }
  }
  return result
}

private func field(_ code: Unicode.Scalar, _ time: DateTime) throws -> String {
  let date = time.date
  func pad(_ number: Int, _ width: Int, _ fill: String = "0") -> String {
    let text = String(number)
    return String(repeating: fill, count: max(0, width - text.utf8.count)) + text
  }
  let hour12 = time.hour % 12 == 0 ? 12 : time.hour % 12
  let weekday = date.weekday
  switch code {
  case "Y": return String(date.year)
  case "y": return pad(date.year % 100, 2)
  case "C": return pad(date.year / 100, 2)
  case "m": return pad(date.month, 2)
  case "d": return pad(date.day, 2)
  case "e": return pad(date.day, 2, " ")
  case "H": return pad(time.hour, 2)
  case "k": return pad(time.hour, 2, " ")
  case "I": return pad(hour12, 2)
  case "l": return pad(hour12, 2, " ")
  case "M": return pad(time.minute, 2)
  case "S": return pad(time.second, 2)
  case "f": return pad(time.microsecond, 6)
  case "j": return pad(date.dayOfYear, 3)
  case "p": return time.hour < 12 ? "AM" : "PM"
  case "P": return time.hour < 12 ? "am" : "pm"
  case "a": return String(dayNames[weekday].prefix(3))
  case "A": return dayNames[weekday]
  case "b", "h": return String(month(date).prefix(3))
  case "B": return month(date)
  case "u": return String(weekday + 1)
  case "w": return String((weekday + 1) % 7)
  case "U": return pad((date.dayOfYear + 6 - (weekday + 1) % 7) / 7, 2)
  case "W": return pad((date.dayOfYear + 6 - weekday) / 7, 2)
  case "V": return pad(isoWeek(date).week, 2)
  case "G": return String(isoWeek(date).year)
  case "g": return pad(isoWeek(date).year % 100, 2)
  case "s": return String(time.microseconds / 1_000_000)
  case "z":
    guard let offset = time.utcOffset else { return "" }
    let minutes = Int(offset.magnitude) / 60
    return (offset < 0 ? "-" : "+") + pad(minutes / 60, 2) + pad(minutes % 60, 2)
  case "Z": return time.utcOffset == nil ? "" : "UTC"
  case "n": return "\n"
  case "t": return "\t"
  case "%": return "%"
  case "D", "x": return try strftime("%m/%d/%y", time)
  case "F": return try strftime("%Y-%m-%d", time)
  case "T", "X": return try strftime("%H:%M:%S", time)
  case "R": return try strftime("%H:%M", time)
  case "r": return try strftime("%I:%M:%S %p", time)
  case "c": return try strftime("%a %b %e %H:%M:%S %Y", time)
  default: return "%" + String(code)
  }
}

private func month(_ date: CalendarDate) -> String {
  monthNames.indices.contains(date.month - 1) ? monthNames[date.month - 1] : ""
}

private func isoWeek(_ date: CalendarDate) -> (year: Int, week: Int) {
  let thursday = CalendarDate(dayNumber: date.dayNumber - date.weekday + 3)
  return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
}
