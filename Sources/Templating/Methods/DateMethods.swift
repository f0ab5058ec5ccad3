import Values

extension CalendarDate {
  /// Days since 1970-01-01.
  package var dayNumber: Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  package init(dayNumber: Int) {
    let z = dayNumber + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let month = mp < 10 ? mp + 3 : mp - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * mp + 2) / 5 + 1)
  }

  /// Monday is 0.
  package var weekday: Int { ((dayNumber + 3) % 7 + 7) % 7 }
  package var dayOfYear: Int {
    dayNumber - CalendarDate(year: year, month: 1, day: 1).dayNumber + 1
  }
}

extension DateTime {
  /// Microseconds since 1970, in UTC where the offset is known.
  package var microseconds: Int {
    let seconds =
      ((date.dayNumber * 24 + hour) * 60 + minute) * 60 + second - (utcOffset ?? 0)
    return seconds * 1_000_000 + microsecond
  }

  /// The point of time; nil outside the years 1 to 9999.
  package init?(microseconds: Int, utcOffset: Int? = nil) {
    let local = microseconds.addingReportingOverflow((utcOffset ?? 0) * 1_000_000)
    guard !local.overflow else { return nil }
    let total = local.partialValue
    let seconds = total >= 0 ? total / 1_000_000 : -((999_999 - total) / 1_000_000)
    let day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
    let rest = seconds - day * 86_400
    guard day >= -719_162, day <= 2_932_896 else { return nil }
    self.init(
      date: CalendarDate(dayNumber: day), hour: rest / 3600, minute: rest / 60 % 60,
      second: rest % 60, microsecond: total - seconds * 1_000_000, utcOffset: utcOffset)
  }
}

/// A length of time as the difference of two dates: Python's `timedelta`.
package final class TimeSpan: RuntimeObject {
  package let microseconds: Int

  package init(microseconds: Int) { self.microseconds = microseconds }

  package var typeName: String { "timedelta" }

  private var parts: (days: Int, seconds: Int, microseconds: Int) {
    let day = 86_400_000_000
    let days = microseconds >= 0 ? microseconds / day : -((day - 1 - microseconds) / day)
    let rest = microseconds - days * day
    return (days, rest / 1_000_000, rest % 1_000_000)
  }

  package func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    switch name {
    case "days": .int(parts.days)
    case "seconds": .int(parts.seconds)
    case "microseconds": .int(parts.microseconds)
    case "total_seconds":
      .object(Callable(name) { _, _ in .double(Double(self.microseconds) / 1_000_000) })
    default: nil
    }
  }

  package func truth(_ evaluator: Evaluator) throws -> Bool { microseconds != 0 }

  package func text(_ evaluator: Evaluator) throws -> String {
    let (days, seconds, fraction) = parts
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    var text = "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    if fraction != 0 { text += "." + String(String(fraction + 1_000_000).dropFirst()) }
    if days != 0 { text = "\(days) day\(days.magnitude == 1 ? "" : "s"), " + text }
    return text
  }

  func added(to time: DateTime) throws -> RuntimeValue {
    let (sum, overflow) = time.microseconds.addingReportingOverflow(microseconds)
    guard !overflow, let result = DateTime(microseconds: sum, utcOffset: time.utcOffset) else {
      throw Failure("the date is out of range")
    }
    return .datetime(result)
  }
}

/// The attributes and methods of Python's `date` and `datetime`.
enum DateMethods {
  static func attribute(_ name: String, of value: RuntimeValue) -> RuntimeValue? {
    let time: DateTime
    var isDate = false
    switch value {
    case .date(let date):
      time = DateTime(date: date)
      isDate = true
    case .datetime(let full): time = full
    default: return nil
    }
    func method(_ body: @escaping (CallArguments, Evaluator) throws -> RuntimeValue)
      -> RuntimeValue
    {
      .object(Callable(name, body))
    }
    switch name {
    case "year": return .int(time.date.year)
    case "month": return .int(time.date.month)
    case "day": return .int(time.date.day)
    case "weekday": return method { _, _ in .int(time.date.weekday) }
    case "isoweekday": return method { _, _ in .int(time.date.weekday + 1) }
    case "isoformat":
      return method { _, _ in .string(isDate ? time.date.isoText : time.isoText) }
    case "strftime":
      return method { arguments, _ in
        guard let format = arguments.positional.first?.string else {
          throw Failure("`strftime` needs a format")
        }
        return .string(try strftime(format, time))
      }
    default: break
    }
    guard !isDate else { return nil }
    switch name {
    case "hour": return .int(time.hour)
    case "minute": return .int(time.minute)
    case "second": return .int(time.second)
    case "microsecond": return .int(time.microsecond)
    case "date": return method { _, _ in .date(time.date) }
    case "timestamp":
      return method { _, _ in .double(Double(time.microseconds) / 1_000_000) }
    default: return nil
    }
  }

  static func format(_ value: RuntimeValue, _ format: String) throws -> String {
    switch value {
    case .date(let date): try strftime(format, DateTime(date: date))
    case .datetime(let time): try strftime(format, time)
    default: ""
    }
  }
}
