import OrderedCollections
import Values

/// The methods of Python's `str`, by scalars.
enum StringMethods {
  static let signatures: [String: Signature] = [
    "capitalize": "", "casefold": "", "center": "width, fillchar=' '",
    "count": "sub, start=None, end=None", "encode": "encoding='utf-8', errors='strict'",
    "endswith": "suffix, start=None, end=None", "expandtabs": "tabsize=8",
    "find": "sub, start=None, end=None", "format": "*args, **kwargs", "format_map": "mapping",
    "index": "sub, start=None, end=None", "isalnum": "", "isalpha": "", "isascii": "",
    "isdecimal": "", "isdigit": "", "isidentifier": "", "islower": "", "isnumeric": "",
    "isprintable": "", "isspace": "", "istitle": "", "isupper": "", "join": "iterable",
    "ljust": "width, fillchar=' '", "lower": "", "lstrip": "chars=None", "maketrans": "x, y=None",
    "partition": "sep", "removeprefix": "prefix", "removesuffix": "suffix",
    "replace": "old, new, count=-1", "rfind": "sub, start=None, end=None",
    "rindex": "sub, start=None, end=None", "rjust": "width, fillchar=' '", "rpartition": "sep",
    "rsplit": "sep=None, maxsplit=-1", "rstrip": "chars=None", "split": "sep=None, maxsplit=-1",
    "splitlines": "keepends=False", "startswith": "prefix, start=None, end=None",
    "strip": "chars=None", "swapcase": "", "title": "", "translate": "table", "upper": "",
    "zfill": "width",
  ]

  static func call(_ call: LiveCall) throws -> RuntimeValue {
    guard let text = call.value.string else { return .null }
    let result = try callPlain(text, call)
    guard case .markup = call.value else { return result }
    switch result {
    case .string(let text): return .markup(text)
    case .list(let box):
      return .list(
        try call.evaluator.elements(of: box).map { item in
          item.string.map { .markup($0) } ?? item
        })
    default: return result
    }
  }

  private static func callPlain(_ text: String, _ call: LiveCall) throws -> RuntimeValue {
    switch call.name {
    case "capitalize": return .string(capitalized(text))
    case "lower": return .string(lowered(text))
    case "casefold":
      return .string(try replaced(text.lowercased(), "\u{DF}", "ss", count: -1))
    case "upper": return .string(text.uppercased())
    case "title": return .string(titled(text))
    case "swapcase": return .string(swappedCase(text))
    case "strip", "lstrip", "rstrip":
      let set = call["chars"].isNull ? nil : try string(call, "chars")
      return .string(
        stripped(text, of: set, left: call.name != "rstrip", right: call.name != "lstrip"))
    case "split": return try split(text, call, fromRight: false)
    case "rsplit": return try split(text, call, fromRight: true)
    case "splitlines":
      return .strings(lines(text, keepingEnds: try call.bool("keepends")))
    case "join": return try join(text, call)
    case "replace":
      return .string(
        try replaced(
          text, escaped(call, try string(call, "old")), escaped(call, try string(call, "new")),
          count: try call.int("count")))
    case "format":
      return .string(
        try FormatString.format(text, call.rest, call.keywords, call.evaluator))
    case "format_map":
      guard case .dict(let box) = call["mapping"] else { throw Failure("needs a mapping") }
      var entries: OrderedDictionary<String, RuntimeValue> = [:]
      for (key, value) in try call.evaluator.entries(of: box) {
        entries[key.pythonText] = value
      }
      return .string(try FormatString.format(text, [], entries, call.evaluator))
    case "startswith", "endswith": return .bool(try hasEdge(text, call))
    case "find", "rfind", "index", "rindex", "count": return try search(text, call)
    case "partition", "rpartition": return try partition(text, call)
    case "removeprefix":
      let prefix = try string(call, "prefix")
      return .string(
        hasPrefix(text, prefix) ? dropping(text, prefix.unicodeScalars.count, 0) : text)
    case "removesuffix":
      let suffix = try string(call, "suffix")
      return .string(
        !suffix.isEmpty && hasSuffix(text, suffix)
          ? dropping(text, 0, suffix.unicodeScalars.count) : text)
    case "center", "ljust", "rjust", "zfill": return .string(try padded(text, call))
    case "expandtabs": return .string(try expandedTabs(text, try call.int("tabsize")))
    case "encode": return try encoded(text, call)
    case "translate": return try translated(text, call)
    case "maketrans": return try translationTable(call)
    default: return .bool(matches(call.name, text))
    }
  }

  static func string(_ call: LiveCall, _ name: String) throws -> String {
    guard let text = call[name].string else {
      throw Failure("the argument `\(name)` must be a string, not '\(call[name].typeName)'")
    }
    return text
  }

  /// Text that goes into safe text is made safe.
  private static func escaped(_ call: LiveCall, _ text: String) -> String {
    if case .markup = call.value { escapeHTML(text) } else { text }
  }

  private static func join(_ separator: String, _ call: LiveCall) throws -> RuntimeValue {
    var pieces: [String] = []
    for (index, item) in try call.evaluator.elements(of: call["iterable"]).enumerated() {
      if case .undefined(let undefined) = item { throw call.evaluator.failure(undefined) }
      guard let piece = item.string else {
        throw Failure("element \(index) is of type '\(item.typeName)', not a string")
      }
      pieces.append(piece)
    }
    try Limits.check(size: pieces.reduce(0) { $0 + $1.utf8.count + separator.utf8.count })
    return .string(pieces.joined(separator: separator))
  }

  private static func range(_ call: LiveCall, _ count: Int) throws -> (Int, Int) {
    let start = call["start"].isNull ? 0 : ListMethods.position(try call.int("start"), count)
    let end = call["end"].isNull ? count : ListMethods.position(try call.int("end"), count)
    return (start, end)
  }

  private static func hasEdge(_ text: String, _ call: LiveCall) throws -> Bool {
    let name = call.name == "startswith" ? "prefix" : "suffix"
    var candidates: [String] = []
    if case .tuple(let items) = call[name] {
      candidates = items.compactMap(\.string)
    } else {
      candidates = [try string(call, name)]
    }
    let scalars = Array(text.unicodeScalars)
    let (start, end) = try range(call, scalars.count)
    guard start <= end else { return false }
    let part = scalars[start..<end]
    return candidates.contains {
      call.name == "startswith"
        ? part.starts(with: $0.unicodeScalars)
        : part.reversed().starts(with: $0.unicodeScalars.reversed())
    }
  }

  private static func search(_ text: String, _ call: LiveCall) throws -> RuntimeValue {
    let hay = Array(text.unicodeScalars)
    let needle = Array(try string(call, "sub").unicodeScalars)
    let (start, end) = try range(call, hay.count)
    if call.name == "count" {
      guard start <= end else { return .int(0) }
      if needle.isEmpty { return .int(end - start + 1) }
      var count = 0
      var index = start
      while let found = Templating.find(needle, in: hay, from: index, to: end) {
        count += 1
        index = found + needle.count
      }
      return .int(count)
    }
    var result: Int?
    if start <= end {
      if call.name.hasPrefix("r") {
        var index = end - needle.count
        while index >= start, result == nil {
          if Array(hay[index..<index + needle.count]) == needle { result = index }
          index -= 1
        }
      } else {
        result = Templating.find(needle, in: hay, from: start, to: end)
      }
    }
    if let result { return .int(result) }
    if call.name.hasSuffix("index") { throw Failure("substring not found") }
    return .int(-1)
  }

  private static func partition(_ text: String, _ call: LiveCall) throws -> RuntimeValue {
    let separator = try string(call, "sep")
    guard !separator.isEmpty else { throw Failure("empty separator") }
    let parts = try splitParts(
      text, separator, limit: 1, fromRight: call.name == "rpartition")
    guard parts.count == 2 else {
      let items: [RuntimeValue] = [.string(text), .string(""), .string("")]
      return .tuple(call.name == "partition" ? items : items.reversed())
    }
    return .tuple([.string(parts[0]), .string(separator), .string(parts[1])])
  }

  private static func padded(_ text: String, _ call: LiveCall) throws -> String {
    let width = try call.int("width")
    let count = text.unicodeScalars.count
    guard width > count else { return text }
    try Limits.check(size: width)
    let room = width - count
    if call.name == "zfill" {
      let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
      let zeros = String(repeating: "0", count: room)
      return hasSign ? String(text.prefix(1)) + zeros + text.dropFirst() : zeros + text
    }
    let fill = try string(call, "fillchar")
    guard fill.unicodeScalars.count == 1 else {
      throw Failure("the fill character must be exactly one character long")
    }
    switch call.name {
    case "ljust": return text + String(repeating: fill, count: room)
    case "rjust": return String(repeating: fill, count: room) + text
    default:
      let left = room / 2 + (room & width & 1)
      return String(repeating: fill, count: left) + text
        + String(repeating: fill, count: room - left)
    }
  }

  private static func encoded(_ text: String, _ call: LiveCall) throws -> RuntimeValue {
    switch try call.text("encoding").lowercased() {
    case "utf-8", "utf8", "utf_8": return .bytes(Array(text.utf8))
    case "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1":
      let limit: UInt32 = try call.text("encoding").lowercased().hasSuffix("ascii") ? 0x80 : 0x100
      var bytes: [UInt8] = []
      for scalar in text.unicodeScalars {
        if scalar.value < limit {
          bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        } else if try call.text("errors") == "replace" {
          bytes.append(UInt8(ascii: "?"))
        } else if try call.text("errors") != "ignore" {
          throw Failure("the text has characters that the encoding lacks")
        }
      }
      return .bytes(bytes)
    default: throw Failure("unknown encoding \(try call.evaluator.repr(of: call["encoding"]))")
    }
  }

  private static func translated(_ text: String, _ call: LiveCall) throws -> RuntimeValue {
    guard case .dict(let box) = call["table"] else { throw Failure("needs a mapping") }
    var result = ""
    for scalar in text.unicodeScalars {
      switch try call.evaluator.value(in: box, key: .int(Int(scalar.value))) {
      case nil: result.unicodeScalars.append(scalar)
      case .null: continue
      case .int(let code):
        guard let other = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
          throw Failure("the table holds a number that is no character")
        }
        result.unicodeScalars.append(other)
      case let other?: result += try call.evaluator.text(of: other)
      }
    }
    return .string(result)
  }

  private static func translationTable(_ call: LiveCall) throws -> RuntimeValue {
    let table = DictBox()
    if call["y"].isNull, case .dict(let box) = call["x"] {
      for (key, value) in try call.evaluator.entries(of: box) {
        let code = key.string?.unicodeScalars.first.map { Value.int(Int($0.value)) } ?? key
        table.set(code, to: value)
      }
      return .dict(table)
    }
    let (from, to) = (try string(call, "x").unicodeScalars, try string(call, "y").unicodeScalars)
    guard from.count == to.count else { throw Failure("both texts must be of the same length") }
    for (x, y) in zip(from, to) { table.set(.int(Int(x.value)), to: .int(Int(y.value))) }
    return .dict(table)
  }
}
