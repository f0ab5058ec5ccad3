import Values

/// What a module is called, takes and refuses: declared once; checks, docs and schema come from it.
package final class Specification: Sendable {
  /// The short name, as in `copy`.
  package let name: String
  /// The collection whose fully qualified names reach it, as in `ansible.builtin`.
  package let collection: String
  /// Other short names of the same module.
  package let aliases: [String]
  /// One line for the docs.
  package let summary: String
  package let parameters: [Parameter]
  /// Takes a free-form command line (`command`, `shell`, `raw`, `script`).
  package let takesFreeForm: Bool
  package let rules: [Rule]
  /// Parameters that Ansible's module has and this one lacks: refused by name.
  package let lacking: [String]
  package let effect: Effect

  /// What a plan can say of the module's steps.
  package enum Effect: Sendable {
    /// Its steps name what they change.
    case predictable
    /// Runs something whose effect cannot be predicted.
    case opaque
    /// Acts on the engine, not on a host.
    case engine
  }

  /// A relation between parameters, with Ansible's meaning of each.
  package enum Rule: Sendable {
    case mutuallyExclusive([String])
    case requiredOneOf([String])
    case requiredTogether([String])
    /// If the parameter has the value, all (or any) of the others must be given.
    case requiredIf(String, equals: Value, needs: [String], anyIsEnough: Bool)
    case requiredBy(String, needs: [String])
  }

  package init(
    _ name: String, collection: String = "ansible.builtin", aliases: [String] = [],
    summary: String, parameters: [Parameter], takesFreeForm: Bool = false, rules: [Rule] = [],
    lacking: [String] = [], effect: Effect = .predictable
  ) {
    self.name = name
    self.collection = collection
    self.aliases = aliases
    self.summary = summary
    self.parameters = parameters
    self.takesFreeForm = takesFreeForm
    self.rules = rules
    self.lacking = lacking
    self.effect = effect
  }

  /// The parameter of that name or alias.
  package func parameter(_ name: String) -> Parameter? {
    parameters.first { $0.name == name || $0.aliases.contains(name) }
  }
}

/// One parameter as users write it.
package final class Parameter: Sendable {
  package let name: String
  package let aliases: [String]
  package let type: ParameterType
  package let isRequired: Bool
  package let `default`: Value
  package let choices: [Value]
  /// For dictionaries and lists of dictionaries: what their entries may be.
  package let entries: [Parameter]
  /// Never shown: a password or a token.
  package let isSecret: Bool

  package init(
    _ name: String, _ type: ParameterType = .string, aliases: [String] = [],
    isRequired: Bool = false, default: Value = .null, choices: [Value] = [],
    entries: [Parameter] = [], isSecret: Bool = false
  ) {
    self.name = name
    self.aliases = aliases
    self.type = type
    self.isRequired = isRequired
    self.default = `default`
    self.choices = choices
    self.entries = entries
    self.isSecret = isSecret
  }
}

/// The types of Ansible's argument specifications, and those that the engine resolves itself.
package indirect enum ParameterType: Hashable, Sendable {
  case string, bool, int, float, dictionary, path, raw
  case list(of: ParameterType)
  /// Octal text or number, symbolic text, or `preserve`.
  case mode
  /// A file or directory of the controller, unless `remote_src` is true: becomes a `Payload`.
  case source
  /// A template file of the controller, rendered for the host: becomes a `Payload`.
  case template
  /// Text, or data that is written as JSON: becomes a `Payload`.
  case content
}

/// The specifications of all modules by every name that reaches them.
package struct ModuleCatalogue: Sendable {
  package private(set) var byName: [String: Specification] = [:]
  /// In the order given.
  package private(set) var all: [Specification] = []

  package init(_ specifications: [Specification]) {
    all = specifications
    for one in specifications {
      for name in [one.name] + one.aliases {
        byName[name] = one
        byName["\(one.collection).\(name)"] = one
        byName["ansible.legacy.\(name)"] = one
        // The modules that left ansible-core keep answering to its old names.
        if one.collection != "ansible.builtin" { byName["ansible.builtin.\(name)"] = one }
      }
    }
  }

  package subscript(name: String) -> Specification? { byName[name] }
}
