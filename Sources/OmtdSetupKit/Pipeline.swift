import Configuration
import Diagnostics
import Dispatch
import Inventories
import ModuleKit
import Modules
import Playbooks
import Reporting
import Running
import SSH
import Templating
import Transport
import Values
import YAMLReader

/// The way of the data: settings, inventory, playbooks checked, run, report.
struct Pipeline {
  var inventoryArguments: InventoryArguments
  var connectionArguments: ConnectionArguments
  var output: OutputArguments
  var selection: SelectionArguments

  let settings: Settings
  let vault: VaultKeys
  let vaultWarnings: [Diagnostic]
  let inventory: Inventory
  private let reading: InventoryOptions
  let extraVars: [String: Variable]
  let loader: Loader

  /// What is executed and what is only listed shares everything up to here.
  ///
  /// - Throws: all that is wrong in settings, inventories and extra variables.
  init(
    inventory inventoryArguments: InventoryArguments, connection: ConnectionArguments,
    output: OutputArguments, selection: SelectionArguments
  ) throws(Diagnostics) {
    self.inventoryArguments = inventoryArguments
    connectionArguments = connection
    self.output = output
    self.selection = selection
    settings = try Settings.load(
      SettingsSources(environment: Platform.environment, home: Platform.variable("HOME")))
    (vault, vaultWarnings) = try VaultSources.load(inventoryArguments.vault, settings)
    reading = InventoryReading.options(settings, vault)
    extraVars = try Self.extraVariables(inventoryArguments, reading)
    inventory = try Self.inventory(inventoryArguments, settings, reading)
    var loaderSettings = LoaderSettings()
    loaderSettings.rolePaths = settings.rolesPath.value
    loaderSettings.isStrict = selection.strict
    loader = Loader(
      catalogue: Self.catalogue, environment: .ansible, settings: loaderSettings,
      files: vault.reading(Platform.files), extraVars: extraVars)
  }

  static let catalogue = ModuleCatalogue(
    Registry.modules.map { $0.specification } + EngineActions.specifications)

  private static func extraVariables(
    _ arguments: InventoryArguments, _ options: InventoryOptions
  ) throws(Diagnostics) -> [String: Variable] {
    for option in arguments.extraVars where option.hasPrefix("@") {
      let path = String(option.dropFirst())
      guard Platform.kind(path) == .file else {
        throw Diagnostics([
          .error(
            "variables file `\(path)` not found", evidence: [.init("option", "-e \(option)")])
        ])
      }
    }
    do {
      return try ExtraVariables.load(
        arguments.extraVars, options: options
      ).variables
    } catch {
      throw Self.badFiles(Diagnostics([error]))
    }
  }

  /// Files that cannot be understood end the program with 4, as bad playbooks do.
  private static func badFiles(_ diagnostics: Diagnostics) -> Diagnostics {
    Diagnostics(
      diagnostics.all.map { diagnostic in
        var diagnostic = diagnostic
        if diagnostic.severity == .error, diagnostic.location != nil {
          diagnostic.exitCode = diagnostic.exitCode ?? 4
        }
        return diagnostic
      })
  }

  private static func inventory(
    _ arguments: InventoryArguments, _ settings: Settings, _ options: InventoryOptions
  ) throws(Diagnostics) -> Inventory {
    let sources = arguments.sources.isEmpty ? settings.inventory.value : arguments.sources
    for source in arguments.sources where !source.contains(",") {
      guard Platform.kind(source) != nil else {
        throw Diagnostics([.error("there is no inventory `\(source)`")])
      }
    }
    do {
      return try Inventory.load(sources: sources, options: options)
    } catch {
      throw Self.badFiles(error)
    }
  }

  func playbooks(_ paths: [String]) throws(Diagnostics) -> [Playbook] {
    try loader.load(playbooks: paths)
  }

  /// A playbook that stands in no file.
  func playbooks(inline text: String, at place: SourceLocation) throws(Diagnostics) -> [Playbook] {
    var files = vault.reading(Platform.files)
    let name = place.file
    let real = files
    files.read = { (path) throws(Diagnostic) in
      path.hasSuffix(name) ? text : try real.read(path)
    }
    files.kind = { $0.hasSuffix(name) ? .file : real.kind($0) }
    let loader = Loader(
      catalogue: Self.catalogue, environment: .ansible, settings: LoaderSettings(), files: files,
      extraVars: extraVars)
    return try loader.load(playbooks: [name])
  }

  /// The run of playbooks; events go to `emit` in order.
  func runner(
    _ mode: RunMode, playbooks: [Playbook], emit: @escaping @Sendable (Event) -> Void
  ) throws(Diagnostics) -> Runner {
    var inventory = inventory
    let directories = playbooks.flatMap(\.plays).map(\.directory)
    do {
      for directory in directories { try inventory.loadVars(playbookDirectory: directory) }
      if let limit = inventoryArguments.limit {
        _ = try inventory.requireHosts(matching: ["all"], limit: limit)
      }
    } catch {
      throw Diagnostics([error])
    }
    let world = World(
      hosts: [:], groups: [:], extra: extraVars, run: try context(mode, inventory))
    var program = Program(
      modules: Dictionary(
        Registry.modules.map { ($0.specification.name, $0) }, uniquingKeysWith: { $1 }),
      files: vault.reading(Platform.files), readBytes: Platform.readBytes,
      attributes: Platform.attributes,
      lookups: ControllerLookups.all)
    program.decryptFile = { [vault] (bytes, _) throws(Diagnostic) in
      try vault.open(String(decoding: bytes, as: UTF8.self))
    }
    let runner = Runner(
      program: program,
      connector: SSHConnector.connector(onNotice: { emit(.notice($0)) }), loader: loader,
      world: world, inventory: inventory, emit: emit)
    let (arguments, settings, reading) = (inventoryArguments, settings, reading)
    runner.reload = { () throws(Diagnostics) in
      var inventory = try Self.inventory(arguments, settings, reading)
      do throws(Diagnostic) {
        for directory in directories { try inventory.loadVars(playbookDirectory: directory) }
      } catch {
        throw Diagnostics([error])
      }
      return inventory
    }
    if Platform.isTerminal(0) { runner.ask = Self.asking }
    return runner
  }

  private func context(
    _ mode: RunMode, _ inventory: Inventory
  ) throws(Diagnostics) -> RunContext {
    var run = RunContext()
    run.mode = mode
    run.isDiffShown = output.diff || settings.diffAlways.value
    run.forks = min(256, connectionArguments.forks ?? settings.forks.value ?? 256)
    run.verbosity = output.verbosity
    run.inventorySources = inventoryArguments.sources
    run.inventoryFile = inventory.readSources.first.map(Platform.absolute)
    run.configFile = settings.configFile
    run.tags = TagSelection(
      only: selection.tags.isEmpty ? settings.runTags.value : selection.tags,
      skip: selection.skipTags + settings.skipTags.value)
    run.limit = inventoryArguments.limit
    run.startAtTask = selection.startAtTask
    run.forcesHandlers = selection.forceHandlers || settings.forceHandlers.value
    run.anyErrorsFatal = settings.anyErrorsFatal.value
    run.hidesResults = settings.noLog.value
    run.verifiesFacts = selection.verifyFacts
    run.prefetch =
      switch selection.prefetch {
      case "none": .none
      case "full": .full
      default: .random(UInt64(selection.prefetch) ?? 1)
      }
    run.connection = try connectionDefaults()
    return run
  }

  private func connectionDefaults() throws(Diagnostics) -> ConnectionDefaults {
    let arguments = connectionArguments
    var defaults = ConnectionDefaults()
    defaults.user = arguments.user ?? settings.remoteUser.value
    defaults.keyFile = arguments.privateKey ?? settings.privateKeyFile.value
    defaults.kind = arguments.connection ?? nonstandard(settings.connection)
    if let timeout = arguments.timeout { defaults.timeout = .seconds(timeout) }
    defaults.hostKeyChecking =
      arguments.acceptNew ? .acceptNew : settings.hostKeyChecking.value ? .strict : .off
    let common = arguments.sshCommonArguments ?? settings.sshCommonArguments.value
    defaults.commonArguments = ShellWords.split(common) ?? []
    defaults.become = arguments.become || settings.become.value
    defaults.becomeUser = arguments.becomeUser ?? nonstandard(settings.becomeUser)
    defaults.becomeMethod = arguments.becomeMethod ?? nonstandard(settings.becomeMethod)
    if arguments.askPassword || settings.asksPassword.value {
      defaults.password = try ask("SSH password: ")
    }
    if arguments.askBecomePassword || settings.asksBecomePassword.value {
      defaults.becomePassword = try ask("BECOME password: ")
    }
    return defaults
  }

  /// Waits on a thread of its own: a person may take long.
  private static let asking: Asking = { prompt, isHidden in
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { @Sendable in
        continuation.resume(
          returning: isHidden ? Platform.readSecret(prompt) : Platform.readAnswer(prompt))
      }
    }
  }

  private func nonstandard(_ setting: Setting<String>) -> String? {
    setting.origin == .standard ? nil : setting.value
  }

  private func ask(_ prompt: String) throws(Diagnostics) -> Password {
    guard let text = Platform.readSecret(prompt) else {
      throw Diagnostics([.error("a password was to be asked for, but there is no terminal")])
    }
    return Password(text)
  }
}
