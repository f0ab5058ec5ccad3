import Values

// What Python's string methods do, for methods and filters alike.

extension StringMethods {
  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    let rest = String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
    return first.properties.titlecaseMapping + rest.lowercased()
  }

  /// Lower case with the other form of a sigma that ends a word.
  static func lowered(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{3A3}") else { return text.lowercased() }
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      let isLast =
        scalar == "\u{3A3}" && index > 0 && scalars[index - 1].properties.isCased
        && !(index + 1 < scalars.count && scalars[index + 1].properties.isCased)
      result += isLast ? "\u{3C2}" : scalar.properties.lowercaseMapping
    }
    return result
  }

  static func titled(_ text: String) -> String {
    var result = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      let isCased = scalar.properties.isCased
      result += isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
      isInside = isCased
    }
    return result
  }

  static func swappedCase(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      result +=
        scalar.properties.isUppercase
        ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
    }
    return result
  }

  static func stripped(
    _ text: String, of characters: String? = nil, left: Bool = true, right: Bool = true
  ) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func isDropped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? isBlank(scalar) }
    var scalars = Substring(text).unicodeScalars
    if left { while let first = scalars.first, isDropped(first) { scalars.removeFirst() } }
    if right { while let last = scalars.last, isDropped(last) { scalars.removeLast() } }
    return String(scalars)
  }

  static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
    text.utf8.starts(with: prefix.utf8)
  }
  static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
    text.utf8.reversed().starts(with: suffix.utf8.reversed())
  }
  static func dropping(_ text: String, _ first: Int, _ last: Int) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(first).dropLast(last)))
  }

  static func split(_ text: String, _ call: LiveCall, fromRight: Bool) throws -> RuntimeValue {
    let limit = try call.int("maxsplit")
    guard !call["sep"].isNull else {
      return .strings(words(text, limit: limit, fromRight: fromRight))
    }
    let separator = try string(call, "sep")
    guard !separator.isEmpty else { throw Failure("empty separator") }
    return .strings(try splitParts(text, separator, limit: limit, fromRight: fromRight))
  }

  /// The parts of the text between white space; a limit below 0 is none.
  static func words(_ text: String, limit: Int, fromRight: Bool) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var spans: [Range<Int>] = []
    var index = 0
    while index < scalars.count {
      if isBlank(scalars[index]) {
        index += 1
        continue
      }
      let start = index
      while index < scalars.count, !isBlank(scalars[index]) { index += 1 }
      spans.append(start..<index)
    }
    if limit >= 0, spans.count > limit + 1 {
      if fromRight {
        // What is left over keeps the blanks in front of it.
        let head = 0..<spans[spans.count - limit - 1].upperBound
        spans = [head] + spans.suffix(limit)
      } else {
        let tail = spans[limit].lowerBound..<scalars.count
        spans = spans.prefix(limit) + [tail]
      }
    }
    return spans.map { String(String.UnicodeScalarView(scalars[$0])) }
  }

  static func splitParts(_ text: String, _ separator: String, limit: Int, fromRight: Bool) throws
    -> [String]
  {
    let hay = Array(text.unicodeScalars)
    let needle = Array(separator.unicodeScalars)
    var cuts: [Int] = []
    if fromRight {
      var index = hay.count - needle.count
      while index >= 0, limit < 0 || cuts.count < limit {
        if hay[index..<index + needle.count].elementsEqual(needle) {
          cuts.insert(index, at: 0)
          index -= needle.count
        } else {
          index -= 1
        }
      }
    } else {
      var index = 0
      while limit < 0 || cuts.count < limit,
        let found = Templating.find(needle, in: hay, from: index, to: hay.count)
      {
        cuts.append(found)
        index = found + needle.count
      }
    }
    var parts: [String] = []
    var start = 0
    for cut in cuts {
      parts.append(String(String.UnicodeScalarView(hay[start..<cut])))
      start = cut + needle.count
    }
    parts.append(String(String.UnicodeScalarView(hay[start...])))
    return parts
  }

  static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var result: [String] = []
    var start = 0
    var index = 0
    while index < scalars.count {
      switch scalars[index].value {
      case 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029:
        var end = index + 1
        if scalars[index] == "\r", end < scalars.count, scalars[end] == "\n" { end += 1 }
        result.append(
          String(String.UnicodeScalarView(scalars[start..<(keepingEnds ? end : index)])))
        start = end
        index = end
      default: index += 1
      }
    }
    if start < scalars.count { result.append(String(String.UnicodeScalarView(scalars[start...]))) }
    return result
  }

  static func replaced(_ text: String, _ old: String, _ new: String, count: Int) throws -> String {
    let hay = Array(text.unicodeScalars)
    let needle = Array(old.unicodeScalars)
    var result = String.UnicodeScalarView()
    var done = 0
    var size = 0
    func put() throws {
      size += new.utf8.count
      try Limits.check(size: size)
      result.append(contentsOf: new.unicodeScalars)
      done += 1
    }
    if needle.isEmpty {
      for scalar in hay {
        if count < 0 || done < count { try put() }
        result.append(scalar)
      }
      if count < 0 || done < count { try put() }
      return String(result)
    }
    var index = 0
    while count < 0 || done < count,
      let found = Templating.find(needle, in: hay, from: index, to: hay.count)
    {
      result.append(contentsOf: hay[index..<found])
      try put()
      index = found + needle.count
    }
    result.append(contentsOf: hay[index...])
    return String(result)
  }

  static func expandedTabs(_ text: String, _ size: Int) throws -> String {
    try Limits.check(size: size)
    var result = String.UnicodeScalarView()
    var column = 0
    for scalar in text.unicodeScalars {
      if scalar == "\t" {
        guard size > 0 else { continue }
        let count = size - column % size
        for _ in 0..<count { result.append(" ") }
        column += count
      } else {
        result.append(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
    }
    return String(result)
  }

  /// The tests `isalpha`, `isdigit`, ...: true for no empty text but `isascii` and `isprintable`.
  static func matches(_ name: String, _ text: String) -> Bool {
    let scalars = text.unicodeScalars
    func all(_ test: (Unicode.Scalar) -> Bool) -> Bool {
      !scalars.isEmpty && scalars.allSatisfy(test)
    }
    switch name {
    case "isascii": return scalars.allSatisfy(\.isASCII)
    case "isprintable": return !quoted(text).dropFirst().dropLast().contains("\\x")
    case "isspace": return all(isBlank)
    case "isalpha": return all(isLetter)
    case "isdecimal": return all { $0.properties.generalCategory == .decimalNumber }
    case "isdigit":
      return all {
        $0.properties.numericType == .decimal || $0.properties.numericType == .digit
      }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalnum": return all { isLetter($0) || $0.properties.numericType != nil }
    case "isidentifier":
      guard let first = scalars.first else { return false }
      return (first == "_" || first.properties.isXIDStart)
        && scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    case "islower":
      return scalars.contains { $0.properties.isLowercase }
        && !scalars.contains { $0.properties.isUppercase || isTitle($0) }
    case "isupper":
      return scalars.contains { $0.properties.isUppercase }
        && !scalars.contains { $0.properties.isLowercase || isTitle($0) }
    case "istitle":
      var isInside = false
      var hasCased = false
      for scalar in scalars {
        if scalar.properties.isUppercase || isTitle(scalar) {
          if isInside { return false }
          isInside = true
          hasCased = true
        } else if scalar.properties.isLowercase {
          if !isInside { return false }
          hasCased = true
        } else {
          isInside = false
        }
      }
      return hasCased
    default: return false
    }
  }

  private static func isTitle(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .titlecaseLetter
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
