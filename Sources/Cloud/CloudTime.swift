import Values

/// Times as Synnefo writes them: `2026-01-31T10:00:00.123456+00:00`, the fraction left out where it
/// is zero, the offset also as `Z`, or absent for UTC.
enum CloudTime {
  static func parse(_ text: String) -> DateTime? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes[4] == dash, bytes[7] == dash, bytes[13] == colon,
      bytes[16] == colon, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), (1...12).contains(month),
      let day = number(bytes[8..<10]), (1...31).contains(day),
      let hour = number(bytes[11..<13]), hour < 24, let minute = number(bytes[14..<16]),
      minute < 60, let second = number(bytes[17..<19]), second < 61
    else { return nil }
    var rest = bytes[19...]
    var microsecond = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { isDigit($0) }
      guard !digits.isEmpty else { return nil }
      let six = digits.prefix(6) + repeatElement(UInt8(ascii: "0"), count: max(0, 6 - digits.count))
      microsecond = number(six) ?? 0
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offset(rest) else { return nil }
    return DateTime(
      date: CalendarDate(year: year, month: month, day: day), hour: hour, minute: minute,
      second: second, microsecond: microsecond, utcOffset: offset)
  }

  private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
    if text.isEmpty || text.elementsEqual("Z".utf8) { return 0 }
    let digits = text.dropFirst().filter { $0 != colon }
    guard let sign = text.first, sign == dash || sign == UInt8(ascii: "+"), digits.count == 4,
      let hours = number(digits[0..<2]), let minutes = number(digits[2..<4])
    else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == dash ? -1 : 1)
  }

  private static func number(_ digits: some Collection<UInt8>) -> Int? {
    guard digits.allSatisfy(isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static let dash = UInt8(ascii: "-")
  private static let colon = UInt8(ascii: ":")
}
