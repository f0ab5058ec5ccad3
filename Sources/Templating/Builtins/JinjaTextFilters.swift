import OrderedCollections
import Values

/// Filters that make text from text.
enum JinjaTextFilters {
  static let all: [Filter] = [
    Filter("upper", live: { $0.alike(try $0.input().uppercased()) }),
    Filter("lower", live: { $0.alike(StringMethods.lowered(try $0.input())) }),
    Filter("capitalize", live: { $0.alike(StringMethods.capitalized(try $0.input())) }),
    Filter("title", live: { $0.alike(title(try $0.input())) }),
    Filter(
      "trim", "chars=None",
      live: { call in
        let chars = call["chars"].isNull ? nil : try call.text("chars")
        return call.alike(StringMethods.stripped(try call.input(), of: chars))
      }),
    Filter("center", "width=80", live: center),
    Filter("replace", "old, new, count=None", live: replace),
    Filter("format", "*args, **kwargs", live: format),
    Filter(
      "string",
      live: { call in
        if case .markup = call.value { return call.value }
        return .string(try call.input())
      }),
    Filter("truncate", "length=255, killwords=False, end='...', leeway=None", live: truncate),
    Filter(
      "wordcount",
      live: { call in
        var count = 0
        var isInside = false
        for scalar in try call.input().unicodeScalars {
          let isWord =
            scalar == "_" || scalar.properties.isAlphabetic
            || scalar.properties.numericType != nil
          if isWord, !isInside { count += 1 }
          isInside = isWord
        }
        return .int(count)
      }),
    Filter("indent", "width=4, first=False, blank=False", live: indent),
    Filter("filesizeformat", "binary=False", live: fileSize),
    Filter("join", "d='', attribute=None", live: join),
  ]

  /// Words begin behind white space, hyphens and opening brackets.
  private static func title(_ text: String) -> String {
    var result = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      let isBreak = isBlank(scalar) || ["-", "(", "{", "[", "<"].contains(scalar)
      result +=
        isInside || isBreak
        ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
      isInside = !isBreak
    }
    return result
  }

  private static func center(_ call: LiveCall) throws -> RuntimeValue {
    let text = try call.input()
    let width = try call.int("width")
    let room = width - text.unicodeScalars.count
    guard room > 0 else { return call.alike(text) }
    try Limits.check(size: width)
    let left = room / 2 + (room & width & 1)
    return call.alike(
      String(repeating: " ", count: left) + text + String(repeating: " ", count: room - left))
  }

  private static func replace(_ call: LiveCall) throws -> RuntimeValue {
    let count = try call.optionalInt("count") ?? -1
    var isMarkup = false
    if case .markup = call.value { isMarkup = true }
    func safe(_ name: String) throws -> String {
      let text = try call.text(name)
      if case .markup = call[name] { return text }
      return isMarkup ? escapeHTML(text) : text
    }
    if !isMarkup, call.evaluator.autoescape {
      var hasMarkup = false
      if case .markup = call["old"] { hasMarkup = true }
      if case .markup = call["new"] { hasMarkup = true }
      if hasMarkup {
        isMarkup = true
        return .markup(
          try StringMethods.replaced(
            escapeHTML(try call.input()), try safe("old"), try safe("new"), count: count))
      }
    }
    return call.alike(
      try StringMethods.replaced(
        try call.input(), try safe("old"), try safe("new"), count: count))
  }

  private static func format(_ call: LiveCall) throws -> RuntimeValue {
    guard call.rest.isEmpty || call.keywords.isEmpty else {
      throw Failure("takes values by position or by name, not both")
    }
    let values: RuntimeValue
    if call.keywords.isEmpty {
      values = .tuple(call.rest)
    } else {
      let box = DictBox()
      for (name, value) in call.keywords { box.set(.string(name), to: value) }
      values = .dict(box)
    }
    return call.alike(try PercentFormat.format(try call.input(), values, call.evaluator))
  }

  private static func truncate(_ call: LiveCall) throws -> RuntimeValue {
    let text = try call.input()
    let scalars = Array(text.unicodeScalars)
    let length = try call.int("length")
    let end = try call.text("end")
    let leeway = try call.optionalInt("leeway") ?? 5
    let room = length - end.unicodeScalars.count
    guard room >= 0 else { throw Failure("the length must be at least that of the end") }
    guard leeway >= 0 else { throw Failure("the leeway must not be negative") }
    if scalars.count <= length + leeway { return call.alike(text) }
    var kept = scalars[..<min(room, scalars.count)]
    if try !call.bool("killwords"), let space = kept.lastIndex(of: " ") {
      kept = kept[..<space]
    }
    return call.alike(String(String.UnicodeScalarView(kept)) + end)
  }

  private static func indent(_ call: LiveCall) throws -> RuntimeValue {
    let margin: String
    if let text = call["width"].string {
      margin = text
    } else {
      let width = max(0, try call.int("width"))
      try Limits.check(size: width)
      margin = String(repeating: " ", count: width)
    }
    // One more line break keeps a last one alive.
    let lines = StringMethods.lines(try call.input() + "\n")
    try Limits.check(size: lines.count * (margin.utf8.count + 1))
    let isBlankIndented = try call.bool("blank")
    var result: [String] = []
    for (index, line) in lines.enumerated() {
      let isIndented = index > 0 && (isBlankIndented || !line.isEmpty)
      result.append(isIndented ? margin + line : line)
    }
    let text = result.joined(separator: "\n")
    return call.alike(try call.bool("first") ? margin + text : text)
  }

  private static func fileSize(_ call: LiveCall) throws -> RuntimeValue {
    let bytes: Double
    if let number = Number(call.value) {
      bytes = try number.real()
    } else if let text = call.value.string, let number = Double(StringMethods.stripped(text)) {
      bytes = number
    } else {
      throw Failure("needs a number, not '\(call.value.typeName)'")
    }
    let isBinary = try call.bool("binary")
    let base: Double = isBinary ? 1024 : 1000
    let units =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
      : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    if bytes == 1 { return .string("1 Byte") }
    if bytes < base { return .string("\(Int(bytes)) Bytes") }
    var unit = base
    var name = ""
    for candidate in units {
      name = candidate
      unit *= base
      if bytes < unit { break }
    }
    return .string("\(FormatSpec.print(base * bytes / unit, "f", 1, false)) \(name)")
  }

  private static func join(_ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    let path = AttributePath(call["attribute"])
    let items = try evaluator.elements(of: call.value).map { try path.value(of: $0, evaluator) }
    var isMarkup = false
    if evaluator.autoescape {
      for item in items + [call["d"]] { if case .markup = item { isMarkup = true } }
    }
    func piece(_ value: RuntimeValue) throws -> String {
      let text = try evaluator.text(of: value)
      if case .markup = value { return text }
      return isMarkup ? escapeHTML(text) : text
    }
    let pieces = try items.map(piece)
    let separator = try piece(call["d"])
    try Limits.check(size: pieces.reduce(0) { $0 + $1.utf8.count + separator.utf8.count })
    let text = pieces.joined(separator: separator)
    return isMarkup ? .markup(text) : .string(text)
  }
}
