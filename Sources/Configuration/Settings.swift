import Diagnostics

/// How hosts' facts are gathered at the start of a play.
package enum Gathering: String, CaseIterable, Sendable { case implicit, explicit, smart }
/// What a variable of the same name does to a mapping.
package enum HashBehaviour: String, CaseIterable, Sendable { case replace, merge }
/// What a pattern without a host does.
package enum PatternMismatch: String, CaseIterable, Sendable { case error, warning, ignore }
/// What a key written twice does.
package enum DuplicateKeys: String, CaseIterable, Sendable { case error, warn, ignore }

/// Everything that may be configured: defaults, under `ansible.cfg`, under the environment; the
/// command line sets what it is given.
package struct Settings: Sendable {
  /// The configuration file that was read.
  package var configFile: String?
  package var warnings: [Diagnostic] = []
  /// Keys of the file that mean nothing here, as `section.key`.
  package var ignoredKeys: [(name: String, location: SourceLocation)] = []

  // Connection
  package var hostKeyChecking = Setting(true)
  /// nil: as many hosts as there are.
  package var forks = Setting<Int?>(nil)
  /// Seconds for a connection to stand.
  package var timeout = Setting(10)
  package var remoteUser = Setting<String?>(nil)
  package var remotePort = Setting<Int?>(nil)
  package var privateKeyFile = Setting<String?>(nil)
  package var connection = Setting("ssh")
  package var asksPassword = Setting(false)
  package var connectionPasswordFile = Setting<String?>(nil)
  package var sshArguments = Setting<String?>(nil)
  package var sshCommonArguments = Setting("")
  package var sshExtraArguments = Setting("")
  package var sshExecutable = Setting("ssh")
  /// How often a lost connection is tried again.
  package var connectionRetries = Setting(0)
  package var shellExecutable = Setting("/bin/sh")
  package var remoteTemporaryFolder = Setting("~/.ansible/tmp")

  // Escalation
  package var become = Setting(false)
  package var becomeMethod = Setting("sudo")
  package var becomeUser = Setting("root")
  package var becomeExecutable = Setting<String?>(nil)
  package var becomeFlags = Setting<String?>(nil)
  package var asksBecomePassword = Setting(false)
  package var becomesSameUser = Setting(false)
  package var becomePasswordFile = Setting<String?>(nil)

  // Inventory and roles
  package var inventory = Setting(["/etc/ansible/hosts"])
  package var rolesPath = Setting<[String]>([])
  package var unparsedIsFailed = Setting(false)
  package var anyUnparsedIsFailed = Setting(false)
  package var ignoredInventorySuffixes = Setting<[String]>([])
  package var patternMismatch = Setting(PatternMismatch.warning)
  package var playbookFolder = Setting<String?>(nil)

  // Language
  package var gathering = Setting(Gathering.implicit)
  package var hashBehaviour = Setting(HashBehaviour.replace)
  package var injectsFacts = Setting(true)
  package var jinja2Extensions = Setting<[String]>([])
  package var jinja2Native = Setting(true)
  package var failsOnUndefined = Setting(true)
  package var duplicateKeys = Setting(DuplicateKeys.warn)

  // Running
  package var forceHandlers = Setting(false)
  package var failsOnMissingHandler = Setting(true)
  package var anyErrorsFatal = Setting(false)
  package var strategy = Setting("linear")
  /// Seconds; 0 is without limit.
  package var taskTimeout = Setting(0)
  package var pollInterval = Setting(15)
  package var noLog = Setting(false)
  package var runTags = Setting<[String]>([])
  package var skipTags = Setting<[String]>([])
  package var retryFiles = Setting(false)
  package var retryFilesFolder = Setting<String?>(nil)

  // Vault
  package var vaultPasswordFile = Setting<String?>(nil)
  package var vaultIdentities = Setting<[String]>([])
  package var vaultIdentity = Setting("default")
  package var asksVaultPassword = Setting(false)
  /// The vault id to encrypt with where there are several.
  package var vaultEncryptIdentity = Setting<String?>(nil)
  /// Only passwords of the id that an encrypted text names are tried.
  package var vaultIdentityMustMatch = Setting(false)

  // Output
  package var noColor = Setting(false)
  package var forceColor = Setting(false)
  package var stdoutCallback = Setting("default")
  package var callbacks = Setting<[String]>([])
  package var logPath = Setting<String?>(nil)
  package var diffAlways = Setting(false)
  package var diffContext = Setting(3)
  package var verbosity = Setting(0)
  package var showsSkippedHosts = Setting(true)
  package var showsArguments = Setting(false)
  package var showsSystemWarnings = Setting(true)
  package var showsDeprecations = Setting(true)

  /// The defaults alone.
  package init() {}
}
