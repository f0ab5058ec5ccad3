import Diagnostics
import Patterns
import Values
import YAMLReader

/// The lookup `sequence`: numbered texts, `start-end/stride:format` or as `key=value`.
enum AnsibleSequence {
  static let lookups: [Lookup] = [
    Lookup("sequence") { (call: DataCall) in
      let terms: [Value] = call.rest.isEmpty && !call.keywords.isEmpty ? [""] : call.rest
      return try terms.flatMap { term -> [Value] in
        var fields = Fields()
        for (name, value) in call.keywords { try fields.set(name, value) }
        try fields.read(term.string ?? term.pythonText)
        return try fields.texts().map { .string($0) }
      }
    }
  ]

  private struct Fields {
    var start = 1
    var end: Int?
    var count: Int?
    var stride = 1
    var format = "%d"

    mutating func read(_ term: String) throws {
      if let match = try? Pattern.compile(
        #"(?:(\d+)-)?(\d+)(?:/(\d+))?(?::(.+))?\Z"#, flags: .ascii
      )
      .match(term) {
        for (name, group) in [("start", 1), ("end", 2), ("stride", 3), ("format", 4)] {
          if let text = match.text(group) { try set(name, .string(text)) }
        }
        return
      }
      let arguments: KeyValueArguments
      do {
        arguments = try KeyValue.parse(term, at: SourceLocation(file: "", line: 1, column: 1))
      } catch {
        throw Failure(error.summary)
      }
      if let word = arguments.freeForm {
        throw Failure("cannot read `\(word)`: write start=, end=, count=, stride= or format=")
      }
      for option in arguments.options { try set(option.name, .string(option.text)) }
    }

    mutating func set(_ name: String, _ value: Value) throws {
      func number() throws -> Int {
        if let number = value.int ?? value.string.flatMap({ Int($0) }) { return number }
        throw Failure("`\(name)` must be an integer, not `\(value.pythonText)`")
      }
      switch name {
      case "start": start = try number()
      case "end": end = try number()
      case "count": count = try number()
      case "stride": stride = try number()
      case "format": format = value.string ?? value.pythonText
      default: throw Failure("has no parameter `\(name)`")
      }
    }

    func texts() throws -> [String] {
      var last: Int
      switch (count, end) {
      case (nil, nil): throw Failure("needs `count` or `end`")
      case (_?, _?): throw Failure("`count` and `end` exclude each other")
      case (let count?, nil):
        if count == 0 { return [] }
        let (span, overflow) = count.multipliedReportingOverflow(by: stride)
        let (sum, overflows) = start.addingReportingOverflow(span)
        guard !overflow, !overflows, sum > Int.min else {
          throw Failure("the numbers are too large")
        }
        last = sum - 1
      case (nil, let end?): last = end
      }
      if stride > 0, last < start { throw Failure("to count backwards make stride negative") }
      if stride < 0, last > start { throw Failure("to count forward make stride positive") }
      if stride == 0 { return [] }
      guard format.unicodeScalars.filter({ $0 == "%" }).count == 1 else {
        throw Failure("the format needs exactly one `%`: `\(format)`")
      }
      let (stop, overflow) = last.addingReportingOverflow(stride > 0 ? 1 : -1)
      guard !overflow else { throw Failure("the numbers are too large") }
      let range = PythonRange(start: start, stop: stop, step: stride)
      try Limits.check(size: range.count)
      return try (0..<range.count).map { try text(range.element($0)) }
    }

    /// One conversion of Python's `%` operator for an integer.
    private func text(_ number: Int) throws -> String {
      guard
        let match = try? Pattern.compile(
          #"(?s)(.*)%([-+ 0#]*)(\d{0,4})(?:\.(\d{0,4}))?[hlL]?([a-zA-Z])(.*)\Z"#
        ).match(format), let flags = match.text(2), let kind = match.text(5)
      else { throw Failure("cannot write \(number) in the format `\(format)`") }
      var digits: String
      var prefix = ""
      let magnitude = number.magnitude
      switch kind {
      case "d", "i", "u", "s", "r": digits = String(magnitude)
      case "x":
        digits = String(magnitude, radix: 16)
        prefix = "0x"
      case "X":
        digits = String(magnitude, radix: 16, uppercase: true)
        prefix = "0X"
      case "o":
        digits = String(magnitude, radix: 8)
        prefix = "0o"
      case "f", "F":
        let places = match.text(4).flatMap { Int($0) } ?? 6
        digits = String(magnitude) + (places > 0 ? "." + String(repeating: "0", count: places) : "")
      default: throw Failure("cannot write \(number) in the format `\(format)`")
      }
      if let least = match.text(4).flatMap({ Int($0) }), !kind.lowercased().hasPrefix("f"),
        digits.utf8.count < least
      {
        digits = String(repeating: "0", count: least - digits.utf8.count) + digits
      }
      if !flags.contains("#") { prefix = "" }
      let sign = number < 0 ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : ""
      let width = match.text(3).flatMap { Int($0) } ?? 0
      let fill = max(0, width - sign.utf8.count - prefix.utf8.count - digits.utf8.count)
      let body: String
      if flags.contains("-") {
        body = sign + prefix + digits + String(repeating: " ", count: fill)
      } else if flags.contains("0") {
        body = sign + prefix + String(repeating: "0", count: fill) + digits
      } else {
        body = String(repeating: " ", count: fill) + sign + prefix + digits
      }
      return (match.text(1) ?? "") + body + (match.text(6) ?? "")
    }
  }
}
