import ArgumentParser
import Diagnostics
import ModuleKit
import Values

/// `doc`: what a module takes, from its specification.
struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc", abstract: "Shows what modules take; without a name lists them.")

  @Argument(help: "Modules.") var modules: [String] = []
  @Flag(name: .shortAndLong, help: "JSON, in the shape of `ansible-doc -j`.") var json = false

  func run() throws {
    let catalogue = Pipeline.catalogue
    if modules.isEmpty {
      let width = catalogue.all.map(\.name.count).max() ?? 0
      let lines = catalogue.all.sorted { $0.name < $1.name }.map { one in
        one.name + String(repeating: " ", count: width + 2 - one.name.count) + one.summary
      }
      return Platform.write(lines.joined(separator: "\n") + "\n", to: 1)
    }
    var found: [(String, Specification)] = []
    for name in modules {
      guard let one = catalogue[name] else {
        let hint = suggestion(for: name, among: catalogue.byName.keys.sorted())
        throw Diagnostics([
          .error("unknown module `\(name)`", hint: hint.map { "did you mean `\($0)`?" })
        ])
      }
      found.append((name, one))
    }
    if json {
      var map = ValueMap()
      for (name, one) in found { map[.string(name)] = ModuleDoc.value(of: one) }
      let style = JSONStyle(indent: 4, sortKeys: true)
      return Platform.write(JSON.text(.map(map), style: style) + "\n", to: 1)
    }
    Platform.write(
      found.map { ModuleDoc.text(of: $0.1) }.joined(separator: "\n"), to: 1)
  }
}

/// `schema`: a JSON Schema for editors and checks.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints a JSON Schema of playbooks.")

  @Flag(help: "Of files of tasks instead.") var tasks = false

  func run() {
    let schema = PlaybookSchema(catalogue: Pipeline.catalogue).document(ofTasks: tasks)
    Platform.write(JSON.text(schema, style: JSONStyle(indent: 2)) + "\n", to: 1)
  }
}

/// A specification as text, and as the data of `ansible-doc -j`.
enum ModuleDoc {
  static func text(of one: Specification) -> String {
    var lines = ["\(one.collection).\(one.name)", "  \(one.summary)"]
    if !one.aliases.isEmpty { lines.append("  also: \(one.aliases.joined(separator: ", "))") }
    if one.takesFreeForm { lines.append("  takes a command line as free text") }
    if !one.parameters.isEmpty { lines += ["", "parameters:"] }
    for parameter in one.parameters { lines += self.lines(of: parameter, indent: "  ") }
    let rules = one.rules.map(words)
    if !rules.isEmpty { lines += ["", "rules:"] + rules.map { "  \($0)" } }
    if !one.lacking.isEmpty {
      lines += ["", "not supported: \(one.lacking.joined(separator: ", "))"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(of parameter: Parameter, indent: String) -> [String] {
    var facts = [type(parameter.type)]
    if parameter.isRequired { facts.append("required") }
    if !parameter.default.isNull {
      facts.append("default \(JSON.text(parameter.default, style: .python))")
    }
    if !parameter.choices.isEmpty {
      facts.append("one of " + parameter.choices.map { JSON.text($0) }.joined(separator: ", "))
    }
    if !parameter.aliases.isEmpty {
      facts.append("also " + parameter.aliases.joined(separator: ", "))
    }
    let line = "\(indent)\(parameter.name): \(facts.joined(separator: "; "))"
    return [line] + parameter.entries.flatMap { lines(of: $0, indent: indent + "  ") }
  }

  private static func words(_ rule: Specification.Rule) -> String {
    func all(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
    switch rule {
    case .mutuallyExclusive(let names): return "only one of \(all(names))"
    case .requiredOneOf(let names): return "at least one of \(all(names))"
    case .requiredTogether(let names): return "only together: \(all(names))"
    case .requiredBy(let name, let needs): return "`\(name)` needs \(all(needs))"
    case .requiredIf(let name, let value, let needs, let anyIsEnough):
      return "`\(name): \(value.string ?? JSON.text(value))` needs "
        + (anyIsEnough ? "one of " : "") + all(needs)
    }
  }

  static func value(of one: Specification) -> Value {
    var options = ValueMap()
    for parameter in one.parameters { options[.string(parameter.name)] = value(of: parameter) }
    return [
      "doc": [
        "collection": .string(one.collection), "description": [.string(one.summary)],
        "module": .string(one.name), "options": .map(options),
        "plugin_name": .string("\(one.collection).\(one.name)"),
        "short_description": .string(one.summary),
      ],
      "examples": .null, "metadata": .null, "return": .null,
    ]
  }

  private static func value(of parameter: Parameter) -> Value {
    var map: ValueMap = ["type": .string(type(parameter.type))]
    if case .list(let element) = parameter.type { map["elements"] = .string(type(element)) }
    if parameter.isRequired { map["required"] = true }
    if !parameter.default.isNull { map["default"] = parameter.default }
    if !parameter.choices.isEmpty { map["choices"] = .list(parameter.choices) }
    if !parameter.aliases.isEmpty {
      map["aliases"] = .list(parameter.aliases.map { .string($0) })
    }
    if !parameter.entries.isEmpty {
      var entries = ValueMap()
      for entry in parameter.entries { entries[.string(entry.name)] = value(of: entry) }
      map["suboptions"] = .map(entries)
    }
    return .map(map)
  }

  /// Ansible's word for the type.
  private static func type(_ type: ParameterType) -> String {
    switch type {
    case .string, .content: "str"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .dictionary: "dict"
    case .path, .source, .template: "path"
    case .raw, .mode: "raw"
    case .list: "list"
    }
  }
}
