import Diagnostics
import ModuleKit
import Values

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

  package init(
    read: @escaping @Sendable (String) throws(Diagnostic) -> String,
    kind: @escaping @Sendable (String) -> Kind?,
    list: @escaping @Sendable (String) -> [String]
  ) {
    self.read = read
    self.kind = kind
    self.list = list
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
}
