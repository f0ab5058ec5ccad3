import BigInt
import Values

// Python's `str`, `repr` and truth of finished values.

extension Value {
  /// Python's `str`: text as it is, everything else as `repr`. A secret is opened; an unknown shows
  /// its reason, but evaluation never gets that far.
  package var pythonText: String {
    switch self {
    case .string(let text): text
    case .date(let date): date.isoText
    case .datetime(let time): time.text(separator: " ")
    case .secret(let secret): secret.open().pythonText
    default: pythonRepr
    }
  }

  /// Python's `repr`.
  package var pythonRepr: String {
    switch self {
    case .null: return "None"
    case .bool(let flag): return flag ? "True" : "False"
    case .int(let number): return String(number)
    case .bigInt(let number): return String(number)
    case .double(let number): return Values.pythonRepr(number)
    case .string(let text): return quoted(text)
    case .bytes(let bytes): return quoted(bytes)
    case .date(let date): return "datetime.date(\(date.year), \(date.month), \(date.day))"
    case .datetime(let time): return repr(time)
    case .list(let items): return "[" + items.map(\.pythonRepr).joined(separator: ", ") + "]"
    case .tuple(let items):
      let inner = items.map(\.pythonRepr).joined(separator: ", ")
      return items.count == 1 ? "(\(inner),)" : "(\(inner))"
    case .map(let map), .partial(let map, _):
      let inner = map.map { "\($0.key.pythonRepr): \($0.value.pythonRepr)" }
      return "{" + inner.joined(separator: ", ") + "}"
    case .secret(let secret): return secret.open().pythonRepr
    case .unknown(let unknown): return "(known after apply: \(unknown.reason))"
    }
  }

  /// Python's truth: empty, zero and none are false.
  package var isTrue: Bool {
    switch self {
    case .null: false
    case .bool(let flag): flag
    case .int(let number): number != 0
    case .bigInt(let number): number != 0
    case .double(let number): number != 0
    case .string(let text): !text.isEmpty
    case .bytes(let bytes): !bytes.isEmpty
    case .list(let items), .tuple(let items): !items.isEmpty
    case .map(let map): !map.isEmpty
    case .partial(let map, _): !map.isEmpty
    case .secret(let secret): secret.open().isTrue
    case .date, .datetime, .unknown: true
    }
  }
}

/// A string as Python's `repr` quotes it.
package func quoted(_ text: String) -> String {
  let hasSingle = text.unicodeScalars.contains("'")
  let quote: Unicode.Scalar = hasSingle && !text.unicodeScalars.contains("\"") ? "\"" : "'"
  var result = String.UnicodeScalarView()
  result.append(quote)
  for scalar in text.unicodeScalars {
    switch scalar {
    case quote, "\\":
      result.append("\\")
      result.append(scalar)
    case "\n": result.append(contentsOf: "\\n".unicodeScalars)
    case "\r": result.append(contentsOf: "\\r".unicodeScalars)
    case "\t": result.append(contentsOf: "\\t".unicodeScalars)
    default:
      if isPrintable(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: escaped(scalar).unicodeScalars)
      }
    }
  }
  result.append(quote)
  return String(result)
}

private func quoted(_ bytes: [UInt8]) -> String {
  let hasSingle = bytes.contains(UInt8(ascii: "'"))
  let quote = hasSingle && !bytes.contains(UInt8(ascii: "\"")) ? "\"" : "'"
  var result = "b" + quote
  for byte in bytes {
    switch byte {
    case UInt8(ascii: "\n"): result += "\\n"
    case UInt8(ascii: "\r"): result += "\\r"
    case UInt8(ascii: "\t"): result += "\\t"
    case UInt8(ascii: "\\"): result += "\\\\"
    case UInt8(ascii: "'") where quote == "'": result += "\\'"
    case 0x20..<0x7F: result.unicodeScalars.append(Unicode.Scalar(byte))
    default: result += "\\x" + hex(UInt32(byte), width: 2)
    }
  }
  return result + quote
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  switch scalar.value {
  case ..<0x100: "\\x" + hex(scalar.value, width: 2)
  case ..<0x10000: "\\u" + hex(scalar.value, width: 4)
  default: "\\U" + hex(scalar.value, width: 8)
  }
}

func hex(_ value: UInt32, width: Int) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.value < 0x7F { return scalar.value >= 0x20 }
  switch scalar.properties.generalCategory {
  case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
    .paragraphSeparator, .spaceSeparator:
    return false
  default: return true
  }
}

private func repr(_ time: DateTime) -> String {
  var parts = [time.date.year, time.date.month, time.date.day, time.hour, time.minute]
  if time.second != 0 || time.microsecond != 0 { parts.append(time.second) }
  if time.microsecond != 0 { parts.append(time.microsecond) }
  var inner = parts.map(String.init).joined(separator: ", ")
  if let offset = time.utcOffset {
    inner +=
      offset == 0
      ? ", tzinfo=datetime.timezone.utc"
      : ", tzinfo=datetime.timezone(datetime.timedelta(seconds=\(offset)))"
  }
  return "datetime.datetime(\(inner))"
}
