import BigInt
import Values

/// The attributes and methods of Python's numbers that make sense in a template.
enum NumberMethods {
  static func attribute(_ name: String, of value: RuntimeValue) -> RuntimeValue? {
    switch (name, value) {
    case ("real", .bool(let flag)), ("numerator", .bool(let flag)): return .int(flag ? 1 : 0)
    case ("real", _): return value
    case ("imag", .double): return .double(0)
    case ("imag", _): return .int(0)
    case ("conjugate", _): return .object(Callable(name) { _, _ in value })
    case (_, .double(let number)): return real(name, number)
    case ("numerator", _): return value
    case ("denominator", _): return .int(1)
    case ("bit_length", _), ("bit_count", _):
      guard let number = Number(value)?.big else { return nil }
      return .object(
        Callable(name) { _, _ in
          name == "bit_length"
            ? .int(number.magnitude.bitWidth)
            : .int(number.magnitude.words.reduce(0) { $0 + $1.nonzeroBitCount })
        })
    default: return nil
    }
  }

  private static func real(_ name: String, _ number: Double) -> RuntimeValue? {
    switch name {
    case "is_integer":
      return .object(
        Callable(name) { _, _ in .bool(number.isFinite && number.rounded() == number) })
    default: return nil
    }
  }
}

/// The methods of Python's `bytes` that make sense in a template.
enum BytesMethods {
  static let signatures: [String: Signature] = [
    "decode": "encoding='utf-8', errors='strict'", "hex": "",
  ]

  static func call(_ call: LiveCall) throws -> RuntimeValue {
    guard case .bytes(let bytes) = call.value else { return .null }
    switch call.name {
    case "hex":
      return .string(bytes.map { Templating.hex(UInt32($0), width: 2) }.joined())
    default:
      let encoding = try call.text("encoding").lowercased()
      if ["latin-1", "latin1", "iso-8859-1"].contains(encoding) {
        return .string(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
      }
      if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
      guard try call.text("errors") != "strict" else { throw Failure("the bytes are no UTF-8") }
      return .string(String(decoding: bytes, as: UTF8.self))
    }
  }
}
