import Diagnostics
import Values

/// What is read once of a role, whatever uses it.
struct RoleKey: Hashable {
  var path: String
  var parts: [RolePart: String]
}

struct LoadedRole {
  var role: Role
  /// The folder's last part, by which argument checks call the role.
  var dependencies: [SourceValue]
  var tasks: (path: String, value: SourceValue)?
  var handlers: (path: String, value: SourceValue)?
}

extension TaskContext {
  /// The roles that the one of these tasks belongs to, innermost first.
  var parents: [RoleScope] { role.map { [$0] + $0.parents } ?? [] }
}

extension Session {
  /// The folder of a role and the collection that it belongs to.
  ///
  /// Searched as Ansible does: `roles/` beside the playbook, the configured paths, the folder of
  /// the role that asks, the playbook's folder; a path is taken as it is. A name with two dots is
  /// looked for in collections first.
  func findRole(_ name: String, in context: TaskContext) -> (path: String, collection: String?)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 3, let found = collectionRole(parts, in: context) {
      return (found, "\(parts[0]).\(parts[1])")
    }
    if let collection = context.role?.role.collection, parts.count == 1 {
      let inside = collection.split(separator: ".").map(String.init) + [name]
      if let found = collectionRole(inside, in: context) { return (found, collection) }
    }
    if parts.count == 1 {
      for item in context.collections {
        let inside = item.split(separator: ".").map(String.init) + [name]
        if inside.count == 3, let found = collectionRole(inside, in: context) {
          return (found, item)
        }
      }
    }
    let found = roleCandidates(name, in: context).first { files.kind($0) == .directory }
    return found.map { ($0, nil) }
  }

  func roleCandidates(_ name: String, in context: TaskContext) -> [String] {
    if name.hasPrefix("/") { return [normalizedPath(name)] }
    let directory = context.play.directory
    var folders = [joinedPath(directory, "roles")] + loader.settings.rolePaths
    if let role = context.role { folders.append(folderOfPath(role.role.path)) }
    folders.append(directory)
    var seen: Set<String> = []
    return folders.map { normalizedPath(joinedPath($0, name)) }.filter { seen.insert($0).inserted }
  }

  private func collectionRole(_ parts: [String], in context: TaskContext) -> String? {
    let roots =
      [joinedPath(context.play.directory, "collections")] + loader.settings.collectionPaths
    for root in roots {
      let path = normalizedPath(
        joinedPath(root, "ansible_collections/\(parts[0])/\(parts[1])/roles/\(parts[2])"))
      if files.kind(path) == .directory { return path }
    }
    return nil
  }

  func reportMissingRole(
    _ name: String, at location: SourceLocation, in context: TaskContext, isGuarded: Bool?
  ) {
    let candidates = roleCandidates(name, in: context)
    let known = candidates.map(folderOfPath).flatMap(files.list)
      .filter { !$0.hasPrefix(".") }
    let near = suggestion(for: name, among: known).map { "did you mean `\($0)`?" }
    if let isGuarded {
      late(
        "role `\(name)` not found", at: location, length: name.scalarCount, hint: near,
        isGuarded: isGuarded)
    } else {
      error(
        "role `\(name)` not found", at: location, length: name.scalarCount, hint: near,
        exitCode: 1)
    }
  }

  /// Reads the files of a role; nil after their fault has been reported.
  func loadRole(
    _ name: String, path: String, collection: String?, use: RoleUse
  ) -> LoadedRole? {
    let key = RoleKey(path: path, parts: use.parts)
    if let known = roleFiles[key] { return known }
    func read(_ part: RolePart) -> (path: String, value: SourceValue)?? {
      let chosen = use.parts[part]
      let paths = partFiles(of: path, part, chosen: chosen)
      guard let first = paths.first else {
        guard let chosen, part != .vars || chosen != "main" else { return .some(nil) }
        error(
          "role `\(name)` has no file `\(part.rawValue)/\(chosen)`", at: use.location)
        return nil
      }
      let documents = paths.map { path in
        let value = document(path, namedAt: use.location)
        return (path, part == .vars || part == .defaults ? sealed(value, from: path) : value)
      }
      guard documents.allSatisfy({ $0.1 != nil }) else { return nil }
      if documents.count == 1, let value = documents[0].1 { return (first, value) }
      let merged = documents.compactMap(\.1).flatMap { $0.entries ?? [] }
      return (
        first,
        SourceValue(.map(merged), at: SourceLocation(file: first, line: 1, column: 1))
      )
    }
    guard let tasks = read(.tasks), let handlers = read(.handlers), let vars = read(.vars),
      let defaults = read(.defaults)
    else { return nil }
    let meta = metadata(path, name: name, use: use)
    let role = Role(
      name: name, path: path, collection: collection,
      defaults: mapping(defaults?.value, "the defaults of role `\(name)`"),
      vars: mapping(vars?.value, "the variables of role `\(name)`"),
      allowDuplicates: meta.allowDuplicates, argumentSpecs: meta.argumentSpecs)
    let loaded = LoadedRole(
      role: role, dependencies: meta.dependencies, tasks: tasks, handlers: handlers)
    roleFiles[key] = loaded
    return loaded
  }

  /// The files of one part of a role: one, or for variables all those of a folder.
  private func partFiles(of role: String, _ part: RolePart, chosen: String?) -> [String] {
    let folder = joinedPath(role, part.rawValue)
    let name = chosen ?? "main"
    let endings = chosen == nil ? [".yml", ".yaml", ".json", ""] : ["", ".yml", ".yaml", ".json"]
    for ending in endings {
      let path = normalizedPath(joinedPath(folder, name + ending))
      switch files.kind(path) {
      case .file: return [path]
      case .directory where part == .vars || part == .defaults:
        let inside = dataFiles(in: path, depth: 0)
        if !inside.isEmpty { return inside }
      default: break
      }
    }
    return []
  }

  /// The data files in a folder and those below it, in order of their names.
  func dataFiles(in folder: String, depth: Int) -> [String] {
    guard depth < 32 else { return [] }
    return files.list(folder).flatMap { name -> [String] in
      if name.hasPrefix(".") || name.hasSuffix("~") { return [] }
      let path = joinedPath(folder, name)
      switch files.kind(path) {
      case .directory: return dataFiles(in: path, depth: depth + 1)
      case .file:
        let isData =
          !name.contains(".") || [".yml", ".yaml", ".json"].contains { name.hasSuffix($0) }
        return isData ? [path] : []
      case nil: return []
      }
    }
  }

  private func mapping(_ value: SourceValue?, _ what: String) -> [SourceEntry] {
    guard let value, !value.isNull else { return [] }
    guard let entries = value.entries else {
      error("\(what) must be a mapping, not \(value.kindName)", at: value.location)
      return []
    }
    for entry in entries { checkTexts(in: entry.value, as: .variable) }
    return entries
  }

  private struct Metadata {
    var dependencies: [SourceValue] = []
    var allowDuplicates = false
    var argumentSpecs: [SourceEntry] = []
  }

  private func metadata(_ role: String, name: String, use: RoleUse) -> Metadata {
    var result = Metadata()
    let folder = joinedPath(role, "meta")
    func first(_ stem: String) -> SourceValue? {
      for ending in [".yml", ".yaml", ".json", ""] {
        let path = normalizedPath(joinedPath(folder, stem + ending))
        if files.kind(path) == .file { return document(path, namedAt: use.location) }
      }
      return nil
    }
    if let main = first("main"), !main.isNull {
      if main.entries == nil {
        error("the metadata of role `\(name)` must be a mapping", at: main.location)
      }
      if let list = main["dependencies"], !list.isNull {
        if let items = list.items {
          result.dependencies = items
        } else {
          error(
            "`dependencies` must be a list of roles, not \(list.kindName)", at: list.location)
        }
      }
      result.allowDuplicates = main["allow_duplicates"].flatMap(literalBool) ?? false
      result.argumentSpecs = main["argument_specs"]?.entries ?? []
    }
    if let specs = first("argument_specs") {
      result.argumentSpecs = specs["argument_specs"]?.entries ?? []
    }
    return result
  }
}

extension TaskContext {
  /// The collections that names without a dot are looked for in.
  var collections: [String] {
    for layer in layers.reversed() {
      if let setting = layer.keywords[.collections] {
        return (setting.items ?? [setting]).compactMap(\.text)
      }
    }
    return []
  }
}
