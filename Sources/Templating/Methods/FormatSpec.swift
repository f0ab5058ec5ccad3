import BigInt
@preconcurrency import Glibc
import Values

/// How a value is laid out: Python's format specification, which `%` formatting shares.
struct FormatSpec {
  var fill: Unicode.Scalar = " "
  /// `<`, `>`, `^` or `=`; nil where the type decides.
  var align: Unicode.Scalar?
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  init() {}

  /// - Throws: for text that is no specification.
  init(_ text: String) throws {
    let scalars = Array(text.unicodeScalars)
    var index = 0
    func isAlign(_ index: Int) -> Bool {
      index < scalars.count && ["<", ">", "^", "="].contains(scalars[index])
    }
    if isAlign(1) {
      fill = scalars[0]
      align = scalars[1]
      index = 2
    } else if isAlign(0) {
      align = scalars[0]
      index = 1
    }
    if index < scalars.count, ["+", "-", " "].contains(scalars[index]) {
      sign = scalars[index]
      index += 1
    }
    if index < scalars.count, scalars[index] == "#" {
      isAlternate = true
      index += 1
    }
    if index < scalars.count, scalars[index] == "0" {
      if align == nil {
        fill = "0"
        align = "="
      }
      index += 1
    }
    width = try FormatSpec.number(scalars, &index) ?? 0
    if index < scalars.count, scalars[index] == "," || scalars[index] == "_" {
      grouping = scalars[index]
      index += 1
    }
    if index < scalars.count, scalars[index] == "." {
      index += 1
      guard let digits = try FormatSpec.number(scalars, &index) else {
        throw Failure("the format has no precision behind its dot")
      }
      precision = digits
    }
    if index < scalars.count {
      type = scalars[index]
      index += 1
    }
    guard index == scalars.count else { throw Failure("invalid format `\(text)`") }
  }

  static func number(_ scalars: [Unicode.Scalar], _ index: inout Int) throws -> Int? {
    var value: Int?
    while index < scalars.count, let digit = Int(String(scalars[index])), digit >= 0,
      scalars[index].isASCII
    {
      value = (value ?? 0) * 10 + digit
      guard (value ?? 0) < 1_000_000 else { throw Failure("the width of the format is too large") }
      index += 1
    }
    return value
  }

  // MARK: Layout

  func pad(_ text: String, isNumber: Bool) -> String {
    let room = width - text.unicodeScalars.count
    guard room > 0 else { return text }
    func fill(_ count: Int) -> String {
      String(String.UnicodeScalarView(repeatElement(self.fill, count: count)))
    }
    switch align ?? (isNumber ? ">" : "<") {
    case "<": return text + fill(room)
    case "^": return fill(room / 2) + text + fill(room - room / 2)
    case "=":
      let signs = text.unicodeScalars.prefix { $0 == "-" || $0 == "+" || $0 == " " }
      var lead = String(signs)
      let rest = String(text.unicodeScalars.dropFirst(signs.count))
      if isAlternate,
        rest.hasPrefix("0x") || rest.hasPrefix("0X") || rest.hasPrefix("0o")
          || rest.hasPrefix("0b")
      {
        lead += rest.prefix(2)
        return lead + fill(room) + rest.dropFirst(2)
      }
      return lead + fill(room) + rest
    default: return fill(room) + text
    }
  }

  private func signed(_ isNegative: Bool, _ digits: String) -> String {
    if isNegative { return "-" + digits }
    return sign == "-" ? digits : String(sign) + digits
  }

  private func grouped(_ digits: String, by size: Int) -> String {
    guard let grouping else { return digits }
    let end = digits.firstIndex { $0 == "." || $0 == "e" } ?? digits.endIndex
    let whole = Array(digits[..<end])
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % size == 0 { result.unicodeScalars.append(grouping) }
      result.append(digit)
    }
    return result + digits[end...]
  }

  func string(_ text: String) throws -> String {
    guard type == nil || type == "s" else {
      throw Failure("the format code `\(type ?? "s")` is not for strings")
    }
    guard align != "=" || fill == "0" else {
      throw Failure("the alignment `=` is not for strings")
    }
    let cut = precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) }
    var layout = self
    if layout.align == "=" { layout.align = "<" }
    return layout.pad(cut ?? text, isNumber: false)
  }

  func integer(_ value: BigInt) throws -> String {
    let magnitude = value.magnitude
    guard magnitude.bitWidth < 14_300 else { throw Failure("the integer has too many digits") }
    let isNegative = value < 0
    switch type {
    case nil, "d", "n", "i", "u":
      return pad(signed(isNegative, grouped(String(magnitude), by: 3)), isNumber: true)
    case "b":
      return pad(
        signed(isNegative, (isAlternate ? "0b" : "") + grouped(String(magnitude, radix: 2), by: 4)),
        isNumber: true)
    case "o":
      return pad(
        signed(isNegative, (isAlternate ? "0o" : "") + grouped(String(magnitude, radix: 8), by: 4)),
        isNumber: true)
    case "x":
      return pad(
        signed(
          isNegative, (isAlternate ? "0x" : "") + grouped(String(magnitude, radix: 16), by: 4)),
        isNumber: true)
    case "X":
      let digits = String(magnitude, radix: 16).uppercased()
      return pad(
        signed(isNegative, (isAlternate ? "0X" : "") + grouped(digits, by: 4)), isNumber: true)
    case "c":
      guard let code = UInt32(exactly: value), let scalar = Unicode.Scalar(code) else {
        throw Failure("the number is no character")
      }
      return pad(String(scalar), isNumber: false)
    case "e", "E", "f", "F", "g", "G", "%":
      let real = Double(value)
      guard real.isFinite else { throw Failure("the integer is too large for a float") }
      return try self.real(real)
    default: throw Failure("unknown format code `\(type ?? " ")` for an integer")
    }
  }

  func real(_ value: Double) throws -> String {
    let isNegative = value.sign == .minus && !value.isNaN
    var magnitude = value.isNaN ? value : value.magnitude
    var code = type
    var suffix = ""
    if code == "%" {
      magnitude *= 100
      code = "f"
      suffix = "%"
    }
    let digits: String
    if !magnitude.isFinite {
      digits =
        code == "F" || code == "E" || code == "G"
        ? (magnitude.isNaN ? "NAN" : "INF")
        : magnitude.isNaN ? "nan" : "inf"
    } else {
      switch code {
      case nil:
        if let precision {
          digits = shortened(magnitude, precision)
        } else {
          digits = Values.pythonRepr(magnitude)
        }
      case "n", "g", "G":
        digits = FormatSpec.print(
          magnitude, code == "G" ? "G" : "g", precision ?? 6, isAlternate)
      case "e", "E", "f", "F":
        digits = FormatSpec.print(
          magnitude, Character(code ?? "f"), precision ?? 6, isAlternate)
      default: throw Failure("unknown format code `\(code ?? " ")` for a float")
      }
    }
    return pad(signed(isNegative, grouped(digits, by: 3) + suffix), isNumber: true)
  }

  /// A float with that many significant digits, and at least one behind the point.
  private func shortened(_ value: Double, _ precision: Int) -> String {
    let text = FormatSpec.print(value, "g", max(precision, 1), false)
    return text.contains(".") || text.contains("e") ? text : text + ".0"
  }

  /// C's `printf` for one float.
  static func print(_ value: Double, _ code: Character, _ precision: Int, _ isAlternate: Bool)
    -> String
  {
    let format = "%\(isAlternate ? "#" : "").\(min(precision, 100_000))\(code)"
    return withVaList([value]) { arguments in
      var buffer = [CChar](repeating: 0, count: 400 + min(precision, 100_000))
      let count = vsnprintf(&buffer, buffer.count, format, arguments)
      let bytes = buffer.prefix(max(0, min(Int(count), buffer.count - 1)))
      return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
