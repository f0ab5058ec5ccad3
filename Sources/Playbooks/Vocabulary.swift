// The words that each level of a playbook knows. Sources: the keyword reference of Ansible 2.18,
// and what releases up to 2.3 allowed and old content still says.

package enum Vocabulary {
  static let inheritable = Set(Keyword.allCases.map(\.rawValue)).union(["tags", "vars", "when"])

  package static let play = inheritable.subtracting(["when", "delegate_to", "delegate_facts"])
    .union([
      "name", "hosts", "gather_facts", "gather_subset", "gather_timeout", "fact_path",
      "vars_files", "vars_prompt", "roles", "tasks", "pre_tasks", "post_tasks", "handlers",
      "force_handlers", "max_fail_percentage", "serial", "strategy", "order",
    ])

  static let playOnly: Set<String> = ["hosts", "gather_facts", "roles", "tasks", "pre_tasks"]

  package static let block = inheritable.union(["name", "block", "rescue", "always", "notify"])

  package static let task = inheritable.union([
    "name", "action", "local_action", "args", "loop", "loop_control", "register", "notify",
    "until", "retries", "delay", "changed_when", "failed_when", "async", "poll",
  ])

  package static let handler = task.union(["listen"])

  /// What include_tasks and include_role take; the rest belongs into `apply`.
  static let include: Set<String> = [
    "name", "action", "local_action", "args", "loop", "loop_control", "register", "tags", "vars",
    "when", "collections", "debugger", "ignore_errors", "no_log", "run_once", "timeout", "notify",
    "listen",
  ]

  package static let importPlaybook: Set<String> = [
    "import_playbook", "name", "tags", "vars", "when",
  ]

  static let role = inheritable.union(["role", "name"])

  static let loopControl: Set<String> = [
    "loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when",
  ]

  static let varsPrompt: Set<String> = [
    "name", "prompt", "default", "private", "confirm", "encrypt", "salt", "salt_size", "unsafe",
  ]

  /// Keywords that releases before 2.9 had, and what says the same now; nil: nothing is needed.
  static let removed: [String: String?] = [
    "sudo": "become", "sudo_user": "become_user", "su": "become", "su_user": "become_user",
    "always_run": nil, "static": nil, "accelerate": nil, "accelerate_ipv6": nil,
    "accelerate_port": nil, "user": "remote_user", "su_exe": "become_exe", "sudo_exe": "become_exe",
    "su_flags": "become_flags", "sudo_flags": "become_flags",
  ]

  /// The actions that the loader knows by itself; they need no entry in the catalogue.
  package static let structural: Set<String> = [
    "include_tasks", "import_tasks", "include_role", "import_role", "include", "import_playbook",
    "meta",
  ]

  /// Actions whose text may hold more than `k=v`.
  static let takesText: Set<String> = [
    "include_tasks", "import_tasks", "include_role", "import_role", "include", "include_vars",
    "add_host", "group_by", "set_fact", "meta", "command", "shell", "raw", "script", "win_command",
    "win_shell",
  ]

  /// Actions whose arguments are names that the user chooses.
  package static let takesAnyArgument: Set<String> = ["set_fact", "add_host", "include_vars"]

  static let metaActions: [String] = [
    "clear_facts", "clear_host_errors", "end_batch", "end_host", "end_play", "end_role",
    "flush_handlers", "noop", "refresh_inventory", "reset_connection", "role_complete",
  ]

  /// Python's keywords and constants, which are no variable names.
  static let pythonKeywords: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
  ]
}

/// True for what may name a variable: ASCII letters, digits and underscores, no digit first, no
/// word of Python.
package func isVariableName(_ name: String) -> Bool {
  guard let first = name.utf8.first, !Vocabulary.pythonKeywords.contains(name) else { return false }
  func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
  }
  return isLetter(first)
    && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
}
