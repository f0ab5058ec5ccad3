import Diagnostics
import ModuleKit
import Templating
import Values
import YAMLReader

/// One call of the loader: what it has read and found wrong so far.
final class Session {
  let loader: Loader
  private(set) var found: [Diagnostic] = []
  private var reported: Set<Diagnostic> = []
  private var documents: [String: SourceValue?] = [:]
  var roleFiles: [RoleKey: LoadedRole] = [:]
  /// Literal file names that earlier tasks of this run name as what they write.
  var namedFiles: Set<String> = []
  /// The files and roles of includes that have been read for what is wrong in them.
  var checkedIncludes: Set<String> = []
  /// An include that may not happen is being read: nothing in it is an error yet.
  private var isTentative = false
  /// The files in the order in which they were first read.
  private var order: [String: Int] = [:]
  /// The template files that have been compiled.
  var checkedTemplates: Set<String> = []
  /// A task before may run on the controller, so that it may make any file there.
  var hasLocalWork = false

  init(_ loader: Loader) { self.loader = loader }

  var catalogue: ModuleCatalogue { loader.catalogue }
  var files: ControllerFiles { loader.files }

  func add(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    if isTentative, diagnostic.severity == .error {
      diagnostic.severity = .warning
      diagnostic.exitCode = nil
    }
    if reported.insert(diagnostic).inserted { found.append(diagnostic) }
  }

  /// An error with which Ansible refuses the playbook as well.
  func error(
    _ summary: String, at location: SourceLocation?, length: Int = 1,
    evidence: [Diagnostic.Evidence] = [], hint: String? = nil, exitCode: Int32 = 4
  ) {
    add(
      Diagnostic(
        .error, summary, at: location, length: length, evidence: evidence, hint: hint,
        exitCode: exitCode))
  }

  func warn(_ summary: String, at location: SourceLocation?, length: Int = 1, hint: String? = nil) {
    add(.warning(summary, at: location, length: length, hint: hint))
  }

  /// A mistake that Ansible would meet only at the task's turn: a warning where something may keep
  /// it harmless.
  func late(
    _ summary: String, at location: SourceLocation?, length: Int = 1,
    evidence: [Diagnostic.Evidence] = [], hint: String? = nil, isGuarded: Bool
  ) {
    let isError = !isGuarded || loader.settings.isStrict
    add(
      Diagnostic(
        isError ? .error : .warning, summary, at: location, length: length, evidence: evidence,
        hint: hint, exitCode: isError ? 4 : nil))
  }

  /// Reports a chain of files and roles that is longer than anyone writes.
  func isTooDeep(_ chain: [String], at location: SourceLocation) -> Bool {
    guard chain.count >= TaskContext.chainLimit else { return false }
    error(
      "files and roles bring in each other more than \(TaskContext.chainLimit) levels deep",
      at: location)
    return true
  }

  /// Reads what may never be used: its errors are warnings if it is guarded.
  func tentatively(_ isGuarded: Bool, _ body: () -> Void) {
    let before = isTentative
    isTentative = before || (isGuarded && !loader.settings.isStrict)
    body()
    isTentative = before
  }

  func noteReading(_ path: String) {
    if order[path] == nil { order[path] = order.count }
  }

  /// Everything found, file by file in the order of reading, from top to bottom.
  var sorted: [Diagnostic] {
    func rank(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
      guard let place = diagnostic.location else { return (-1, 0, 0) }
      return (order[place.file] ?? .max, place.line, place.column)
    }
    return found.enumerated().sorted {
      let (first, second) = (rank($0.element), rank($1.element))
      return first == second ? $0.offset < $1.offset : first < second
    }.map(\.element)
  }

  /// The text of a file as data, read once; nil after its fault has been reported.
  ///
  /// - Parameter location: what names the file.
  func document(_ path: String, namedAt location: SourceLocation?, exitCode: Int32 = 4)
    -> SourceValue?
  {
    if let known = documents[path] { return known }
    noteReading(path)
    var result: SourceValue?
    do throws(Diagnostic) {
      let document = try YAML.loadFile(try files.read(path), file: path)
      document.warnings.forEach(add)
      result = document.root
    } catch {
      var fault = error
      if fault.location == nil { fault.location = location }
      fault.exitCode = exitCode
      add(fault)
    }
    documents[path] = .some(result)
    return result
  }

  /// Variables of a file that is encrypted as a whole are secret.
  func sealed(_ value: SourceValue?, from path: String) -> SourceValue? {
    files.isVaulted(path) ? value?.sealed : value
  }
}

/// What surrounds the tasks being read.
struct TaskContext {
  var play: PlayContext
  /// The levels around, outermost first.
  var layers: [Layer]
  var role: RoleScope?
  var search: SearchPath
  var isHandler = false
  /// A rescue stands around.
  var isRescued = false
  /// A condition or `ignore_errors` stands around, so that a task inside may do no harm.
  var isGuarded = false
  /// The files and roles being read, outermost first, against circles.
  var chain: [String] = []
  /// The nesting of blocks.
  var depth = 0

  /// Of blocks within blocks.
  static let depthLimit = 100
  /// Of files and roles that bring in each other; a level of it takes far more stack than a block.
  static let chainLimit = 50

  /// The context inside a level.
  func inside(_ layer: Layer) -> TaskContext {
    var context = self
    context.layers.append(layer)
    context.depth += 1
    context.isGuarded = isGuarded || layer.keywords.mayPreventFailure
    return context
  }
}

/// What the tasks of one play share while they are read.
final class PlayContext {
  /// The playbook's file and folder, as the user wrote them.
  let file: String
  let directory: String
  var vars: [SourceEntry] = []
  /// The variables of those files of `vars_files` whose names are known.
  var fileVars: [SourceEntry] = []
  var roleScopes: [RoleScope] = []
  var handlerSections: [[TaskNode]] = []
  /// The literal handler names that are notified, each with its place.
  var notified: [(name: String, location: SourceLocation)] = []
  /// Something is included at run time that may bring handlers.
  var mayGainHandlers = false
  /// The play's hosts are, or may be, the controller itself.
  var runsLocally = false

  init(file: String, directory: String) {
    self.file = file
    self.directory = directory
  }

  /// The same variables; what is added to the copy stays there.
  init(copyOf other: PlayContext) {
    file = other.file
    directory = other.directory
    vars = other.vars
    fileVars = other.fileVars
    roleScopes = other.roleScopes
    mayGainHandlers = true
    runsLocally = other.runsLocally
  }
}

extension Keywords {
  /// True where these keywords may keep a mistake of a task inside from mattering.
  var mayPreventFailure: Bool {
    if when.contains(where: { $0.plain.bool != true }) { return true }
    guard let setting = self[.ignoreErrors] else { return false }
    return literalBool(setting) != false
  }
}
