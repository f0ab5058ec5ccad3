import ArgumentParser
import Configuration
import Diagnostics
import Playbooks
import Running
import Transport

/// The inventory and what of it is meant.
struct InventoryArguments: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("inventory")], parsing: .singleValue,
    help: "Inventory file, directory, program, or hosts with commas between them.")
  var sources: [String] = []

  @Option(name: .shortAndLong, help: "Only these hosts of the plays.")
  var limit: String?

  @Option(
    name: [.customShort("e"), .customLong("extra-vars")], parsing: .singleValue,
    help: "Variables that win over all others: k=v, JSON, YAML or @FILE.")
  var extraVars: [String] = []

  @OptionGroup(title: "Vault") var vault: VaultArguments

  /// No shell expands what stands behind `=` or `@`.
  var withPathsWrittenOut: InventoryArguments {
    var arguments = self
    arguments.sources = sources.map { $0.contains(",") ? $0 : Platform.expanded($0) }
    arguments.extraVars = extraVars.map { option in
      option.hasPrefix("@") ? "@" + Platform.expanded(String(option.dropFirst())) : option
    }
    return arguments
  }
}

/// How hosts are reached and with whose rights.
struct ConnectionArguments: ParsableArguments {
  @Option(name: [.customShort("u"), .customLong("user")], help: "The user to log in as.")
  var user: String?

  @Option(
    name: [.customLong("private-key"), .customLong("key-file")], help: "The key to log in with.")
  var privateKey: String?

  @Option(name: [.customShort("c"), .customLong("connection")], help: "ssh or local.")
  var connection: String?

  @Option(name: [.customShort("T"), .customLong("timeout")], help: "Seconds to connect.")
  var timeout: Int?

  // Their values begin with a dash, as options do.
  @Option(
    name: .customLong("ssh-common-args"), parsing: .unconditional, help: "Arguments for ssh.")
  var sshCommonArguments: String?

  @Option(
    name: .customLong("ssh-extra-args"), parsing: .unconditional,
    help: "More arguments for ssh.")
  var sshExtraArguments: String?

  @Option(
    name: [.customLong("connection-password-file"), .customLong("conn-pass-file")],
    help: "A file that holds the login's password, or a program that prints it.")
  var passwordFile: String?

  @Option(
    name: [.customLong("become-password-file"), .customLong("become-pass-file")],
    help: "A file that holds the password that taking rights needs, or a program that prints it.")
  var becomePasswordFile: String?

  @Flag(name: [.customShort("k"), .customLong("ask-pass")], help: "Ask for the login's password.")
  var askPassword = false

  @Flag(name: [.customShort("b"), .customLong("become")], help: "Take another user's rights.")
  var become = false

  @Option(name: .customLong("become-user"), help: "That user; root without it.")
  var becomeUser: String?

  @Option(name: .customLong("become-method"), help: "sudo or su.")
  var becomeMethod: String?

  @Flag(
    name: [.customShort("K"), .customLong("ask-become-pass")],
    help: "Ask for the password that taking rights needs.")
  var askBecomePassword = false

  @Option(name: [.customShort("f"), .customLong("forks")], help: "Hosts at once; all up to 256.")
  var forks: Int?

  @Flag(
    name: .customLong("accept-new"), help: "Keep the keys of hosts that are met for the first time."
  )
  var acceptNew = false
}

/// What a run shows.
struct OutputArguments: ParsableArguments {
  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show more; repeat for yet more.")
  var verbosity: Int

  @Option(name: .customLong("json"), help: "Write events as JSON lines to this file as well.")
  var json: String?

  @Flag(name: [.customShort("D"), .customLong("diff")], help: "Show what changes in files.")
  var diff = false
}

/// What of the playbooks runs.
struct SelectionArguments: ParsableArguments {
  @Option(
    name: [.customShort("t"), .customLong("tags")], parsing: .singleValue,
    help: "Only tasks with these tags.")
  var tags: [String] = []

  @Option(name: .customLong("skip-tags"), parsing: .singleValue, help: "No tasks with these tags.")
  var skipTags: [String] = []

  @Option(name: .customLong("start-at-task"), help: "Begin at the task of this name.")
  var startAtTask: String?

  @Flag(name: .customLong("force-handlers"), help: "Run handlers of failed hosts too.")
  var forceHandlers = false

  @Flag(name: .customLong("syntax-check"), help: "Only check the files.")
  var syntaxCheck = false

  @Flag(name: .customLong("list-hosts"), help: "Only list the hosts of each play.")
  var listHosts = false

  @Flag(name: .customLong("list-tasks"), help: "Only list the tasks.")
  var listTasks = false

  @Flag(name: .customLong("list-tags"), help: "Only list the tags.")
  var listTags = false

  @Flag(help: "Treat what Ansible would find at the task's turn as an error before the run.")
  var strict = false

  @Option(help: ArgumentHelp("none, full, or a seed.", visibility: .hidden))
  var prefetch: String = "full"

  @Flag(
    name: .customLong("verify-facts"),
    help: ArgumentHelp(
      "Read each fact again at its use; a difference ends the run.",
      visibility: .hidden))
  var verifyFacts = false
}
