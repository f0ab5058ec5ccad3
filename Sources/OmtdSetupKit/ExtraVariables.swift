import Diagnostics
import Values
import YAMLReader

/// The forms of `-e`: `k=v` words, JSON or YAML that starts with a bracket, and `@FILE`.
enum ExtraVariables {
  static func load(_ texts: [String]) throws(Diagnostics) -> [String: Variable] {
    var table: [String: Variable] = [:]
    do {
      for text in texts {
        for entry in try entries(text) {
          guard let name = entry.key.string else { continue }
          table[name] = .source(entry.value)
        }
      }
    } catch {
      throw Diagnostics([error])
    }
    return table
  }

  private static func entries(_ text: String) throws(Diagnostic) -> [SourceEntry] {
    if text.hasPrefix("@") {
      let path = String(text.dropFirst())
      guard Platform.kind(path) == .file else {
        throw Diagnostic(.error, "no file `\(path)` for extra variables", exitCode: 1)
      }
      return try mapping(try YAML.loadFile(try Platform.readText(path), file: path).root, text)
    }
    if text.hasPrefix("{") || text.hasPrefix("[") {
      return try mapping(try YAML.load(text, file: "<extra variables>").root, text)
    }
    let place = SourceLocation(file: "<extra variables>", line: 1, column: 1)
    return try KeyValue.parse(text).options.map { option in
      SourceEntry(
        key: .string(option.name), keyLocation: place,
        value: SourceValue(.scalar(.string(option.text)), at: place))
    }
  }

  private static func mapping(
    _ root: SourceValue, _ text: String
  ) throws(Diagnostic) -> [SourceEntry] {
    if root.isNull { return [] }
    guard let entries = root.entries else {
      throw .error("extra variables must be a mapping", at: root.location)
    }
    return entries
  }
}
