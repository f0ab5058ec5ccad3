/// An option of one of Ansible's programs, and what it is here.
struct AnsibleOption {
  enum Meaning {
    /// The same option here, by this name.
    case same(String)
    /// There is nothing here that it could act on.
    case ignored
    /// It would act, and is not built: to pass over it would mislead.
    case unsupported
  }

  /// Letters and long names, without dashes.
  var names: [String]
  var takesValue: Bool
  var meaning: Meaning

  private static func flag(_ names: String...) -> AnsibleOption {
    AnsibleOption(names: names, takesValue: false, meaning: .same("--" + (names.last ?? "")))
  }

  private static func value(_ names: String...) -> AnsibleOption {
    AnsibleOption(names: names, takesValue: true, meaning: .same("--" + (names.last ?? "")))
  }

  private static func ignored(_ names: String..., takesValue: Bool = false) -> AnsibleOption {
    AnsibleOption(names: names, takesValue: takesValue, meaning: .ignored)
  }

  private static func unsupported(_ names: String..., takesValue: Bool = false) -> AnsibleOption {
    AnsibleOption(names: names, takesValue: takesValue, meaning: .unsupported)
  }

  // The last name of each is the one of our own option.

  static let common = [
    flag("h", "help"), flag("version"), flag("v", "verbose"),
    value("vault-id"), value("vault-pass-file", "vault-password-file"),
    flag("J", "ask-vault-password", "ask-vault-pass"),
  ]

  static let inventory = [
    value("i", "inventory-file", "inventory"), value("l", "limit"), value("e", "extra-vars"),
    // Facts are not kept between runs.
    ignored("flush-cache"),
  ]

  static let connection = [
    value("u", "user"), value("key-file", "private-key"), value("c", "connection"),
    value("T", "timeout"), value("ssh-common-args"), value("ssh-extra-args"),
    // Files go through the login itself, not through sftp or scp.
    ignored("sftp-extra-args", takesValue: true), ignored("scp-extra-args", takesValue: true),
    flag("k", "ask-pass"), value("conn-pass-file", "connection-password-file"),
    flag("b", "become"), value("become-method"), value("become-user"),
    flag("K", "ask-become-pass"), value("become-pass-file", "become-password-file"),
    value("f", "forks"), flag("C", "check"), flag("D", "diff"),
    unsupported("M", "module-path", takesValue: true),
  ]

  static let playbook = [
    value("t", "tags"), value("skip-tags"), value("start-at-task"), flag("force-handlers"),
    flag("syntax-check"), flag("list-hosts"), flag("list-tasks"), flag("list-tags"),
    unsupported("step"),
  ]

  static let adHoc = [
    value("m", "module-name"), value("a", "args"), flag("o", "one-line"), flag("list-hosts"),
    unsupported("B", "background", takesValue: true), ignored("P", "poll", takesValue: true),
    unsupported("t", "tree", takesValue: true), unsupported("playbook-dir", takesValue: true),
    unsupported("task-timeout", takesValue: true),
  ]

  static let listing = [
    flag("list"), flag("graph"), value("host"), flag("vars"), flag("export"), flag("y", "yaml"),
    unsupported("toml"), value("output"), value("playbook-dir"),
  ]

  static let vaulting = [
    value("output"), value("encrypt-vault-id"), value("new-vault-id"),
    value("new-vault-password-file"), value("n", "name"), value("stdin-name"),
    flag("p", "prompt"), flag("show-input"), flag("skip-tty-check"),
  ]
}
