import ModuleKit
import Playbooks
import Values

/// A JSON Schema (2020-12) of playbooks and files of tasks, made from what modules declare and the
/// loader knows. It refuses misspelt keywords and parameters; what templates give is not known.
struct PlaybookSchema {
  let catalogue: ModuleCatalogue

  private static let template: Value = ["$ref": "#/$defs/template"]

  /// A file of `playbooks`, or of tasks.
  func document(ofTasks: Bool) -> Value {
    var definitions: ValueMap = [
      "template": ["type": "string", "pattern": "\\{[{%]"],
      "boolean": any([
        ["type": "boolean"], Self.template,
        ["enum": ["yes", "no", "on", "off", "true", "false", "y", "n", "1", "0", 1, 0]],
      ]),
      "play": play, "block": block, "task": task(Vocabulary.task),
      "handler": task(Vocabulary.handler), "playbookImport": playbookImport,
      "tasks": list(of: ["task", "block"]), "handlers": list(of: ["handler", "block"]),
    ]
    for one in catalogue.all { definitions[.string("module_" + one.name)] = arguments(of: one) }
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": ofTasks ? "Ansible tasks" : "Ansible playbook",
      "description": .string("What omtd-setup \(OmtdSetup.version) understands."),
      "anyOf": [
        ofTasks ? ["$ref": "#/$defs/tasks"] : list(of: ["play", "playbookImport"]),
        ["type": "null"],
      ],
      "$defs": .map(definitions),
    ]
  }

  // MARK: Levels

  private var play: Value {
    var properties = properties(of: Vocabulary.play)
    for key in ["tasks", "pre_tasks", "post_tasks"] {
      properties[.string(key)] = nullable(["$ref": "#/$defs/tasks"])
    }
    properties["handlers"] = nullable(["$ref": "#/$defs/handlers"])
    properties["hosts"] = ["type": ["string", "array"]]
    return object(properties, required: ["hosts"])
  }

  private var block: Value {
    var properties = properties(of: Vocabulary.block)
    for key in ["block", "rescue", "always"] {
      properties[.string(key)] = nullable(["$ref": "#/$defs/tasks"])
    }
    return object(properties, required: ["block"])
  }

  private var playbookImport: Value {
    var properties = properties(of: Vocabulary.importPlaybook)
    for name in ["ansible.builtin.import_playbook", "import_playbook"] {
      properties[.string(name)] = ["type": "string"]
    }
    let wanted: Value = .list([
      ["required": ["import_playbook"]], ["required": ["ansible.builtin.import_playbook"]],
    ])
    return [
      "type": "object", "properties": .map(properties), "additionalProperties": false,
      "anyOf": wanted,
    ]
  }

  /// A task names one module, by any of its names; modules that are not built in are not refused
  /// where their name has a dot.
  private func task(_ words: Set<String>) -> Value {
    var properties = properties(of: words)
    for (name, one) in catalogue.byName.sorted(by: { $0.key < $1.key }) {
      properties[.string(name)] = ["$ref": .string("#/$defs/module_" + one.name)]
    }
    for name in Vocabulary.structural.sorted() where properties[.string(name)] == nil {
      properties[.string(name)] = true
      properties[.string("ansible.builtin." + name)] = true
    }
    return [
      "type": "object", "properties": .map(properties),
      "patternProperties": ["^with_": true, "\\.": true], "additionalProperties": false,
      "not": ["required": ["block"]],
    ]
  }

  private func properties(of words: Set<String>) -> ValueMap {
    var map = ValueMap()
    for word in words.sorted() { map[.string(word)] = Self.types[word] ?? true }
    return map
  }

  /// What keywords take whose type is the same at all levels.
  private static let types: [String: Value] = {
    var types: [String: Value] = [
      "name": ["type": ["string", "number", "null"]], "register": ["type": "string"],
      "vars": ["type": ["object", "array", "null"]], "tags": ["type": ["string", "array", "null"]],
      "when": ["type": ["string", "boolean", "array", "null"]],
      "notify": ["type": ["string", "array", "null"]],
      "roles": ["type": ["array", "null"]], "loop": ["type": ["array", "string", "null"]],
      "loop_control": ["type": "object"], "args": ["type": ["object", "string"]],
      "environment": ["type": ["object", "array", "string", "null"]],
      "vars_files": ["type": ["array", "string", "null"]],
    ]
    let flags = [
      "become", "ignore_errors", "ignore_unreachable", "no_log", "run_once", "check_mode", "diff",
      "any_errors_fatal", "gather_facts", "force_handlers", "delegate_facts",
    ]
    for name in flags { types[name] = ["$ref": "#/$defs/boolean"] }
    return types
  }()

  // MARK: Modules

  private func arguments(of one: Specification) -> Value {
    var properties = ValueMap()
    for parameter in one.parameters {
      for name in [parameter.name] + parameter.aliases {
        properties[.string(name)] = schema(of: parameter)
      }
    }
    // `key: value` texts, the free form, and templates of all arguments.
    let texts: Value = ["type": ["string", "null"]]
    // `set_fact`, `add_host` and their like take any name.
    let isOpen = one.effect == .engine || one.takesFreeForm
    let map: Value = [
      "type": "object", "properties": .map(properties), "additionalProperties": .bool(isOpen),
    ]
    return ["description": .string(one.summary), "anyOf": [texts, map]]
  }

  private func schema(of parameter: Parameter) -> Value {
    var result: ValueMap
    if parameter.choices.isEmpty {
      result = ["anyOf": .list(types(of: parameter.type, parameter.entries))]
    } else {
      let choices: Value = ["enum": .list(parameter.choices)]
      result =
        if case .list = parameter.type {
          [
            "anyOf": [
              ["type": "array", "items": any([choices, Self.template])], ["type": "string"],
            ]
          ]
        } else if parameter.type == .bool || parameter.choices.contains(where: { $0.bool != nil }) {
          ["anyOf": [choices, ["$ref": "#/$defs/boolean"]]]
        } else {
          ["anyOf": [choices, Self.template]]
        }
    }
    if !parameter.default.isNull { result["default"] = parameter.default }
    return .map(result)
  }

  private func types(of type: ParameterType, _ entries: [Parameter]) -> [Value] {
    switch type {
    case .bool: return [["$ref": "#/$defs/boolean"]]
    case .int: return [["type": "integer"], ["type": "string"]]
    case .float: return [["type": "number"], ["type": "string"]]
    case .string, .path, .mode, .source, .template:
      return [["type": ["string", "number", "boolean", "null"]]]
    case .content, .raw: return [true]
    case .dictionary: return [dictionary(entries), ["type": ["string", "null"]]]
    case .list(let element):
      let items: Value =
        element == .dictionary && !entries.isEmpty
        ? any([dictionary(entries), Self.template]) : true
      return [["type": "array", "items": items], ["type": ["string", "number", "null"]]]
    }
  }

  private func dictionary(_ entries: [Parameter]) -> Value {
    guard !entries.isEmpty else { return ["type": "object"] }
    var properties = ValueMap()
    for entry in entries {
      for name in [entry.name] + entry.aliases { properties[.string(name)] = schema(of: entry) }
    }
    return ["type": "object", "properties": .map(properties), "additionalProperties": false]
  }

  // MARK: Parts

  private func object(_ properties: ValueMap, required: [String]) -> Value {
    [
      "type": "object", "properties": .map(properties), "additionalProperties": false,
      "required": .list(required.map { .string($0) }),
    ]
  }

  private func list(of names: [String]) -> Value {
    ["type": "array", "items": any(names.map { ["$ref": .string("#/$defs/" + $0)] })]
  }

  private func any(_ all: [Value]) -> Value { ["anyOf": .list(all)] }

  private func nullable(_ schema: Value) -> Value { any([schema, ["type": "null"]]) }
}
