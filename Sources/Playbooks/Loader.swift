import Diagnostics
import ModuleKit
import Synchronization
import Templating
import Values
import YAMLReader

/// How the loader sees the controller's file system.
package struct ControllerFiles: Sendable {
  package enum Kind: Hashable, Sendable { case file, directory }

  /// The text of a file; a vault file comes decrypted.
  /// - Throws: what the system or the vault says, without a place.
  package var read: @Sendable (_ path: String) throws(Diagnostic) -> String
  /// Nil where nothing is there. Links are followed.
  package var kind: @Sendable (_ path: String) -> Kind?
  /// The names in a folder, sorted; empty where it cannot be read.
  package var list: @Sendable (_ path: String) -> [String]
  /// Whether a file is encrypted as a whole.
  package var isVaulted: @Sendable (_ path: String) -> Bool = { _ in false }
  /// The value of `!vault` text.
  package var decrypt: (@Sendable (String, SourceLocation) throws(Diagnostic) -> Value)?

  package init(
    read: @escaping @Sendable (String) throws(Diagnostic) -> String,
    kind: @escaping @Sendable (String) -> Kind?,
    list: @escaping @Sendable (String) -> [String]
  ) {
    self.read = read
    self.kind = kind
    self.list = list
  }

  /// A file of variables; what stands in an encrypted one is secret.
  /// - Throws: where it cannot be read or is no YAML.
  package func variables(_ path: String) throws(Diagnostic) -> YAMLDocument {
    var document = try YAML.loadFile(try read(path), file: path)
    if isVaulted(path) { document.root = document.root.sealed }
    return document
  }
}

/// What the loader needs to know beyond the files.
package struct LoaderSettings: Sendable {
  /// Searched after `roles/` beside the playbook.
  package var rolePaths: [String] = []
  /// Folders that hold `ansible_collections`.
  package var collectionPaths: [String] = []
  /// Mistakes that Ansible would meet only at the task's turn are errors.
  package var isStrict = false

  package init() {}
}

/// What an include brought in.
package struct LoadedTasks: Sendable {
  /// The file of tasks that was found; for a role without tasks its folder.
  package var path: String
  package var nodes: [TaskNode]
  /// For include_role.
  package var scope: RoleScope?
  package var handlerSections: [[TaskNode]] = []
  /// The roles that `import_role` brought in: seen by all later tasks of the play.
  package var roleScopes: [RoleScope] = []
}

/// Reads playbooks with all that they import, and at the task's turn what they include.
///
/// Everything wrong in the files is found at once. May be used from any thread.
package final class Loader: Sendable {
  let catalogue: ModuleCatalogue
  let environment: Environment
  let settings: LoaderSettings
  let files: ControllerFiles
  let extraVars: [String: Variable]
  private let state = Mutex(State())

  private struct State {
    var tasks = 0
    var scopes = 0
    var warnings: [Diagnostic] = []
  }

  /// - Parameter extraVars: the variables of `-e`, which win over all others.
  package init(
    catalogue: ModuleCatalogue, environment: Environment, settings: LoaderSettings,
    files: ControllerFiles, extraVars: [String: Variable] = [:]
  ) {
    self.catalogue = catalogue
    self.environment = environment
    self.settings = settings
    self.files = files
    self.extraVars = extraVars
  }

  /// What was found doubtful so far, in order, each once.
  package var warnings: [Diagnostic] { state.withLock { $0.warnings } }

  func nextTask() -> Int {
    state.withLock {
      $0.tasks += 1
      return $0.tasks
    }
  }

  func nextScope() -> Int {
    state.withLock {
      $0.scopes += 1
      return $0.scopes
    }
  }

  /// Reads playbooks as named on the command line.
  ///
  /// - Throws: all errors of all files together, with the warnings among them, in order of places.
  package func load(playbooks: [String]) throws(Diagnostics) -> [Playbook] {
    let session = Session(self)
    let result = playbooks.map(session.playbook)
    try finish(session)
    return result
  }

  /// Keeps the warnings of a session and throws what it found if there are errors.
  func finish(_ session: Session) throws(Diagnostics) {
    let all = session.sorted
    let found = Diagnostics(all)
    try found.throwIfErrors()
    state.withLock { state in
      for warning in all where !state.warnings.contains(warning) {
        state.warnings.append(warning)
      }
    }
  }
}
