import Diagnostics
import ModuleKit
import OrderedCollections
import Playbooks
import Templating
import Values

/// `set_fact`: variables of a host until the end of the run.
struct SetFactAction: EngineAction {
  static let specification = Specification(
    "set_fact", summary: "Variables of a host until the end of the run",
    parameters: [
      Parameter("key_value", .raw), Parameter("cacheable", .bool, default: false),
    ], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    var values: [String: Variable] = [:]
    var shown = ValueMap()
    var isFact = false
    for (written, value, location) in try context.arguments() where written != "_raw_params" {
      let name = try context.rendered(name: written)
      // Facts of one run are not kept for the next; in this one they are facts.
      if name == "cacheable" {
        isFact = ParameterType.boolean(of: value.opened) ?? false
        continue
      }
      guard Self.isName(name) else {
        throw context.failed("`\(name)` is not a valid variable name", at: location)
      }
      // What was written without templates may be used as an expression later, as any variable.
      let literal = context.source(written).flatMap { context.evaluator.literal($0) }
      values[name] = literal.map { .source($0) } ?? .value(value)
      shown[.string(name)] = value
    }
    guard !values.isEmpty else {
      throw context.failed("`set_fact` needs at least one variable to set")
    }
    var effects: [Effect] = [.assign(values, host: context.target)]
    if isFact { effects.append(.learn(shown, host: context.target)) }
    return ActionOutcome(values: ["ansible_facts": .map(shown)], effects: effects)
  }

  static func isName(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first else { return false }
    guard first == "_" || first.properties.isXIDStart else { return false }
    return name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
  }
}

/// `add_host`: a host for the plays to come.
struct AddHostAction: EngineAction {
  static let specification = Specification(
    "add_host", summary: "A host for the plays to come",
    parameters: [
      Parameter("name", aliases: ["host", "hostname"], isRequired: true),
      Parameter("groups", .list(of: .string), aliases: ["group", "groupname"]),
    ], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    var name: String?
    var groups: [String] = []
    var variables: [String: Value] = [:]
    for (key, value, _) in try context.arguments() {
      switch key {
      case "name", "host", "hostname":
        name = ParameterType.convert(value.opened, to: .string)?.string
      case "groups", "group", "groupname":
        groups =
          ParameterType.convert(value.opened, to: .list(of: .string))?.elements?
          .compactMap(\.string) ?? []
      case "_raw_params": break
      default: variables[key] = value
      }
    }
    guard var host = name, !host.isEmpty else {
      throw context.failed("`add_host` needs a `name`")
    }
    // `name:port`, as an inventory writes it.
    if let colon = host.lastIndex(of: ":"), let port = Int(host[host.index(after: colon)...]),
      host.firstIndex(of: ":") == colon
    {
      host = String(host[..<colon])
      if variables["ansible_port"] == nil { variables["ansible_port"] = .int(port) }
    }
    var shown = ValueMap()
    for (key, value) in variables.sorted(by: { $0.key < $1.key }) { shown[.string(key)] = value }
    return ActionOutcome(
      values: [
        "add_host": [
          "host_name": .string(host), "groups": .strings(groups), "host_vars": .map(shown),
        ]
      ],
      effects: [.addHost(name: host, groups: groups, variables: variables)])
  }
}

/// `group_by`: puts hosts into groups by a key.
struct GroupByAction: EngineAction {
  static let specification = Specification(
    "group_by", summary: "Puts hosts into groups by a key",
    parameters: [
      Parameter("key", isRequired: true),
      Parameter("parents", .list(of: .string), default: ["all"]),
    ], effect: .engine)

  func run(_ context: ActionContext) throws(EvaluationStop) -> ActionOutcome {
    guard let key = try context.text("key") else {
      throw context.failed("`group_by` needs a `key`")
    }
    var parents = ["all"]
    if let source = context.source("parents"), let value = try context.evaluator.render(source) {
      parents =
        ParameterType.convert(value.opened, to: .list(of: .string))?.elements?
        .compactMap(\.string) ?? parents
    }
    func group(_ name: String) -> String { name.split(separator: " ").joined(separator: "-") }
    return ActionOutcome(
      values: ["add_group": .string(group(key)), "parent_groups": .strings(parents.map(group))],
      effects: [.groupBy(key: group(key), parents: parents.map(group), host: context.host)])
  }
}
