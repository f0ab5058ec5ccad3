import BigInt

/// Writes a value as `json.dumps` does; dates as ISO text, bytes as the text that they spell.
struct JSONWriter {
  let style: JSONStyle
  var bytes: [UInt8] = []

  init(style: JSONStyle) { self.style = style }

  mutating func write(_ value: Value, depth: Int) {
    guard depth <= JSON.depthLimit else { return quote("(nested too deep)") }
    switch value {
    case .null: raw("null")
    case .bool(let flag): raw(flag ? "true" : "false")
    case .int(let number): raw(String(number))
    case .bigInt(let number): raw(String(number))
    case .double(let number): raw(JSONWriter.text(of: number))
    case .string(let text): quote(text)
    case .bytes(let content): quote(String(decoding: content, as: UTF8.self))
    case .date(let date): quote(date.isoText)
    case .datetime(let time): quote(time.isoText)
    case .list(let items), .tuple(let items): list(items, depth: depth)
    case .map(let map), .partial(let map, _): object(map, depth: depth)
    case .secret: quote(Secret.redacted)
    case .unknown: quote("(known after apply)")
    }
  }

  private mutating func list(_ items: [Value], depth: Int) {
    if items.isEmpty { return raw("[]") }
    raw("[")
    for (index, item) in items.enumerated() {
      if index > 0 { raw(style.itemSeparator) }
      newLine(depth + 1)
      write(item, depth: depth + 1)
    }
    newLine(depth)
    raw("]")
  }

  private mutating func object(_ map: ValueMap, depth: Int) {
    if map.isEmpty { return raw("{}") }
    raw("{")
    var entries = map.map { (key: JSONWriter.key($0.key), value: $0.value) }
    if style.sortKeys {
      entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
    for (index, entry) in entries.enumerated() {
      if index > 0 { raw(style.itemSeparator) }
      newLine(depth + 1)
      quote(entry.key)
      raw(style.keySeparator)
      write(entry.value, depth: depth + 1)
    }
    newLine(depth)
    raw("}")
  }

  private static func key(_ key: Value) -> String {
    switch key {
    case .string(let text): text
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .bigInt(let number): String(number)
    case .double(let number): text(of: number)
    case .bytes(let content): String(decoding: content, as: UTF8.self)
    case .date(let date): date.isoText
    case .datetime(let time): time.isoText
    case .secret: Secret.redacted
    case .unknown: "(known after apply)"
    case .list, .tuple, .map, .partial: JSON.text(key)
    }
  }

  private static func text(of number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return pythonRepr(number)
  }

  private mutating func newLine(_ depth: Int) {
    guard let indent = style.indent else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(0, indent) * depth))
  }

  private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": raw("\\\"")
      case "\\": raw("\\\\")
      case "\n": raw("\\n")
      case "\r": raw("\\r")
      case "\t": raw("\\t")
      case "\u{8}": raw("\\b")
      case "\u{C}": raw("\\f")
      case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      default:
        if scalar.value < 0x20 || style.ensureASCII {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          bytes.append(contentsOf: String(scalar).utf8)
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ unit: UInt16) {
    let hex = String(unit, radix: 16)
    raw("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
  }
}
