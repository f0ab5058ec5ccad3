// ISO 8601 text as Python's `isoformat` and `str` give it.

extension CalendarDate {
  /// `2024-01-31`.
  package var isoText: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

extension DateTime {
  /// `2024-01-31T10:20:30.000001+02:00`; the fraction only where it is not zero.
  package var isoText: String { text(separator: "T") }

  /// The same with another separator between day and time: `str(value)` has a space.
  package func text(separator: String) -> String {
    var text = date.isoText + separator
    text += "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
    if microsecond != 0 { text += "." + padded(microsecond, 6) }
    guard let offset = utcOffset else { return text }
    let minutes = Int(offset.magnitude) / 60
    text += "\(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    let seconds = Int(offset.magnitude) % 60
    return seconds == 0 ? text : text + ":" + padded(seconds, 2)
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
