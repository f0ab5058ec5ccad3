import Diagnostics

/// Settings that Ansible has, that would change what happens, and that have no effect here.
///
/// Keys that only concern how Ansible itself works (`pipelining`, `control_path`, `remote_tmp`, ...)
/// and keys that no one knows are passed over without a word.
enum UnsupportedSettings {
  /// Keys of the file, why they have no effect, and the values that ask for nothing.
  private static let table: [(key: String, reason: String, neutral: [String])] = [
    ("defaults.action_plugins", plugins, []), ("defaults.callback_plugins", plugins, []),
    ("defaults.connection_plugins", plugins, []), ("defaults.filter_plugins", plugins, []),
    ("defaults.inventory_plugins", plugins, []), ("defaults.library", plugins, []),
    ("defaults.lookup_plugins", plugins, []), ("defaults.module_utils", plugins, []),
    ("defaults.strategy_plugins", plugins, []), ("defaults.test_plugins", plugins, []),
    ("defaults.vars_plugins", plugins, []), ("defaults.become_plugins", plugins, []),
    ("defaults.cache_plugins", plugins, []), ("defaults.cliconf_plugins", plugins, []),
    ("defaults.fact_caching", "facts are not kept between runs", ["memory"]),
    ("defaults.stdout_callback", "the output is Ansible's default one", ["default", "debug"]),
    ("defaults.callbacks_enabled", "there are no callback plugins", []),
    ("defaults.callback_whitelist", "there are no callback plugins", []),
    ("defaults.strategy", "every play runs as `linear`", ["linear"]),
    ("defaults.jinja2_extensions", "Jinja2 has its own extensions here", []),
    ("defaults.error_on_undefined_vars", "undefined variables always fail", yes),
    ("defaults.error_on_missing_handler", "unknown handlers always fail", yes),
    ("defaults.inject_facts_as_vars", "facts are variables too", yes),
    ("defaults.duplicate_dict_key", "duplicate keys are warned about", ["warn"]),
    ("defaults.private_role_vars", "variables of roles are seen by the play", no),
    ("defaults.task_timeout", "tasks have no time limit of their own", ["0"]),
    ("ssh_connection.retries", "a failed connection is not tried again", ["0"]),
    ("connection.retries", "a failed connection is not tried again", ["0"]),
    ("defaults.enable_task_debugger", "there is no debugger", no),
    ("inventory.host_pattern_mismatch", "patterns without hosts are warned about", ["warning"]),
    ("defaults.vault_id_salt", "every encrypted text has a salt of its own", []),
    ("defaults.vault_encrypt_salt", "every encrypted text has a salt of its own", []),
  ]

  private static let plugins = "nothing written in Python runs here"
  private static let yes = ["true", "yes", "on", "1", "y", "t"]
  private static let no = ["false", "no", "off", "0", "n", "f"]

  /// The variables of the environment that mean the same as keys of the table.
  private static let variables: [String: String] = [
    "ANSIBLE_STDOUT_CALLBACK": "defaults.stdout_callback",
    "ANSIBLE_CALLBACKS_ENABLED": "defaults.callbacks_enabled",
    "ANSIBLE_CACHE_PLUGIN": "defaults.fact_caching", "ANSIBLE_LIBRARY": "defaults.library",
    "ANSIBLE_STRATEGY": "defaults.strategy",
    "ANSIBLE_FILTER_PLUGINS": "defaults.filter_plugins",
    "ANSIBLE_ERROR_ON_UNDEFINED_VARS": "defaults.error_on_undefined_vars",
    "ANSIBLE_TASK_TIMEOUT": "defaults.task_timeout",
    "ANSIBLE_SSH_RETRIES": "ssh_connection.retries",
  ]

  /// A warning for each that is set to something, in order of the file, then of the environment.
  static func warnings(_ file: ConfigFile?, _ environment: [String: String]) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for row in table {
      let parts = row.key.split(separator: ".", maxSplits: 1).map(String.init)
      let key = ConfigFile.Key(section: parts[0], name: parts[1])
      guard let entry = file?.entries[key], asks(entry.text, row.neutral) else { continue }
      found.append(
        .warning(
          "`\(parts[1])` has no effect: \(row.reason)", at: entry.location,
          length: parts[1].unicodeScalars.count))
    }
    found.sort { ($0.location?.line ?? 0) < ($1.location?.line ?? 0) }
    for (variable, key) in variables.sorted(by: { $0.key < $1.key }) {
      guard let row = table.first(where: { $0.key == key }), let text = environment[variable],
        asks(text, row.neutral)
      else { continue }
      found.append(.warning("`\(variable)` has no effect: \(row.reason)"))
    }
    return found
  }

  private static func asks(_ text: String, _ neutral: [String]) -> Bool {
    !text.isEmpty && !neutral.contains(text.lowercased())
  }
}
