/// A pattern of hosts with one range of numbers in it, as `web-[01:12:2].example`.
struct NumberRange {
  let head: String
  let tail: String
  let first: Int
  /// The number of digits where they are padded, else 0.
  let width: Int
  let step: Int
  let count: Int
  private let firstText: String
  private let stepText: String

  /// nil for anything else: several ranges, letters, or no range.
  init?(_ pattern: String) {
    let parts = pattern.split(separator: "[", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let behind = parts[1].split(separator: "]", omittingEmptySubsequences: false)
    guard behind.count == 2 else { return nil }
    let numbers = behind[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(numbers.count) else { return nil }
    let start = numbers[0].isEmpty ? "0" : numbers[0]
    guard let first = Int(start), let last = Int(numbers[1]), first >= 0,
      let step = numbers.count == 3 ? Int(numbers[2]) : 1, step > 0
    else { return nil }
    head = String(parts[0])
    tail = String(behind[1])
    self.first = first
    self.step = step
    firstText = numbers[0]
    stepText = numbers.count == 3 ? ":" + numbers[2] : ""
    width = start.hasPrefix("0") && start.utf8.count > 1 ? start.utf8.count : 0
    let (length, overflow) = last.subtractingReportingOverflow(first)
    guard !overflow else { return nil }
    count = length < 0 ? 0 : length / step + 1
  }

  /// The same range with so many numbers; nil where there is none: padded numbers have no room, or
  /// a range from 0 cannot be empty.
  func pattern(count: Int) -> String? {
    let (way, overflow) = (count - 1).multipliedReportingOverflow(by: count == 0 ? 1 : step)
    let (last, beyond) = first.addingReportingOverflow(way)
    guard !overflow, !beyond, last >= 0 else { return nil }
    var digits = String(last)
    if width > 0 {
      guard digits.utf8.count <= width else { return nil }
      digits = String(repeating: "0", count: width - digits.utf8.count) + digits
    }
    return "\(head)[\(firstText):\(digits)\(stepText)]\(tail)"
  }
}

/// The name of a host with its number taken out: the last one of its first label.
struct NumberedName: Hashable {
  let head: String
  let tail: String
  /// Where numbers are padded, of which length.
  let width: Int

  private static let digits: ClosedRange<Unicode.Scalar> = "0"..."9"

  /// nil for a name without a number, and for addresses.
  static func split(_ host: String) -> (name: NumberedName, number: Int)? {
    let scalars = Array(host.unicodeScalars)
    guard !scalars.allSatisfy({ digits.contains($0) || $0 == "." }), !scalars.contains(":") else {
      return nil
    }
    let label = scalars.prefix { $0 != "." }
    guard let last = label.lastIndex(where: digits.contains) else { return nil }
    let start = label[...last].lastIndex { !digits.contains($0) }.map { $0 + 1 } ?? 0
    let text = String(String.UnicodeScalarView(scalars[start...last]))
    guard let number = Int(text) else { return nil }
    let name = NumberedName(
      head: String(String.UnicodeScalarView(scalars[..<start])),
      tail: String(String.UnicodeScalarView(scalars[(last + 1)...])),
      width: text.hasPrefix("0") && text.utf8.count > 1 ? text.utf8.count : 0)
    return (name, number)
  }

  func host(_ number: Int) -> String {
    let digits = String(number)
    return head + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits + tail
  }

  /// The number that a host of this name has, padded or not.
  func number(of host: String) -> Int? {
    guard let (name, number) = Self.split(host), name.head == head, name.tail == tail else {
      return nil
    }
    return number
  }
}
