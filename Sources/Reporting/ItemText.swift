import Values

/// An item as a report names it: text as it is, anything else as Python's `repr` writes it, which is
/// how Ansible shows items. On one line: what a host printed must not begin another.
enum ItemText {
  static func text(of value: Value) -> String {
    guard !value.containsSecret else { return Secret.redacted }
    let text = DiffText.sanitized(value.opened.string ?? represented(value, depth: 0))
    guard text.unicodeScalars.contains("\n") else { return text }
    return text.unicodeScalars.reduce(into: "") { out, scalar in
      if scalar == "\n" { out += "\\n" } else { out.unicodeScalars.append(scalar) }
    }
  }

  private static func represented(_ value: Value, depth: Int) -> String {
    guard depth < 100 else { return "..." }
    func list(_ items: [Value]) -> String {
      items.map { represented($0, depth: depth + 1) }.joined(separator: ", ")
    }
    switch value {
    case .null: return "None"
    case .bool(let flag): return flag ? "True" : "False"
    case .string(let text): return quoted(text)
    case .list(let items): return "[" + list(items) + "]"
    case .tuple(let items): return "(" + list(items) + (items.count == 1 ? ",)" : ")")
    case .map(let map), .partial(let map, _):
      return "{"
        + map.map {
          represented($0.key, depth: depth + 1) + ": " + represented($0.value, depth: depth + 1)
        }.joined(separator: ", ") + "}"
    default: return JSON.text(value, style: .python)
    }
  }

  private static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar =
      text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var out = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\\", quote: out += "\\" + String(scalar)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + String(quote)
  }
}
