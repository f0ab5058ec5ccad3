import OrderedCollections
import Values

/// Filters about HTML, URLs and JSON.
enum JinjaMarkupFilters {
  static let all: [Filter] = [
    Filter("escape", live: escape),
    Filter("e", live: escape),
    Filter("forceescape", live: { .markup(escapeHTML(try $0.input())) }),
    Filter("safe", live: { .markup(try $0.input()) }),
    Filter("striptags", live: { .string(strippedTags(try $0.input())) }),
    Filter("urlencode", live: urlEncode),
    Filter("xmlattr", "autospace=True", live: xmlAttributes),
    Filter("tojson", "indent=None", live: toJSON),
    Filter(
      "urlize", "trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None",
      live: urlize),
  ]

  private static func escape(_ call: LiveCall) throws -> RuntimeValue {
    if case .markup = call.value { return call.value }
    return .markup(escapeHTML(try call.input()))
  }

  private static func toJSON(_ call: LiveCall) throws -> RuntimeValue {
    var style = JSONStyle.python
    style.sortKeys = true
    style.indent = try call.optionalInt("indent")
    if style.indent != nil { style.itemSeparator = "," }
    let text = JSON.text(try call.evaluator.freeze(call.value), style: style)
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<", ">", "&", "'":
        result.append(contentsOf: ("\\u" + hex(scalar.value, width: 4)).unicodeScalars)
      default: result.append(scalar)
      }
    }
    return .markup(String(result))
  }

  /// Removes comments and tags, joins white space, decodes the common entities.
  private static func strippedTags(_ text: String) -> String {
    var rest = text
    for (open, close) in [("<!--", "-->"), ("<", ">")] {
      var result = String.UnicodeScalarView()
      let scalars = Array(rest.unicodeScalars)
      let (begin, end) = (Array(open.unicodeScalars), Array(close.unicodeScalars))
      var index = 0
      while let start = find(begin, in: scalars, from: index, to: scalars.count),
        let stop = find(end, in: scalars, from: start, to: scalars.count)
      {
        result.append(contentsOf: scalars[index..<start])
        index = stop + end.count
      }
      result.append(contentsOf: scalars[index...])
      rest = String(result)
    }
    let joined = StringMethods.words(rest, limit: -1, fromRight: false).joined(separator: " ")
    return unescapedHTML(joined)
  }

  private static func unescapedHTML(_ text: String) -> String {
    let names: [String: Unicode.Scalar] = [
      "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
      "copy": "\u{A9}", "raquo": "\u{BB}", "laquo": "\u{AB}", "ndash": "\u{2013}",
      "mdash": "\u{2014}", "hellip": "\u{2026}", "euro": "\u{20AC}", "reg": "\u{AE}",
    ]
    var result = String.UnicodeScalarView()
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      if scalars[index] == "&",
        let end = scalars[index..<min(index + 12, scalars.count)].firstIndex(of: ";")
      {
        let name = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
        let number =
          name.hasPrefix("#x") || name.hasPrefix("#X")
          ? UInt32(name.dropFirst(2), radix: 16)
          : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
        if let scalar = names[name] ?? number.flatMap(Unicode.Scalar.init) {
          result.append(scalar)
          index = end + 1
          continue
        }
      }
      result.append(scalars[index])
      index += 1
    }
    return String(result)
  }

  private static func urlEncode(_ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    var pairs: [(RuntimeValue, RuntimeValue)] = []
    switch call.value {
    case .dict(let box):
      pairs = try evaluator.entries(of: box).map { (RuntimeValue($0.key), $0.value) }
    case .list, .tuple, .view:
      for item in try evaluator.elements(of: call.value) {
        let parts = try evaluator.elements(of: item)
        guard parts.count == 2 else { throw Failure("needs pairs of names and values") }
        pairs.append((parts[0], parts[1]))
      }
    default:
      return .string(percentEncoded(try call.input(), keeping: "/"))
    }
    return .string(
      try pairs.map { name, value in
        try [name, value].map {
          percentEncoded(try evaluator.text(of: $0), keeping: "")
            .split(separator: "%20", omittingEmptySubsequences: false).joined(separator: "+")
        }.joined(separator: "=")
      }.joined(separator: "&"))
  }

  private static func xmlAttributes(_ call: LiveCall) throws -> RuntimeValue {
    guard case .dict(let box) = call.value else {
      throw Failure("needs a mapping, not '\(call.value.typeName)'")
    }
    var parts: [String] = []
    for (key, value) in try call.evaluator.entries(of: box) {
      switch value {
      case .null, .undefined: continue
      default: break
      }
      let name = key.pythonText
      for scalar in name.unicodeScalars
      where isBlank(scalar) || ["/", ">", "="].contains(scalar) {
        throw Failure("the attribute name `\(name)` has a character that is not allowed")
      }
      let text = try call.evaluator.text(of: value)
      if case .markup = value {
        parts.append("\(escapeHTML(name))=\"\(text)\"")
      } else {
        parts.append("\(escapeHTML(name))=\"\(escapeHTML(text))\"")
      }
    }
    let text = parts.joined(separator: " ")
    let spaced = try call.bool("autospace") && !text.isEmpty ? " " + text : text
    return call.evaluator.autoescape ? .markup(spaced) : .string(spaced)
  }

  private static func urlize(_ call: LiveCall) throws -> RuntimeValue {
    var relations = ["noopener"]
    if try call.bool("nofollow") { relations.append("nofollow") }
    if !call["rel"].isNull {
      relations += StringMethods.words(try call.text("rel"), limit: -1, fromRight: false)
    }
    var schemes: [String] = []
    if !call["extra_schemes"].isNull {
      for item in try call.evaluator.elements(of: call["extra_schemes"]) {
        let scheme = try call.evaluator.text(of: item)
        guard scheme.hasSuffix(":"), scheme.count > 1 else {
          throw Failure("`\(scheme)` is no prefix of a URL")
        }
        schemes.append(scheme)
      }
    }
    var linker = Linker(
      limit: try call.optionalInt("trim_url_limit"),
      relation: Set(relations).sorted().joined(separator: " "),
      target: call["target"].isNull ? nil : try call.text("target"), schemes: schemes)
    let isMarkup = if case .markup = call.value { true } else { false }
    let text = linker.link(isMarkup ? try call.input() : escapeHTML(try call.input()))
    return call.evaluator.autoescape ? .markup(text) : .string(text)
  }
}

/// Text with every byte but letters, digits, `_.-~` and those named as `%XX`.
package func percentEncoded(_ text: String, keeping safe: String) -> String {
  var result = ""
  let kept = Set(safe.utf8)
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "~"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      if kept.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + hex(UInt32(byte), width: 2).uppercased()
      }
    }
  }
  return result
}
