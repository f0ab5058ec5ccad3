import Values

/// A date or a point of time as YAML 1.1 writes it.
struct Timestamp {
  enum Outcome {
    case value(Value)
    /// The form is right, the day or the hour does not exist.
    case outOfRange
  }
  let outcome: Outcome

  /// nil where the text has not the form. Strictly, a date alone has two digits in each part; a
  /// tagged one may have one.
  init?(_ text: String, strict: Bool) {
    var reader = DigitReader(bytes: Array(text.utf8))
    guard let year = reader.number(4...4), reader.take("-") else { return nil }
    let monthStart = reader.position
    guard let month = reader.number(1...2), reader.take("-"), let day = reader.number(1...2) else {
      return nil
    }
    let date = CalendarDate(year: year, month: month, day: day)
    if reader.isAtEnd {
      guard !strict || reader.position - monthStart == 5 else { return nil }
      outcome = Timestamp.exists(date) ? .value(.date(date)) : .outOfRange
      return
    }
    guard reader.take("T") || reader.take("t") || reader.skipBlanks() > 0,
      let hour = reader.number(1...2), reader.take(":"), let minute = reader.number(2...2),
      reader.take(":"), let second = reader.number(2...2)
    else { return nil }
    var time = DateTime(date: date, hour: hour, minute: minute, second: second)
    if reader.take(".") { time.microsecond = reader.fraction() }
    _ = reader.skipBlanks()
    if reader.take("Z") {
      time.utcOffset = 0
    } else if !reader.isAtEnd {
      let isWest = reader.take("-")
      guard isWest || reader.take("+"), let hours = reader.number(1...2) else { return nil }
      var offset = hours * 3600
      if reader.take(":") {
        guard let minutes = reader.number(2...2) else { return nil }
        offset += minutes * 60
      }
      time.utcOffset = isWest ? -offset : offset
    }
    guard reader.isAtEnd else { return nil }
    let exists =
      Timestamp.exists(date) && hour < 24 && minute < 60 && second < 60
      && abs(time.utcOffset ?? 0) < 86_400
    outcome = exists ? .value(.datetime(time)) : .outOfRange
  }

  private static func exists(_ date: CalendarDate) -> Bool {
    let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard date.year >= 1, lengths.indices.contains(date.month - 1) else { return false }
    return (1...lengths[date.month - 1]).contains(date.day)
  }
}

private struct DigitReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  mutating func skipBlanks() -> Int {
    let start = position
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
      position += 1
    }
    return position - start
  }

  /// As many digits as there are within the range of counts.
  mutating func number(_ counts: ClosedRange<Int>) -> Int? {
    var value = 0
    let start = position
    while position < bytes.count, position - start < counts.upperBound, isDigit(bytes[position]) {
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    return position - start >= counts.lowerBound ? value : nil
  }

  /// The first six digits as microseconds; further ones are dropped.
  mutating func fraction() -> Int {
    var value = 0
    var count = 0
    while position < bytes.count, isDigit(bytes[position]) {
      if count < 6 { value = value * 10 + Int(bytes[position] - 0x30) }
      count += 1
      position += 1
    }
    if count == 0 { return 0 }
    while count < 6 {
      value *= 10
      count += 1
    }
    return value
  }
}
