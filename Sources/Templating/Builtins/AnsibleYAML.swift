import Diagnostics
import Values
import YAMLReader

/// YAML, in and out.
enum AnsibleYAML {
  static let filters: [Filter] = [
    Filter("from_yaml") { call in
      guard let text = call.value.string else { return call.value }
      return try read { () throws(Diagnostic) in
        try YAML.load(text, file: "<from_yaml>", ansibleTags: false).root.plain
      }
    },
    Filter("from_yaml_all") { call in
      guard let text = call.value.string else { return call.value }
      return try read { () throws(Diagnostic) in
        .list(
          try YAML.loadAll(text, file: "<from_yaml_all>", ansibleTags: false).map(\.root.plain))
      }
    },
    Filter("to_yaml", "*positional, **options") { call in
      .string(YAML.text(call.value, style: try style(call, .filter)))
    },
    Filter("to_nice_yaml", "indent=4, *positional, **options") { call in
      var nice = YAMLStyle.nice
      nice.indent = try call.int("indent")
      return .string(YAML.text(call.value, style: try style(call, nice)))
    },
  ]

  private static func read(_ body: () throws(Diagnostic) -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      let place = error.location.map { " (line \($0.line), column \($0.column))" } ?? ""
      throw Failure("cannot read the YAML text: \(error.summary)\(place)")
    }
  }

  /// A style with the options of PyYAML's `dump` that the caller gave.
  private static func style(_ call: DataCall, _ base: YAMLStyle) throws -> YAMLStyle {
    var style = base
    for (name, value) in call.keywords {
      switch name {
      case "default_flow_style":
        // `to_nice_yaml` gives this option itself.
        if base == .filter { style.flow = value.isNull ? .leaves : value.isTrue ? .flow : .block }
      case "indent": style.indent = value.int
      case "width": style.width = value.int
      case "sort_keys": style.sortKeys = value.isTrue
      case "explicit_start": style.explicitStart = value.isTrue
      case "explicit_end": style.explicitEnd = value.isTrue
      case "default_style":
        switch value.string {
        case "'": style.scalars = .singleQuoted
        case "\"": style.scalars = .doubleQuoted
        case "|": style.scalars = .literal
        case ">": style.scalars = .folded
        default: style.scalars = .any
        }
      case "line_break", "canonical", "encoding", "version", "tags", "vault_behavior",
        "dump_vault_tags", "preprocess_unsafe":
        continue
      case "allow_unicode":
        throw Failure("gives `allow_unicode` itself: text is always written as it is")
      default: throw Failure("has no parameter `\(name)`")
      }
    }
    return style
  }
}
