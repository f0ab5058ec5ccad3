import Diagnostics
import Values

extension Inventory {
  /// Reads sources in order, later ones over earlier ones: files in INI, YAML or JSON, programs,
  /// folders of these, or hosts with commas between them; with group_vars and host_vars beside
  /// them.
  ///
  /// A source that cannot be understood is a warning, and what was read of it stays, unless the
  /// options ask for more.
  ///
  /// - Throws: names that are not allowed, and files of variables that cannot be read.
  package static func load(
    sources: [String], options: InventoryOptions = InventoryOptions()
  ) async throws(Diagnostics) -> Inventory {
    var inventory = Inventory(options: options)
    do throws(Diagnostic) {
      for source in sources where !source.isEmpty {
        _ = try await inventory.read(source, depth: 0)
      }
      if inventory.readSources.isEmpty {
        let text = "no inventory was read, only `localhost` is there"
        if options.needsSource { throw Diagnostic.error(text) }
        inventory.warnings.append(.warning(text))
      } else {
        inventory.settle()
      }
      inventory.warnAboutSharedNames()
      for folder in folders(beside: sources) {
        inventory.inventoryFolders.append(VarsFolder(folder))
      }
      try inventory.loadVars()
    } catch {
      throw Diagnostics(inventory.warnings + [error])
    }
    return inventory
  }

  /// Reads group_vars and host_vars beside a playbook.
  package mutating func loadVars(playbookDirectory: String) throws(Diagnostic) {
    guard !playbookFolders.contains(where: { $0.path == playbookDirectory }) else { return }
    playbookFolders.append(VarsFolder(playbookDirectory))
    try loadVars()
  }

  private mutating func loadVars() throws(Diagnostic) {
    try loadVars(groups: groups.map(\.name), hosts: hosts.map(\.name))
  }

  /// Reads what there is for a host and groups that came in while plays ran.
  mutating func loadVars(ofHost host: String, groups: [String]) throws(InventoryFault) {
    do {
      try loadVars(groups: groups, hosts: [host])
    } catch {
      throw .format(error)
    }
  }

  private mutating func loadVars(
    groups groupNames: [String], hosts hostNames: [String]
  ) throws(Diagnostic) {
    let hostNames = hostNames.contains("localhost") ? hostNames : hostNames + ["localhost"]
    for index in inventoryFolders.indices {
      try inventoryFolders[index].load(
        groups: groupNames, hosts: hostNames, options: options, warnings: &warnings)
    }
    for index in playbookFolders.indices {
      try playbookFolders[index].load(
        groups: groupNames, hosts: hostNames, options: options, warnings: &warnings)
    }
  }

  private static func folders(beside sources: [String]) -> [String] {
    var folders: [String] = []
    for source in sources where !source.isEmpty {
      let kind = Files.kind(source)
      if kind == nil, source.utf8.contains(UInt8(ascii: ",")) { continue }
      let folder = kind == .folder ? source : Files.parent(source)
      folders.removeAll { $0 == folder }
      folders.append(folder)
    }
    return folders
  }

  private mutating func warnAboutSharedNames() {
    for group in groups where hostIndex[group.name] != nil {
      warnings.append(.warning("`\(group.name)` is both a host and a group"))
    }
  }

  // MARK: One source

  private mutating func read(_ source: String, depth: Int) async throws(Diagnostic) -> Bool {
    let kind = Files.kind(source)
    if kind == .folder { return try await read(folder: source, depth: depth) }
    if kind == nil, source.utf8.contains(UInt8(ascii: ",")) {
      return try read(hostList: source)
    }
    if kind == nil {
      return try unreadable(source, [(.ini, .error("there is no inventory `\(source)`"))])
    }
    var faults: [(format: InventoryFormat, diagnostic: Diagnostic)] = []
    for format in InventoryFormat.candidates(for: source) {
      do throws(InventoryFault) {
        try await read(source, as: format)
        readSources.append(source)
        return true
      } catch {
        switch error {
        case .refused(let diagnostic): throw diagnostic
        case .format(let diagnostic): faults.append((format, diagnostic))
        }
      }
    }
    return try unreadable(source, faults, isRefused: options.refusesFaultyFiles && depth == 0)
  }

  private mutating func read(folder: String, depth: Int) async throws(Diagnostic) -> Bool {
    guard depth < 16 else { return false }
    var isRead = false
    for name in Files.names(in: folder) where !isIgnored(name) {
      let one = try await read(Files.join(folder, name), depth: depth + 1)
      isRead = isRead || one
    }
    return isRead
  }

  private func isIgnored(_ name: String) -> Bool {
    name.hasPrefix(".") || ["host_vars", "group_vars", "vars_plugins"].contains(name)
      || options.ignoredSuffixes.contains { name.hasSuffix($0) }
  }

  private mutating func read(hostList: String) throws(Diagnostic) -> Bool {
    do {
      for part in hostList.split(separator: ",") {
        let text = part.trimmed
        guard !text.isEmpty else { continue }
        var address = HostAddress(text)
        if address?.host.unicodeScalars.contains("[") ?? false { address = nil }
        let name = address?.host ?? text
        guard hostIndex[name] == nil else { continue }
        _ = try host(
          name, in: Inventory.ungrouped, port: address?.port, source: hostList, at: nil)
      }
    } catch {
      throw error.diagnostic
    }
    readSources.append(hostList)
    return true
  }

  /// The fault of the format that the source most likely is, as a warning or as an error.
  private mutating func unreadable(
    _ source: String, _ faults: [(format: InventoryFormat, diagnostic: Diagnostic)],
    isRefused: Bool = false
  ) throws(Diagnostic) -> Bool {
    let likely = InventoryFormat.likely(source)
    var diagnostic =
      (faults.first { $0.format == likely } ?? faults.last)?.diagnostic
      ?? .error("`\(source)` is no inventory that can be read")
    if isRefused || options.needsAllSources { throw diagnostic }
    diagnostic.severity = .warning
    diagnostic.evidence.append(.init("inventory", "`\(source)` was not read whole"))
    warnings.append(diagnostic)
    return false
  }

  private mutating func read(
    _ source: String, as format: InventoryFormat
  ) async throws(InventoryFault) {
    if format == .program {
      var reader = ProgramInventory(path: source, inventory: self)
      defer { self = reader.inventory }
      return try reader.read()
    }
    let text: String
    switch options.drafts[source].map({ .success(Array($0.utf8)) }) ?? Files.bytes(source) {
    case .success(let bytes):
      guard !bytes.contains(0), let content = String(validating: bytes, as: UTF8.self) else {
        throw .format(.error("`\(source)` is not UTF-8 text"))
      }
      do {
        text = try options.decrypted(content, file: source)
      } catch {
        throw .format(error)
      }
    case .failure(let error):
      throw .format(.error("cannot read `\(source)`: \(error.reason)"))
    }
    switch format {
    case .yaml:
      var reader = YAMLInventory(path: source, inventory: self)
      self = Inventory(options: options)
      defer { self = reader.inventory }
      try await reader.read(text)
    case .ini, .program:
      var reader = INIInventory(path: source, inventory: self)
      self = Inventory(options: options)
      defer { self = reader.inventory }
      try reader.read(text)
    }
  }
}

/// The formats of a file, each tried until one fits.
enum InventoryFormat {
  case program, yaml, ini

  /// A program that fails is not read as text: its lines would be taken for hosts.
  static func candidates(for path: String) -> [InventoryFormat] {
    let isProgram = Files.isExecutable(path)
    if isProgram, firstLine(path).hasPrefix("#!") { return [.program] }
    var formats: [InventoryFormat] = isProgram ? [.program] : []
    let suffix = Files.suffix(path)
    if ["", ".yml", ".yaml", ".json", ".config"].contains(suffix) { formats.append(.yaml) }
    if suffix != ".toml" { formats.append(.ini) }
    return formats
  }

  /// The format that the author of a file most likely meant.
  static func likely(_ path: String) -> InventoryFormat {
    let line = firstLine(path)
    if line.hasPrefix("#!") { return .program }
    if [".yml", ".yaml", ".json"].contains(Files.suffix(path)) { return .yaml }
    return line.hasPrefix("---") || line.hasPrefix("{") || line.hasSuffix(":") ? .yaml : .ini
  }

  /// The first line that is no comment, or the one that names an interpreter.
  private static func firstLine(_ path: String) -> String {
    guard case .success(let text) = Files.read(path, limit: 1 << 16) else { return "" }
    if text.hasPrefix("#!") { return "#!" }
    for line in text.split(whereSeparator: \.isNewline) {
      let content = line.trimmed
      if !content.isEmpty, !content.hasPrefix("#"), !content.hasPrefix(";") { return content }
    }
    return ""
  }
}

extension Substring {
  /// Without white space at both ends, as Python's `strip`.
  var trimmed: String {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let start = unicodeScalars.drop(while: isSpace)
    guard let end = start.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(start[...end])
  }
}
