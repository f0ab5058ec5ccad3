import Diagnostics
import Values

/// JSON, in and out.
enum AnsibleJSON {
  static let filters: [Filter] = [
    Filter("from_json", "**options") { call in
      switch call.value {
      case .string(let text): return try parseJSON(text)
      case .bytes(let bytes): return try parseJSON(String(decoding: bytes, as: UTF8.self))
      default:
        throw Failure(
          "the JSON object must be a string, not a value of type `\(call.value.typeName)`")
      }
    },
    Filter("to_json", "*positional, **options") { call in
      .string(JSON.text(call.value, style: try style(call, JSONStyle())))
    },
    Filter("to_nice_json", "indent=4, sort_keys=True, **options") { call in
      let indent = call.optional("indent") == nil ? nil : try call.int("indent")
      let nice = JSONStyle(indent: indent, sortKeys: call.bool("sort_keys"))
      return .string(JSON.text(call.value, style: try style(call, nice)))
    },
  ]

  private static func parseJSON(_ text: String) throws -> Value {
    do {
      return try JSON.parse(text)
    } catch {
      throw Failure("cannot read the JSON text: \(error.summary)")
    }
  }

  /// A style with the options of `json.dumps` that the caller gave.
  private static func style(_ call: DataCall, _ base: JSONStyle) throws -> JSONStyle {
    var indent = base.indent
    var sortKeys = base.sortKeys
    var ensureASCII = true
    var separators: [String]?
    for (name, value) in call.keywords {
      switch name {
      case "indent":
        indent = value.isNull ? nil : value.int
        if !value.isNull, indent == nil { throw Failure("`indent` must be an integer") }
      case "sort_keys": sortKeys = value.isTrue
      case "ensure_ascii": ensureASCII = value.isTrue
      case "separators":
        separators = value.elements?.compactMap(\.string)
        if !value.isNull, separators?.count != 2 {
          throw Failure("`separators` must be a list of two strings")
        }
      case "skipkeys", "allow_nan", "check_circular", "vault_to_text", "preprocess_unsafe",
        "profile":
        continue
      default: throw Failure("has no parameter `\(name)`")
      }
    }
    if let indent, indent > 1000 { throw Failure("`indent` must not exceed 1000") }
    if let separators, separators.count == 2 {
      return JSONStyle(
        indent: indent, sortKeys: sortKeys, ensureASCII: ensureASCII,
        itemSeparator: separators[0], keySeparator: separators[1])
    }
    return JSONStyle(indent: indent, sortKeys: sortKeys, ensureASCII: ensureASCII)
  }
}
