import Diagnostics
import Values
import YAMLReader

/// The group_vars and host_vars beside a source or a playbook.
struct VarsFolder: Sendable {
  private enum Kind: String {
    case groups = "group_vars"
    case hosts = "host_vars"
  }

  let path: String
  /// Variables by the name of the group or of the host; only names that have a file.
  private(set) var groups: [String: [String: Variable]] = [:]
  private(set) var hosts: [String: [String: Variable]] = [:]
  /// What the two folders hold, so that a name without a file costs nothing.
  private let groupEntries: Set<String>
  private let hostEntries: Set<String>

  private static let suffixes = ["", ".yml", ".yaml", ".json"]

  init(_ path: String) {
    self.path = path
    groupEntries = Set(Files.names(in: Files.join(path, Kind.groups.rawValue)))
    hostEntries = Set(Files.names(in: Files.join(path, Kind.hosts.rawValue)))
  }

  /// Reads what there is for names that were not read before.
  mutating func load(
    groups groupNames: [String], hosts hostNames: [String], options: InventoryOptions,
    warnings: inout [Diagnostic]
  ) throws(Diagnostic) {
    if !groupEntries.isEmpty {
      for name in groupNames where groups[name] == nil {
        groups[name] = try variables(of: name, .groups, groupEntries, options, &warnings)
      }
    }
    if !hostEntries.isEmpty {
      for name in hostNames where hosts[name] == nil {
        hosts[name] = try variables(of: name, .hosts, hostEntries, options, &warnings)
      }
    }
  }

  /// A file of the name without suffix, or with the first of the known ones; or a folder of files,
  /// later ones over earlier ones.
  private func variables(
    of name: String, _ kind: Kind, _ entries: Set<String>, _ options: InventoryOptions,
    _ warnings: inout [Diagnostic]
  ) throws(Diagnostic) -> [String: Variable]? {
    guard !name.hasPrefix("/") else { return nil }
    let folder = Files.join(path, kind.rawValue)
    for suffix in VarsFolder.suffixes {
      let isThere =
        name.utf8.contains(UInt8(ascii: "/"))
        ? Files.kind(Files.join(folder, name + suffix)) != nil : entries.contains(name + suffix)
      guard isThere else { continue }
      let found = Files.join(folder, name + suffix)
      let files = Files.kind(found) == .folder ? VarsFolder.files(in: found, depth: 0) : [found]
      var result: [String: Variable] = [:]
      for file in files {
        let read = try VarsFile.load(file, options: options)
        warnings += read.warnings
        for (key, value) in read.variables {
          if options.mergesHashes, let old = result[key] {
            result[key] = VariableMerge.merged(old, value)
          } else {
            result[key] = value
          }
        }
      }
      return result
    }
    return nil
  }

  /// Files by name, folders without suffix entered; hidden files and backups are left out.
  private static func files(in folder: String, depth: Int) -> [String] {
    guard depth < 32 else { return [] }
    var found: [String] = []
    for name in Files.names(in: folder) where !name.hasPrefix(".") && !name.hasSuffix("~") {
      let path = Files.join(folder, name)
      let suffix = Files.suffix(name)
      switch Files.kind(path) {
      case .folder where suffix.isEmpty: found += files(in: path, depth: depth + 1)
      case .file where suffixes.contains(suffix): found.append(path)
      default: break
      }
    }
    return found
  }
}

/// A file of variables: one mapping in JSON or YAML, perhaps encrypted as a whole.
package enum VarsFile {
  /// - Throws: where it cannot be read or is no mapping with text as keys. An empty file is fine.
  package static func load(
    _ path: String, options: InventoryOptions
  ) throws(Diagnostic) -> (variables: [String: Variable], warnings: [Diagnostic]) {
    let text: String
    var isVaulted = false
    switch Files.read(path) {
    case .success(let content):
      text = try options.decrypted(content, file: path)
      isVaulted = content.hasPrefix(InventoryOptions.encryptedHeader)
    case .failure(let error): throw .error("cannot read `\(path)`: \(error.reason)")
    }
    let document = try YAML.loadFile(text, file: path)
    let root = isVaulted ? document.root.sealed : document.root
    return (try variables(of: root), document.warnings)
  }

  /// - Throws: where the value is no mapping with text as keys. Null is an empty one.
  static func variables(of root: SourceValue) throws(Diagnostic) -> [String: Variable] {
    if root.isNull { return [:] }
    guard let entries = root.entries else {
      let found = root.items == nil ? "a single value" : "a list"
      throw .error(
        "`\(root.location.file)` must be a mapping of variables, not \(found)",
        at: root.location)
    }
    var variables: [String: Variable] = [:]
    variables.reserveCapacity(entries.count)
    for entry in entries {
      guard let name = entry.key.string else {
        throw .error("the name of a variable must be text", at: entry.keyLocation)
      }
      variables[name] = .source(entry.value)
    }
    return variables
  }
}
