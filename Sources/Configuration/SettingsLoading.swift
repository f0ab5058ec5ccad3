import Diagnostics
import Inventories

/// What settings are read from, so that tests need no real environment.
package struct SettingsSources: Sendable {
  package var environment: [String: String]
  /// Where `ansible.cfg` is looked for first.
  package var folder: String
  package var home: String?
  package var systemFile: String

  package init(
    environment: [String: String], folder: String = ".", home: String?,
    systemFile: String = "/etc/ansible/ansible.cfg"
  ) {
    self.environment = environment
    self.folder = folder
    self.home = home
    self.systemFile = systemFile
  }
}

extension Settings {
  private typealias Names = SettingsReader.Names

  /// Reads the first configuration file there is (`ANSIBLE_CONFIG`, the folder's, the home's, the
  /// system's), and the environment over it.
  ///
  /// - Throws: all lines and values that have no meaning.
  package static func load(_ sources: SettingsSources) throws(Diagnostics) -> Settings {
    var settings = Settings()
    var file: ConfigFile?
    if let path = settings.findFile(sources) {
      switch Files.read(path) {
      case .success(let text): file = try ConfigFile(text, path: path)
      case .failure(let error):
        throw Diagnostics([.error("cannot read `\(path)`: \(error.reason)")])
      }
      settings.configFile = path
      settings.warnings += file?.warnings ?? []
    }
    var reader = SettingsReader(
      file: file, environment: sources.environment, home: sources.home)
    settings.readConnection(&reader)
    settings.readInventory(&reader)
    settings.readRunning(&reader)
    settings.readOutput(&reader)
    try reader.diagnostics.throwIfErrors()
    settings.warnings += reader.diagnostics.all
    settings.ignoredKeys = reader.unusedKeys.map {
      ("\($0.key.section).\($0.key.name)", $0.location)
    }
    return settings
  }

  /// The options for reading inventories that these settings ask for.
  package var inventoryOptions: InventoryOptions {
    var options = InventoryOptions()
    options.mergesHashes = hashBehaviour.value == .merge
    options.needsSource = unparsedIsFailed.value
    options.needsAllSources = anyUnparsedIsFailed.value
    if ignoredInventorySuffixes.origin != .standard {
      options.ignoredSuffixes = ignoredInventorySuffixes.value
    }
    return options
  }

  /// The file of a folder that anyone may write to is passed over: it could run programs.
  private mutating func findFile(_ sources: SettingsSources) -> String? {
    if var path = sources.environment["ANSIBLE_CONFIG"], !path.isEmpty {
      if Files.kind(path) == .folder { path = Files.join(path, "ansible.cfg") }
      if Files.kind(path) == .file { return path }
    }
    let local = Files.join(sources.folder, "ansible.cfg")
    if Files.kind(local) == .file {
      if !Files.isWorldWritable(sources.folder) { return local }
      warnings.append(
        .warning(
          "`\(local)` is ignored: anyone may write to its folder",
          hint: "run `chmod o-w` on the folder, or name the file in ANSIBLE_CONFIG"))
    }
    if let home = sources.home {
      let path = Files.join(home, ".ansible.cfg")
      if Files.kind(path) == .file { return path }
    }
    return Files.kind(sources.systemFile) == .file ? sources.systemFile : nil
  }

  private mutating func readConnection(_ reader: inout SettingsReader) {
    hostKeyChecking = reader.flag(
      Names(
        "ANSIBLE_SSH_HOST_KEY_CHECKING", "ANSIBLE_HOST_KEY_CHECKING",
        keys: "ssh_connection.host_key_checking", "defaults.host_key_checking"), true)
    forks = reader.optionalNumber(Names("ANSIBLE_FORKS", keys: "defaults.forks"))
    timeout = reader.number(
      Names(
        "ANSIBLE_SSH_TIMEOUT", "ANSIBLE_TIMEOUT",
        keys: "ssh_connection.timeout", "defaults.timeout"), 10)
    remoteUser = reader.optionalText(Names("ANSIBLE_REMOTE_USER", keys: "defaults.remote_user"))
    remotePort = reader.optionalNumber(Names("ANSIBLE_REMOTE_PORT", keys: "defaults.remote_port"))
    privateKeyFile = reader.path(
      Names("ANSIBLE_PRIVATE_KEY_FILE", keys: "defaults.private_key_file"))
    connection = reader.text(Names("ANSIBLE_TRANSPORT", keys: "defaults.transport"), "ssh")
    asksPassword = reader.flag(Names("ANSIBLE_ASK_PASS", keys: "defaults.ask_pass"), false)
    connectionPasswordFile = reader.path(
      Names("ANSIBLE_CONNECTION_PASSWORD_FILE", keys: "defaults.connection_password_file"))
    sshArguments = reader.optionalText(Names("ANSIBLE_SSH_ARGS", keys: "ssh_connection.ssh_args"))
    sshCommonArguments = reader.text(
      Names("ANSIBLE_SSH_COMMON_ARGS", keys: "ssh_connection.ssh_common_args"), "")
    sshExtraArguments = reader.text(
      Names("ANSIBLE_SSH_EXTRA_ARGS", keys: "ssh_connection.ssh_extra_args"), "")
    sshExecutable = reader.text(
      Names("ANSIBLE_SSH_EXECUTABLE", keys: "ssh_connection.ssh_executable"), "ssh")
    connectionRetries = reader.number(
      Names("ANSIBLE_SSH_RETRIES", keys: "ssh_connection.retries", "connection.retries"), 0)
    shellExecutable = reader.text(
      Names("ANSIBLE_EXECUTABLE", keys: "defaults.executable"), "/bin/sh")
    remoteTemporaryFolder = reader.text(
      Names("ANSIBLE_REMOTE_TEMP", "ANSIBLE_REMOTE_TMP", keys: "defaults.remote_tmp"),
      "~/.ansible/tmp")

    become = reader.flag(Names("ANSIBLE_BECOME", keys: "privilege_escalation.become"), false)
    becomeMethod = reader.text(
      Names("ANSIBLE_BECOME_METHOD", keys: "privilege_escalation.become_method"), "sudo")
    becomeUser = reader.text(
      Names("ANSIBLE_BECOME_USER", keys: "privilege_escalation.become_user"), "root")
    becomeExecutable = reader.optionalText(
      Names("ANSIBLE_BECOME_EXE", keys: "privilege_escalation.become_exe"))
    becomeFlags = reader.optionalText(
      Names("ANSIBLE_BECOME_FLAGS", keys: "privilege_escalation.become_flags"))
    asksBecomePassword = reader.flag(
      Names("ANSIBLE_BECOME_ASK_PASS", keys: "privilege_escalation.become_ask_pass"), false)
    becomesSameUser = reader.flag(
      Names(
        "ANSIBLE_BECOME_ALLOW_SAME_USER", keys: "privilege_escalation.become_allow_same_user"),
      false)
    becomePasswordFile = reader.path(
      Names("ANSIBLE_BECOME_PASSWORD_FILE", keys: "defaults.become_password_file"))
  }

  private mutating func readInventory(_ reader: inout SettingsReader) {
    inventory = reader.paths(
      Names("ANSIBLE_INVENTORY", keys: "defaults.inventory", "defaults.hostfile"), separator: ",",
      ["/etc/ansible/hosts"])
    rolesPath = reader.paths(
      Names("ANSIBLE_ROLES_PATH", keys: "defaults.roles_path"), separator: ":",
      ["~/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"])
    unparsedIsFailed = reader.flag(
      Names("ANSIBLE_INVENTORY_UNPARSED_FAILED", keys: "inventory.unparsed_is_failed"), false)
    anyUnparsedIsFailed = reader.flag(
      Names(
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", keys: "inventory.any_unparsed_is_failed"),
      false)
    ignoredInventorySuffixes = reader.list(
      Names(
        "ANSIBLE_INVENTORY_IGNORE",
        keys: "inventory.ignore_extensions", "defaults.inventory_ignore_extensions"))
    patternMismatch = reader.choice(
      Names("ANSIBLE_HOST_PATTERN_MISMATCH", keys: "inventory.host_pattern_mismatch"), .warning)
    playbookFolder = reader.path(Names("ANSIBLE_PLAYBOOK_DIR", keys: "defaults.playbook_dir"))
  }

  private mutating func readRunning(_ reader: inout SettingsReader) {
    gathering = reader.choice(Names("ANSIBLE_GATHERING", keys: "defaults.gathering"), .implicit)
    hashBehaviour = reader.choice(
      Names("ANSIBLE_HASH_BEHAVIOUR", keys: "defaults.hash_behaviour"), .replace)
    injectsFacts = reader.flag(
      Names("ANSIBLE_INJECT_FACT_VARS", keys: "defaults.inject_facts_as_vars"), true)
    jinja2Extensions = reader.list(
      Names("ANSIBLE_JINJA2_EXTENSIONS", keys: "defaults.jinja2_extensions"))
    jinja2Native = reader.flag(
      Names("ANSIBLE_JINJA2_NATIVE", keys: "defaults.jinja2_native"), true)
    failsOnUndefined = reader.flag(
      Names("ANSIBLE_ERROR_ON_UNDEFINED_VARS", keys: "defaults.error_on_undefined_vars"), true)
    duplicateKeys = reader.choice(
      Names("ANSIBLE_DUPLICATE_YAML_DICT_KEY", keys: "defaults.duplicate_dict_key"), .warn)
    forceHandlers = reader.flag(
      Names("ANSIBLE_FORCE_HANDLERS", keys: "defaults.force_handlers"), false)
    failsOnMissingHandler = reader.flag(
      Names("ANSIBLE_ERROR_ON_MISSING_HANDLER", keys: "defaults.error_on_missing_handler"), true)
    anyErrorsFatal = reader.flag(
      Names("ANSIBLE_ANY_ERRORS_FATAL", keys: "defaults.any_errors_fatal"), false)
    strategy = reader.text(Names("ANSIBLE_STRATEGY", keys: "defaults.strategy"), "linear")
    taskTimeout = reader.number(Names("ANSIBLE_TASK_TIMEOUT", keys: "defaults.task_timeout"), 0)
    pollInterval = reader.number(
      Names("ANSIBLE_POLL_INTERVAL", keys: "defaults.poll_interval"), 15)
    noLog = reader.flag(Names("ANSIBLE_NO_LOG", keys: "defaults.no_log"), false)
    runTags = reader.list(Names("ANSIBLE_RUN_TAGS", keys: "tags.run"))
    skipTags = reader.list(Names("ANSIBLE_SKIP_TAGS", keys: "tags.skip"))
    retryFiles = reader.flag(
      Names("ANSIBLE_RETRY_FILES_ENABLED", keys: "defaults.retry_files_enabled"), false)
    retryFilesFolder = reader.path(
      Names("ANSIBLE_RETRY_FILES_SAVE_PATH", keys: "defaults.retry_files_save_path"))
    vaultPasswordFile = reader.path(
      Names("ANSIBLE_VAULT_PASSWORD_FILE", keys: "defaults.vault_password_file"))
    vaultIdentities = reader.list(
      Names("ANSIBLE_VAULT_IDENTITY_LIST", keys: "defaults.vault_identity_list"))
    vaultIdentity = reader.text(
      Names("ANSIBLE_VAULT_IDENTITY", keys: "defaults.vault_identity"), "default")
    asksVaultPassword = reader.flag(
      Names("ANSIBLE_ASK_VAULT_PASS", keys: "defaults.ask_vault_pass"), false)
    vaultEncryptIdentity = reader.optionalText(
      Names("ANSIBLE_VAULT_ENCRYPT_IDENTITY", keys: "defaults.vault_encrypt_identity"))
    vaultIdentityMustMatch = reader.flag(
      Names("ANSIBLE_VAULT_ID_MATCH", keys: "defaults.vault_id_match"), false)
  }

  private mutating func readOutput(_ reader: inout SettingsReader) {
    noColor = reader.flag(Names("ANSIBLE_NOCOLOR", keys: "defaults.nocolor"), false)
    // https://no-color.org: any text but the empty one.
    if let text = reader.environment["NO_COLOR"], !text.isEmpty {
      noColor = Setting(true, .environment("NO_COLOR"))
    }
    forceColor = reader.flag(Names("ANSIBLE_FORCE_COLOR", keys: "defaults.force_color"), false)
    stdoutCallback = reader.text(
      Names("ANSIBLE_STDOUT_CALLBACK", keys: "defaults.stdout_callback"), "default")
    callbacks = reader.list(
      Names(
        "ANSIBLE_CALLBACKS_ENABLED",
        keys: "defaults.callbacks_enabled", "defaults.callback_whitelist"))
    logPath = reader.path(Names("ANSIBLE_LOG_PATH", keys: "defaults.log_path"))
    diffAlways = reader.flag(Names("ANSIBLE_DIFF_ALWAYS", keys: "diff.always"), false)
    diffContext = reader.number(Names("ANSIBLE_DIFF_CONTEXT", keys: "diff.context"), 3)
    verbosity = reader.number(Names("ANSIBLE_VERBOSITY", keys: "defaults.verbosity"), 0)
    showsSkippedHosts = reader.flag(
      Names("ANSIBLE_DISPLAY_SKIPPED_HOSTS", keys: "defaults.display_skipped_hosts"), true)
    showsArguments = reader.flag(
      Names("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", keys: "defaults.display_args_to_stdout"), false)
    showsSystemWarnings = reader.flag(
      Names("ANSIBLE_SYSTEM_WARNINGS", keys: "defaults.system_warnings"), true)
    showsDeprecations = reader.flag(
      Names("ANSIBLE_DEPRECATION_WARNINGS", keys: "defaults.deprecation_warnings"), true)
  }
}
