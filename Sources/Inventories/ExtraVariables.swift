import Diagnostics
import Values
import YAMLReader

/// The variables of `-e`, which are above all others.
package enum ExtraVariables {
  /// Reads options in order, later ones over earlier ones: `name=value` words, whose values are
  /// text; JSON or YAML that starts with `{`; `@file`.
  ///
  /// - Throws: for anything that is no mapping, and files that cannot be read.
  package static func load(
    _ written: [String], options: InventoryOptions = InventoryOptions()
  ) throws(Diagnostic) -> (variables: [String: Variable], warnings: [Diagnostic]) {
    var result: [String: Variable] = [:]
    var warnings: [Diagnostic] = []
    for text in written where !text.isEmpty {
      let read = try load(text, options)
      warnings += read.warnings
      for (key, value) in read.variables {
        if options.mergesHashes, let old = result[key] {
          result[key] = VariableMerge.merged(old, value)
        } else {
          result[key] = value
        }
      }
    }
    return (result, warnings)
  }

  private static func load(
    _ text: String, _ options: InventoryOptions
  ) throws(Diagnostic) -> (variables: [String: Variable], warnings: [Diagnostic]) {
    // Shown in place of a file name.
    let origin = "-e \(text.prefix(40))"
    switch text.unicodeScalars.first {
    case "@": return try VarsFile.load(String(text.dropFirst()), options: options)
    case "/", ".":
      throw .error("`-e \(text)` is no assignment", hint: "for a file write `-e @\(text)`")
    case "{", "[":
      let document: YAMLDocument
      do {
        document = try YAML.loadFile(text, file: origin)
      } catch {
        var fault = error
        fault.location?.file = "-e"
        fault.text = text
        throw fault
      }
      return (try VarsFile.variables(of: document.root), document.warnings)
    default: break
    }
    let place = SourceLocation(file: origin, line: 1, column: 1)
    let arguments = try KeyValue.parse(text, at: place)
    if let rest = arguments.freeForm {
      throw .error("`\(rest)` in `-e \(text)` is no assignment", hint: "write `-e name=value`")
    }
    var variables: [String: Variable] = [:]
    for option in arguments.options {
      variables[option.name] = .source(SourceValue(.scalar(.string(option.text)), at: place))
    }
    return (variables, [])
  }
}
