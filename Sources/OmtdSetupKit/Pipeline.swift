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
  private(set) var inventory: Inventory
  /// The machines behind hosts, once they are there.
  private(set) var machines: ReachableMachines?
  let extraVars: [String: Variable]
  let loader: Loader

  /// What is executed and what is only listed shares everything up to here.
  ///
  /// - Parameter drafts: what files of the inventory would hold, by path.
  /// - Throws: all that is wrong in settings, inventories and extra variables.
  init(
    inventory inventoryArguments: InventoryArguments, connection: ConnectionArguments,
    output: OutputArguments, selection: SelectionArguments, takesFaultyInventories: Bool = false,
    drafts: [String: String] = [:]
  ) async throws(Diagnostics) {
    let inventoryArguments = inventoryArguments.withPathsWrittenOut
    self.inventoryArguments = inventoryArguments
    connectionArguments = connection
    self.selection = selection
    settings = try Settings.load(
      SettingsSources(environment: Platform.environment, home: Platform.variable("HOME")))
    Terminal.use(settings)
    self.output = output
    if settings.diffAlways.value { self.output.diff = true }
    self.output.verbosity = max(output.verbosity, settings.verbosity.value)
    (vault, vaultWarnings) = try VaultSources.load(inventoryArguments.vault, settings)
    var reading = InventoryReading.options(settings, vault)
    reading.refusesFaultyFiles = !takesFaultyInventories
    reading.drafts = drafts
    extraVars = try Self.extraVariables(inventoryArguments, reading)
    inventory = try await Self.inventory(inventoryArguments, settings, reading)
    var loaderSettings = LoaderSettings()
    loaderSettings.rolePaths = settings.rolesPath.value
    loaderSettings.collectionPaths = settings.collectionsPath.value
    loaderSettings.isStrict = selection.strict
    loader = Loader(
      catalogue: Self.catalogue, environment: .ansible, settings: loaderSettings,
      files: vault.reading(Platform.files), extraVars: extraVars)
  }

  /// All that is doubtful before the run.
  var warnings: Diagnostics {
    Diagnostics(settings.warnings + vaultWarnings + loader.warnings + inventory.warnings)
  }

  static let catalogue = ModuleCatalogue(
    Registry.modules.map { $0.specification } + EngineActions.specifications)

  private static func extraVariables(
    _ arguments: InventoryArguments, _ options: InventoryOptions
  ) throws(Diagnostics) -> [String: Variable] {
    for option in arguments.extraVars where option.hasPrefix("@") {
      let path = String(option.dropFirst())
      let kind = Platform.kind(path)
      guard kind == .file else {
        let fault = kind == nil ? "not found" : "is a folder"
        throw Diagnostics([
          .error(
            "variables file `\(path)` \(fault)", evidence: [.init("option", "-e \(option)")])
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
  ) async throws(Diagnostics) -> Inventory {
    let sources = arguments.sources.isEmpty ? settings.inventory.value : arguments.sources
    for source in arguments.sources where !source.contains(",") {
      guard Platform.kind(source) != nil else {
        throw Diagnostics([.error("there is no inventory `\(source)`")])
      }
    }
    do {
      return try await Inventory.load(sources: sources, options: options)
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
  ///
  /// - Parameters:
  ///   - rehearsal: the plan of the same that was agreed to.
  ///   - tell: where its connections tell of themselves, if not to `emit`.
  func runner(
    _ mode: RunMode, playbooks: [Playbook], after rehearsal: Rehearsal? = nil,
    ofConnections tell: (@Sendable (Event) -> Void)? = nil,
    emit: @escaping @Sendable (Event) -> Void
  ) throws(Diagnostics) -> Runner {
    let tell = tell ?? emit
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
      hosts: [:], groups: [:], extra: extraVars,
      run: try context(mode, inventory, rehearsal?.connection))
    let runner = Runner(
      program: program,
      connector: connector(
        notice: { tell(.notice($0)) }, warn: { tell(.diagnostic($0)) }), loader: loader,
      world: world, inventory: inventory, after: rehearsal, emit: emit)
    let (arguments, settings, machines) = (inventoryArguments, settings, machines)
    let vault = vault
    runner.reload = { () async throws(Diagnostics) in
      var inventory = try await Self.inventory(
        arguments, settings, InventoryReading.options(settings, vault))
      do throws(Diagnostic) {
        for directory in directories { try inventory.loadVars(playbookDirectory: directory) }
      } catch {
        throw Diagnostics([error])
      }
      machines?.describe(in: &inventory)
      return inventory
    }
    if Platform.isTerminal(0) { runner.ask = Self.asking }
    return runner
  }

  /// Tells the run where machines are, and which hosts have none yet.
  mutating func use(_ machines: ReachableMachines) {
    self.machines = machines
    machines.describe(in: &inventory)
  }

  private func connector(
    notice: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (Diagnostic) -> Void
  ) -> Connector {
    machines?.connector(notice: notice, warn: warn) ?? SSHConnector.connector(onNotice: notice)
  }

  /// What evaluates variables of hosts before any play: `okeanos_*`.
  func variableReader(_ books: [Playbook]) throws(Diagnostics) -> HostVariableReader {
    var inventory = inventory
    do {
      for directory in books.flatMap(\.plays).map(\.directory) {
        try inventory.loadVars(playbookDirectory: directory)
      }
    } catch {
      throw Diagnostics([error])
    }
    var run = RunContext()
    run.workingDirectory = Platform.workingDirectory
    run.inventorySources = inventoryArguments.sources.map(Self.shown)
    run.inventoryFile = inventory.readSources.first.map(Self.shown)
    run.playbookDirectory = books.first?.plays.first?.directory ?? "."
    run.connection = ConnectionReading.withoutPasswords(connectionArguments, settings)
    return HostVariableReader(
      inventory: inventory, extra: extraVars, run: run, program: program)
  }

  private var program: Program {
    Program(
      modules: Dictionary(
        Registry.modules.map { ($0.specification.name, $0) }, uniquingKeysWith: { $1 }),
      files: vault.reading(Platform.files), readBytes: Platform.readBytes,
      attributes: Platform.attributes,
      lookups: ControllerLookups.all, managedText: settings.managedText.value
    ) { [vault] bytes throws(Diagnostic) in
      try vault.open(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// A source of an inventory as variables show it: an absolute path, or the list as it is.
  private static func shown(_ source: String) -> String {
    source.contains(",") ? source : Platform.absolute(source)
  }

  private func context(
    _ mode: RunMode, _ inventory: Inventory, _ connection: ConnectionDefaults?
  ) throws(Diagnostics) -> RunContext {
    var run = RunContext()
    run.mode = mode
    run.workingDirectory = Platform.workingDirectory
    run.isDiffShown = output.diff
    run.forks = min(256, connectionArguments.forks ?? settings.forks.value ?? 256)
    run.verbosity = output.verbosity
    run.inventorySources = inventoryArguments.sources.map(Self.shown)
    run.inventoryFile = inventory.readSources.first.map(Self.shown)
    run.configFile = settings.configFile
    run.python = Platform.program("python3") ?? run.python
    run.tags = TagSelection(
      only: selection.tags.isEmpty ? settings.runTags.value : selection.tags,
      skip: selection.skipTags + settings.skipTags.value)
    run.limit = machines?.limit(inventoryArguments.limit) ?? inventoryArguments.limit
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
    // Passwords are asked for once.
    if let connection {
      run.connection = connection
    } else {
      run.connection = try ConnectionReading.defaults(connectionArguments, settings)
    }
    run.gathering = settings.gathering.value
    run.mergesHashes = settings.hashBehaviour.value == .merge
    return run
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
}
