import BigInt
import Diagnostics

/// What a JSON text is read into: plain values, or values with places.
protocol JSONTree {
  /// False spares the counting of columns.
  static var keepsPlaces: Bool { get }
  static func scalar(_ value: Value, quoted: Bool, at place: SourceLocation) -> Self
  static func list(_ items: [Self], at place: SourceLocation) -> Self
  static func map(_ entries: [JSONEntry<Self>], at place: SourceLocation) -> Self
}

struct JSONEntry<Node> {
  var key: String
  var place: SourceLocation
  var value: Node
}

extension Value: JSONTree {
  static var keepsPlaces: Bool { false }
  static func scalar(_ value: Value, quoted: Bool, at place: SourceLocation) -> Value { value }
  static func list(_ items: [Value], at place: SourceLocation) -> Value { .list(items) }
  static func map(_ entries: [JSONEntry<Value>], at place: SourceLocation) -> Value {
    var map = ValueMap(minimumCapacity: entries.count)
    for entry in entries { map[.string(entry.key)] = entry.value }
    return .map(map)
  }
}

extension SourceValue: JSONTree {
  static var keepsPlaces: Bool { true }
  static func scalar(_ value: Value, quoted: Bool, at place: SourceLocation) -> SourceValue {
    SourceValue(.scalar(value), at: place, style: quoted ? .quoted : .plain)
  }
  static func list(_ items: [SourceValue], at place: SourceLocation) -> SourceValue {
    SourceValue(.list(items), at: place)
  }
  static func map(_ entries: [JSONEntry<SourceValue>], at place: SourceLocation) -> SourceValue {
    var all: [SourceEntry] = []
    var positions: [Value: Int] = [:]
    for entry in entries {
      let key = Value.string(entry.key)
      let written = SourceEntry(key: key, keyLocation: entry.place, value: entry.value)
      if let position = positions[key] {
        all[position] = written
      } else {
        positions[key] = all.count
        all.append(written)
      }
    }
    return SourceValue(.map(all), at: place)
  }
}

/// A strict reader of one JSON text, following Python's `json.loads`.
struct JSONReader<Node: JSONTree> {
  private let file: String
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var line = 1
  /// Offset and column that were counted last; columns are counted forward from there.
  private var counted = (offset: 0, column: 1)

  init(_ text: String, file: String) {
    self.file = file
    bytes = Array(text.utf8)
  }

  mutating func document() throws(Diagnostic) -> Node {
    skipSpace()
    let node = try value()
    skipSpace()
    guard position == bytes.count else { throw fault("unexpected text after the JSON value") }
    return node
  }

  private mutating func value() throws(Diagnostic) -> Node {
    let place = self.place()
    guard let byte = peek else { throw fault("expected a JSON value, found the end") }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < JSON.depthLimit else {
        throw fault("nesting too deep: more than \(JSON.depthLimit) levels")
      }
      depth += 1
      defer { depth -= 1 }
      position += 1
      return byte == UInt8(ascii: "{") ? try object(at: place) : try array(at: place)
    case UInt8(ascii: "\""): return .scalar(.string(try string()), quoted: true, at: place)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      if accept("-Infinity") { return .scalar(.double(-.infinity), quoted: false, at: place) }
      return .scalar(try number(), quoted: false, at: place)
    default: break
    }
    let words: [(StaticString, Value)] = [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("NaN", .double(.nan)),
      ("Infinity", .double(.infinity)),
    ]
    for (word, value) in words where accept(word) {
      return .scalar(value, quoted: false, at: place)
    }
    throw fault("expected a JSON value")
  }

  private mutating func array(at place: SourceLocation) throws(Diagnostic) -> Node {
    var items: [Node] = []
    skipSpace()
    if accept("]") { return .list(items, at: place) }
    while true {
      skipSpace()
      items.append(try value())
      skipSpace()
      if accept("]") { return .list(items, at: place) }
      guard accept(",") else { throw fault("expected `,` or `]` in a JSON array") }
    }
  }

  private mutating func object(at place: SourceLocation) throws(Diagnostic) -> Node {
    var entries: [JSONEntry<Node>] = []
    skipSpace()
    if accept("}") { return .map(entries, at: place) }
    while true {
      skipSpace()
      let keyPlace = self.place()
      guard peek == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes in a JSON object")
      }
      let key = try string()
      skipSpace()
      guard accept(":") else { throw fault("expected `:` after a key of a JSON object") }
      skipSpace()
      entries.append(JSONEntry(key: key, place: keyPlace, value: try value()))
      skipSpace()
      if accept("}") { return .map(entries, at: place) }
      guard accept(",") else { throw fault("expected `,` or `}` in a JSON object") }
    }
  }

  private mutating func number() throws(Diagnostic) -> Value {
    let start = position
    _ = accept("-")
    if !accept("0") {
      guard skipDigits() > 0 else { throw fault("expected a digit in a JSON number") }
    }
    let wholeEnd = position
    if peek == UInt8(ascii: ".") {
      position += 1
      if skipDigits() == 0 { position = wholeEnd }
    }
    let mantissaEnd = position
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      if skipDigits() == 0 { position = mantissaEnd }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if position > wholeEnd { return .double(Double(text) ?? .nan) }
    if let small = Int(text) { return .int(small) }
    guard position - start <= 4300, let big = BigInt(text) else {
      throw fault("integer of more than 4300 digits")
    }
    return .integer(big)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  private mutating func string() throws(Diagnostic) -> String {
    position += 1
    var start = position
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        if text.isEmpty { return String(decoding: bytes[start..<position], as: UTF8.self) }
        return String(decoding: text + bytes[start..<position], as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += bytes[start..<position]
        text += Array(String(Character(try escape())).utf8)
        start = position
      case 0..<0x20: throw fault("control character inside a JSON string")
      default: position += 1
      }
    }
    throw fault("JSON string without its closing quote")
  }

  /// The scalar of an escape; half of a surrogate pair becomes U+FFFD, as text cannot hold it.
  private mutating func escape() throws(Diagnostic) -> Unicode.Scalar {
    position += 1
    guard let byte = peek else { throw fault("JSON string without its closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let unit = hexUnit(at: position) else { throw badEscape() }
      position += 4
      guard 0xD800..<0xDC00 ~= unit, position + 1 < bytes.count, peek == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u"), let low = hexUnit(at: position + 2),
        0xDC00..<0xE000 ~= low
      else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
      position += 6
      return Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)) ?? "\u{FFFD}"
    default: throw badEscape()
    }
  }

  private mutating func badEscape() -> Diagnostic {
    position -= 1
    return fault("unknown escape in a JSON string")
  }

  private func hexUnit(at start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var unit: UInt32 = 0
    for byte in bytes[start..<(start + 4)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        return nil
      }
      unit = unit * 16 + UInt32(digit)
    }
    return unit
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func accept(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[position + offset] != word.utf8Start[offset] {
      return false
    }
    position += count
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        position += 1
        counted = (position, 1)
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      default: return
      }
    }
  }

  private mutating func place() -> SourceLocation {
    Node.keepsPlaces ? here() : SourceLocation(file: "", line: 0, column: 0)
  }

  private mutating func here() -> SourceLocation {
    let end = min(position, bytes.count)
    if end > counted.offset {
      let scalars = bytes[counted.offset..<end].count { $0 & 0xC0 != 0x80 }
      counted = (end, counted.column + scalars)
    }
    return SourceLocation(file: file, line: line, column: counted.column)
  }

  private mutating func fault(_ summary: String) -> Diagnostic {
    .error(summary, at: here())
  }
}
