@preconcurrency import Glibc
import Values

/// Filters and tests about numbers and sizes.
enum AnsibleNumbers {
  static let filters: [Filter] = [
    Filter("log", "base=None") { call in
      let value = try numeric(call.value, "log")
      let base = call.optional("base") == nil ? nil : try call.number("base")
      guard value > 0 else { throw Failure("math domain error") }
      guard let base else { return .double(Glibc.log(value)) }
      if base == 10 { return .double(log10(value)) }
      guard base > 0 else { throw Failure("math domain error") }
      guard base != 1 else { throw Failure("float division by zero") }
      return .double(Glibc.log(value) / Glibc.log(base))
    },
    Filter("pow", "y") { call in
      let (x, y) = (try numeric(call.value, "pow"), try call.number("y"))
      return .double(try finite(Glibc.pow(x, y), from: x, y))
    },
    Filter("root", "base=2") { call in
      let (value, base) = (try numeric(call.value, "root"), try call.number("base"))
      if base == 2 {
        guard value >= 0 else { throw Failure("math domain error") }
        return .double(value.squareRoot())
      }
      guard base != 0 else { throw Failure("float division by zero") }
      return .double(try finite(Glibc.pow(value, 1 / base), from: value, base))
    },
    Filter("human_readable", "isbits=False, unit=None") { call in
      let unit = call.optional("unit").map { $0.string ?? $0.pythonText }
      return .string(
        try HumanSize.text(
          try numeric(call.value, "human_readable"), isBits: call.bool("isbits"), unit: unit))
    },
    Filter("human_to_bytes", "default_unit=None, isbits=False") { call in
      let unit = call.optional("default_unit").map { $0.string ?? $0.pythonText }
      return .int(
        try HumanSize.count(call.valueText, defaultUnit: unit, isBits: call.bool("isbits")))
    },
  ]

  static let tests: [Test] = ["nan", "isnan"].map { name in
    Test(name) { call in call.value.double?.isNaN ?? false }
  }

  private static func numeric(_ value: Value, _ name: String) throws -> Double {
    guard let number = value.double else {
      throw Failure(
        "\(name) can only be used on numbers, not on a value of type `\(value.typeName)`")
    }
    return number
  }

  private static func finite(_ result: Double, from x: Double, _ y: Double) throws -> Double {
    guard x.isFinite, y.isFinite else { return result }
    if result.isNaN { throw Failure("math domain error") }
    if result.isInfinite {
      throw Failure(x == 0 ? "math domain error" : "math range error")
    }
    return result
  }
}

/// Sizes as people write them: powers of 1024 with letters.
enum HumanSize {
  private static let letters: [Character] = ["B", "K", "M", "G", "T", "P", "E", "Z", "Y"]

  static func text(_ size: Double, isBits: Bool, unit: String?) throws -> String {
    let wanted = unit?.uppercased()
    var level = 0
    for index in letters.indices.reversed() {
      let fits = wanted.map { $0 == String(letters[index]) } ?? (size >= power(index))
      if fits {
        level = index
        break
      }
    }
    let base = isBits ? "bits" : "Bytes"
    let suffix = level == 0 ? base : String(letters[level]) + String(base.prefix(1))
    return fixed(size / power(level)) + " " + suffix
  }

  /// The number of bytes (or bits) that a text such as `1.5G` names.
  ///
  /// - Throws: `Failure` where the text is no number with one of the known units.
  static func count(_ text: String, defaultUnit: String?, isBits: Bool) throws -> Int {
    let scalars = Array(text.unicodeScalars)
    var at = 0
    while at < scalars.count, scalars[at] == "." || isDigit(scalars[at]) { at += 1 }
    let digits = string(scalars[..<at])
    let dots = digits.filter { $0 == "." }.count
    guard dots <= 1, digits.last.map({ $0 != "." }) ?? false,
      let number = Double(digits.hasPrefix(".") ? "0" + digits : digits)
    else { throw unreadable(text) }
    while at < scalars.count, scalars[at].properties.isWhitespace { at += 1 }
    let start = at
    while at < scalars.count, isLetter(scalars[at]) { at += 1 }
    let written = string(scalars[start..<at])
    guard scalars[at...].allSatisfy(\.properties.isWhitespace) else { throw unreadable(text) }
    let unit = written.isEmpty ? defaultUnit ?? "" : written
    guard let first = unit.first else { return try rounded(number) }
    guard let level = letters.firstIndex(of: Character(first.uppercased())) else {
      throw Failure(
        "unknown unit in `\(text)`: it must begin with one of Y, Z, E, P, T, G, M, K, B")
    }
    if unit.count > 1 { try check(unit, level, isBits, text) }
    return try rounded(number * power(level))
  }

  private static func check(_ unit: String, _ level: Int, _ isBits: Bool, _ text: String) throws {
    let base = isBits ? "bit" : "byte"
    let names = ["", "kilo", "mega", "giga", "tera", "peta", "exa", "zeta", "yotta"]
    let short = level == 0 ? (isBits ? "bits" : "bytes") : "\(letters[level])\(isBits ? "b" : "B")"
    let long = names[level] + base
    if unit.lowercased() == long || unit == short { return }
    throw Failure("unknown unit in `\(text)`: expected \(short) or \(letters[level])")
  }

  private static func power(_ level: Int) -> Double { Glibc.pow(1024, Double(level)) }

  private static func rounded(_ number: Double) throws -> Int {
    guard let whole = Int(exactly: number.rounded(.toNearestOrEven)) else {
      throw Failure("the size is too large")
    }
    return whole
  }

  /// Two digits behind the point, as `%.2f`.
  private static func fixed(_ number: Double) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let count = buffer.withUnsafeMutableBufferPointer { target in
      withVaList([number]) { vsnprintf(target.baseAddress, target.count, "%.2f", $0) }
    }
    return String(
      decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func unreadable(_ text: String) -> Failure {
    Failure("cannot read `\(text)` as a size")
  }
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && scalar.properties.isAlphabetic
  }
  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }
}
