import Diagnostics

/// The hosts that a written host stands for: `web[01:10:2].example.com:22`.
struct HostRange {
  /// How many hosts one line may stand for.
  static let limit = 100_000

  var hosts: [String]
  var port: Int?

  /// - Throws: for a range without an end, of unequal widths, with step 0, or too large.
  init(_ text: String, at place: SourceLocation) throws(Diagnostic) {
    let address = HostAddress(text)
    port = address?.port
    let pattern = address?.host ?? text
    guard pattern.unicodeScalars.contains("[") else {
      hosts = [pattern]
      return
    }
    hosts = [""]
    var rest = Substring(pattern).unicodeScalars
    while let open = rest.firstIndex(of: "[") {
      let head = rest[..<open]
      let tail = rest[rest.index(after: open)...]
      guard let close = tail.firstIndex(of: "]") else {
        throw .error("range without its `]` in `\(text)`", at: place)
      }
      let values = try HostRange.values(tail[..<close], in: text, at: place)
      guard values.count <= HostRange.limit / max(1, hosts.count) else {
        throw .error(
          "range of more than \(HostRange.limit) hosts in `\(text)`", at: place)
      }
      hosts = hosts.flatMap { host in values.map { host + String(head) + $0 } }
      rest = tail[tail.index(after: close)...]
    }
    hosts = hosts.map { $0 + String(rest) }
  }

  private static func values(
    _ range: Substring.UnicodeScalarView, in text: String, at place: SourceLocation
  ) throws(Diagnostic) -> [String] {
    func fault(_ reason: String) -> Diagnostic {
      .error("\(reason) in `\(text)`", at: place)
    }
    let parts = range.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    guard (2...3).contains(parts.count) else {
      throw fault("a range is `[first:last]` or `[first:last:step]`, not `[\(String(range))]`")
    }
    let first = parts[0].isEmpty ? "0" : parts[0]
    let last = parts[1]
    guard !last.isEmpty else { throw fault("range without its last value") }
    guard let step = parts.count == 3 ? Int(parts[2]) : 1 else {
      throw fault("the step of a range must be a whole number")
    }
    guard step != 0 else { throw fault("the step of a range cannot be 0") }
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map { String($0) }
    if let start = letters.firstIndex(of: first), let end = letters.firstIndex(of: last) {
      guard start <= end else { throw fault("the first value of a range is behind the last") }
      return step < 0 ? [] : stride(from: start, through: end, by: step).map { letters[$0] }
    }
    guard let start = Int(first), let end = Int(last) else {
      throw fault("a range goes from number to number or from letter to letter")
    }
    var width = 0
    if first.hasPrefix("0"), first.utf8.count > 1 {
      width = first.utf8.count
      guard width == last.utf8.count else {
        throw fault("both ends of a padded range need the same number of digits")
      }
    }
    guard end >= start, step > 0 else { return [] }
    let count = end.subtractingReportingOverflow(start)
    guard !count.overflow, count.partialValue / step < limit else {
      throw fault("range of more than \(limit) hosts")
    }
    return stride(from: start, through: end, by: step).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
  }
}
