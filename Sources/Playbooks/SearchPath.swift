/// Where a task's relative file names are looked up.
package struct SearchPath: Hashable, Sendable {
  /// The folders of the task's role and of the roles that depend on it or include it, innermost
  /// first.
  package var roles: [String]
  /// The folder of the task's file, then of the files that brought it in, then the playbook's.
  package var folders: [String]

  package init(roles: [String] = [], folders: [String]) {
    self.roles = roles
    self.folders = folders
  }

  /// The paths to try for a name, in order. `subfolder` is `files`, `templates` or `vars`.
  ///
  /// Roles come first, then the folders of files from the innermost to the playbook's; in each the
  /// subfolder goes before the folder itself.
  package func candidates(_ name: String, in subfolder: String) -> [String] {
    if name.utf8.first == UInt8(ascii: "/") { return [normalizedPath(name)] }
    return unique(
      (roles + folders).flatMap { folder in
        [joinedPath(joinedPath(folder, subfolder), name), joinedPath(folder, name)]
      })
  }

  /// The paths to try for a file of tasks: beside the current file first, then up the chain of
  /// includes, the role's `tasks` (or `handlers`), and the playbook's folder.
  package func taskFiles(_ name: String, isHandler: Bool) -> [String] {
    if name.utf8.first == UInt8(ascii: "/") { return [normalizedPath(name)] }
    let subfolder = isHandler ? "handlers" : "tasks"
    var paths = folders.dropLast().map { joinedPath($0, name) }
    for folder in roles.prefix(1) + folders.suffix(1) {
      paths += [joinedPath(joinedPath(folder, subfolder), name), joinedPath(folder, name)]
    }
    return unique(paths)
  }

  /// The search path of a file that a task of this one brings in.
  package func entering(folder: String) -> SearchPath {
    folders.first == folder ? self : SearchPath(roles: roles, folders: [folder] + folders)
  }

  private func unique(_ paths: [String]) -> [String] {
    var seen: Set<String> = []
    return paths.map(normalizedPath).filter { seen.insert($0).inserted }
  }
}
